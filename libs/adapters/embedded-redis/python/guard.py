"""Runs a server that must not outlive its parent.

    guard.py LOCK_FILE COMMAND [ARGUMENT ...]

Holds an exclusive lock on LOCK_FILE (so that two servers never share a data folder), starts COMMAND, and ends it when
standard input reaches its end: the parent holds the other end of that pipe, and the kernel closes it however the parent
dies. Exit status 75 when the lock is held by another process.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading

LOCK_IS_HELD = 75
SECONDS_TO_END = 10


def take_lock(path):
    """Returns the open lock file, or None where another process holds it."""
    lock = open(path, "a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def end_with_parent(server):
    """Waits for the parent's end, then for the server's."""
    while os.read(0, 4096):
        pass
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        server.kill()


def main(arguments):
    lock_path, command = arguments[0], arguments[1:]
    # Signals to the whole group reach the guard too; the parent decides when the server ends. Handlers, not SIG_IGN: what
    # is ignored here would be ignored in the server as well.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    lock = take_lock(lock_path)
    if lock is None:
        return LOCK_IS_HELD
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=(lock.fileno(),), start_new_session=True)
    threading.Thread(target=end_with_parent, args=(server,), daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
