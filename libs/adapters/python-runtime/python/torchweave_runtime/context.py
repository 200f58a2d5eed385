"""The `context` that functions and handlers receive, with the members of TorchServe's."""
from __future__ import annotations

import json
from typing import Any, Dict, List, Optional, Tuple

from .metrics import Metrics
from .trace import Trace, trace_in

#: What `system_properties["server_name"]` says in TorchServe; handlers compare it.
SERVER_NAME = "MMS"


class Row:
    """What came with one request beside its values. Decoded only when a handler asks."""

    __slots__ = ("_request_id", "_headers", "_fields")

    def __init__(self, request_id: bytes, headers: bytes, fields: List[Tuple[str, bytes]]) -> None:
        self._request_id = request_id
        self._headers = headers
        self._fields = fields

    def request_id(self) -> str:
        return self._request_id.decode("utf-8")

    def properties(self) -> Dict[str, Any]:
        """The content type of every field, then the client's headers over them, as TorchServe lays them out."""
        properties: Dict[str, Any] = {
            name: {"content-type": content_type.decode("utf-8")} for name, content_type in self._fields
        }
        properties.update(json.loads(self._headers.decode("utf-8")))
        return properties

    def trace(self) -> Trace:
        return trace_in(json.loads(self._headers.decode("utf-8")))


class RequestProcessor:
    """Headers in, status and headers out of one request of a batch."""

    def __init__(self, request_header: Dict[str, Any]) -> None:
        self._request_header = request_header
        self._response_header: Dict[str, str] = {}
        self._status: Tuple[int, Optional[str]] = (200, None)

    def get_request_property(self, key: str) -> Any:
        """A header of the request: as it is spelt, else in any case."""
        if key in self._request_header:
            return self._request_header[key]
        wanted = key.lower()
        return next((value for name, value in self._request_header.items() if name.lower() == wanted), None)

    def get_request_properties(self) -> Dict[str, Any]:
        return self._request_header

    def report_status(self, code: int, reason_phrase: Optional[str] = None) -> None:
        self._status = (code, reason_phrase)

    def get_response_status_code(self) -> int:
        return self._status[0]

    def get_response_status_phrase(self) -> Optional[str]:
        return self._status[1]

    def add_response_property(self, key: str, value: str) -> None:
        self._response_header[key] = value

    def get_response_headers(self) -> Dict[str, str]:
        return self._response_header

    def get_response_header(self, key: str) -> Optional[str]:
        return self._response_header.get(key)


class Context:
    """One per function or model, as in TorchServe; what belongs to a request changes from call to call."""

    def __init__(
        self,
        model_name: str,
        model_dir: str,
        manifest: Any,
        batch_size: int = 1,
        gpu: Optional[int] = None,
        mms_version: str = "",
        limit_max_image_pixels: bool = True,
        metrics: Optional[Metrics] = None,
        model_yaml_config: Any = None,
    ) -> None:
        self.model_name = model_name
        self.manifest = manifest
        self.metrics = metrics if metrics is not None else Metrics(model_name)
        self.model_yaml_config = model_yaml_config if model_yaml_config is not None else {}
        self.stopping_criteria: Any = None
        self._system_properties = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": batch_size,
            "server_name": SERVER_NAME,
            "server_version": mms_version,
            "limit_max_image_pixels": limit_max_image_pixels,
        }
        self._rows: List[Row] = []
        self._request_ids: Optional[Dict[int, str]] = None
        self._processors: Optional[List[RequestProcessor]] = None

    def begin_call(self, rows: List[Row]) -> None:
        """Makes `rows` the requests that the context tells of."""
        self._rows = rows
        self._request_ids = None
        self._processors = None

    def answer_headers(self, idx: int) -> Dict[str, str]:
        """The headers that the handler set for the answer to request `idx`."""
        return {} if self._processors is None else self._processors[idx].get_response_headers()

    @property
    def touched(self) -> bool:
        """True when the handler looked at headers, and so may have set some."""
        return self._processors is not None

    @property
    def system_properties(self) -> Dict[str, Any]:
        return self._system_properties

    @property
    def request_ids(self) -> Optional[Dict[int, str]]:
        if self._request_ids is None and self._rows:
            self._request_ids = {idx: row.request_id() for idx, row in enumerate(self._rows)}
        return self._request_ids

    @request_ids.setter
    def request_ids(self, request_ids: Optional[Dict[int, str]]) -> None:
        self._request_ids = request_ids

    @property
    def trace(self) -> Trace:
        """The place in a trace of the request; of the first one, where there are several."""
        return self._rows[0].trace() if self._rows else Trace()

    @property
    def request_processor(self) -> List[RequestProcessor]:
        if self._processors is None:
            self._processors = [RequestProcessor(row.properties()) for row in self._rows]
        return self._processors

    @request_processor.setter
    def request_processor(self, processors: List[RequestProcessor]) -> None:
        self._processors = processors

    def get_request_id(self, idx: int = 0) -> Optional[str]:
        ids = self.request_ids
        return None if ids is None else ids.get(idx)

    def get_request_header(self, idx: int, key: str) -> Any:
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> Dict[str, Any]:
        return self.request_processor[idx].get_request_properties()

    def get_response_status(self, idx: int) -> Tuple[int, Optional[str]]:
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Accepted, and told by `get_response_status`; the answer of a workflow does not change by it."""
        self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_headers(self, idx: int) -> Dict[str, str]:
        return self.request_processor[idx].get_response_headers()

    def set_response_header(self, idx: int, key: str, value: str) -> None:
        self.request_processor[idx].add_response_property(key, value)

    def get_response_content_type(self, idx: int) -> Optional[str]:
        return self.get_response_headers(idx).get("content-type")

    def set_response_content_type(self, idx: int, value: str) -> None:
        self.set_response_header(idx, "content-type", value)

    def get_sequence_id(self, idx: int) -> Any:
        return self.get_request_header(idx, "ts_request_sequence_id")
