"""The two function nodes of the digits workflow.

`preprocess` turns a PNG into the 8x8 grid that the models were trained on,
`vote` merges the answers of both models. Standard library only.
"""

import json
import struct
import zlib
from collections import defaultdict
from itertools import accumulate
from typing import NamedTuple, Optional

SIDE = 8
FULL_INK = 16
MAX_PICTURE_SIDE = 1024
MIN_CONTRAST = 16

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    PALETTE: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGB_ALPHA: (8, 16),
}


class PictureError(ValueError):
    """The request holds no picture that can be read. Answered with status 400."""

    error_code = 400


# ---------------------------------------------------------------- workflow nodes


def preprocess(data, context):
    """First node: for each request, `{"pixels": 8 rows of 8 numbers 0..16}`.

    The picture comes as `body` (raw upload) or `data` (form upload). Raises
    PictureError when it cannot be read. Called with None when it is loaded.
    """
    if data is None:
        return None
    return [{"pixels": read_picture(uploaded_bytes(row))} for row in data]


def vote(data, context):
    """Last node: average the probabilities of all models, for each request.

    A request is a dict of model name to that model's answer, which is JSON
    bytes, JSON text or a dict. Called with None when it is loaded.
    """
    if data is None:
        return None
    return [merge_answers({name: parse_json(raw) for name, raw in row.items()}) for row in data]


def merge_answers(answers):
    """The digit with the highest mean probability, and how each model voted."""
    columns = zip(*(answer["probabilities"] for answer in answers.values()))
    means = [sum(column) / len(answers) for column in columns]
    digit = means.index(max(means))
    votes = {
        name: {
            "digit": answer["digit"],
            "confidence": round(answer["probabilities"][answer["digit"]], 4),
        }
        for name, answer in answers.items()
    }
    return {
        "digit": digit,
        "confidence": round(means[digit], 4),
        "agree": len({answer["digit"] for answer in answers.values()}) == 1,
        "votes": votes,
    }


def parse_json(raw):
    return json.loads(raw) if isinstance(raw, (bytes, bytearray, str)) else raw


def uploaded_bytes(row):
    """The bytes that the client sent, from the `data` or the `body` of a request."""
    content = row.get("data")
    if content is None:
        content = row.get("body")
    if not isinstance(content, (bytes, bytearray)):
        raise PictureError("send the bytes of a PNG, as the body or as the form field 'data'")
    return bytes(content)


# ---------------------------------------------------------------- from picture to grid


def read_picture(png):
    """The 8x8 grid, 0 (paper) to 16 (ink), of a PNG of any size up to the limit."""
    ink = ink_on_paper(decode_png(png))
    if len(ink) == SIDE and len(ink[0]) == SIDE:
        scale = FULL_INK / 255
    else:
        ink = resize(crop_to_ink(ink))
        # Averaging fades thin strokes; the training digits all reach full ink.
        scale = FULL_INK / max(map(max, ink))
    return [[round(value * scale, 3) for value in line] for line in ink]


