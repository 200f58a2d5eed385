"""`context.metrics`: accepts everything that TorchServe's does and tells it to the debug log."""
from __future__ import annotations

import logging
from typing import Any, Dict, Optional, Tuple

logger = logging.getLogger("torchweave.metrics")


class Metric:
    """One metric of a handler."""

    def __init__(self, name: str, unit: str = "", dimension_names: Any = None, metric_type: Any = None) -> None:
        self.metric_name = name
        self.unit = unit
        self.dimension_names = list(dimension_names or [])
        self.metric_type = metric_type

    def add_or_update(self, value: Any, dimension_values: Any = (), request_id: str = "") -> None:
        """Takes a value."""
        logger.debug("%s.%s:%s %s %s", self.metric_name, self.unit, value, dimension_values, request_id)

    def update(self, value: Any, request_id: str = "", dimensions: Any = ()) -> None:
        """The older spelling of `add_or_update`."""
        self.add_or_update(value, dimensions, request_id)


class Metrics:
    """A cache of metrics by name and type that never fails a handler."""

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name
        self.request_ids: Any = None
        self.cache: Dict[Tuple[str, str], Metric] = {}

    def set_request_ids(self, request_ids: Any) -> None:
        self.request_ids = request_ids

    def add_metric(
        self, name: str, value: Any, unit: str = "", idx: Any = None, dimensions: Any = None, metric_type: Any = None
    ) -> None:
        self._metric(name, unit, metric_type).add_or_update(value, dimensions or (), idx)

    def add_counter(self, name: str, value: Any, idx: Any = None, dimensions: Any = None) -> None:
        self.add_metric(name, value, "count", idx, dimensions)

    def add_time(
        self, name: str, value: Any, idx: Any = None, unit: str = "ms", dimensions: Any = None, metric_type: Any = None
    ) -> None:
        self.add_metric(name, value, unit, idx, dimensions, metric_type)

    def add_size(
        self, name: str, value: Any, idx: Any = None, unit: str = "MB", dimensions: Any = None, metric_type: Any = None
    ) -> None:
        self.add_metric(name, value, unit, idx, dimensions, metric_type)

    def add_percent(
        self, name: str, value: Any, idx: Any = None, dimensions: Any = None, metric_type: Any = None
    ) -> None:
        self.add_metric(name, value, "percent", idx, dimensions, metric_type)

    def add_error(self, name: str, value: Any, dimensions: Any = None) -> None:
        self.add_metric(name, value, "", None, dimensions)

    def add_metric_to_cache(
        self, metric_name: str, unit: str = "", dimension_names: Any = None, metric_type: Any = None
    ) -> Metric:
        metric = Metric(metric_name, unit, dimension_names, metric_type)
        self.cache[metric_name, str(metric_type)] = metric
        return metric

    def get_metric(self, metric_name: str, metric_type: Any = None) -> Metric:
        """The metric of that name; a new one where TorchServe would raise."""
        return self._metric(metric_name, "", metric_type)

    def _metric(self, name: str, unit: str, metric_type: Optional[Any]) -> Metric:
        known = self.cache.get((name, str(metric_type)))
        return known or self.add_metric_to_cache(name, unit, None, metric_type)
