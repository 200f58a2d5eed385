"""The types a metric may have."""
import enum


class MetricTypes(enum.Enum):
    """Names as in TorchServe's metrics configuration."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
