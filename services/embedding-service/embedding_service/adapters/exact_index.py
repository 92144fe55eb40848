"""An exact index: one matrix, one product. 100 000 vectors of 384 numbers take 5 to 20 ms."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

import numpy as np

from embedding_service.domain.collections import Entry, Hit
from embedding_service.domain.vectors import Vector

_FIRST_CAPACITY = 1024
_Result = TypeVar("_Result")


class ExactIndex:
    """`VectorIndex` by comparing with every vector.

    `executor` has one thread, which all of the index's work goes through, so that nothing is changed under a search.
    """

    def __init__(self, dims: int, executor: Executor) -> None:
        self._executor = executor
        self._matrix = np.zeros((_FIRST_CAPACITY, dims), np.float32)
        self._type_codes = np.zeros(_FIRST_CAPACITY, np.int32)
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._types: list[str] = []
        self._codes: dict[str, int] = {}

    async def put(self, entries: Sequence[Entry]) -> None:
        """As `VectorIndex.put`."""
        await self._run(lambda: self._put_all(entries))

    async def delete(self, ids: Sequence[str]) -> None:
        """As `VectorIndex.delete`."""
        await self._run(lambda: self._delete_all(ids))

    async def search(self, query: Vector, top_k: int, types: frozenset[str]) -> list[Hit]:
        """As `VectorIndex.search`."""
        return await self._run(lambda: self._search(query, top_k, types))

    async def clear(self) -> None:
        """As `VectorIndex.clear`."""
        await self._run(self._clear)

    async def _run(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _put_all(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._put(entry)

    def _delete_all(self, ids: Sequence[str]) -> None:
        for each in ids:
            self._delete(each)

    def _put(self, entry: Entry) -> None:
        row = self._rows.get(entry.id)
        if row is None:
            row = self._rows[entry.id] = len(self._ids)
            self._ids.append(entry.id)
            self._make_room(row + 1)
        self._matrix[row] = entry.vector
        self._type_codes[row] = self._code(entry.type)

    def _code(self, type_name: str) -> int:
        if type_name not in self._codes:
            self._codes[type_name] = len(self._types)
            self._types.append(type_name)
        return self._codes[type_name]

    def _make_room(self, rows: int) -> None:
        capacity = len(self._matrix)
        if rows > capacity:
            self._matrix = np.concatenate([self._matrix, np.zeros_like(self._matrix)])
            self._type_codes = np.concatenate([self._type_codes, np.zeros_like(self._type_codes)])

    def _delete(self, entry_id: str) -> None:
        row = self._rows.pop(entry_id, None)
        if row is None:
            return
        # The last one moves into the gap.
        last = len(self._ids) - 1
        moved = self._ids.pop()
        if row != last:
            self._ids[row] = moved
            self._rows[moved] = row
            self._matrix[row] = self._matrix[last]
            self._type_codes[row] = self._type_codes[last]

    def _search(self, query: Vector, top_k: int, types: frozenset[str]) -> list[Hit]:
        count = len(self._ids)
        rows = np.arange(count)
        if types:
            codes = [self._codes[each] for each in types if each in self._codes]
            rows = np.flatnonzero(np.isin(self._type_codes[:count], codes))
        if not len(rows) or top_k < 1:
            return []
        scores = (self._matrix[:count] @ query)[rows]
        # All that tie with the last one, so that the ids decide, and not the order of the rows.
        least = np.partition(scores, -top_k)[-top_k] if top_k < len(scores) else scores.min()
        chosen = np.flatnonzero(scores >= least)
        hits = [self._hit(int(rows[each]), float(scores[each])) for each in chosen]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:top_k]

    def _hit(self, row: int, score: float) -> Hit:
        return Hit(self._ids[row], self._types[self._type_codes[row]], min(1.0, max(-1.0, score)))

    def _clear(self) -> None:
        self._ids, self._rows = [], {}
        self._matrix = self._matrix[:_FIRST_CAPACITY].copy()
        self._type_codes = self._type_codes[:_FIRST_CAPACITY].copy()
