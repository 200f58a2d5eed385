"""Imports handler files; what functions and models have in common."""
from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Callable, Dict, Optional

from .context import Context
from .failures import describe_exception, place_of, traceback_of


class LoadError(Exception):
    """A handler that cannot be served, told for people; `details` go to the log, `place` with the reason."""

    def __init__(
        self,
        reason: str,
        function: Optional[str] = None,
        details: Optional[str] = None,
        place: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__(reason)
        self.function = function
        self.details = details
        self.place = place


def raised(error: BaseException, directory: str, before: str = "", function: Optional[str] = None) -> LoadError:
    """What an exception of an archive's own code means for whoever wanted to load it."""
    reason = before + describe_exception(error, directory)
    return LoadError(reason, function, traceback_of(error, directory), place_of(error, directory))


class Entry:
    """Something that can be called: a function of a workflow, or the handler of a model."""

    __slots__ = ("node", "run", "context")

    def __init__(self, node: Optional[str], run: Callable[[Any, Context], Any], context: Context) -> None:
        #: The node's name, as log events tell it; a model's process has but one.
        self.node = node
        self.run = run
        self.context = context


def import_handler(directory: str, file: str) -> ModuleType:
    """Imports a Python file of an archive; its folder and the archive's come first on `sys.path`."""
    path = os.path.join(directory, file)
    if not os.path.isfile(path):
        raise LoadError("%s is not in the archive" % file)
    folder = os.path.dirname(path)
    sys.path[:0] = [directory] if folder == directory else [directory, folder]
    name = module_name_of(file)
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise LoadError("%s is not a Python file" % file)
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    try:
        module_spec.loader.exec_module(module)
    except BaseException as error:
        raise raised(error, directory) from error
    return sys.modules[name]


def module_name_of(file: str) -> str:
    """The file's stem, so that siblings can import it, unless that would replace a module that others rely on."""
    stem = os.path.splitext(os.path.basename(file))[0]
    known = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    return "archive_" + stem if stem in sys.modules or stem in known else stem
