"""How much output of a process is passed on."""
from __future__ import annotations

import json
import time

#: What a line costs beside its text: about what a log has around it.
LINE_COST = 200


def cost_of(text: str) -> int:
    """Bytes of a line in a log of JSON."""
    return LINE_COST + len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))


class RateLimit:
    """A token bucket over bytes that counts what it refuses."""

    def __init__(self, bytes_per_second: int, burst: int) -> None:
        self._rate = bytes_per_second
        self._burst = burst
        self._tokens = float(burst)
        self._filled_at = time.monotonic()
        self.dropped = 0

    def admits(self, size: int) -> bool:
        """True when `size` bytes may pass now; otherwise they count as dropped."""
        if self.has_room(size):
            self._tokens -= size
            return True
        self.dropped += size
        return False

    def spend(self, size: int) -> None:
        """Counts what passes whether there is room or not."""
        self._tokens -= size

    def has_room(self, size: int) -> bool:
        """True when `size` bytes would pass now."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return size <= self._tokens

    def take_dropped(self) -> int:
        """The bytes dropped since the last call."""
        dropped, self.dropped = self.dropped, 0
        return dropped
