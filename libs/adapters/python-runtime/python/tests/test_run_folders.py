import fcntl
import os
import tempfile
import unittest

from torchweave_runtime import run_folders
from torchweave_runtime.remove_tree import remove_tree
from torchweave_runtime.run_folders import abandoned_folders


def start_of(pid):
    with open("/proc/%d/stat" % pid) as file:
        return file.read().rpartition(")")[2].split()[19]


@unittest.skipUnless(os.path.exists("/proc/self/stat"), "processes are told apart by /proc")
class AbandonedFoldersTest(unittest.TestCase):
    def setUp(self):
        self.parent = tempfile.mkdtemp()
        self.addCleanup(remove_tree, self.parent)
        age = run_folders.SWEEP_AGE
        self.addCleanup(setattr, run_folders, "SWEEP_AGE", age)
        run_folders.SWEEP_AGE = -1

    def folder(self, name, owner=None):
        path = os.path.join(self.parent, name)
        os.mkdir(path)
        if owner is not None:
            with open(os.path.join(path, "owner"), "w") as file:
                file.write(owner)
        return path

    def test_are_those_whose_owner_is_gone_or_another_by_now(self):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        found = [
            self.folder("torchweave-run-gone", "%d 1" % pid),
            self.folder("torchweave-run-reused", "%d 1" % os.getpid()),
            self.folder("torchweave-run-without"),
        ]
        self.folder("torchweave-run-living", "%d %s" % (os.getpid(), start_of(os.getpid())))
        self.folder("something-else", "%d 1" % pid)
        os.symlink(found[0], os.path.join(self.parent, "torchweave-run-link"))
        self.assertEqual(sorted(abandoned_folders(self.parent)), sorted(found))

    def test_are_not_those_that_a_supervisor_holds_or_that_are_young(self):
        path = self.folder("torchweave-run-held", "x")
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        self.assertEqual(abandoned_folders(self.parent), [])
        os.close(descriptor)
        self.assertEqual(abandoned_folders(self.parent), [path])
        run_folders.SWEEP_AGE = 60
        self.assertEqual(abandoned_folders(self.parent), [])


if __name__ == "__main__":
    unittest.main()
