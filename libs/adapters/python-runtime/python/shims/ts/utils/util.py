"""The exception by which a handler chooses the status of its answer."""


class PredictionException(Exception):
    """Answered with `error_code` and `message`."""

    def __init__(self, message, error_code=500):
        super().__init__(message)
        self.message = message
        self.error_code = error_code

    def __str__(self):
        return "%s : %s" % (self.message, self.error_code)
