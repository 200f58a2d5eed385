"""A small neural network on an 8x8 digit, written as a class handler.

A class handler is the only class of its module. `initialize` is called once
when a worker starts, `handle` with each batch of requests.
"""

import json
import math
import os

WEIGHTS_FILE = "digits_network.json"
CELLS = 64
FULL_INK = 16


class DigitsNetwork:
    """One hidden layer with ReLU, then softmax over the ten digits."""

    def __init__(self):
        self.hidden = None
        self.output = None

    def initialize(self, context):
        """Read the weights from the folder of the unpacked archive."""
        path = os.path.join(context.system_properties.get("model_dir"), WEIGHTS_FILE)
        with open(path, encoding="utf-8") as file:
            weights = json.load(file)
        self.hidden = weights["hidden"]
        self.output = weights["output"]

    def handle(self, data, context):
        """For each request of the batch: `{"digit": d, "probabilities": [10 numbers]}`."""
        return [self.classify(read_pixels(row)) for row in data]

    def classify(self, pixels):
        activations = [max(0.0, value) for value in apply_layer(self.hidden, pixels)]
        probabilities = softmax(apply_layer(self.output, activations))
        return {
            "digit": probabilities.index(max(probabilities)),
            "probabilities": [round(value, 6) for value in probabilities],
        }


def apply_layer(layer, inputs):
    return [
        bias + sum(weight * value for weight, value in zip(row, inputs))
        for row, bias in zip(layer["weights"], layer["biases"])
    ]


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
