"""Logistic regression on an 8x8 digit, written as a function handler.

A function handler is a module-level `handle(data, context)`. It is called
once with None when a worker starts, then with each batch of requests.
"""

import json
import math
import os

WEIGHTS_FILE = "digits_logistic.json"
CELLS = 64
FULL_INK = 16

_weights = None


def handle(data, context):
    """For each request of the batch: `{"digit": d, "probabilities": [10 numbers]}`."""
    global _weights
    if _weights is None:
        _weights = load_weights(context.system_properties.get("model_dir"))
    if data is None:
        return None
    return [classify(read_pixels(row), _weights) for row in data]


def load_weights(model_dir):
    with open(os.path.join(model_dir, WEIGHTS_FILE), encoding="utf-8") as file:
        return json.load(file)


def classify(pixels, weights):
    scores = [
        bias + sum(weight * pixel for weight, pixel in zip(row, pixels))
        for row, bias in zip(weights["weights"], weights["biases"])
    ]
    probabilities = softmax(scores)
    return {
        "digit": probabilities.index(max(probabilities)),
        "probabilities": [round(value, 6) for value in probabilities],
    }


def softmax(scores):
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def read_pixels(row):
    """The 64 values of one request, scaled to 0..1.

    The request is `{"pixels": ...}` or the bare list, as JSON or already
    parsed; the list holds 64 numbers 0..16 or 8 rows of 8.
    """
    content = row.get("data")
    if content is None:
        content = row.get("body")
    try:
        if isinstance(content, (bytes, bytearray, str)):
            content = json.loads(content)
        values = content["pixels"] if isinstance(content, dict) else content
        if len(values) == 8:
            values = [value for line in values for value in line]
        pixels = [float(value) / FULL_INK for value in values]
    except (KeyError, OverflowError, TypeError, ValueError):
        raise bad_request() from None
    if len(pixels) != CELLS or not all(0 <= pixel <= 1 for pixel in pixels):
        raise bad_request()
    return pixels


def bad_request():
    error = ValueError("send 'pixels': 8 rows of 8 numbers from 0 to 16")
    error.error_code = 400
    return error
