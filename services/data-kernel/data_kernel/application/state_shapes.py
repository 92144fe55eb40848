"""The shapes of the states that are read, kept by commit: a commit never changes."""

from collections import OrderedDict

from data_kernel.application.ports import DocumentStore, ScanQuery
from data_kernel.application.streams import closing
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Graph
from data_kernel.domain.schema import CONTEXT_ID
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, decode


class StateShapes:
    """Reads what stands in the documents of a state off its schema graph; keeps the `capacity` states used last."""

    def __init__(self, store: DocumentStore, capacity: int = 64) -> None:
        self._store = store
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], Shapes] = OrderedDict()

    async def of(self, database: str, state: State) -> Shapes:
        """The shapes of a state."""
        if state.commit is None:
            return Shapes({})
        key = (database, state.commit)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Shapes(await self.classes(database, state))
        self._known.move_to_end(key)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return known

    async def classes(self, database: str, state: State) -> dict[str, dict[str, Json]]:
        """The class documents of a state by name, without the context."""
        found: dict[str, dict[str, Json]] = {}
        async with closing(self._store.scan(database, state, ScanQuery(graph=Graph.SCHEMA))) as batches:
            async for batch in batches:
                for each in batch:
                    body = decode(each.body)
                    if each.id != CONTEXT_ID and isinstance(body, dict):
                        found[each.id] = body
        return found
