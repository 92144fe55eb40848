"""The vectors used last, in memory."""

from collections import OrderedDict

from embedding_service.domain.vectors import Vector


class RecentVectors:
    """At most `capacity` vectors by text; the one that was not asked for the longest goes first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: OrderedDict[str, Vector] = OrderedDict()

    def __len__(self) -> int:
        return len(self._vectors)

    def get(self, text: str) -> Vector | None:
        """The vector of a text, if it is kept."""
        vector = self._vectors.get(text)
        if vector is not None:
            self._vectors.move_to_end(text)
        return vector

    def put(self, text: str, vector: Vector) -> None:
        """Keep a vector, copied, for a row would keep its whole matrix alive."""
        if self._capacity < 1:
            return
        self._vectors[text] = vector.copy()
        self._vectors.move_to_end(text)
        if len(self._vectors) > self._capacity:
            self._vectors.popitem(last=False)
