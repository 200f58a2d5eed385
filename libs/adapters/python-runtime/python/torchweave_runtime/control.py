"""The control connection to Torchweave: JSON, a line each."""
from __future__ import annotations

import json
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
