"""The process that Torchweave starts: it forks the supervisor, ends what is left when that is killed, and forks another.

Code of an archive that kills the supervisor, its parent, leaves everything to this one; when this one is killed, the
supervisor ends everything. It never runs code of an archive.
"""
from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from typing import Any, Callable, List, NoReturn, Optional

from .control import ControlConnection
from .process_setup import adopt_orphans, children_of, signal_when_parent_ends, signal_group
from .remove_tree import remove_tree

#: Seconds that the supervisor has to end, when Torchweave is gone or this process is told to.
PATIENCE = 5
#: Seconds in which everything that is left has to end: what forks faster than it is killed stays.
KILL_PATIENCE = 2.0
#: Folders of other starts that are younger belong to one that is only beginning.
SWEEP_AGE = 60.0
PREFIX = "torchweave-run-"
#: Exit code of a supervisor whose connection to Torchweave was lost.
ALONE = 4
#: Seconds in which the system may tell that a Torchweave whose connections are gone is gone, too.
GONE_PATIENCE = 2.0


class Keeper:
    """Forks supervisors, one after the other, until one ends of itself."""

    def __init__(self, root: str, control: ControlConnection, run: Callable[[int, int], NoReturn]) -> None:
        """`root` is Torchweave's folder, which is removed when Torchweave is gone; in it every supervisor has one of its
        own, `s…`. `run` is what a supervisor does; it gets the number of this process and of the start."""
        self._root = root
        self._control = control
        self._run = run
        self._pid = os.getpid()
        self._torchweave = os.getppid()
        self._supervisor = 0

    def keep(self) -> NoReturn:
        lock(self._root)
        adopt_orphans()
        status = 1
        try:
            status = self._supervise()
        finally:
            end_children()
            for folder in supervisor_folders(self._root):
                remove_tree(folder)
            if self._is_alone(status == ALONE):
                remove_tree(self._root)
            os._exit(status)

    def _is_alone(self, seems_so: bool) -> bool:
        """Whether Torchweave is gone. The system closes the connections of a process that was killed before it tells of its end."""
        deadline = time.monotonic() + (GONE_PATIENCE if seems_so else 0)
        while os.getppid() == self._torchweave:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.005)
        return True

    def _supervise(self) -> int:
        """The exit code of a supervisor that has ended of itself."""
        start = 1
        self._fork(start)
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(self._supervisor, signal.SIGKILL))
        signal_when_parent_ends(signal.SIGTERM, self._torchweave, self._end)
        in_child(lambda: sweep(self._root))
        while True:
            pid, status = os.wait()
            if pid != self._supervisor:
                continue
            if os.WIFEXITED(status) or os.getppid() != self._torchweave:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.alarm(0)
                return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1
            end_children()
            left = supervisor_folders(self._root)
            in_child(lambda: [remove_tree(folder) for folder in left])
            start += 1
            self._fork(start)
            self._control.take_over({"event": "lost", "signal": os.WTERMSIG(status)})

    def _fork(self, start: int) -> None:
        pid = os.fork()
        if pid == 0:
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            # Whoever signals the group of the one does not signal the other.
            os.setsid()
            signal_when_parent_ends(signal.SIGTERM, self._pid)
            self._run(self._pid, start)
        self._supervisor = pid

    def _end(self, *_: Any) -> None:
        os.kill(self._supervisor, signal.SIGTERM)
        signal.alarm(PATIENCE)


def supervisor_folders(root: str) -> List[str]:
    try:
        return [os.path.join(root, name) for name in os.listdir(root) if name[:1] == "s" and name[1:].isdigit()]
    except OSError:
        return []


def end_children() -> None:
    """Kills all descendants: whoever is orphaned by it comes here next."""
    deadline = time.monotonic() + KILL_PATIENCE
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        if time.monotonic() > deadline:
            return
        for pid in children_of(os.getpid()):
            signal_group(pid, signal.SIGKILL)
        time.sleep(0.001)


# Folders of those that were killed with everything of theirs.


def lock(root: str) -> Optional[int]:
    """Holds the folder as long as this process or the supervisor lives."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pass
    return descriptor


def in_child(act: Callable[[], Any]) -> None:
    """Does it in a process of its own, which goes with this one."""
    try:
        pid = os.fork()
    except OSError:
        return
    if pid == 0:
        try:
            for number in (signal.SIGTERM, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            act()
        finally:
            os._exit(0)


def sweep(root: str) -> None:
    for abandoned in abandoned_folders(os.path.dirname(root)):
        if abandoned != root:
            remove_tree(abandoned)


def abandoned_folders(parent: str) -> List[str]:
    """Folders of Torchweaves of this user that are there no more."""
    found = []
    try:
        entries = list(os.scandir(parent))
    except OSError:
        return []
    for entry in entries:
        try:
            if not entry.name.startswith(PREFIX) or not entry.is_dir(follow_symlinks=False):
                continue
            status = entry.stat(follow_symlinks=False)
            if status.st_uid == os.geteuid() and time.time() - status.st_ctime > SWEEP_AGE and is_abandoned(entry.path):
                found.append(entry.path)
        except OSError:
            continue
    return found


def is_abandoned(path: str) -> bool:
    """True when neither Torchweave nor a keeper of the folder lives."""
    try:
        with open(os.path.join(path, "owner"), encoding="ascii", errors="replace") as file:
            pid, _, started = file.read(100).partition(" ")
        if pid.isdigit() and is_running(int(pid), started.strip()):
            return False
    except FileNotFoundError:
        pass
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)


def is_running(pid: int, started: str) -> bool:
    """True when a process of that number runs that has begun at that time, as /proc tells it."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[19] == started
    except FileNotFoundError:
        if sys.platform == "linux":
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
