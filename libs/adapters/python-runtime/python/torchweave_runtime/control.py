"""The control connection to Torchweave: JSON, a line each, so that whoever takes it over finds its way in."""
from __future__ import annotations

import json
import select
import socket
from typing import Any, Dict, List

#: Output events wait in memory up to this; what comes on top is dropped, so that a busy Torchweave costs no memory here.
MAX_WAITING = 1_048_576


class ControlConnection:
    """Non-blocking, so that the supervisor answers to its processes whatever Torchweave does."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(False)
        self._received = b""
        self._waiting = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def wants_to_send(self) -> bool:
        return bool(self._waiting)

    def receive(self) -> List[Dict[str, Any]]:
        """The frames that have come whole. Raises ConnectionError when Torchweave is gone."""
        try:
            data = self._socket.recv(262_144)
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionError("Torchweave has closed the control connection")
        *lines, rest = (self._received + data).split(b"\n")
        self._received = rest
        return [json.loads(line.decode("utf-8")) for line in lines]

    def await_begin(self, start: int) -> Dict[str, Any]:
        """The frame that begins the start of that number; all before it were for a supervisor that was lost.

        Raises ConnectionError when Torchweave is gone or wants an end.
        """
        received = b""
        while True:
            select.select([self._socket], [], [])
            # What a lost one has left begins anywhere. Torchweave sends nothing behind it before we have started.
            data = self._socket.recv(262_144)
            if not data:
                raise ConnectionError("Torchweave has closed the control connection")
            *lines, received = (received + data).split(b"\n")
            for line in lines:
                frame = read_or_none(line)
                if frame is not None and frame.get("op") == "shutdown":
                    raise ConnectionError("Torchweave wants an end")
                if frame is not None and frame.get("op") == "begin" and frame.get("start") == start:
                    return frame

    def send(self, event: Dict[str, Any], may_drop: bool = False) -> bool:
        """Sends now what fits, the rest with `flush`. False when the event was dropped."""
        if may_drop and len(self._waiting) > MAX_WAITING:
            return False
        self._waiting += json.dumps(event).encode("utf-8") + b"\n"
        self.flush()
        return True

    def flush(self) -> None:
        """Sends what waits, as far as it goes."""
        try:
            while self._waiting:
                sent = self._socket.send(self._waiting)
                del self._waiting[:sent]
        except BlockingIOError:
            pass

    def take_over(self, event: Dict[str, Any]) -> None:
        """Sends behind what a process that was killed may have begun to send. Waits for room."""
        frame = b"\n" + json.dumps(event).encode("utf-8") + b"\n"
        while frame:
            select.select([], [self._socket], [])
            try:
                frame = frame[self._socket.send(frame) :]
            except BlockingIOError:
                pass


def read_or_none(line: bytes) -> Any:
    try:
        frame = json.loads(line.decode("utf-8"))
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None
