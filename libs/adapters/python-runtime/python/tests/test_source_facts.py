import sys
import unittest

from torchweave_runtime.source_facts import facts_of


def facts(*lines, names=("pre",)):
    return facts_of("\n".join(lines).encode(), names)


class FaultTest(unittest.TestCase):
    def test_has_the_line_and_the_column_of_what_cannot_be_read(self):
        fault = facts("x = 1", "y = = 2")["fault"]
        self.assertEqual((fault["line"], fault["column"]), (2, 5))
        self.assertTrue(fault["message"].startswith("SyntaxError: "))

    def test_counts_columns_in_units_of_utf_16(self):
        self.assertEqual(facts("s = '\U0001f600'; y = = 3")["fault"]["column"], 15)

    def test_is_what_only_the_compiler_finds_too(self):
        self.assertEqual(facts("return 1")["fault"]["line"], 1)
        self.assertIn("IndentationError", facts("if 1:", "x = 1")["fault"]["message"])

    @unittest.skipIf(sys.version_info < (3, 9), "Python 3.8 ends its process: who started it tells that")
    def test_is_told_of_what_is_nested_without_end(self):
        for source in ("(" * 100_000, "-" * 300_000 + "1", "a." * 100_000 + "a", "lambda: " * 100_000 + "1"):
            with self.subTest(source[:10]):
                self.assertIn("message", facts_of(source.encode(), ())["fault"])

    def test_is_told_of_bytes_that_are_no_source(self):
        for source in (b"a\0b", b"# coding: nosuch\n", b"x = '\xff'"):
            with self.subTest(source):
                self.assertIn("message", facts_of(source, ())["fault"])

    def test_has_a_message_that_is_short(self):
        self.assertLessEqual(len(facts("nonlocal " + "a" * 10_000)["fault"]["message"]), 300)


class FunctionTest(unittest.TestCase):
    def misfit(self, *lines):
        return facts(*lines)["functions"]["pre"].get("misfit")

    def test_takes_data_and_context(self):
        for parameters in (
            ("d, c", "d, c=None", "d=None, c=None", "*a", "d, *a", "d, c, *a, k=1", "d, c, more=1", "d, c, **more", "d, /, c")
        ):
            with self.subTest(parameters):
                self.assertIsNone(self.misfit("def pre(%s): pass" % parameters))

    def test_is_told_when_it_cannot_take_them(self):
        for parameters, misfit in (
            ("", "takes no argument"),
            ("**k", "takes no argument"),
            ("d", "takes 1 argument"),
            ("d=1", "takes 1 argument"),
            ("d, c, e", "needs 3 arguments"),
            ("d, c, e, *a", "needs 3 arguments"),
            ("d, c, *, k", "needs the keyword argument k"),
        ):
            with self.subTest(parameters):
                self.assertEqual(self.misfit("def pre(%s): pass" % parameters), misfit)

    def test_has_the_place_of_its_name(self):
        told = facts("x = 1; \u00e9 = 2", "if x:", "    async   def  pre(d): pass")["functions"]["pre"]
        self.assertEqual((told["line"], told["column"]), (3, 18))

    def test_is_not_told_of_where_it_may_be_something_else(self):
        for lines in (
            ("@wraps", "def pre(d): pass"),
            ("class pre: pass",),
            ("from steps import pre",),
            ("pre = make()",),
            ("pre = lambda d: d",),
            ("def pre(d): pass", "pre = wrap(pre)"),
            ("try:", "    from fast import pre", "except ImportError:", "    def pre(d): pass"),
            ("def pre(d): pass", "def setup():", "    global pre", "    pre = 1"),
            ("def pre(d): pass", "for pre in x: pass"),
            ("def pre(d): pass", "if (pre := make()): pass"),
            ("if x:", "    def pre(d): pass", "else:", "    def pre(d, c): pass"),
            ("def pre(d): pass", "pre.__defaults__ = (1,)"),
        ):
            with self.subTest(lines):
                self.assertEqual(facts(*lines)["functions"]["pre"], {})

    def test_is_not_there_where_the_module_does_not_get_its_name(self):
        for lines in (("class A:", "    def pre(self): pass"), ("def outer():", "    def pre(): pass"), ("pre.x = 1",)):
            with self.subTest(lines):
                self.assertEqual((facts(*lines)["functions"], facts(*lines)["isOpaque"]), ({}, False))

    def test_may_be_there_wherever_a_module_gets_names(self):
        for line in (
            "import pre",
            "import pre.x",
            "from a import b as pre",
            "a, (pre, *b) = c",
            "pre: int = 1",
            "with a as pre: pass",
            "try: pass\nexcept E as pre: pass",
            "class pre: pass",
        ):
            with self.subTest(line):
                self.assertIn("pre", facts(line)["functions"])

    def test_may_be_there_unseen(self):
        for line in (
            "from steps import *",
            "exec(code)",
            "globals()['pre'] = f",
            "setattr(module, 'pre', f)",
            "sys.modules[__name__].pre = f",
            "def __getattr__(name): return f",
            "def f():\n    vars()['pre'] = 1",
            "pre = type('Pre', (Base,), {})",
        ):
            with self.subTest(line):
                self.assertTrue(facts(line)["isOpaque"])

    def test_tells_what_can_be_no_answer(self):
        self.assertEqual(facts("async def pre(d, c): return d")["functions"]["pre"]["returns"], "a coroutine")
        self.assertEqual(facts("def pre(d, c):", "    for x in d: yield x")["functions"]["pre"]["returns"], "a generator")
        self.assertEqual(facts("def pre(d, c):", "    return list(lambda: (yield))")["functions"]["pre"], {})


class UncalledTest(unittest.TestCase):
    def uncalled(self, *lines):
        return [each["name"] for each in facts(*lines)["uncalled"]]

    def test_is_what_nothing_names(self):
        self.assertEqual(self.uncalled("def pre(d, c): pass", "def post(d, c): pass"), ["post"])

    def test_is_nothing_that_may_be_called(self):
        for lines in (
            ("def helper(): pass", "def pre(d, c): return helper()"),
            ("def helper(): pass", "table = {'a': helper}"),
            ("def helper(): pass", "__all__ = ['helper']"),
            ("def _helper(): pass",),
            ("@register", "def helper(): pass"),
            ("def helper(): pass", "exec(code)"),
            ("class A:", "    def helper(self): pass"),
        ):
            with self.subTest(lines):
                self.assertEqual(self.uncalled(*lines), [])

    def test_is_told_a_few_times_and_no_more(self):
        self.assertEqual(len(self.uncalled(*("def f%d(): pass" % number for number in range(100)))), 20)


if __name__ == "__main__":
    unittest.main()
