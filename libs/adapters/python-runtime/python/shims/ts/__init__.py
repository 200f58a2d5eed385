"""Stands in for TorchServe's `ts` where TorchServe is not installed: what workflow functions import from it."""

__version__ = "0.12.0"
