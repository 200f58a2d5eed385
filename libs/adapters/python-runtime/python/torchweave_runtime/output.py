"""What handlers return, as bytes."""
from __future__ import annotations

import io
import json
import sys
from typing import Any, List, Union

from .failures import OutputError
from .misfits import find_misfit, name_of_type

Bytes = Union[bytes, bytearray]


def rows_of(result: Any, expected: int) -> List[Any]:
    """The result of a handler, one element a request."""
    if not isinstance(result, list):
        raise OutputError("Invalid model predict output: %s" % wanted_list(name_of_type(result), expected))
    if len(result) != expected:
        returned = "a list of %d element%s" % (len(result), "" if len(result) == 1 else "s")
        raise OutputError("number of batch response mismatched: %s" % wanted_list(returned, expected))
    return result


def wanted_list(returned: str, expected: int) -> str:
    """What was returned, and what should have been."""
    requests = "1 request" if expected == 1 else "%d requests" % expected
    wanted = "it must return a list of one element for each request"
    return "it returned %s for %s; %s, here %d" % (returned, requests, wanted, expected)


def to_bytes(value: Any, limit: int) -> Bytes:
    """One element as TorchServe sends it."""
    if isinstance(value, (bytes, bytearray)):
        encoded: Bytes = value
    elif isinstance(value, str):
        encoded = value.encode("utf-8")
    elif is_tensor(value):
        encoded = tensor_bytes(value)
    else:
        encoded = json_bytes(value)
    if len(encoded) > limit:
        raise OutputError("the output of %d bytes is larger than max_response_size, %d bytes" % (len(encoded), limit))
    return encoded


def is_tensor(value: Any) -> bool:
    """True for a torch.Tensor, without importing torch where nobody did."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, getattr(torch, "Tensor", ()))


def tensor_bytes(value: Any) -> bytes:
    buffer = io.BytesIO()
    sys.modules["torch"].save(value, buffer)
    return buffer.getvalue()


def json_bytes(value: Any) -> bytes:
    try:
        return json.dumps(value, indent=2).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise OutputError("Unsupported model output data type: %s" % find_misfit(value, error)) from error
