"""What handlers return, as bytes."""
from __future__ import annotations

import io
import json
import sys
from typing import Any, List, Union

from .failures import OutputError

Bytes = Union[bytes, bytearray]


def rows_of(result: Any, expected: int) -> List[Any]:
    """The result of a handler, one element a request."""
    if not isinstance(result, list):
        raise OutputError("Invalid model predict output")
    if len(result) != expected:
        raise OutputError("number of batch response mismatched")
    return result


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
        raise OutputError("Unsupported model output data type.") from error
