"""Loads the functions of a workflow."""
from __future__ import annotations

from types import ModuleType
from typing import Any, Dict, List

from .context import Context
from .loading import Entry, LoadError, import_handler, raised
from .metrics import Metrics


def load_functions(spec: Dict[str, Any]) -> List[Entry]:
    """Every function of a unit, in the spec's order, each called once with None as TorchServe does."""
    directory, file = spec["directory"], spec["handlerFile"]
    module = import_handler(directory, file)
    return [load_function(module, spec, function) for function in spec["functions"]]


def load_function(module: ModuleType, spec: Dict[str, Any], function: Dict[str, str]) -> Entry:
    directory, name = spec["directory"], function["name"]
    run = getattr(module, name, None)
    if not callable(run):
        raise LoadError("%s has no function %s" % (spec["handlerFile"], name), name)
    model_name = function["modelName"]
    context = Context(
        model_name, directory, spec["manifest"], mms_version=spec["serverVersion"], metrics=Metrics(model_name)
    )
    try:
        run(None, context)
    except BaseException as error:
        raise raised(error, directory, "%s(None, context) raised " % name, name) from error
    return Entry(name, run, context)
