"""Tests of the digits sample: pictures, models and the whole chain in one process."""

import importlib.util
import json
import random
import struct
import unittest
import zlib
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).resolve().parent
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
KINDS = [
    (GREY, 1),
    (GREY, 2),
    (GREY, 4),
    (GREY, 8),
    (GREY, 16),
    (RGB, 8),
    (RGB, 16),
    (PALETTE, 1),
    (PALETTE, 2),
    (PALETTE, 4),
    (PALETTE, 8),
    (GREY_ALPHA, 8),
    (GREY_ALPHA, 16),
    (RGB_ALPHA, 8),
    (RGB_ALPHA, 16),
]


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


workflow = load(HERE / "workflow" / "digits.py")
logistic = load(HERE / "models" / "logistic" / "digits_logistic.py")
network = load(HERE / "models" / "network" / "digits_network.py")


def context_for(model):
    return SimpleNamespace(system_properties={"model_dir": str(HERE / "models" / model)})


LOGISTIC_CONTEXT, NETWORK_CONTEXT = context_for("logistic"), context_for("network")
logistic.handle(None, LOGISTIC_CONTEXT)
network_handler = network.DigitsNetwork()
network_handler.initialize(NETWORK_CONTEXT)


def read_digit(png):
    """The whole chain, each answer handed on as the JSON bytes that a server passes."""
    [prepared] = workflow.preprocess([{"body": bytearray(png)}], None)
    request = [{"body": as_bytes(prepared)}]
    [first] = logistic.handle(request, LOGISTIC_CONTEXT)
    [second] = network_handler.handle(request, NETWORK_CONTEXT)
    [answer] = workflow.vote([{"logistic": as_bytes(first), "network": as_bytes(second)}], None)
    return answer


def as_bytes(value):
    return bytearray(json.dumps(value).encode())


def label_of(path):
    return int(path.stem.split("digit-")[1][0])


def grid_of(png):
    return workflow.preprocess([{"body": png}], None)[0]["pixels"]


# ---------------------------------------------------------------- a PNG encoder


