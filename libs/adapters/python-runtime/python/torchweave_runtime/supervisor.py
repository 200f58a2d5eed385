"""The process that Torchweave starts: it forks one for whatever that asks for, and ends them all when Torchweave is gone.

What a function starts and leaves behind, in a session of its own too, comes to this process, its nearest living ancestor
that adopts orphans, at the latest when the function's process ends; it is ended then. What code of an archive leaves that has
killed the supervisor is ended by the next one, before that takes anything on.

It never runs code of an archive. It has one thread, so a fork is safe at any moment.
"""
from __future__ import annotations

import errno
import functools
import gc
import json
import os
import platform
import secrets
import selectors
import signal
import socket
import time
import traceback
from typing import Any, Dict, List, NoReturn, Set

from .child import run_child
from .confinement import Confinement, Refused
from .control import ControlConnection
from .log_events import LoggedEvents
from .output_pipes import RawOutput
from .process_setup import (
    adopt_orphans,
    children_of,
    close_descriptors_from,
    die_with_parent,
    environment_of,
    give_back_free_memory,
    limit_open_files,
    raise_open_files,
    reap_ended,
    signal_group,
    signal_when_parent_ends,
)
from .remove_tree import remove_tree
from .run_folders import hold, in_child, remove_abandoned
from .started_below import end_children, end_started_below
from .warm import import_common_modules

READ_SIZE = 65_536
#: Seconds that processes have to end by themselves at a shutdown.
GRACE = 0.5
#: Seconds between two events that say how much output was dropped.
REPORT_INTERVAL = 1.0
#: Buffers of output that are read from a process that has ended.
LAST_READS = 64
#: Where a process finds the socket for its log events, and the one that Torchweave connects to.
LOG_DESCRIPTOR = 3
LISTENER_DESCRIPTOR = 4
#: Seconds in which the system may tell that Torchweave is gone: of a process that was killed it closes the connections, and ends
#: the thread that has started this one, before that.
GONE_PATIENCE = 2.0


class ProcessRecord:
    """A process that was forked and not yet reaped."""

    __slots__ = ("id", "pid", "folder", "descriptors", "raw", "events")

    def __init__(
        self, id: str, pid: int, folder: str, descriptors: Dict[int, str], raw: RawOutput, events: LoggedEvents
    ) -> None:
        self.id = id
        self.pid = pid
        #: The process's own, for what it writes.
        self.folder = folder
        #: Read ends, and what comes out of them.
        self.descriptors = descriptors
        self.raw = raw
        self.events = events


