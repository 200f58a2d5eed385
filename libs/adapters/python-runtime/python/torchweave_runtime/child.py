"""A forked process: connects to Torchweave, loads what its spec names, and answers requests until it is told to end."""
from __future__ import annotations

import gc
import os
import socket
import sys
import time
import traceback
from typing import Any, Callable, Dict, List, NoReturn, Tuple

from .context import Context
from .failures import describe_failure, traceback_of
from .frames import FAILED, LOAD_FAILED, READY, Disconnected, FrameReader, FrameWriter
from .function_loading import load_functions
from .loading import Entry, LoadError
from .model_loading import load_model
from .answer_meta import meta_bytes
from .output import rows_of, to_bytes
from .process_setup import give_back_free_memory
from .streams import CapturedOutput, EventLog


#: Exit code of a process that ends between two calls: what it was sent and has not answered, it has not begun.
RESTED = 75

#: By the kind of a spec.
LOADERS = {"functions": load_functions, "model": load_model}


def run_child(
    spec: Dict[str, Any], enter: Callable[[], None], log_descriptor: int, listener_descriptor: int
) -> NoReturn:
    """Never returns: the frames above belong to the supervisor this process was forked from.

    `enter` gives up what code of an archive must not have; OSError says that it could not.
    """
    status = 1
    output = None
    try:
        gc.enable()
        requests, answers = accept(listener_descriptor)
        writer = FrameWriter(answers)
        output = CapturedOutput(EventLog(log_descriptor, spec["logBytesPerSecond"]))
        output.install()
        entries = load(spec, enter, writer, output)
        if entries is not None:
            Server(spec, entries, FrameReader(requests), writer, output).serve()
            status = RESTED
    except (Disconnected, ConnectionError):
        status = 0
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        if output is not None:
            output.flush()
        os._exit(status)


def accept(listener_descriptor: int) -> Tuple[socket.socket, socket.socket]:
    """The connections for requests and for answers; the socket is gone from the file system then."""
    with socket.socket(fileno=listener_descriptor) as listener:
        requests, _ = listener.accept()
        answers, _ = listener.accept()
        os.unlink(listener.getsockname())
    return requests, answers


def load(spec: Dict[str, Any], enter: Callable[[], None], writer: FrameWriter, output: CapturedOutput) -> Any:
    """Loads and says how it went; None where it failed."""
    began = time.perf_counter_ns()
    try:
        prepare(spec, enter)
        entries = LOADERS[spec["kind"]](spec)
    except LoadError as error:
        if error.details is not None:
            output.log.emit("logging", error.details, "error")
        output.end_call()
        place = {} if error.place is None else {"place": error.place}
        writer.json(0, LOAD_FAILED, micros_since(began), {"reason": str(error), "function": error.function, **place})
        return None
    output.end_call()
    give_back_free_memory()
    writer.json(0, READY, micros_since(began), {})
    return entries


def prepare(spec: Dict[str, Any], enter: Callable[[], None]) -> None:
    """Raises LoadError."""
    try:
        enter()
    except (OSError, ValueError) as error:
        raise LoadError("its process cannot be confined: %s" % (getattr(error, "strerror", None) or error)) from error
    try:
        os.chdir(spec["directory"])
    except OSError as error:
        raise LoadError("its process cannot enter the folder of the archive: %s" % error.strerror) from error


#: µs after which Torchweave may have taken back what it had sent behind a call.
LONG_CALL = 2_000


class Server:
    """Answers requests, one after the other, in order."""

    def __init__(
        self,
        spec: Dict[str, Any],
        entries: List[Entry],
        reader: FrameReader,
        writer: FrameWriter,
        output: CapturedOutput,
    ) -> None:
        self._directory = spec["directory"]
        self._limit = spec["maxResponseBytes"]
        self._answers_status = spec["kind"] == "model"
        self._entries = entries
        self._reader = reader
        self._writer = writer
        self._output = output
        self._pid = os.getpid()
        #: Half of what the process may use: whatever call comes next has the other half.
        self._cpu_seconds = spec["limits"].get("cpuSeconds", 0) / 2

    def serve(self) -> None:
        """Until the connection ends, which raises; or until the process has used half of its CPU time."""
        reader, output = self._reader, self._output
        read = reader.request
        while True:
            call, index, rows, inputs = read()
            if reader.was_taken_back(call):
                self._writer.skipped(call)
                continue
            began = time.perf_counter_ns()
            entry = self._entries[index]
            output.log.begin_call(call)
            entry.context.begin_call(rows)
            try:
                values = self._run(entry, inputs)
            except BaseException as error:
                # Not only Exception: `sys.exit()` in a function is that call's failure.
                self._leave_if_forked()
                if output.log.has_room():
                    output.log.emit("logging", traceback_of(error, self._directory), "error")
                output.end_call()
                failure = describe_failure(error, self._directory)
                self._writer.json(call, FAILED, micros_since(began), failure)
            else:
                self._leave_if_forked()
                output.end_call()
                self._writer.ok(call, micros_since(began), values)
            # A handler's data must not live on in our variables while the process waits.
            values = inputs = rows = None
            if micros_since(began) > LONG_CALL:
                reader.look_ahead()
            if self._cpu_seconds and time.process_time() > self._cpu_seconds:
                return

    def _run(self, entry: Entry, inputs: List[dict]) -> List[Any]:
        context: Context = entry.context
        results = rows_of(entry.run(inputs, context), len(inputs))
        if not context.touched:
            return [(b"", to_bytes(result, self._limit)) for result in results]
        return [
            (meta_bytes(context.answer_headers(idx), self._status(context, idx)), to_bytes(result, self._limit))
            for idx, result in enumerate(results)
        ]

    def _status(self, context: Context, idx: int) -> int:
        """A handler of a model chooses the status of its answer; workflows ignore that of a function."""
        return context.get_response_status(idx)[0] if self._answers_status else 200

    def _leave_if_forked(self) -> None:
        """Ends a process that a function forked and let return: the connection is its parent's."""
        if os.getpid() != self._pid:
            os._exit(0)


def micros_since(began: int) -> int:
    return min((time.perf_counter_ns() - began) // 1_000, 0xFFFFFFFF)
