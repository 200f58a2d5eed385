"""The frames between Torchweave and a process. Little endian, lengths in bytes.

Request, Torchweave to process: a head with everything but the values, then the values in the head's order.

    u32 head length | u32 length of all values | u32 call | u16 entry | u16 rows
    each row:    u16 request id length | u32 headers length | u16 fields | request id | headers (JSON)
    each field:  u8 decoding | u16 name length | u16 content type length | u32 value length | name | content type
    values

A request without rows takes back the call of that number, if it has not begun.

Answer, process to Torchweave:

    u32 length of what follows | u32 call | u8 kind | u32 microseconds
    kind OK:   each row: u32 meta length | u32 value length; then each row: meta (JSON, may be empty) | value
    SKIPPED:   nothing; the call was taken back
    others:    JSON
"""
from __future__ import annotations

import json
import mmap
import socket
import struct
from collections import deque
from typing import Any, Deque, List, Optional, Set, Tuple

from .context import Row
from .output import Bytes

OK, FAILED, READY, LOAD_FAILED, SKIPPED = range(5)
AS_BYTES, AS_TEXT, AS_JSON = range(3)

_LENGTHS = struct.Struct("<II")
_REQUEST = struct.Struct("<IHH")
_ROW = struct.Struct("<HIH")
_FIELD = struct.Struct("<BHHI")
_ANSWER = struct.Struct("<IIBI")
_ANSWER_ROW = struct.Struct("<II")

BUFFER_SIZE = 65_536
#: Values up to this size are copied behind their head: cheaper than a second system call.
JOIN_LIMIT = 32_768


class Disconnected(Exception):
    """Torchweave has closed the connection."""


#: call, entry, and for each row what came with it and its fields.
Request = Tuple[int, int, List[Row], List[dict]]


