"""Imports once, in the supervisor, what handlers import most: forked processes share it and load in milliseconds."""
import importlib

MODULES = (
    "base64",
    "binascii",
    "collections",
    "concurrent.futures",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "logging",
    "math",
    "operator",
    "pickle",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "tempfile",
    "threading",
    "time",
    "traceback",
    "typing",
    "urllib.parse",
    "uuid",
    "zlib",
)


def import_common_modules() -> None:
    for name in MODULES:
        importlib.import_module(name)
