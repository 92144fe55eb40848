"""The parsed schemas of the states that are being written to."""


class SchemaCache:
    """Keeps the parsed schemas that were used last; `capacity` counts them."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
