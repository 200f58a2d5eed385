"""Removes what code of archives has left: however deep, whatever the modes, and nothing outside of it."""
from __future__ import annotations

import os
import stat
from typing import Optional

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def remove_tree(path: str) -> None:
    """Removes a folder. What cannot be removed stays; nothing is raised.

    A folder's folders are moved to the top before it goes: so no path grows long, nothing recurses, and two descriptors
    are enough.
    """
    try:
        top = os.open(path, _FOLDER)
    except OSError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    try:
        os.rmdir(path)
    except OSError:
        pass


def _empty(top: int) -> None:
    moved = 0
    before = None
    while True:
        names = _list(top)
        # What is still there after a turn that has removed nothing stays.
        if not names or names == before:
            return
        before = names
        for name in names:
            if _unlink(top, name):
                continue
            folder = _open(top, name)
            if folder is None:
                continue
            try:
                for inner in _list(folder):
                    if _unlink(folder, inner):
                        continue
                    moved += 1
                    _move(folder, inner, top, "%d.moved.%d" % (os.getpid(), moved))
            finally:
                os.close(folder)
            try:
                os.rmdir(name, dir_fd=top)
            except OSError:
                pass


def _list(folder: int) -> list:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _unlink(folder: int, name: str) -> bool:
    """False for a folder."""
    try:
        os.unlink(name, dir_fd=folder)
        return True
    except IsADirectoryError:
        return False
    except PermissionError:
        # What macOS says of a folder.
        return not _is_folder(folder, name)
    except OSError:
        return True


def _is_folder(folder: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _open(folder: int, name: str) -> Optional[int]:
    for _ in range(2):
        try:
            return os.open(name, _FOLDER, dir_fd=folder)
        except PermissionError:
            _permit(folder, name)
        except OSError:
            return None
    return None


def _move(source: int, name: str, target: int, to: str) -> None:
    for _ in range(2):
        try:
            os.rename(name, to, src_dir_fd=source, dst_dir_fd=target)
            return
        except PermissionError:
            _permit(source, name)
        except OSError:
            return


def _permit(folder: int, name: str) -> None:
    """Root needs no permission, and must not be led by a link to change another file's."""
    if os.geteuid() == 0:
        return
    try:
        os.chmod(name, 0o700, dir_fd=folder)
    except OSError:
        pass
