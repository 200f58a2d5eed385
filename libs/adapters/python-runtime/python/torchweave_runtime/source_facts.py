"""What can be told of a Python file without running any of it."""
from __future__ import annotations

import ast
import io
import sys
import tokenize
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

#: Characters of a message, of a name, and functions without a caller that are told.
LONGEST_MESSAGE = 300
LONGEST_NAME = 100
MOST_UNCALLED = 20

#: What the runtime calls a function with: data and context.
GIVEN = 2

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
#: With one of these a module may get any name, or a function other parameters, where no reader sees it.
OPAQUE_NAMES = {"exec", "eval", "globals", "vars", "locals", "setattr", "__getattr__", "__builtins__"}
OPAQUE_ATTRIBUTES = {"__dict__", "__setattr__", "modules", "f_globals", "f_locals", "f_back", "__globals__"}
OPAQUE_ATTRIBUTES |= {"__defaults__", "__kwdefaults__", "__code__"}


def facts_of(source: bytes, names: Sequence[str]) -> Dict[str, Any]:
    """The fault that keeps the file from being compiled, or what is known of the functions that it is to have."""
    version = "%d.%d" % sys.version_info[:2]
    try:
        text = decoded(source)
        tree = compile(text, "<source>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        # What only the compiler finds: `return` outside of a function, say. Nothing of it runs.
        compile(tree, "<source>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return {"python": version, "fault": fault_of(error, source)}
    except ValueError as error:
        return {"python": version, "fault": {"message": str(error)[:LONGEST_MESSAGE]}}
    except (RecursionError, MemoryError):
        message = "it is nested too deeply, or too large, to be compiled"
        return {"python": version, "fault": {"message": message}}
    return {"python": version, **Module(tree, source).facts(names)}


def decoded(source: bytes) -> str:
    """As Python reads a file. Of bytes it would count columns in bytes."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding)


def fault_of(error: SyntaxError, source: bytes) -> Dict[str, Any]:
    fault: Dict[str, Any] = {"message": ("%s: %s" % (type(error).__name__, error.msg))[:LONGEST_MESSAGE]}
    if error.lineno:
        text = line_of(source.splitlines(), error.lineno)
        fault["line"] = error.lineno
        fault["column"] = columns_before(text[: max(0, (error.offset or 1) - 1)]) + 1
    return fault


def line_of(lines: Sequence[bytes], line: int) -> str:
    return lines[line - 1].decode("utf-8", "replace") if 0 < line <= len(lines) else ""


def columns_before(text: str) -> int:
    """Counted as whoever shows the place counts: in units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Module:
    """A parsed file. It would rather take a word too many for a name, or for a caller, than miss one."""

    def __init__(self, tree: ast.Module, source: bytes) -> None:
        self._lines = source.splitlines()
        self._is_opaque = False
        self._has_classes = False
        #: Every way in which the module gets a name; None where it is no plain function.
        self._bound: Dict[str, List[Optional[Definition]]] = {}
        #: Words that may be somebody's way to a function.
        self._mentioned: Set[str] = set()
        for node, is_inside in nodes_of(tree):
            self._look(node)
            for name, definition in bindings_of(node, is_inside):
                self._bound.setdefault(name, []).append(definition)

    def facts(self, names: Sequence[str]) -> Dict[str, Any]:
        functions = {name: self._function(name, bound) for name, bound in self._wanted(names)}
        return {
            "isOpaque": self._is_opaque,
            "hasClasses": self._has_classes,
            "functions": functions,
            "uncalled": [] if self._is_opaque else self._uncalled(set(names)),
        }

    def _wanted(self, names: Sequence[str]) -> Iterator[Tuple[str, List[Optional[Definition]]]]:
        for name in names:
            bound = self._bound.get(name)
            if bound is not None:
                yield name, bound

    def _look(self, node: ast.AST) -> None:
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is ast.Load:
                self._mentioned.add(node.id)
            self._is_opaque |= node.id in OPAQUE_NAMES
        elif kind is ast.Constant:
            if type(node.value) is str and len(node.value) <= LONGEST_NAME:
                self._mentioned.add(node.value)
        elif kind is ast.Attribute:
            self._mentioned.add(node.attr)
            self._is_opaque |= node.attr in OPAQUE_ATTRIBUTES
        elif kind is ast.Call:
            # `type("Name", bases, members)` makes a class.
            self._is_opaque |= type(node.func) is ast.Name and node.func.id == "type" and len(node.args) == 3
        elif kind is ast.ClassDef:
            self._has_classes = True
        elif kind is ast.alias:
            self._is_opaque |= node.name == "*"
        elif kind is ast.FunctionDef:
            self._is_opaque |= node.name in OPAQUE_NAMES

    def _function(self, name: str, bound: List[Optional[Definition]]) -> Dict[str, Any]:
        """What is wrong with a function, where all that the name may be is known."""
        known = [definition for definition in bound if definition is not None]
        if self._is_opaque or len(known) < len(bound):
            return {}
        last = known[-1]
        misfit = misfit_of(last.args) if all(misfit_of(each.args) for each in known) else None
        returns = returned_by(last) if len(known) == 1 else None
        told = {**({"misfit": misfit} if misfit else {}), **({"returns": returns} if returns else {})}
        return {**told, **self._place(name, last)} if told else {}

    def _uncalled(self, names: Set[str]) -> List[Dict[str, Any]]:
        found = []
        for name, bound in self._bound.items():
            if name in names or name in self._mentioned or name.startswith("_") or len(name) > LONGEST_NAME:
                continue
            if all(isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) for each in bound):
                found.append({"name": name, **self._place(name, bound[-1])})
        return found[:MOST_UNCALLED]

    def _place(self, name: str, node: Any) -> Dict[str, int]:
        """Where the name of a definition stands."""
        text = line_of(self._lines, node.lineno)
        start = len(text.encode()[: node.col_offset].decode("utf-8", "replace"))
        found = text.find(name, start)
        return {"line": node.lineno, "column": columns_before(text[: start if found < 0 else found]) + 1}


def nodes_of(tree: ast.AST) -> Iterator[Tuple[ast.AST, bool]]:
    """Every node in the order of the text, and whether it stands inside of a function or class. Without recursion."""
    stack: List[Tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        entry = stack.pop()
        yield entry
        node, is_inside = entry
        below = is_inside or isinstance(node, SCOPES)
        children = [(child, below) for child in ast.iter_child_nodes(node)]
        children.reverse()
        stack += children


def bindings_of(node: ast.AST, is_inside: bool) -> Iterable[Tuple[str, Optional[Definition]]]:
    """The names that a node gives to the module."""
    kind = type(node)
    if kind is ast.Global:
        return [(name, None) for name in node.names]
    if is_inside or kind is ast.Constant or kind is ast.Attribute:
        return ()
    if kind is ast.Name:
        return () if type(node.ctx) is ast.Load else ((node.id, None),)
    if kind is ast.FunctionDef or kind is ast.AsyncFunctionDef:
        return ((node.name, None if node.decorator_list else node),)
    if kind is ast.alias:
        return (((node.asname or node.name).split(".")[0], None),)
    # Classes, `except … as`, the patterns of `match`.
    names = [getattr(node, field, None) for field in ("name", "rest")]
    return [(name, None) for name in names if isinstance(name, str)]


def misfit_of(parameters: ast.arguments) -> Optional[str]:
    """Why a function cannot be called with data and context."""
    positional = [*getattr(parameters, "posonlyargs", []), *parameters.args]
    needed = len(positional) - len(parameters.defaults)
    if needed > GIVEN:
        return "needs %d arguments" % needed
    if len(positional) < GIVEN and parameters.vararg is None:
        return "takes %s" % ("no argument" if not positional else "1 argument")
    for parameter, default in zip(parameters.kwonlyargs, parameters.kw_defaults):
        if default is None:
            return "needs the keyword argument %s" % parameter.arg[:LONGEST_NAME]
    return None


def returned_by(definition: Definition) -> Optional[str]:
    """What a call returns that is no list, whatever the function does."""
    if isinstance(definition, ast.AsyncFunctionDef):
        return "a coroutine"
    own: List[ast.AST] = list(getattr(definition, "body", []))
    while own:
        node = own.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return "a generator"
        if not isinstance(node, SCOPES):
            own.extend(ast.iter_child_nodes(node))
    return None
