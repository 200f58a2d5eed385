import os
import socket
import sys
import tempfile
import unittest

from torchweave_runtime.confinement import Confinement, Refused, leave_network
from torchweave_runtime.process_setup import libc

PR_SET_DUMPABLE = 4
NOBODY = 65534


def leave_as_nobody(address):
    """How it went, as whoever is not root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        # As in a process that never was root: its files in /proc are its own.
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    uid = os.geteuid()
    try:
        leave_network()
    except Refused as refused:
        return "refused: %s" % refused
    with open("/proc/self/status") as status:
        capabilities = [line.split()[1] for line in status if line.startswith("CapEff:")]
    try:
        socket.socket().connect(address)
    except OSError as error:
        return "%s %s %s" % (error.strerror, int(capabilities[0], 16), os.getuid() == uid)
    return "connected"


@unittest.skipIf(libc is None, "only Linux has network namespaces")
class LeaveNetworkTest(unittest.TestCase):
    def test_leaves_it_or_says_why_not(self):
        read, write = os.pipe()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            pid = os.fork()
            if pid == 0:
                try:
                    os.write(write, leave_as_nobody(listener.getsockname()).encode())
                finally:
                    os._exit(0)
            os.close(write)
            with open(read) as told:
                how = told.read()
            os.waitpid(pid, 0)
        self.assertRegex(how, "^(Network is unreachable 0 True|refused: the system allows no network namespace here: .+)$")


class Stranger:
    """A user who may read nothing of ours."""

    def reads(self, path):
        return False


class ShareTest(unittest.TestCase):
    def test_copies_the_stand_ins_to_where_everybody_may_read_them(self):
        shims = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "shims")
        confinement = Confinement.__new__(Confinement)
        confinement._user = Stranger()
        before = list(sys.path)
        with tempfile.TemporaryDirectory() as folder:
            sys.path.append(shims)
            try:
                confinement.share(folder)
                self.assertEqual(sys.path[-1], os.path.join(folder, "shims"))
            finally:
                sys.path[:] = before
            copied = os.path.join(folder, "shims", "ts", "context.py")
            self.assertEqual(os.stat(copied).st_mode & 0o777, 0o644)
            self.assertEqual(os.stat(os.path.dirname(copied)).st_mode & 0o777, 0o755)


if __name__ == "__main__":
    unittest.main()