def ink_on_paper(greys):
    """How much each pixel differs from the paper, whose level the border shows.

    The ink may be brighter or darker than the paper: 0 is paper either way.
    """
    lowest, highest = min(map(min, greys)), max(map(max, greys))
    if highest - lowest < MIN_CONTRAST:
        raise PictureError("the picture is blank")
    border = list(greys[0]) + list(greys[-1])
    for line in greys[1:-1]:
        border += (line[0], line[-1])
    paper = sorted(border)[len(border) // 2]
    sign = -1 if 2 * paper > lowest + highest else 1
    return [[max(0, sign * (value - paper)) for value in line] for line in greys]


def crop_to_ink(ink):
    """The square that holds the drawn digit, which the models expect to fill the grid."""
    threshold = max(map(max, ink)) / 4
    inked_lines = [y for y, line in enumerate(ink) if max(line) > threshold]
    inked_columns = [x for x, column in enumerate(zip(*ink)) if max(column) > threshold]
    top, bottom = inked_lines[0], inked_lines[-1] + 1
    left, right = inked_columns[0], inked_columns[-1] + 1
    side = max(bottom - top, right - left)
    above = (side - (bottom - top)) // 2
    before = (side - (right - left)) // 2
    square = [[0] * side for _ in range(side)]
    for y, line in enumerate(ink[top:bottom], above):
        square[y][before : before + right - left] = line[left:right]
    return square


def resize(square):
    """An 8x8 version of a square picture, each cell the mean of the area it covers."""
    narrow = [span_means(line) for line in square]
    columns = [span_means(column) for column in zip(*narrow)]
    return [list(line) for line in zip(*columns)]


def span_means(values):
    """The means of 8 equal spans of `values`; a value on an edge counts in part."""
    totals = [0] + list(accumulate(values))
    edges = []
    for index in range(SIDE + 1):
        whole, rest = divmod(index * len(values), SIDE)
        partial = values[whole] * rest / SIDE if rest else 0
        edges.append(totals[whole] + partial)
    return [(end - start) * SIDE / len(values) for start, end in zip(edges, edges[1:])]


# ---------------------------------------------------------------- PNG


class Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int


class Transparency(NamedTuple):
    """What a tRNS chunk says: a colour to see through, or an alpha for each palette entry."""

    key: Optional[tuple] = None
    palette_alphas: bytes = b""


def decode_png(png):
    """The grey levels 0..255 of a PNG as a list of lines. Raises PictureError."""
    header, palette, transparency, packed = read_chunks(png)
    greys, alphas = [], []
    for line in scanlines(header, packed):
        samples = unpack_samples(line, header)
        if header.colour == PALETTE:
            grey, alpha = palette_pixels(samples, palette, transparency.palette_alphas)
        else:
            grey, alpha = direct_pixels(samples, header, transparency.key)
        greys.append(grey)
        alphas.append(alpha)
    return greys if all(min(line) == 255 for line in alphas) else flatten(greys, alphas)


def read_chunks(png):
    """The header, the palette (grey levels), the transparency and the packed pixels."""
    if not png.startswith(PNG_SIGNATURE):
        raise PictureError("the upload is not a PNG picture")
    found = defaultdict(bytearray)
    for name, content in chunks(png):
        found[name] += content
    header = parse_header(found[b"IHDR"])
    colours = found[b"PLTE"]
    palette = list(map(luminance, colours[0::3], colours[1::3], colours[2::3]))
    return header, palette, parse_transparency(bytes(found[b"tRNS"]), header), found[b"IDAT"]


def chunks(png):
    """The (name, content) of each chunk before IEND, checksums verified."""
    position = len(PNG_SIGNATURE)
    while position + 12 <= len(png):
        length, name = struct.unpack_from(">I4s", png, position)
        end = position + 8 + length
        if end + 4 > len(png):
            break
        (checksum,) = struct.unpack_from(">I", png, end)
        if checksum != zlib.crc32(png[position + 4 : end]):
            raise PictureError("broken PNG: wrong checksum")
        if name == b"IEND":
            return
        yield name, png[position + 8 : end]
        position = end + 4
    raise PictureError("broken PNG: the file is cut short")


def parse_header(content):
    if len(content) != 13:
        raise PictureError("broken PNG: bad header")
    width, height, depth, colour, *methods, interlace = struct.unpack(">IIBBBBB", content)
    if not width or not height or any(methods) or depth not in DEPTHS.get(colour, ()):
        raise PictureError("broken PNG: bad header")
    if interlace:
        raise PictureError("interlaced PNG pictures are not supported")
    if max(width, height) > MAX_PICTURE_SIDE:
        raise PictureError(
            "the picture is {0}x{1}, larger than {2}x{2}".format(width, height, MAX_PICTURE_SIDE)
        )
    return Header(width, height, depth, colour)


def parse_transparency(content, header):
    if not content:
        return Transparency()
    if header.colour == PALETTE:
        return Transparency(palette_alphas=content)
    size = 2 * CHANNELS[header.colour]
    if header.colour not in (GREY, RGB) or len(content) != size:
        raise PictureError("broken PNG: bad transparency")
    return Transparency(key=struct.unpack(">%dH" % (size // 2), content))


def scanlines(header, packed):
    """The unfiltered bytes of each line, top to bottom."""
    bits_per_pixel = CHANNELS[header.colour] * header.depth
    length = (header.width * bits_per_pixel + 7) // 8
    expected = (length + 1) * header.height
    try:
        # The bound keeps a small upload from unpacking to gigabytes.
        raw = zlib.decompressobj().decompress(packed, expected)
    except zlib.error:
        raise PictureError("broken PNG: the pixels cannot be unpacked") from None
    if len(raw) < expected:
        raise PictureError("broken PNG: pixels are missing")
    above = bytearray(length)
    for start in range(0, expected, length + 1):
        line = bytearray(raw[start + 1 : start + 1 + length])
        undo_filter(raw[start], line, above, max(1, bits_per_pixel // 8))
        yield line
        above = line


def undo_filter(kind, line, above, step):
    """Restore `line` in place; `step` is the distance in bytes to the pixel on the left."""
    if kind == 1:
        for i in range(step, len(line)):
            line[i] = (line[i] + line[i - step]) & 255
    elif kind == 2:
        for i, up in enumerate(above):
            line[i] = (line[i] + up) & 255
    elif kind == 3:
        for i, up in enumerate(above):
            left = line[i - step] if i >= step else 0
            line[i] = (line[i] + (left + up) // 2) & 255
    elif kind == 4:
        for i, up in enumerate(above):
            left, corner = (line[i - step], above[i - step]) if i >= step else (0, 0)
            line[i] = (line[i] + paeth(left, up, corner)) & 255
    elif kind != 0:
        raise PictureError("broken PNG: unknown filter")


def paeth(left, up, corner):
    """The neighbour closest to left + up - corner, ties in that order."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def unpack_samples(line, header):
    """The numbers of one line, 0 to 2**depth - 1, channels interleaved."""
    depth, count = header.depth, header.width * CHANNELS[header.colour]
    if depth == 8:
        return line
    if depth == 16:
        return struct.unpack(">%dH" % count, line)
    per_byte, mask = 8 // depth, (1 << depth) - 1
    return [(line[i // per_byte] >> (8 - depth * (i % per_byte + 1))) & mask for i in range(count)]


def palette_pixels(samples, palette, alphas):
    """The grey levels and alphas of a line of palette indexes."""
    if max(samples) >= len(palette):
        raise PictureError("broken PNG: colour outside the palette")
    alphas = alphas + b"\xff" * (len(palette) - len(alphas))
    return [palette[i] for i in samples], [alphas[i] for i in samples]


def direct_pixels(samples, header, key):
    """The grey levels and alphas, 0..255, of a line of grey or RGB pixels."""
    top = (1 << header.depth) - 1
    levels = samples if header.depth == 8 else [sample * 255 // top for sample in samples]
    step = CHANNELS[header.colour]
    if header.colour in (RGB, RGB_ALPHA):
        greys = list(map(luminance, levels[0::step], levels[1::step], levels[2::step]))
    else:
        greys = list(levels[0::step])
    if header.colour in (GREY_ALPHA, RGB_ALPHA):
        return greys, list(levels[step - 1 :: step])
    if key is None:
        return greys, [255] * header.width
    pixels = zip(*(samples[channel::step] for channel in range(step)))
    return greys, [0 if pixel == key else 255 for pixel in pixels]


def luminance(red, green, blue):
    return (299 * red + 587 * green + 114 * blue) // 1000


def flatten(greys, alphas):
    """Lay a picture with transparent parts on paper that contrasts with what is drawn."""
    weight = sum(map(sum, alphas))
    drawn = sum(grey * alpha for pair in zip(greys, alphas) for grey, alpha in zip(*pair))
    paper = 255 if drawn <= 127.5 * weight else 0
    return [
        [(grey * alpha + paper * (255 - alpha)) // 255 for grey, alpha in zip(*pair)]
        for pair in zip(greys, alphas)
    ]