def chunk(name, content):
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png_file(header, *parts):
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", *header))] + [chunk(*part) for part in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def encode(lines, colour, depth, kinds=(0,), extra=()):
    """A PNG of lines of pixels (tuples of samples), the filter kinds used in turn."""
    step = max(1, depth * len(lines[0][0]) // 8)
    packed, above = b"", None
    for y, pixels in enumerate(lines):
        line = pack([sample for pixel in pixels for sample in pixel], depth)
        above = above or bytes(len(line))
        kind = kinds[y % len(kinds)]
        packed += bytes([kind]) + apply_filter(kind, line, above, step)
        above = line
    header = (len(lines[0]), len(lines), depth, colour, 0, 0, 0)
    return png_file(header, *extra, (b"IDAT", zlib.compress(packed)))


def pack(samples, depth):
    if depth == 16:
        return struct.pack(">%dH" % len(samples), *samples)
    bits = "".join(format(sample, "0%db" % depth) for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def apply_filter(kind, line, above, step):
    filtered = bytearray()
    for i, value in enumerate(line):
        a = line[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        nearest = min((a, b, c), key=lambda near: abs(a + b - c - near))
        filtered.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) & 255)
    return bytes(filtered)


def encode_levels(levels, colour, depth, kinds=(0,)):
    """A PNG of grey levels 0..1 in any colour type."""
    top = (1 << depth) - 1
    shape = {
        GREY: lambda v: (v,),
        RGB: lambda v: (v, v, v),
        PALETTE: lambda v: (top - v,),
        GREY_ALPHA: lambda v: (v, top),
        RGB_ALPHA: lambda v: (v, v, v, top),
    }[colour]
    lines = [[shape(round(level * top)) for level in line] for line in levels]
    extra = []
    if colour == PALETTE:
        # Reversed, so that an index taken for a grey level shows up.
        greys = [round((top - index) * 255 / top) for index in range(top + 1)]
        extra = [(b"PLTE", bytes(grey for grey in greys for _ in range(3)))]
    return encode(lines, colour, depth, kinds, extra)


def random_levels(depth):
    """8x8 grey levels that the depth can store, dark on the border."""
    dice = random.Random(depth)
    top = (1 << min(depth, 8)) - 1
    inner = range(1, 7)
    return [
        [dice.randint(0, top) / top if x in inner and y in inner else 0 for x in range(8)]
        for y in range(8)
    ]


def grey_png(lines):
    return encode([[(value,) for value in line] for line in lines], GREY, 8)


def drawing(width=28, height=28, ink=255, paper=0):
    """An upright stroke, away from the edges."""
    return [
        [ink if 4 <= y < height - 4 and 12 <= x < 16 else paper for x in range(width)]
        for y in range(height)
    ]


# ---------------------------------------------------------------- tests


class PictureTest(unittest.TestCase):
    def assert_grid(self, png, levels):
        for got, wanted in zip(grid_of(png), levels):
            for value, level in zip(got, wanted):
                self.assertAlmostEqual(value, level * 16, delta=0.07)

    def test_every_colour_type_depth_and_filter(self):
        for colour, depth in KINDS:
            levels = random_levels(depth)
            for kinds in ((0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)):
                with self.subTest(colour=colour, depth=depth, filters=kinds):
                    self.assert_grid(encode_levels(levels, colour, depth, kinds), levels)

    def test_width_that_does_not_fill_the_last_byte(self):
        lines = [[value // 255 for value in line] for line in drawing(width=29)]
        png = encode([[(value,) for value in line] for line in lines], GREY, 1, (4,))
        self.assertEqual(workflow.decode_png(png), drawing(width=29))

    def test_transparent_drawings(self):
        for ink in (0, 255):
            lines = [[(ink, value) for value in line] for line in drawing()]
            with self.subTest(ink=ink):
                self.assertEqual(
                    grid_of(encode(lines, GREY_ALPHA, 8)), grid_of(grey_png(drawing()))
                )

    def test_transparent_palette_entry_and_key_colour(self):
        expected = grid_of(grey_png(drawing()))
        lines = [[(value // 255,) for value in line] for line in drawing()]
        palette = [(b"PLTE", bytes(6)), (b"tRNS", b"\x00")]
        self.assertEqual(grid_of(encode(lines, PALETTE, 8, (0,), palette)), expected)
        lines = [[(0, 0, 0) if value else (9, 8, 7) for value in line] for line in drawing()]
        key = [(b"tRNS", struct.pack(">3H", 9, 8, 7))]
        self.assertEqual(grid_of(encode(lines, RGB, 8, (0,), key)), expected)

    def test_any_ink_on_any_paper(self):
        expected = grid_of(grey_png(drawing()))
        for ink, paper in ((0, 255), (20, 100), (100, 20), (150, 230), (230, 150)):
            with self.subTest(ink=ink, paper=paper):
                self.assertEqual(grid_of(grey_png(drawing(ink=ink, paper=paper))), expected)

    def test_small_pictures_and_one_pixel_wide_pictures(self):
        for lines in ([[0, 255, 0]] * 3, [[0], [0], [255]], [[0, 0, 255]], drawing(height=9)):
            grid = grid_of(grey_png(lines))
            self.assertEqual([len(line) for line in grid], [8] * 8)
            self.assertEqual(max(map(max, grid)), 16)

    def test_big_drawing_is_cropped_and_averaged(self):
        # 20 lines high, 4 wide: centred, it covers columns 8 to 11 of a 20x20 square.
        for line in grid_of(grey_png(drawing(width=50))):
            self.assertEqual(line, [0, 0, 0, 16, 16, 0, 0, 0])

    def test_averaging_counts_edges_in_part(self):
        self.assertEqual(workflow.span_means([8] * 5), [8] * 8)
        self.assertEqual(workflow.span_means([0] * 11 + [12]), [0, 0, 0, 0, 0, 0, 0, 8])

    def test_call_without_data_at_load(self):
        self.assertIsNone(workflow.preprocess(None, None))
        self.assertIsNone(workflow.vote(None, None))

    def test_form_upload(self):
        png = grey_png(drawing())
        self.assertEqual(workflow.preprocess([{"data": png}], None)[0]["pixels"], grid_of(png))


class BadPictureTest(unittest.TestCase):
    def assert_refused(self, content, words):
        with self.assertRaisesRegex(Exception, words) as caught:
            workflow.preprocess([{"body": content}], None)
        self.assertEqual(caught.exception.error_code, 400)

    def test_uploads_that_are_not_png(self):
        self.assert_refused(b"", "not a PNG")
        self.assert_refused(b"\xff\xd8\xff\xe0 some JPEG", "not a PNG")
        for content in ("text", {"pixels": []}, None):
            self.assert_refused(content, "send the bytes")

    def test_broken_files(self):
        png = grey_png(drawing())
        packed = (b"IDAT", zlib.compress(bytes(9 * 8)))
        for length in range(8, len(png)):
            self.assert_refused(png[:length], "broken PNG")
        self.assert_refused(png[:50] + b"\0\0" + png[52:], "checksum")
        self.assert_refused(png[:8] + png[33:], "bad header")
        self.assert_refused(png[:8] + chunk(b"IEND", b""), "bad header")
        self.assert_refused(png_file((8, 8, 8, GREY, 0, 0, 0)), "pixels are missing")
        self.assert_refused(png_file((8, 9, 8, GREY, 0, 0, 0), packed), "pixels are missing")
        self.assert_refused(png_file((8, 8, 8, GREY, 0, 0, 0), (b"IDAT", b"??")), "unpacked")
        self.assert_refused(png_file((8, 8, 8, PALETTE, 0, 0, 0), packed), "palette")
        bad_filter = (b"IDAT", zlib.compress(b"\x05" * 72))
        self.assert_refused(png_file((8, 8, 8, GREY, 0, 0, 0), bad_filter), "unknown filter")
        bad_key = (b"tRNS", b"\0")
        self.assert_refused(png_file((8, 8, 8, GREY, 0, 0, 0), bad_key, packed), "transparency")

    def test_bad_headers(self):
        packed = (b"IDAT", b"")
        for header in ((0, 8, 8, 0, 0, 0, 0), (8, 8, 3, 0, 0, 0, 0), (8, 8, 8, 1, 0, 0, 0)):
            self.assert_refused(png_file(header, packed), "bad header")
        self.assert_refused(png_file((8, 8, 8, 0, 0, 0, 1), packed), "interlaced")
        self.assert_refused(png_file((1025, 8, 8, 0, 0, 0, 0), packed), "1025x8, larger")

    def test_blank_pictures(self):
        for lines in ([[0] * 28] * 28, [[255] * 8] * 8, [[7]], drawing(ink=250, paper=255)):
            self.assert_refused(grey_png(lines), "blank")


class ModelTest(unittest.TestCase):
    models = [
        ("logistic", lambda batch: logistic.handle(batch, LOGISTIC_CONTEXT)),
        ("network", lambda batch: network_handler.handle(batch, NETWORK_CONTEXT)),
    ]

    def test_held_out_digits_in_one_batch(self):
        paths = sorted((HERE / "held-out").glob("*.png"))
        batch = workflow.preprocess([{"body": path.read_bytes()} for path in paths], None)
        for name, handle in self.models:
            with self.subTest(model=name):
                answers = handle([{"body": as_bytes(row)} for row in batch])
                pairs = zip(answers, paths)
                right = sum(answer["digit"] == label_of(path) for answer, path in pairs)
                self.assertEqual(len(answers), 100)
                self.assertGreaterEqual(right, 90)
                for answer in answers:
                    self.assertAlmostEqual(sum(answer["probabilities"]), 1, places=4)

    def test_all_forms_of_a_request_get_the_same_answer(self):
        lines = grid_of((HERE / "held-out" / "large" / "digit-3-grey.png").read_bytes())
        flat = [value for line in lines for value in line]
        forms = [{"pixels": lines}, lines, flat, json.dumps(lines), as_bytes({"pixels": flat})]
        for name, handle in self.models:
            with self.subTest(model=name):
                answers = handle([{"body": form} for form in forms] + [{"data": lines}])
                self.assertEqual(answers, [answers[0]] * 6)

    def test_bad_requests(self):
        bad = [None, b"{", b"{}", [1, 2], [17] * 64, ["x"] * 64, [float("nan")] * 64, 5]
        for name, handle in self.models:
            for content in bad:
                with self.subTest(model=name, content=content):
                    with self.assertRaises(ValueError) as caught:
                        handle([{"body": content}])
                    self.assertEqual(caught.exception.error_code, 400)

    def test_network_module_has_one_class_and_no_function_entry(self):
        classes = [value for value in vars(network).values() if isinstance(value, type)]
        self.assertEqual(classes, [network.DigitsNetwork])
        self.assertFalse(hasattr(network, "handle"))


class VoteTest(unittest.TestCase):
    def test_average_and_disagreement(self):
        first = {"digit": 1, "probabilities": [0, 0.6, 0, 0, 0, 0, 0, 0.4, 0, 0]}
        second = {"digit": 7, "probabilities": [0, 0.1, 0, 0, 0, 0, 0, 0.9, 0, 0]}
        [answer] = workflow.vote([{"logistic": json.dumps(first), "network": second}], None)
        self.assertEqual(
            answer,
            {
                "digit": 7,
                "confidence": 0.65,
                "agree": False,
                "votes": {
                    "logistic": {"digit": 1, "confidence": 0.6},
                    "network": {"digit": 7, "confidence": 0.9},
                },
            },
        )


class ChainTest(unittest.TestCase):
    def wrong(self, paths):
        answers = ((path, read_digit(path.read_bytes())) for path in paths)
        return [path.name for path, answer in answers if answer["digit"] != label_of(path)]

    def test_held_out_digits(self):
        paths = sorted((HERE / "held-out").glob("*.png"))
        self.assertEqual(len(paths), 100)
        self.assertLessEqual(len(self.wrong(paths)), 5)

    def test_large_drawings(self):
        paths = sorted((HERE / "held-out" / "large").glob("*.png"))
        self.assertEqual(len(paths), 10)
        self.assertLessEqual(len(self.wrong(paths)), 1)

    def test_held_out_digits_with_a_margin_at_28x28(self):
        right = 0
        paths = sorted((HERE / "held-out").glob("*.png"))
        for path in paths:
            small = workflow.decode_png(path.read_bytes())
            canvas = [[0] * 28 for _ in range(28)]
            for y in range(24):
                canvas[y + 2][1:25] = [small[y // 3][x // 3] for x in range(24)]
            right += read_digit(grey_png(canvas))["digit"] == label_of(path)
        self.assertGreaterEqual(right, 90)


if __name__ == "__main__":
    unittest.main()
