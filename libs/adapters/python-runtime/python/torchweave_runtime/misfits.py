"""What in a handler's output cannot be JSON, told for people."""
from __future__ import annotations

from typing import Any, Iterator, List, Optional, Tuple

#: Characters of a type's name, of a key and of a whole path that are told.
LONGEST_NAME = 60
LONGEST_KEY = 30
LONGEST_PATH = 200
#: Values that are looked at: json.dumps has looked at as many to get there.
MOST_VALUES = 1_000_000

PLAIN = (str, int, float, bool, type(None))


def name_of_type(value: Any) -> str:
    """As people say it: `None`, `a dict`, `an ndarray`."""
    if value is None:
        return "None"
    name = clipped(type(value).__name__, LONGEST_NAME)
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return "bytes" if name == "bytes" else "%s %s" % (article, name)


def find_misfit(value: Any, error: BaseException) -> str:
    """What json.dumps refused with `error`, where it stands, and what to return instead."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be JSON"
    if isinstance(error, ValueError):
        return "it contains itself, which cannot be JSON"
    try:
        path, misfit = first_misfit(value) or ("", value)
        where = " at %s" % clipped(path, LONGEST_PATH) if path else ""
        return "%s%s cannot be JSON; %s" % (misfit_name(misfit), where, instead_of(misfit))
    except Exception:
        # Code of the archive's classes has run.
        return "it has something that cannot be JSON"


class BadKey:
    """A key of a dict that JSON cannot have."""

    def __init__(self, key: Any) -> None:
        self.key = key


def misfit_name(misfit: Any) -> str:
    return "a key that is %s" % name_of_type(misfit.key) if isinstance(misfit, BadKey) else name_of_type(misfit)


def instead_of(misfit: Any) -> str:
    """What to do about it."""
    if isinstance(misfit, BadKey):
        return "keys are text or numbers"
    if isinstance(misfit, (bytes, bytearray)):
        return "return them as a whole element, or as text in base64"
    if hasattr(type(misfit), "tolist"):
        return "its .tolist() can be"
    return "return dict, list, str, int, float, bool or None"


def first_misfit(root: Any) -> Optional[Tuple[str, Any]]:
    """Path and value of the first one, without recursion: it may be deep."""
    if not isinstance(root, (dict, list, tuple)):
        return "", root
    path: List[str] = []
    stack: List[Iterator[Tuple[str, Any]]] = [members_of(root)]
    for _ in range(MOST_VALUES):
        if not stack:
            return None
        step, value = next(stack[-1], (None, None))
        if step is None:
            stack.pop()
            if path:
                path.pop()
        elif isinstance(value, (dict, list, tuple)):
            path.append(step)
            stack.append(members_of(value))
        elif not isinstance(value, PLAIN):
            return "".join(path) + step, value
    return None


def members_of(value: Any) -> Iterator[Tuple[str, Any]]:
    """What a list or dict holds, each with its step of the path; a key that is none first."""
    if not isinstance(value, dict):
        for index, member in enumerate(value):
            yield "[%d]" % index, member
        return
    for key, member in value.items():
        if not isinstance(key, PLAIN):
            yield "", BadKey(key)
            return
        yield "[%s]" % clipped(repr(key), LONGEST_KEY), member


def clipped(text: str, length: int) -> str:
    """On one line, and no longer than that."""
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[: length + 1])
    return printable if len(printable) <= length else printable[: length - 1] + "…"
