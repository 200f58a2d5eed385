"""The context class, for annotations and isinstance."""
from torchweave_runtime.context import Context, RequestProcessor

__all__ = ["Context", "RequestProcessor"]
