"""What processes write to their descriptors 1 and 2, as log events."""
from __future__ import annotations

import time
from typing import Callable, Dict

from .rate_limit import LINE_COST, RateLimit, cost_of
from .streams import MAX_LINE

#: stream, text
EmitLine = Callable[[str, str], None]


class RawOutput:
    """Splits the bytes of one process's stdout and stderr into lines, as many as the rate limit lets pass."""

    def __init__(self, bytes_per_second: int, emit: EmitLine) -> None:
        self._limit = RateLimit(bytes_per_second, 4 * bytes_per_second)
        self._emit = emit
        self._partial: Dict[str, bytes] = {}
        self._reported_at = float("-inf")

    def take(self, stream: str, data: bytes) -> None:
        """Passes on what was read; all of it is taken, so that the writer never waits."""
        if not self._limit.has_room(LINE_COST):
            self._limit.dropped += len(data)
            self._partial.pop(stream, None)
            return
        self.report_dropped(stream)
        *lines, rest = (self._partial.pop(stream, b"") + data).split(b"\n")
        for line in lines:
            self._line(stream, line)
        if len(rest) > MAX_LINE:
            self._line(stream, rest)
        elif rest:
            self._partial[stream] = rest

    def end(self) -> None:
        """Passes on what is left when the process has ended."""
        for stream, rest in self._partial.items():
            self._line(stream, rest)
        self._partial.clear()
        self.report_dropped("stdout")

    def _line(self, stream: str, line: bytes) -> None:
        if not line:
            return
        if not self._limit.has_room(LINE_COST):
            self._limit.dropped += len(line)
            return
        text = line[:MAX_LINE].decode("utf-8", "replace").rstrip("\r")
        cost = cost_of(text)
        if not self._limit.has_room(cost):
            self._limit.dropped += len(line)
        elif text:
            self._limit.spend(cost)
            self._emit(stream, text)

    def report_dropped(self, stream: str, interval: float = 0.0) -> bool:
        """Tells how much was dropped, at most once in `interval` seconds. False while there is something left to tell."""
        now = time.monotonic()
        if self._limit.dropped and now - self._reported_at >= interval:
            self._reported_at = now
            text = "%d bytes of output were dropped: too much at once" % self._limit.take_dropped()
            self._limit.spend(cost_of(text))
            self._emit(stream, text)
        return not self._limit.dropped

    @property
    def dropped(self) -> int:
        """Bytes that were dropped and not told yet."""
        return self._limit.dropped
