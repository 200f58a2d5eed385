"""Where in a trace a request stands, by W3C Trace Context."""
from __future__ import annotations

import re
from typing import Any, Dict, Optional

#: Version, trace, span and flags; versions to come may say more behind them.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.{0,512})?")
_NAMES = ("traceparent", "tracestate")


class Trace(Dict[str, str]):
    """`traceparent` and, where there is one, `tracestate`: headers for whoever is called. Empty where there is no trace."""

    @property
    def trace_id(self) -> Optional[str]:
        return self._part(1)

    @property
    def span_id(self) -> Optional[str]:
        """Of the span to go on below: the attempt of this node, where the server traces, else the client's."""
        return self._part(2)

    @property
    def sampled(self) -> bool:
        """Whether what is done is to be recorded."""
        flags = self._part(3)
        return flags is not None and int(flags, 16) & 1 == 1

    def _part(self, index: int) -> Optional[str]:
        match = _TRACEPARENT.fullmatch(self.get("traceparent", ""))
        return None if match is None else match.group(index)


def trace_in(headers: Dict[str, Any]) -> Trace:
    """What headers say, whatever the case of their names; nothing where that is no place in a trace."""
    found = {name.lower(): value for name, value in headers.items() if name.lower() in _NAMES}
    trace = Trace((name, found[name]) for name in _NAMES if isinstance(found.get(name), str))
    return trace if trace.trace_id is not None else Trace()
