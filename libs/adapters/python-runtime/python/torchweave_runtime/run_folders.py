"""Torchweave's folders, each with one of every start of a supervisor in it; and those of Torchweaves that were killed."""
from __future__ import annotations

import fcntl
import os
import sys
import time
from typing import Callable, List

from .process_setup import close_descriptors_from, die_with_parent
from .remove_tree import remove_tree
from .started_below import end_started_below

#: Folders of others that are younger belong to one that is only beginning.
SWEEP_AGE = 60.0
PREFIX = "torchweave-run-"


def hold(root: str) -> None:
    """Nobody else takes the folder for an abandoned one as long as this process lives."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pass


def in_child(act: Callable[[], None]) -> int:
    """Does it in a process of its own, which goes with this one. Its number, or 0 where there is no room for one."""
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        return 0
    if pid == 0:
        try:
            close_descriptors_from(0)
            die_with_parent(parent)
            act()
        finally:
            os._exit(0)
    return pid


def remove_abandoned(root: str, folder: str) -> None:
    """Removes what lost supervisors of `root` have left, that of `folder` excepted, and folders of Torchweaves that are gone."""
    for path in start_folders(root):
        if path != folder:
            remove_tree(path)
    for abandoned in abandoned_folders(os.path.dirname(root)):
        if abandoned != root:
            end_started_below(abandoned)
            remove_tree(abandoned)


def start_folders(root: str) -> List[str]:
    try:
        return [os.path.join(root, name) for name in os.listdir(root) if name[:1] == "s" and name[1:].isdigit()]
    except OSError:
        return []


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
    """True when neither Torchweave nor a supervisor of the folder lives."""
    try:
        with open(os.path.join(path, "owner"), encoding="ascii", errors="replace") as file:
            pid, _, started = file.read(100).partition(" ")
        if pid.isdigit() and is_owner(int(pid), started.strip()):
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


def is_owner(pid: int, started: str) -> bool:
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