class Supervisor:
    """Single-threaded event loop over the control connection, signals and the output of all processes."""

    def __init__(self, control: ControlConnection, confinement: Confinement, root: str, folder: str, torchweave: int) -> None:
        """`root` is Torchweave's folder, which goes with it, `folder` that of this start; `torchweave` is its number."""
        self._control = control
        self._confinement = confinement
        self._selector = selectors.DefaultSelector()
        self._processes: Dict[str, ProcessRecord] = {}
        self._by_pid: Dict[int, ProcessRecord] = {}
        #: Processes whose output is being dropped, which is to be told once a second.
        self._dropping: Set[str] = set()
        self._pid = os.getpid()
        self._open_files = raise_open_files()
        self._wakeup_read, self._wakeup_write = os.pipe()
        #: Processes of ours that remove folders.
        self._removers: Set[int] = set()
        self._torchweave = torchweave
        self._root = root
        self._folder = folder
        self._ending = False
        #: By Torchweave, which then removes its folder itself.
        self._was_told_to_end = False

    def run(self) -> NoReturn:
        """Until Torchweave says so, or is gone."""
        self._prepare()
        try:
            self._control.send({"event": "started", "pid": self._pid, "version": platform.python_version()})
            while not self._ending:
                self._turn()
        except ConnectionError:
            pass
        except Exception:
            traceback.print_exc()
        finally:
            self._end()

    def _prepare(self) -> None:
        self._removers.add(in_child(lambda: remove_abandoned(self._root, self._folder)))
        import_common_modules()
        self._confinement.share(self._folder)
        for descriptor in (self._wakeup_read, self._wakeup_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wakeup_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_terminate)
        self._selector.register(self._wakeup_read, selectors.EVENT_READ, self._on_signal)
        self._selector.register(self._control, selectors.EVENT_READ, self._on_control)
        # Everything made so far lives for ever: the collector must not touch, and so copy, its pages in the children.
        gc.disable()
        gc.collect()
        give_back_free_memory()
        gc.freeze()

    def _turn(self) -> None:
        events = selectors.EVENT_READ
        if self._control.wants_to_send:
            events |= selectors.EVENT_WRITE
        self._selector.modify(self._control, events, self._on_control)
        for key, _ in self._selector.select(REPORT_INTERVAL if self._dropping else None):
            # An earlier event of this turn may have closed the descriptor.
            if self._selector.get_map().get(key.fd) is key:
                key.data()
        self._report_dropped()

    def _on_terminate(self, *_: Any) -> None:
        self._ending = True

    def _on_signal(self) -> None:
        os.read(self._wakeup_read, READ_SIZE)
        self._reap()

    def _on_control(self) -> None:
        self._control.flush()
        for frame in self._control.receive():
            self._obey(frame)

    def _obey(self, frame: Dict[str, Any]) -> None:
        operation = frame["op"]
        if operation == "spawn":
            self._spawn(frame["process"], frame["path"], frame["spec"])
        elif operation == "kill":
            self._kill(frame["process"])
            self._control.send({"event": "heard"})
        elif operation == "shutdown":
            self._ending = self._was_told_to_end = True

    # Forking

    def _spawn(self, process: str, path: str, spec: Dict[str, Any]) -> None:
        opened: List[int] = []
        # Not to be guessed: who has it in his environment belongs to this process.
        folder = "%s.%s.d" % (path, secrets.token_hex(8))
        try:
            self._confinement.give(spec["directory"])
            for _ in range(2):
                opened.extend(os.pipe())
            opened.extend(end.detach() for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
            opened.append(listen(path))
            pid = os.fork()
        except OSError as error:
            for descriptor in opened:
                os.close(descriptor)
            code = errno.errorcode.get(error.errno or 0, "")
            self._control.send({"event": "spawnFailed", "process": process, "reason": str(error), "code": code})
            return
        out_read, out_write, err_read, err_write, log_read, log_write, listener = opened
        if pid == 0:
            self._become_child(spec, folder, [out_write, err_write, log_write, listener])
        for descriptor in (out_write, err_write, log_write, listener):
            os.close(descriptor)
        raw = RawOutput(spec["logBytesPerSecond"], lambda stream, text: self._emit(process, stream, text))
        events = LoggedEvents(spec["logBytesPerSecond"])
        descriptors = {out_read: "stdout", err_read: "stderr", log_read: "log"}
        self._watch(ProcessRecord(process, pid, folder, descriptors, raw, events))
        self._control.send({"event": "spawned", "process": process, "path": path, "pid": pid})

    def _become_child(self, spec: Dict[str, Any], folder: str, descriptors: List[int]) -> NoReturn:
        """`descriptors` are what becomes stdout, stderr, the log socket and the listening socket."""
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.setsid()
            die_with_parent(self._pid)
            null = os.open(os.devnull, os.O_RDONLY)
            # What the supervisor holds is closed by number, and its objects are left alone: the frames above keep them,
            # and taking apart a selector of many processes would copy a page for each of them.
            for target, source in enumerate([null] + descriptors):
                os.dup2(source, target, inheritable=target < LOG_DESCRIPTOR)
            close_descriptors_from(LISTENER_DESCRIPTOR + 1)
            limit_open_files(self._open_files)
            enter = functools.partial(self._confinement.enter, folder, spec["limits"], self._pid)
            run_child(spec, enter, LOG_DESCRIPTOR, LISTENER_DESCRIPTOR)
        finally:
            os._exit(70)

    def _watch(self, record: ProcessRecord) -> None:
        self._processes[record.id] = self._by_pid[record.pid] = record
        for descriptor, stream in record.descriptors.items():
            os.set_blocking(descriptor, False)
            self._selector.register(
                descriptor, selectors.EVENT_READ, functools.partial(self._on_output, record, descriptor, stream)
            )

    # Output

    def _on_output(self, record: ProcessRecord, descriptor: int, stream: str) -> bool:
        """Takes what a descriptor holds, at most one buffer of it. False when there is no more."""
        try:
            data = os.read(descriptor, READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if stream == "log":
            for event in record.events.take(data):
                self._control.send({**event, "event": "output", "process": record.id}, may_drop=True)
            return True
        if not data:
            self._forget(record, descriptor)
            return False
        record.raw.take(stream, data)
        if record.raw.dropped:
            self._dropping.add(record.id)
        return True

    def _emit(self, process: str, stream: str, text: str) -> None:
        self._control.send({"event": "output", "process": process, "stream": stream, "text": text}, may_drop=True)

    def _report_dropped(self) -> None:
        for process in list(self._dropping):
            record = self._processes.get(process)
            if record is None or record.raw.report_dropped("stdout", REPORT_INTERVAL):
                self._dropping.discard(process)

    def _forget(self, record: ProcessRecord, descriptor: int) -> None:
        if record.descriptors.pop(descriptor, None) is not None:
            self._selector.unregister(descriptor)
            os.close(descriptor)

    # Ends

    def _kill(self, process: str) -> None:
        record = self._processes.get(process)
        if record is not None:
            signal_group(record.pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Takes leave of every process that has ended."""
        for pid, status in reap_ended():
            self._removers.discard(pid)
            record = self._by_pid.get(pid)
            if record is not None:
                self._leave(record, status)
        self._end_strays()

    def _end_strays(self) -> None:
        """Ends what processes that have ended have left behind. Each of its own children comes here when it has ended."""
        for pid in children_of(self._pid):
            if pid not in self._by_pid and pid not in self._removers and not self._is_of_living(pid):
                signal_group(pid, signal.SIGKILL)

    def _is_of_living(self, pid: int) -> bool:
        """True for what a living process has left behind, by its session or by what it was started with."""
        try:
            if os.getsid(pid) in self._by_pid:
                return True
        except OSError:
            return False
        started_with = environment_of(pid)
        folders = [entry[7:] for entry in started_with if entry.startswith(b"TMPDIR=")]
        return any(os.fsencode(record.folder) in folders for record in self._by_pid.values()) if folders else False

    def _leave(self, record: ProcessRecord, status: int) -> None:
        del self._by_pid[record.pid]
        del self._processes[record.id]
        for descriptor, stream in list(record.descriptors.items()):
            # Bounded: something that left the process group may still be writing.
            for _ in range(LAST_READS):
                if not self._on_output(record, descriptor, stream):
                    break
            self._forget(record, descriptor)
        record.raw.end()
        self._remove_folder(record.folder)
        killed = os.WIFSIGNALED(status)
        event = {
            "event": "exited",
            "process": record.id,
            "code": None if killed else os.WEXITSTATUS(status),
            "signal": os.WTERMSIG(status) if killed else None,
        }
        self._control.send(event)

    def _remove_folder(self, folder: str) -> None:
        """What a process has written may be much: then another one removes it, and this one goes on."""
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError:
            try:
                pid = os.fork()
            except OSError:
                return
            if pid == 0:
                try:
                    close_descriptors_from(0)
                    remove_tree(folder)
                finally:
                    os._exit(0)
            self._removers.add(pid)

    def _end(self) -> NoReturn:
        """Ends every process and then this one."""
        try:
            self._end_processes(signal.SIGTERM)
            deadline = time.monotonic() + GRACE
            while self._by_pid and time.monotonic() < deadline:
                self._reap()
                time.sleep(0.005)
        except ConnectionError:
            pass
        finally:
            self._end_processes(signal.SIGKILL)
            end_children()
            remove_tree(self._folder)
            if not self._was_told_to_end:
                remove_when_gone(self._torchweave, self._root)
            os._exit(0)

    def _end_processes(self, number: int) -> None:
        for pid in self._by_pid:
            signal_group(pid, number)


def remove_when_gone(torchweave: int, root: str) -> None:
    """Removes Torchweave's folder, if that is gone."""
    deadline = time.monotonic() + GONE_PATIENCE
    while os.getppid() == torchweave:
        if time.monotonic() >= deadline:
            return
        time.sleep(0.005)
    remove_tree(root)


def listen(path: str) -> int:
    """A listening socket; bound before the fork, so that it can be connected to whenever the process gets to it."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(2)
    return listener.detach()


def main(control_descriptor: int, confinement: str, root: str, folder: str) -> NoReturn:
    """Entry point of `supervise.py`.

    `confinement` is JSON: what processes must not have, if the system allows that. `root` is Torchweave's folder, `folder` the
    one in it that this start has for itself.
    """
    torchweave = os.getppid()

    def give_up(*_: Any) -> NoReturn:
        remove_when_gone(torchweave, root)
        os._exit(1)

    signal.signal(signal.SIGTERM, give_up)
    signal_when_parent_ends(signal.SIGTERM, torchweave, give_up)
    hold(root)
    adopt_orphans()
    end_started_below(root)
    control = ControlConnection(control_descriptor)
    try:
        confined = Confinement(json.loads(confinement))
    except Refused as refused:
        control.send({"event": "refused", "what": refused.what, "reason": str(refused)})
        os._exit(1)
    # The kernel forgets it with a change of rights.
    signal_when_parent_ends(signal.SIGTERM, torchweave, give_up)
    Supervisor(control, confined, root, folder, torchweave).run()
