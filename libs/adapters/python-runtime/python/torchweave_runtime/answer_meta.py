"""What a handler sets for its answer beside the value; Torchweave checks it again by the same bounds."""
from __future__ import annotations

import json
from typing import Any, Dict

from .failures import OutputError

MAX_HEADERS = 64
#: Bytes of all names and values together.
MAX_HEADER_TEXT = 8_192
MAX_CONTENT_TYPE = 1_024
STATUSES = range(200, 600)


def meta_bytes(headers: Dict[str, Any], status: Any) -> bytes:
    """Content type, headers and status of an answer; empty where the handler set none. Raises OutputError."""
    if not headers and is_plain_ok(status):
        return b""
    named = {str(name).lower(): str(value) for name, value in headers.items()}
    meta: Dict[str, Any] = {}
    content_type = named.pop("content-type", None)
    if content_type:
        if size_of(content_type) > MAX_CONTENT_TYPE:
            raise OutputError("the content type of the answer is longer than %d bytes" % MAX_CONTENT_TYPE)
        meta["contentType"] = content_type
    if named:
        meta["headers"] = checked_headers(named)
    if not is_plain_ok(status):
        if not isinstance(status, int) or isinstance(status, bool) or status not in STATUSES:
            raise OutputError("the status of the answer must be a number from 200 to 599, not %.100r" % (status,))
        meta["status"] = int(status)
    return json.dumps(meta).encode("utf-8")


def is_plain_ok(status: Any) -> bool:
    return isinstance(status, int) and status == 200


def size_of(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def checked_headers(headers: Dict[str, str]) -> Dict[str, str]:
    if len(headers) > MAX_HEADERS:
        raise OutputError("the answer has %d headers, more than %d" % (len(headers), MAX_HEADERS))
    size = sum(size_of(name) + size_of(value) for name, value in headers.items())
    if size > MAX_HEADER_TEXT:
        raise OutputError("the headers of the answer have %d bytes, more than %d" % (size, MAX_HEADER_TEXT))
    return headers
