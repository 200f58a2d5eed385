import json
import unittest

from torchweave_runtime.context import Context, Row
from torchweave_runtime.trace import Trace, trace_in

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
TRACEPARENT = "00-%s-%s-01" % (TRACE, SPAN)


class TraceTest(unittest.TestCase):
    def test_is_headers_to_be_sent_on(self):
        trace = trace_in({"X-Tenant": "blue", "Traceparent": TRACEPARENT, "tracestate": "vendor=1"})
        self.assertEqual(dict(trace), {"traceparent": TRACEPARENT, "tracestate": "vendor=1"})
        self.assertEqual(json.loads(json.dumps(trace)), dict(trace))

    def test_has_the_parts_of_its_traceparent(self):
        trace = trace_in({"traceparent": TRACEPARENT})
        self.assertEqual((trace.trace_id, trace.span_id, trace.sampled), (TRACE, SPAN, True))
        self.assertFalse(trace_in({"traceparent": TRACEPARENT[:-2] + "00"}).sampled)
        later = trace_in({"traceparent": "01-%s-%s-03-more" % (TRACE, SPAN)})
        self.assertEqual((later.trace_id, later.sampled), (TRACE, True))

    def test_is_empty_where_there_is_none(self):
        nothing = {"tracestate": "vendor=1"}
        wrong = ["", "00-ab-cd-01", TRACEPARENT.upper(), TRACEPARENT + "\n", "ff" + TRACEPARENT[2:], 5, None]
        wrong += ["00-%s-%s-01" % ("0" * 32, SPAN), "00-%s-%s-01" % (TRACE, "0" * 16)]
        for headers in [{}, nothing] + [{**nothing, "traceparent": value} for value in wrong]:
            trace = trace_in(headers)
            self.assertEqual((trace, bool(trace)), ({}, False), headers)
            self.assertEqual((trace.trace_id, trace.span_id, trace.sampled), (None, None, False))


class ContextTest(unittest.TestCase):
    def test_tells_the_trace_of_its_first_request_and_none_without_a_request(self):
        context = Context("m", "/", {})
        self.assertEqual(context.trace, Trace())
        headers = [{"traceparent": TRACEPARENT}, {}]
        context.begin_call([Row(b"r", json.dumps(each).encode(), []) for each in headers])
        self.assertEqual(context.trace, {"traceparent": TRACEPARENT})
        self.assertFalse(context.touched)
        context.begin_call([Row(b"r", b"{}", [])])
        self.assertEqual(context.trace, {})


if __name__ == "__main__":
    unittest.main()
