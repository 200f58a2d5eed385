import os
import tempfile
import unittest

from torchweave_runtime.remove_tree import remove_tree


class RemoveTreeTest(unittest.TestCase):
    def setUp(self):
        self.outside = tempfile.mkdtemp()
        self.addCleanup(remove_tree, self.outside)
        self.path = os.path.join(self.outside, "tree")
        os.mkdir(self.path)

    def test_removes_what_is_deeper_than_a_path_may_be_long(self):
        here = os.getcwd()
        os.chdir(self.path)
        try:
            for _ in range(1_500):
                for name in ("folder", "other"):
                    os.mkdir(name)
                open("file", "w").close()
                os.chdir("folder")
        finally:
            os.chdir(here)
        remove_tree(self.path)
        self.assertFalse(os.path.exists(self.path))

    def test_removes_links_and_not_what_they_lead_to(self):
        kept = os.path.join(self.outside, "kept")
        os.makedirs(os.path.join(kept, "folder"))
        os.makedirs(os.path.join(self.path, "a", "b"))
        os.symlink(kept, os.path.join(self.path, "link"))
        os.symlink(kept, os.path.join(self.path, "a", "b", "link"))
        os.mkfifo(os.path.join(self.path, "a", "pipe"))
        remove_tree(self.path)
        self.assertEqual(os.listdir(self.outside), ["kept"])
        self.assertEqual(os.listdir(kept), ["folder"])

    def test_removes_folders_that_nobody_may_enter(self):
        os.makedirs(os.path.join(self.path, "a", "b", "c"))
        for closed in ("a/b/c", "a/b", "a"):
            os.chmod(os.path.join(self.path, closed), 0)
        remove_tree(self.path)
        self.assertFalse(os.path.exists(self.path))

    def test_minds_nothing_that_is_not_there_or_no_folder(self):
        remove_tree(os.path.join(self.path, "none"))
        link = os.path.join(self.outside, "link")
        os.symlink(self.path, link)
        remove_tree(link)
        self.assertTrue(os.path.isdir(self.path))


if __name__ == "__main__":
    unittest.main()
