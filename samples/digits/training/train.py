"""Train both models of the digits sample and write their weights and held-out pictures.

Run from anywhere: python train.py (needs the packages of requirements.txt).
Everything is seeded, so a second run with the same packages writes the same files.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

SEED = 7
FULL_INK = 16
HELD_OUT_SHARE = 0.25
PICTURES = 100
LARGE_SIDE = 280
SAMPLE = Path(__file__).resolve().parent.parent


def main():
    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(
        digits.data / FULL_INK,
        digits.target,
        test_size=HELD_OUT_SHARE,
        stratify=digits.target,
        random_state=SEED,
    )
    logistic = LogisticRegression(max_iter=2000).fit(train_x, train_y)
    network = MLPClassifier(
        hidden_layer_sizes=(32,), alpha=0.1, max_iter=500, random_state=SEED
    ).fit(train_x, train_y)

    save_weights("logistic", layer(logistic.coef_.T, logistic.intercept_))
    hidden, output = (layer(*pair) for pair in zip(network.coefs_, network.intercepts_))
    save_weights("network", {"hidden": hidden, "output": output})
    save_pictures(test_x, test_y)
    save_large_pictures(test_x, test_y)

    both = (logistic.predict_proba(test_x) + network.predict_proba(test_x)).argmax(axis=1)
    print(f"trained on {len(train_x)} digits, held out {len(test_x)}")
    print(f"logistic {logistic.score(test_x, test_y):.4f}")
    print(f"network  {network.score(test_x, test_y):.4f}")
    print(f"vote     {np.mean(both == test_y):.4f}")


def layer(inputs_by_outputs, biases):
    """A layer as JSON: one row of weights for each output."""
    return {
        "weights": [[round(float(w), 4) for w in row] for row in inputs_by_outputs.T],
        "biases": [round(float(b), 4) for b in biases],
    }


def save_weights(model, weights):
    path = SAMPLE / "models" / model / f"digits_{model}.json"
    path.write_text(json.dumps(weights, separators=(",", ":")) + "\n", encoding="utf-8")


def save_pictures(pictures, labels):
    """The first held-out digits as 8x8 grey pictures, the label in the file name."""
    folder = empty_folder(SAMPLE / "held-out")
    for index in range(PICTURES):
        pixels = np.rint(pictures[index].reshape(8, 8) * 255).astype(np.uint8)
        save_png(folder / f"{index:03d}-digit-{labels[index]}.png", pixels)


def save_large_pictures(pictures, labels):
    """One held-out drawing of each digit: in turn grey, dark on light, and colour."""
    folder = empty_folder(SAMPLE / "held-out" / "large")
    for digit in range(10):
        index = int(np.flatnonzero(labels == digit)[0])
        ink = enlarge(pictures[index].reshape(8, 8))
        kind = ("grey", "inverted", "colour")[digit % 3]
        if kind == "inverted":
            ink = 1 - ink
        if kind == "colour":
            paper, pen = np.array([250, 244, 226]), np.array([24, 44, 120])
            pixels = paper + ink[:, :, None] * (pen - paper)
        else:
            pixels = ink * 255
        save_png(folder / f"digit-{digit}-{kind}.png", np.rint(pixels).astype(np.uint8))


def enlarge(grid):
    """A smooth enlargement with the sharp strokes of a pen."""
    at = np.clip((np.arange(LARGE_SIDE) + 0.5) * 8 / LARGE_SIDE - 0.5, 0, 7)
    lines = np.array([np.interp(at, np.arange(8), line) for line in grid])
    smooth = np.array([np.interp(at, np.arange(8), column) for column in lines.T]).T
    return np.clip((smooth - 0.5) * 3 + 0.5, 0, 1)


def empty_folder(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    return folder


def save_png(path, pixels):
    """Write 8-bit pixels, height x width for grey or height x width x 3 for RGB."""
    height, width = pixels.shape[:2]
    colour = 0 if pixels.ndim == 2 else 2
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    # Each line is stored as the difference to the line above it (filter 2).
    lines = np.diff(pixels, axis=0, prepend=np.zeros_like(pixels[:1])).reshape(height, -1)
    packed = zlib.compress(b"".join(b"\x02" + line.tobytes() for line in lines), 9)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def chunk(name, content):
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


if __name__ == "__main__":
    main()
