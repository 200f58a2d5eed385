"""What the supervisor and its processes ask of the system: who ends whom, what a process may use and hold."""
from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from typing import Callable, Dict, Iterator, List, Tuple

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
#: An unsigned int of the C library's.
HIGHEST_DESCRIPTOR = 0xFFFFFFFF

#: Names of limits in a process spec, and what they are to the system.
LIMITS = {
    "addressSpaceBytes": "RLIMIT_AS",
    "openFiles": "RLIMIT_NOFILE",
    "processes": "RLIMIT_NPROC",
    "cpuSeconds": "RLIMIT_CPU",
}

# Loaded before any fork: looking libc up takes longer than all else a fork does.
libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def signal_when_parent_ends(number: int, parent_pid: int, gone: Callable[[], None] = lambda: os._exit(1)) -> None:
    """Has the kernel signal this process when its parent ends, and calls `gone` when it has ended already. Linux only."""
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent_pid:
        gone()


def die_with_parent(parent_pid: int) -> None:
    """Has the kernel kill this process when its parent ends. Linux only; elsewhere the lost connection ends it."""
    signal_when_parent_ends(signal.SIGKILL, parent_pid)


def adopt_orphans() -> None:
    """Makes what descendants leave behind children of this process, so that it can end them. Linux only."""
    if libc is not None:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def raise_open_files() -> int:
    """Lifts this process's limit of open files as far as it goes and returns the limit that was."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        pass
    return soft


def limit_open_files(soft: int) -> None:
    """Gives the limit of open files back that `raise_open_files` lifted."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def apply_limits(limits: Dict[str, int]) -> None:
    """Sets the limits of a process spec, soft and hard, where the system's own are not lower."""
    for name, value in limits.items():
        limit = getattr(resource, LIMITS[name])
        _, hard = resource.getrlimit(limit)
        highest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # SIGXCPU, at the soft limit, says what has happened; SIGKILL, a second later, does not.
        spare = 1 if name == "cpuSeconds" and highest == value else 0
        resource.setrlimit(limit, (highest, highest + spare))


def close_descriptors_from(lowest: int) -> None:
    """Closes every descriptor from `lowest` on."""
    if libc is not None and hasattr(libc, "close_range") and libc.close_range(lowest, HIGHEST_DESCRIPTOR, 0) == 0:
        return
    # An older kernel or C library, or another system.
    highest = max(int(name) for name in os.listdir("/dev/fd"))
    os.closerange(lowest, highest + 1)


def give_back_free_memory() -> None:
    """Returns to the system what loading has left free in the C library's heap. GNU only."""
    if libc is not None and hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def signal_group(pid: int, number: int) -> None:
    """Signals a child that is not reaped yet and everything it has forked."""
    # Both: a child that was forked this moment does not lead its group yet.
    for send in (os.killpg, os.kill):
        try:
            send(pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def reap_ended() -> Iterator[Tuple[int, int]]:
    """Reaps the children that have ended, kills what is left of their groups, and tells pid and status of each."""
    while True:
        try:
            if hasattr(os, "waitid"):
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None:
                    return
                # Before it is reaped: until then nobody else can get its number.
                signal_group(ended.si_pid, signal.SIGKILL)
                yield os.waitpid(ended.si_pid, 0)
                continue
            # macOS, before Python 3.13.
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            yield pid, status
        except ChildProcessError:
            return


def children_of(pid: int) -> List[int]:
    """The children of a process of one thread, among them what it has adopted. Linux only."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as children:
            return [int(child) for child in children.read().split()]
    except OSError:
        pass
    # A kernel that does not tell.
    found = []
    try:
        numbers = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []
    for number in numbers:
        try:
            with open("/proc/%d/stat" % number, errors="replace") as status:
                if int(status.read().rpartition(")")[2].split()[1]) == pid:
                    found.append(number)
        except (OSError, ValueError, IndexError):
            continue
    return found


def environment_of(pid: int) -> List[bytes]:
    """What a process was started with, as far as it may be read. Linux only."""
    try:
        with open("/proc/%d/environ" % pid, "rb") as environment:
            return environment.read(1_048_576).split(b"\0")
    except OSError:
        return []
