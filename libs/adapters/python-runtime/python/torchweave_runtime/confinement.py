"""What keeps code of archives away from the network and from what belongs to the server's own user."""
from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import sys
from typing import Any, Dict, List, NoReturn, Optional

from .process_setup import apply_limits, die_with_parent, libc

PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
CAPABILITY_VERSION = 0x20080522


class Refused(Exception):
    """The system, or the user of the server, does not allow what was asked for. `what` is "network" or "user"."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(reason)
        self.what = what


class User:
    """The user that processes run as, looked up once, before any fork."""

    __slots__ = ("name", "uid", "gid", "groups", "home")

    def __init__(self, name: str) -> None:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            raise Refused("user", "there is no user %s" % name) from None
        if os.geteuid() != 0:
            raise Refused("user", "only root can start processes of another user")
        self.name = name
        self.uid = entry.pw_uid
        self.gid = entry.pw_gid
        self.home = entry.pw_dir
        self.groups: List[int] = os.getgrouplist(name, entry.pw_gid)
        if not self.reads(os.__file__):
            raise Refused("user", "%s may not read the files of the Python interpreter" % name)

    def become(self) -> None:
        """For good: real, effective and saved ids, and no group but the user's."""
        os.setgroups(self.groups)
        os.setgid(self.gid)
        os.setuid(self.uid)
        os.environ.update(HOME=self.home, USER=self.name, LOGNAME=self.name)

    def take(self, directory: str) -> None:
        """Makes a tree his. The folder itself comes last: when it is his, so is all that is in it."""
        if os.stat(directory).st_uid == self.uid:
            return
        for path, folders, files in os.walk(directory, topdown=False):
            for name in folders + files:
                os.chown(os.path.join(path, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(directory, self.uid, self.gid)

    def reads(self, path: str) -> bool:
        """Tried in a child: what the user may read depends on every folder above, and on more than their modes."""
        pid = os.fork()
        if pid == 0:
            try:
                self.become()
                with open(path, "rb"):
                    os._exit(0)
            finally:
                os._exit(1)
        return os.waitpid(pid, 0)[1] == 0


class Confinement:
    """Applied in part to the supervisor, whose children inherit it, which costs a start nothing; the rest to each child."""

    def __init__(self, asked: Dict[str, Any]) -> None:
        """Raises Refused."""
        self._user: Optional[User] = User(asked["user"]) if asked.get("user") else None
        if asked.get("network") == "none":
            leave_network()
        forbid_new_privileges()

    def share(self, folder: str) -> None:
        """Copies what handlers import of ours to where the user can read it, when this installation is closed to it."""
        shims = sys.path[-1]
        if self._user is None or self._user.reads(os.path.join(shims, "ts", "__init__.py")):
            return
        copy = os.path.join(folder, "shims")
        shutil.copytree(shims, copy, copy_function=shutil.copyfile)
        for path, _, files in os.walk(copy):
            os.chmod(path, 0o755)
            for file in files:
                os.chmod(os.path.join(path, file), 0o644)
        sys.path[-1] = copy

    def give(self, directory: str) -> None:
        """Makes the folder of an archive the user's, before a process of his runs in it: there is no race with his code then."""
        if self._user is not None:
            self._user.take(directory)

    def enter(self, folder: str, limits: Dict[str, int], parent_pid: int) -> None:
        """In a child, before it imports anything of an archive. `folder` is made, for what the process writes."""
        os.mkdir(folder, 0o700)
        os.environ["TMPDIR"] = folder
        if self._user is not None:
            os.chown(folder, self._user.uid, self._user.gid)
            self._user.become()
            # The kernel forgets it when a process changes its user.
            die_with_parent(parent_pid)
        apply_limits(limits)


def forbid_new_privileges() -> None:
    """No program that this process or a descendant starts gets more rights by its mode (setuid). Linux only."""
    if libc is not None:
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def leave_network() -> None:
    """Moves this process, and all it forks, into a network without any interface that is up. Raises Refused."""
    if libc is None or not hasattr(libc, "unshare"):
        raise Refused("network", "this system has no network namespaces")
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        unshare(CLONE_NEWNET)
        return
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    # Files go on belonging to whom they belonged; and nobody rules over the new namespaces.
    try:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", "%d %d 1" % (uid, uid))
        write("/proc/self/gid_map", "%d %d 1" % (gid, gid))
    except OSError as error:
        refuse(error.errno)
    drop_capabilities()


def unshare(flags: int) -> None:
    if libc.unshare(flags) != 0:
        refuse(ctypes.get_errno())


def drop_capabilities() -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc.capset(header, none) != 0:
        refuse(ctypes.get_errno())


def refuse(number: Optional[int]) -> NoReturn:
    raise Refused("network", "the system allows no network namespace here: %s" % os.strerror(number or 0))


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
