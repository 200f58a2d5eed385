import unittest

from torchweave_runtime.failures import OutputError, describe_exception, describe_failure
from torchweave_runtime.output import rows_of, to_bytes
from torchweave_runtime.output_pipes import RawOutput
from torchweave_runtime.rate_limit import RateLimit


class ToBytesTest(unittest.TestCase):
    def test_refuses_what_is_no_answer(self):
        circular = []
        circular.append(circular)
        deep = []
        for _ in range(100_000):
            deep = [deep]
        for value in (object(), {1, 2}, circular, deep):
            with self.assertRaisesRegex(OutputError, "Unsupported model output data type."):
                to_bytes(value, 1_000)

    def test_measures_bytes_and_not_characters(self):
        self.assertEqual(to_bytes("é", 2), b"\xc3\xa9")
        with self.assertRaisesRegex(OutputError, "the output of 2 bytes is larger than max_response_size, 1 bytes"):
            to_bytes("é", 1)

    def test_wants_one_element_a_request(self):
        self.assertEqual(rows_of(["a", "b"], 2), ["a", "b"])
        with self.assertRaisesRegex(OutputError, "number of batch response mismatched"):
            rows_of(["a"], 2)


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
