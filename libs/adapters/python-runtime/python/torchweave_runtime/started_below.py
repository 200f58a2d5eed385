"""Ends what a supervisor that was lost has left behind: it is found by what it was started with, and where."""
from __future__ import annotations

import os
import signal
import time
from typing import List

from .process_setup import children_of, environment_of, signal_group

#: Seconds in which everything that is left has to end: what forks faster than it is killed stays.
KILL_PATIENCE = 2.0


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


def end_started_below(root: str) -> None:
    """Kills what processes of a folder of Torchweave's have left, until there is none. Not to be called beside living ones."""
    deadline = time.monotonic() + KILL_PATIENCE
    while time.monotonic() < deadline:
        found = started_below(root)
        if not found:
            return
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        time.sleep(0.001)


def started_below(root: str) -> List[int]:
    """Processes that work below `root`, have it for their temporary folder, or were forked by a supervisor of it.

    Its name is not to be guessed, so others have it by no accident. Linux only.
    """
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    own = (os.getpid(), os.getppid())
    return [pid for pid in numbers if pid not in own and is_below(pid, root) and is_running(pid)]


def is_below(pid: int, root: str) -> bool:
    folder = os.fsencode(root)
    try:
        if os.fsencode(os.readlink("/proc/%d/cwd" % pid)).startswith(folder + b"/"):
            return True
    except OSError:
        pass
    if any(entry.startswith(b"TMPDIR=" + folder + b"/") for entry in environment_of(pid)):
        return True
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as line:
            return folder in line.read(65_536).split(b"\0")
    except OSError:
        return False


def is_running(pid: int) -> bool:
    """False for one that has ended and that its parent has not reaped."""
    try:
        with open("/proc/%d/stat" % pid, errors="replace") as status:
            return status.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return False
