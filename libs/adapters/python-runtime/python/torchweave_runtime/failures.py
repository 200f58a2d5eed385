"""Exceptions of handlers, told in one sentence."""
from __future__ import annotations

import os
import traceback
from typing import Any, Dict, Optional

MAX_REASON = 2_000
#: Files of what runs a handler: the runtime's own, and Python's that import it.
MACHINERY = (os.path.dirname(os.path.abspath(__file__)) + os.sep, "<frozen importlib")
STATUSES = range(400, 600)


class OutputError(Exception):
    """A handler returned something that is no answer. The text is TorchServe's where it has one."""


def describe_exception(error: BaseException, directory: str) -> str:
    """One sentence as Python says it, without traceback and without the place the archive is unpacked to."""
    if isinstance(error, SyntaxError) and error.filename:
        file = os.path.relpath(error.filename, directory) if error.filename.startswith(directory) else error.filename
        text = "%s (%s, line %s)" % (error.msg, os.path.basename(file), error.lineno)
    else:
        text = text_of(error)
    if isinstance(error, MemoryError) and not text:
        text = "the process may not use more memory"
    name = type(error).__name__
    sentence = "%s: %s" % (name, text) if text else name
    return sentence.replace(directory + os.sep, "")[:MAX_REASON]


def place_of(error: BaseException, directory: str) -> Optional[Dict[str, Any]]:
    """Where the archive's own code has raised it, or cannot be read: file, line and, where that is known, column."""
    file = error.filename if isinstance(error, SyntaxError) else None
    if isinstance(file, str) and file.startswith(directory + os.sep) and error.lineno:
        column = {"column": error.offset} if error.offset and error.offset > 0 else {}
        return {"file": os.path.relpath(file, directory), "line": error.lineno, **column}
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith(directory + os.sep):
            place = {"file": os.path.relpath(file, directory), "line": line}
    return place


def placed(error: BaseException, directory: str) -> Dict[str, Any]:
    """The place of an exception as a part of what is sent of it."""
    place = place_of(error, directory)
    return {} if place is None else {"place": place}


def text_of(error: BaseException) -> str:
    """`str(error)`, which may itself raise."""
    try:
        return str(error)
    except Exception:
        return "an exception that cannot be printed"


def describe_failure(error: BaseException, directory: str) -> Dict[str, Any]:
    """A failed call as it is sent to Torchweave."""
    if isinstance(error, OutputError):
        return {"kind": "output", "reason": str(error)}
    if is_out_of_memory(error):
        return {"kind": "memory", "reason": describe_exception(error, directory)}
    failure = {"kind": "raised", "reason": describe_exception(error, directory), **placed(error, directory)}
    status = status_of(error)
    if status is not None:
        message = getattr(error, "message", None)
        failure["status"] = status
        failure["message"] = (message if isinstance(message, str) else text_of(error))[:MAX_REASON]
    return failure


def is_out_of_memory(error: BaseException) -> bool:
    """As TorchServe tells it: a MemoryError, or whatever of CUDA's goes wrong."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "CUDA" in text_of(error))


def status_of(error: BaseException) -> Optional[int]:
    """The HTTP status that an exception carries as TorchServe's PredictionException does."""
    status = getattr(error, "error_code", None)
    return int(status) if isinstance(status, int) and status in STATUSES else None


def traceback_of(error: BaseException, directory: str) -> str:
    """The traceback from the handler's own frames on, by files of the archive; of an answer that is none, what is wrong with it."""
    if isinstance(error, OutputError):
        return str(error) if error.__cause__ is None else "%s %s" % (error, text_of(error.__cause__))
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename.startswith(MACHINERY):
        frames = frames.tb_next
    text = "".join(traceback.format_exception(type(error), error, frames)).rstrip()
    return text.replace(directory + os.sep, "")
