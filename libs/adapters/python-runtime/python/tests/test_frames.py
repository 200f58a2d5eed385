import socket
import struct
import threading
import unittest

from torchweave_runtime.frames import AS_BYTES, AS_JSON, AS_TEXT, FrameReader, decode


def request(call, values, entry=0):
    """A request of one row with fields a, b, …, all of them bytes."""
    fields = b"".join(
        struct.pack("<BHHI", AS_BYTES, 1, 0, len(value)) + bytes([97 + index]) for index, value in enumerate(values)
    )
    row = struct.pack("<HIH", 2, 2, len(values)) + b"id" + b"{}" + fields
    head = struct.pack("<IHH", call, entry, 1) + row
    return struct.pack("<II", len(head), sum(map(len, values))) + head + b"".join(values)


def take_back(call):
    return struct.pack("<IIIHH", 8, 0, call, 0, 0)


class FrameReaderTest(unittest.TestCase):
    def setUp(self):
        self.ours, theirs = socket.socketpair()
        self.reader = FrameReader(theirs)
        self.addCleanup(self.ours.close)
        self.addCleanup(theirs.close)

    def send(self, data, piece=None):
        """From a thread, since a socket's buffer is smaller than some frames."""

        def run():
            for at in range(0, len(data), piece or len(data)):
                self.ours.sendall(data[at : at + (piece or len(data))])

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)

    def read(self):
        call, _, rows, inputs = self.reader.request()
        return call, rows[0].request_id(), inputs[0]

    def test_reads_requests_that_arrive_together(self):
        self.send(request(1, [b"x"]) + request(2, [b"", b"yy"]))
        self.assertEqual(self.read(), (1, "id", {"a": bytearray(b"x")}))
        self.assertEqual(self.read(), (2, "id", {"a": bytearray(), "b": bytearray(b"yy")}))

    def test_reads_requests_that_arrive_byte_by_byte(self):
        self.send(request(1, [b"abc", b"d"]) + request(2, [b"e"]), piece=1)
        self.assertEqual(self.read()[2], {"a": bytearray(b"abc"), "b": bytearray(b"d")})
        self.assertEqual(self.read()[2], {"a": bytearray(b"e")})

    def test_reads_values_of_every_size_around_its_buffer(self):
        for size in (0, 1, 65_000, 65_535, 65_536, 65_537, 200_000, 3_000_000):
            big = bytes(range(256)) * (size // 256 + 1)
            self.send(request(1, [big[:size], b"small", big[:size]]) + request(2, [b"next"]), piece=50_000)
            self.assertEqual(self.read()[2], {"a": big[:size], "b": b"small", "c": big[:size]})
            self.assertEqual(self.read()[2], {"a": b"next"})

    def test_knows_what_was_taken_back_after_looking_ahead(self):
        self.send(request(1, [b"1"]))
        self.read()
        self.ours.sendall(request(2, [b"2"]) + request(3, [b"3"]) + take_back(3) + request(4, [b"4"]) + take_back(1))
        self.reader.look_ahead()
        calls = [self.read()[0] for _ in range(3)]
        self.assertEqual(calls, [2, 3, 4])
        self.assertEqual([self.reader.was_taken_back(call) for call in calls], [False, True, False])
        self.assertFalse(self.reader.was_taken_back(3))
        self.assertFalse(self.reader.was_taken_back(1))

    def test_looks_ahead_no_further_than_what_has_arrived(self):
        whole = request(1, [b"x" * 100])
        self.ours.sendall(whole[:-1])
        self.reader.look_ahead()
        self.ours.sendall(whole[-1:])
        self.assertEqual(self.read()[2], {"a": b"x" * 100})


class DecodeTest(unittest.TestCase):
    def test_gives_what_the_content_type_says(self):
        self.assertEqual(decode(bytearray(b'{"a": 1}'), AS_JSON), {"a": 1})
        self.assertEqual(decode(bytearray("é".encode()), AS_TEXT), "é")

    def test_gives_the_bytes_where_they_are_something_else(self):
        for value, decoding in ((b"{", AS_JSON), (b"\xff", AS_JSON), (b"\xff", AS_TEXT), (b"[" * 100_000, AS_JSON)):
            self.assertEqual(decode(bytearray(value), decoding), bytearray(value))


if __name__ == "__main__":
    unittest.main()
