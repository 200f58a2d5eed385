import json
import unittest

from torchweave_runtime.log_events import LoggedEvents, read_event
from torchweave_runtime.output_pipes import RawOutput
from torchweave_runtime.rate_limit import LINE_COST, cost_of


def datagram(**changes):
    return json.dumps({"stream": "stdout", "text": "t", "level": None, "call": 1, **changes}).encode()


class ReadEventTest(unittest.TestCase):
    def test_takes_what_is_an_event_and_nothing_else_of_it(self):
        self.assertEqual(
            read_event(datagram(node="other", request="other", process="other", event="exited")),
            {"stream": "stdout", "text": "t", "level": None, "call": 1},
        )

    def test_tells_anything_else_as_raw_output(self):
        for raw in (
            b"\xff", b"null", b"[]", b"{}", b"[" * 60_000, datagram(stream="x"), datagram(stream=[]), datagram(text=5),
            datagram(level="loud"), datagram(call=-1), datagram(call=2**32), datagram(call="1"), datagram(call=1.5),
        ):
            event = read_event(raw)
            self.assertEqual((event["stream"], event["call"]), ("stderr", None))
            self.assertLessEqual(len(event["text"]), 8_192)

    def test_cuts_long_lines(self):
        self.assertEqual(read_event(datagram(text="a" * 60_000))["text"], "a" * 8_192 + "… (cut)")


class LoggedEventsTest(unittest.TestCase):
    def test_lets_no_more_pass_than_the_limit_and_counts_the_rest(self):
        events = LoggedEvents(1_000)
        passed = [event for _ in range(1_000) for event in events.take(datagram(text="\x01" * 100))]
        self.assertLessEqual(sum(cost_of(event["text"]) for event in passed), 5_100)
        self.assertGreater(len(passed), 3)
        events._limit._tokens = 5_000
        told, last = events.take(datagram(text="last"))
        self.assertRegex(told["text"], r"^\d+ bytes of log events were dropped")
        self.assertEqual(last["text"], "last")

    def test_minds_no_empty_datagram(self):
        self.assertEqual(list(LoggedEvents(1_000).take(b"")), [])


class RawOutputTest(unittest.TestCase):
    def test_counts_a_line_for_what_it_is_in_the_log(self):
        lines = []
        raw = RawOutput(1_000, lambda stream, text: lines.append(text))
        raw.take("stdout", b"a\n" * 30_000)
        self.assertLessEqual(len(lines), 4_000 // LINE_COST)
        self.assertGreater(raw.dropped, 20_000)


if __name__ == "__main__":
    unittest.main()