class FrameReader:
    """Reads requests. A value too large for the buffer is received straight into the bytearray the handler gets."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = empty_buffer(BUFFER_SIZE)
        self._start = 0
        self._end = 0
        self._ahead: Deque[Request] = deque()
        self._taken_back: Set[int] = set()
        self._last_call = 0

    def request(self) -> Request:
        """The next request. Waits for it."""
        request = self._ahead.popleft() if self._ahead else None
        while request is None:
            request = self._read()
        self._last_call = request[0]
        return request

    def was_taken_back(self, call: int) -> bool:
        """True when the call is not to be done here any more."""
        if not self._taken_back or call not in self._taken_back:
            return False
        self._taken_back.remove(call)
        return True

    def look_ahead(self) -> None:
        """Takes in everything that has arrived, so that `was_taken_back` knows it."""
        try:
            while self._receive_now():
                pass
        except BlockingIOError:
            pass
        while self._end - self._start >= 8:
            head_length, values_length = _LENGTHS.unpack_from(self._buffer, self._start)
            if self._end - self._start < 8 + head_length + values_length:
                return
            request = self._read()
            if request is not None:
                self._ahead.append(request)

    def _read(self) -> Optional[Request]:
        """One frame. None where it takes a call back."""
        self._need(8)
        head_length, _ = _LENGTHS.unpack_from(self._buffer, self._start)
        self._start += 8
        self._need(head_length)
        # From here on only values are taken, all of which lie behind the head.
        head = bytes(self._buffer[self._start : self._start + head_length])
        self._start += head_length
        call, entry, row_count = _REQUEST.unpack_from(head, 0)
        if row_count == 0:
            if call > self._last_call:
                self._taken_back.add(call)
            return None
        at = 8
        rows, inputs = [], []
        for _ in range(row_count):
            id_length, headers_length, field_count = _ROW.unpack_from(head, at)
            id_at = at + 8
            headers_at = id_at + id_length
            at = headers_at + headers_length
            row_head = head[id_at:headers_at], head[headers_at:at]
            fields, described = {}, []
            for _ in range(field_count):
                decoding, name_length, type_length, value_length = _FIELD.unpack_from(head, at)
                at += 9
                name = str(head[at : at + name_length], "utf-8")
                at += name_length
                described.append((name, head[at : at + type_length]))
                at += type_length
                fields[name] = decode(self._value(value_length), decoding)
            rows.append(Row(*row_head, described))
            inputs.append(fields)
        return call, entry, rows, inputs

    def _value(self, length: int) -> bytearray:
        start, end = self._start, self._end
        if length <= end - start:
            self._start = start + length
            return bytearray(self._buffer[start : start + length])
        value = bytearray(length)
        at = end - start
        value[:at] = self._buffer[start:end]
        self._start = self._end = 0
        with memoryview(value) as view:
            while at < length:
                at += self._receive(view[at:])
        return value

    def _need(self, length: int) -> None:
        """Has at least `length` bytes in the buffer, from `_start` on."""
        if self._end - self._start >= length:
            return
        self._make_room(length)
        while self._end - self._start < length:
            self._end += self._receive(self._buffer[self._end :])

    def _receive_now(self) -> int:
        """Receives what has arrived; 0 when there is nobody at the other end. Raises BlockingIOError for nothing."""
        self._make_room(self._end - self._start + 1)
        received = self._connection.recv_into(self._buffer[self._end :], 0, socket.MSG_DONTWAIT)
        self._end += received
        return received

    def _make_room(self, length: int) -> None:
        """Makes the buffer large enough for `length` bytes from `_start` on."""
        if self._start == self._end:
            self._start = self._end = 0
        if self._start + length > len(self._buffer):
            held = self._buffer[self._start : self._end]
            self._buffer = empty_buffer(BUFFER_SIZE if length <= BUFFER_SIZE else 2 * length)
            self._buffer[: len(held)] = held
            self._start, self._end = 0, len(held)

    def _receive(self, view: memoryview) -> int:
        received = self._connection.recv_into(view)
        if received == 0:
            raise Disconnected()
        return received


def empty_buffer(size: int) -> memoryview:
    """Memory straight from the system: what was never written to takes none, and most requests are small."""
    return memoryview(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def decode(value: bytearray, decoding: int) -> Any:
    """A value as the handler sees it; bytes that are not what their content type says stay a bytearray."""
    if decoding == AS_BYTES:
        return value
    try:
        text = str(value, "utf-8")
        return json.loads(text) if decoding == AS_JSON else text
    except (ValueError, RecursionError):
        return value


class FrameWriter:
    """Sends answers, each the moment it is there."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def ok(self, call: int, micros: int, values: List[Tuple[bytes, Bytes]]) -> None:
        """The answer to every row: meta and value."""
        if len(values) == 1:
            meta, value = values[0]
            parts = [_ANSWER_ROW.pack(len(meta), len(value)), meta, value]
        else:
            parts = [_ANSWER_ROW.pack(len(meta), len(value)) for meta, value in values]
            for row in values:
                parts.extend(row)
        self._send(call, OK, micros, parts)

    def skipped(self, call: int) -> None:
        """The call was taken back."""
        self._send(call, SKIPPED, 0, [])

    def json(self, call: int, kind: int, micros: int, content: Any) -> None:
        """Any other answer."""
        self._send(call, kind, micros, [json.dumps(content).encode("utf-8")])

    def _send(self, call: int, kind: int, micros: int, parts: List[Bytes]) -> None:
        length = sum(map(len, parts))
        parts.insert(0, _ANSWER.pack(9 + length, call, kind, micros))
        if length <= JOIN_LIMIT:
            self._connection.sendall(b"".join(parts))
            return
        small: List[Bytes] = []
        for part in parts:
            if len(part) <= JOIN_LIMIT:
                small.append(part)
                continue
            self._connection.sendall(b"".join(small))
            small.clear()
            self._connection.sendall(part)
        if small:
            self._connection.sendall(b"".join(small))
