"""Loads the handler of a model archive by TorchServe's rules."""
from __future__ import annotations

import importlib
import inspect
import json
import logging
import os
import sys
from types import ModuleType
from typing import Any, Callable, Dict, List, Tuple

from .context import Context
from .loading import Entry, LoadError, import_handler, raised
from .metrics import Metrics

logger = logging.getLogger("torchweave.model")

Handle = Callable[[Any, Context], Any]
Initialize = Callable[[Context], Any]


def load_model(spec: Dict[str, Any]) -> List[Entry]:
    """The one entry of a model, initialized."""
    directory = spec["directory"]
    with open(os.path.join(directory, "MAR-INF", "MANIFEST.json"), encoding="utf-8-sig") as file:
        manifest = json.load(file)
    model = manifest["model"]
    file, _, function = model["handler"].partition(":")
    module = import_model_handler(directory, file)
    context = Context(
        spec["modelName"],
        directory,
        manifest,
        batch_size=spec["batchSize"],
        mms_version=spec["serverVersion"],
        metrics=Metrics(spec["modelName"]),
        model_yaml_config=read_config(directory, model.get("configFile")),
    )
    try:
        handle, initialize = entry_point(module, function or "handle")
        handle = in_envelope(handle, model.get("envelope"))
        initialize(context)
    except LoadError:
        raise
    except BaseException as error:
        raise raised(error, directory, "its initialization raised ") from error
    return [Entry(None, handle, context)]


def import_model_handler(directory: str, handler: str) -> ModuleType:
    """The archive's handler file; else one of TorchServe's own handlers, where TorchServe is installed."""
    file = handler if handler.endswith(".py") else handler + ".py"
    for candidate in (file, os.path.basename(file)):
        if os.path.isfile(os.path.join(directory, candidate)):
            return import_handler(directory, candidate)
    if is_package_module(directory, handler):
        return import_package_module(directory, handler)
    if handler.endswith(".py"):
        raise LoadError("the handler %s is not in the archive" % handler)
    try:
        return importlib.import_module("ts.torch_handler." + handler)
    except ImportError as error:
        raise LoadError(
            "the handler %s is not in the archive. If it is one of TorchServe's own, serve the model with TorchServe, or "
            "install torch and torchserve for the Python of this server (%s)" % (handler, error)
        ) from error


def is_package_module(directory: str, handler: str) -> bool:
    """True for `pack.mod`, the dotted name of a module in a folder of the archive."""
    path = os.path.join(directory, *handler.split("."))
    return "/" not in handler and (os.path.isfile(path + ".py") or os.path.isfile(os.path.join(path, "__init__.py")))


def import_package_module(directory: str, name: str) -> ModuleType:
    """Under its own name, so that it can import its siblings."""
    sys.path.insert(0, directory)
    try:
        return importlib.import_module(name)
    except BaseException as error:
        raise raised(error, directory) from error


def entry_point(module: ModuleType, function: str) -> Tuple[Handle, Initialize]:
    """A function of that name, or a class; else the module's only class, or its only one that is a handler."""
    found = getattr(module, function, None)
    if inspect.isclass(found):
        return service_of(found)
    if callable(found):
        return found, lambda context: found(None, context)
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    if len(classes) == 1:
        return service_of(classes[0])
    services = [each for each in classes if is_service(each)]
    if len(services) == 1:
        return service_of(services[0])
    names = ", ".join(each.__name__ for each in services or classes) or "none"
    raise LoadError(
        "Expected only one class in custom service code or a function entry point %s: there are %d classes (%s). Name the "
        "one to use in the manifest, handler.py:CLASS, or keep one in the file" % (function, len(classes), names[:200])
    )


def is_service(each: type) -> bool:
    return all(callable(getattr(each, method, None)) for method in ("handle", "initialize"))


def service_of(each: type) -> Tuple[Handle, Initialize]:
    service = each()
    for method in ("handle", "initialize"):
        if not callable(getattr(service, method, None)):
            raise LoadError("Expect %s method in class %s" % (method, each.__name__))
    return service.handle, service.initialize


def in_envelope(handle: Handle, envelope: Any) -> Handle:
    """Wraps the handler in one of TorchServe's request envelopes, where the manifest names one."""
    if not envelope:
        return handle
    try:
        module = importlib.import_module("ts.torch_handler.request_envelope.%s" % envelope)
    except ImportError as error:
        raise LoadError("the request envelope %s is there only where TorchServe is installed" % envelope) from error
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    return classes[0](handle).handle


def read_config(directory: str, file: Any) -> Any:
    """The archive's model-config.yaml as `context.model_yaml_config`."""
    if not file:
        return {}
    try:
        import yaml
    except ImportError:
        logger.warning("%s is not read: PyYAML is not installed for this Python", file)
        return {}
    with open(os.path.join(directory, file), encoding="utf-8") as config:
        return yaml.safe_load(config) or {}
