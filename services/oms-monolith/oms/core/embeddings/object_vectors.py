"""The vectors of one branch's objects, in memory, searched one by one."""

from collections.abc import Collection

import numpy as np

from oms.core.embeddings.minilm import Matrix
from shared.clients.embedding_values import Neighbour


class ObjectVectors:
    """Objects with their types, texts and vectors."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, str]] = {}
        self._vectors: dict[str, Matrix] = {}
        self._sorted: tuple[list[str], Matrix] | None = None

    def has(self, object_id: str, type_name: str, text: str) -> bool:
        """Whether the object is there with that very text."""
        return self._texts.get(object_id) == (type_name, text)

    def put(self, object_id: str, type_name: str, text: str, vector: Matrix) -> None:
        """Insert or replace one object."""
        self._texts[object_id] = (type_name, text)
        self._vectors[object_id] = vector
        self._sorted = None

    def delete(self, object_ids: Collection[str]) -> None:
        """Forget objects; unknown ones are passed over."""
        for each in object_ids:
            if self._texts.pop(each, None) is not None:
                del self._vectors[each]
                self._sorted = None

    def ids(self) -> set[str]:
        """Every object that is there."""
        return set(self._texts)

    def search(self, query: Matrix, top_k: int, types: Collection[str]) -> list[Neighbour]:
        """The nearest objects of these types (none: of any), the nearest first, then by id."""
        if not self._texts:
            return []
        ids, matrix = self._sorted = self._sorted or self._sort()
        scores = matrix @ query
        # Stable, over ids in order: equally near ones come by id.
        hits: list[Neighbour] = []
        for row in np.argsort(-scores, kind="stable"):
            type_name, _ = self._texts[ids[row]]
            if not types or type_name in types:
                hits.append(Neighbour(ids[row], type_name, float(scores[row])))
            if len(hits) == top_k:
                break
        return hits

    def _sort(self) -> tuple[list[str], Matrix]:
        ids = sorted(self._vectors)
        return ids, np.stack([self._vectors[each] for each in ids])
