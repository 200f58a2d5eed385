import re
import unittest

from torchweave_runtime.failures import OutputError, describe_exception, describe_failure
from torchweave_runtime.output import rows_of, to_bytes
from torchweave_runtime.output_pipes import RawOutput
from torchweave_runtime.rate_limit import RateLimit


def circular():
    value = []
    value.append(value)
    return value


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


class ToBytesTest(unittest.TestCase):
    def test_refuses_what_is_no_answer(self):
        for value in (object(), {1, 2}, circular(), deep()):
            with self.assertRaisesRegex(OutputError, "^Unsupported model output data type: .* JSON"):
                to_bytes(value, 1_000)

    def test_tells_what_is_no_answer_where_it_stands_and_what_to_do(self):
        class Matrix:
            def tolist(self):
                return []

        for value, told in (
            ({1}, "a set cannot be JSON; return dict, list, str, int, float, bool or None"),
            ([b"a"], "bytes at [0] cannot be JSON; return them as a whole element, or as text in base64"),
            ({"body": bytearray(b"x")}, "a bytearray at ['body'] cannot be JSON; return them as a whole element"),
            ({"a": [1, {"b": object()}]}, "an object at ['a'][1]['b'] cannot be JSON"),
            ({"a": [1], "b": ({}, {"c": 1j})}, "a complex at ['b'][1]['c'] cannot be JSON"),
            ({"scores": Matrix()}, "a Matrix at ['scores'] cannot be JSON; its .tolist() can be"),
            ({"a": {(1, 2): 3}}, "a key that is a tuple at ['a'] cannot be JSON; keys are text or numbers"),
            (circular(), "it contains itself, which cannot be JSON"),
            (deep(), "it is nested too deeply to be JSON"),
        ):
            with self.assertRaisesRegex(OutputError, re.escape("Unsupported model output data type: " + told)):
                to_bytes(value, 1_000)

    def test_tells_names_keys_and_paths_no_further_than_anybody_reads(self):
        value = type("N" * 10_000, (), {})()
        for _ in range(100):
            value = {"k\n" + "k" * 10_000: value}
        with self.assertRaises(OutputError) as raised:
            to_bytes(value, 1_000)
        self.assertLess(len(str(raised.exception)), 500)
        self.assertNotIn("\n", str(raised.exception))

    def test_survives_classes_that_do_not_let_themselves_be_looked_at(self):
        class Key(str):
            def __repr__(self):
                raise RuntimeError("no")

        with self.assertRaisesRegex(OutputError, "it has something that cannot be JSON"):
            to_bytes({Key("a"): object()}, 1_000)

    def test_measures_bytes_and_not_characters(self):
        self.assertEqual(to_bytes("é", 2), b"\xc3\xa9")
        with self.assertRaisesRegex(OutputError, "the output of 2 bytes is larger than max_response_size, 1 bytes"):
            to_bytes("é", 1)

    def test_wants_one_element_a_request(self):
        self.assertEqual(rows_of(["a", "b"], 2), ["a", "b"])
        wanted = "; it must return a list of one element for each request, here %d"
        for result, expected, told in (
            (["a"], 2, "number of batch response mismatched: it returned a list of 1 element for 2 requests"),
            ([1] * 8, 1, "number of batch response mismatched: it returned a list of 8 elements for 1 request"),
            ({"a": 1}, 1, "Invalid model predict output: it returned a dict for 1 request"),
            (("a",), 1, "Invalid model predict output: it returned a tuple for 1 request"),
            (None, 3, "Invalid model predict output: it returned None for 3 requests"),
            (b"a", 1, "Invalid model predict output: it returned bytes for 1 request"),
            ((each for each in "a"), 1, "Invalid model predict output: it returned a generator for 1 request"),
        ):
            with self.assertRaises(OutputError) as raised:
                rows_of(result, expected)
            self.assertEqual(str(raised.exception), told + wanted % expected)


class FailuresTest(unittest.TestCase):
    def test_name_neither_the_place_of_the_archive_nor_too_much(self):
        error = FileNotFoundError(2, "No such file or directory", "/archives/1/sub/x")
        self.assertIn("'sub/x'", describe_exception(error, "/archives/1"))
        self.assertLess(len(describe_exception(ValueError("x" * 10_000), "/")), 2_001)

    def test_survive_exceptions_that_cannot_be_printed(self):
        class Silent(Exception):
            def __str__(self):
                raise RuntimeError("no")

        self.assertEqual(describe_exception(Silent(), "/"), "Silent: an exception that cannot be printed")

    def test_carry_a_status_only_where_it_is_one(self):
        def failure(code, message=None):
            error = ValueError("text")
            error.error_code = code
            if message is not None:
                error.message = message
            return describe_failure(error, "/")

        self.assertEqual(failure(404, "words"), {"kind": "raised", "reason": "ValueError: text", "status": 404, "message": "words"})
        self.assertEqual(failure(503)["message"], "text")
        for code in (200, 399, 600, "404", None, 4.5):
            self.assertNotIn("status", failure(code))


class RateLimitTest(unittest.TestCase):
    def test_lets_a_burst_pass_and_counts_the_rest(self):
        limit = RateLimit(0, 100)
        self.assertTrue(limit.admits(60))
        self.assertFalse(limit.admits(60))
        self.assertTrue(limit.admits(40))
        self.assertEqual(limit.take_dropped(), 60)
        self.assertEqual(limit.dropped, 0)


class RawOutputTest(unittest.TestCase):
    def setUp(self):
        self.lines = []
        self.raw = RawOutput(1_000, lambda stream, text: self.lines.append((stream, text)))

    def test_cuts_bytes_into_lines_by_stream(self):
        self.raw.take("stdout", b"one\ntw")
        self.raw.take("stderr", b"err")
        self.raw.take("stdout", b"o\r\n\nthree")
        self.assertEqual(self.lines, [("stdout", "one"), ("stdout", "two")])
        self.raw.end()
        self.assertEqual(self.lines[2:], [("stderr", "err"), ("stdout", "three")])

    def test_tells_how_much_was_dropped(self):
        self.raw.take("stdout", b"x" * 1_000_000)
        self.assertEqual(self.lines, [])
        self.raw.end()
        self.assertEqual(self.lines, [("stdout", "1000000 bytes of output were dropped: too much at once")])


if __name__ == "__main__":
    unittest.main()
