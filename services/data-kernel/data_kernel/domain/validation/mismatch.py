"""Why one value does not fit its type."""


class Mismatch(Exception):
    """A value that is not of its type; the text says what it should be and holds nothing of the value."""

    def __init__(self, message: str, rule: str = "wrong_type") -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
