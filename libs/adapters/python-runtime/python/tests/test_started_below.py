import os
import subprocess
import sys
import tempfile
import unittest

from torchweave_runtime.remove_tree import remove_tree
from torchweave_runtime.started_below import end_started_below, started_below


@unittest.skipUnless(os.path.exists("/proc/self/environ"), "processes are told apart by /proc")
class StartedBelowTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(remove_tree, self.root)
        self.below = os.path.join(self.root, "s1")
        os.mkdir(self.below)

    def start(self, arguments=(), environment=None, cwd="/"):
        code = "print(flush=True); import time; time.sleep(1000)"
        command = [sys.executable, "-c", code, *arguments]
        process = subprocess.Popen(
            command, cwd=cwd, env=environment or {}, stdout=subprocess.PIPE, start_new_session=True
        )
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdout.readline()
        return process

    def test_ends_what_has_the_folder_to_work_in_for_its_files_or_from_its_supervisor(self):
        of_folder = [
            self.start(cwd=self.below),
            self.start(environment={"TMPDIR": self.below}),
            self.start([self.root, self.below]),
        ]
        others = [
            self.start(environment={"TMPDIR": self.root + "-other/s1"}),
            self.start([self.root + "-other"]),
            self.start(cwd=os.path.dirname(self.root)),
        ]
        self.assertEqual(sorted(started_below(self.root)), sorted(process.pid for process in of_folder))
        end_started_below(self.root)
        self.assertEqual([process.wait() for process in of_folder], [-9, -9, -9])
        self.assertEqual([process.poll() for process in others], [None, None, None])


if __name__ == "__main__":
    unittest.main()
