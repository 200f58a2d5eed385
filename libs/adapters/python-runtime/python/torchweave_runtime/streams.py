"""What a function prints and logs, as events that say which function it was."""
from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
from typing import Any, List, Optional

from .rate_limit import RateLimit, cost_of

MAX_LINE = 8_192
#: Seconds that a function waits for the supervisor to take an event before the event is dropped.
SEND_TIMEOUT = 0.1


class EventLog:
    """Sends output to the supervisor, one datagram an event: atomic, so threads and signal handlers need no lock."""

    def __init__(self, descriptor: int, bytes_per_second: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(SEND_TIMEOUT)
        self._limit = RateLimit(bytes_per_second, 4 * bytes_per_second)
        #: The call that is executed; Torchweave knows whose it is.
        self._call: Optional[int] = None

    def begin_call(self, call: int) -> None:
        """What is told from here on is told of this call."""
        self._call = call

    def end_call(self) -> None:
        """What is told from here on, by a thread that a function has left behind, is told of none."""
        self._call = None

    def emit(self, stream: str, text: str, level: Optional[str] = None) -> None:
        """Passes `text` on, or counts it as dropped when there is too much."""
        if len(text) > MAX_LINE:
            text = text[:MAX_LINE] + "… (cut)"
        # The supervisor counts by the same rule; here it is counted so that a flood is not even sent.
        if not self._limit.has_room(len(text)):
            self._limit.dropped += len(text)
        elif self._limit.admits(cost_of(text)):
            self.report_dropped()
            self._send({"stream": stream, "text": text, "level": level})

    def has_room(self) -> bool:
        """False when an event would be dropped, so that costly ones need not be made."""
        return self._limit.has_room(MAX_LINE)

    def report_dropped(self) -> None:
        """Tells how much was dropped, if anything was."""
        if self._limit.dropped:
            text = "%d characters of output were dropped: too much at once" % self._limit.take_dropped()
            self._limit.spend(cost_of(text))
            self._send({"stream": "logging", "text": text, "level": "warn"})

    def _send(self, event: dict) -> None:
        event["call"] = self._call
        try:
            self._socket.send(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
        except OSError:
            self._limit.dropped += len(event["text"])


class LineStream(io.TextIOBase):
    """Stands in for `sys.stdout` and `sys.stderr`: whole lines become events."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, log: EventLog, name: str, original: Any) -> None:
        self._log = log
        self._name = name
        self._original = original
        self._partial: List[str] = []
        self._partial_size = 0
        self._lock = threading.RLock()

    @property
    def buffer(self) -> Any:
        """Bytes go to the descriptor itself, which the supervisor reads too."""
        return self._original.buffer

    def fileno(self) -> int:
        return self._original.fileno()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not %s" % type(text).__name__)
        with self._lock:
            *lines, rest = text.split("\n")
            for line in lines:
                self._keep(line)
                self._release()
            self._keep(rest)
            if self._partial_size > MAX_LINE:
                self._release()
        return len(text)

    def flush(self) -> None:
        """For what went to `buffer`. Lines are sent as they end; a part of one waits for its rest or the call's end."""
        self._original.flush()

    def end_call(self) -> None:
        """Sends what the function left without a line end."""
        if self._partial:
            with self._lock:
                self._release()

    def _keep(self, text: str) -> None:
        if text:
            self._partial.append(text)
            self._partial_size += len(text)

    def _release(self) -> None:
        line = "".join(self._partial)
        self._partial.clear()
        self._partial_size = 0
        if line:
            self._log.emit(self._name, line)


class EventHandler(logging.Handler):
    """Root handler of `logging`: records become events with their level."""

    def __init__(self, log: EventLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._log.emit("logging", self.format(record), level_of(record.levelno))
        except Exception:  # A record that cannot be formatted must not fail the function.
            self._log.emit("logging", "a log record could not be formatted: %r" % (record.msg,), "warn")


def level_of(levelno: int) -> str:
    """The level of Torchweave's logger for one of Python's."""
    if levelno >= logging.ERROR:
        return "error"
    if levelno >= logging.WARNING:
        return "warn"
    return "info" if levelno >= logging.INFO else "debug"


class CapturedOutput:
    """Everything a function says, by whatever way."""

    def __init__(self, log: EventLog) -> None:
        self.log = log
        self._stdout = LineStream(log, "stdout", sys.stdout)
        self._stderr = LineStream(log, "stderr", sys.stderr)

    def install(self) -> None:
        """Takes over `sys.stdout`, `sys.stderr` and the root logger."""
        sys.stdout = self._stdout
        sys.stderr = self._stderr
        logging.raiseExceptions = False
        root = logging.getLogger()
        root.handlers[:] = [EventHandler(self.log)]
        root.setLevel(logging.INFO)

    def end_call(self) -> None:
        """Sends what is left of the call that ends."""
        self._stdout.end_call()
        self._stderr.end_call()
        self.log.report_dropped()
        self.log.end_call()

    def flush(self) -> None:
        """Sends what was written around us, before the process ends."""
        self._stdout.flush()
        self._stderr.flush()
