"""What comes through a process's log socket, to which functions can write too: checked and limited in the supervisor."""
from __future__ import annotations

import json
from typing import Any, Dict, Iterator

from .rate_limit import LINE_COST, RateLimit, cost_of
from .streams import MAX_LINE

STREAMS = ("stdout", "stderr", "logging")
LEVELS = (None, "debug", "info", "warn", "error")
CUT = "… (cut)"


class LoggedEvents:
    """The events of one process, as many as its rate limit lets pass."""

    def __init__(self, bytes_per_second: int) -> None:
        # A second's worth more than the process allows itself: what it has sent may arrive at once.
        self._limit = RateLimit(bytes_per_second, 5 * bytes_per_second)

    def take(self, datagram: bytes) -> Iterator[Dict[str, Any]]:
        """The event in a datagram, behind one that tells how much was dropped before it."""
        # A flood is not even read.
        if not self._limit.has_room(LINE_COST):
            self._limit.dropped += len(datagram)
            return
        event = read_event(datagram)
        if event["text"] and self._limit.admits(cost_of(event["text"])):
            yield from self.report_dropped()
            yield event

    def report_dropped(self) -> Iterator[Dict[str, Any]]:
        """Tells how much was dropped, if anything was."""
        if self._limit.dropped:
            text = "%d bytes of log events were dropped: too much at once" % self._limit.take_dropped()
            self._limit.spend(cost_of(text))
            yield {"stream": "logging", "text": text, "level": "warn", "call": None}


def read_event(datagram: bytes) -> Dict[str, Any]:
    """The event in a datagram; whatever is no event is told as raw output."""
    try:
        event = json.loads(datagram.decode("utf-8"))
        stream, text, level, call = (event[key] for key in ("stream", "text", "level", "call"))
    except (ValueError, TypeError, KeyError, RecursionError):
        stream = text = level = call = None
    known = stream in STREAMS and isinstance(text, str) and level in LEVELS and is_call(call)
    if not known:
        return {"stream": "stderr", "text": datagram[:MAX_LINE].decode("utf-8", "replace"), "level": None, "call": None}
    if len(text) > MAX_LINE + len(CUT):
        text = text[:MAX_LINE] + CUT
    return {"stream": stream, "text": text, "level": level, "call": call}


def is_call(number: Any) -> bool:
    return number is None or (isinstance(number, int) and 0 <= number <= 0xFFFFFFFF)
