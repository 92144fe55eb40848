"""The steps of a collection, each a read of its own or a slice of the writer's time."""

from asyncio import Lock
from functools import partial

from data_kernel.adapters.embedded.collecting import cutting, sweeping
from data_kernel.adapters.embedded.collecting.leases import Leases
from data_kernel.adapters.embedded.collecting.survey import Survey, survey
from data_kernel.adapters.embedded.documents.index_saver import IndexSaver
from data_kernel.adapters.embedded.encoding.times import Clock
from data_kernel.adapters.embedded.refs import databases
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.readers import Readers
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.threads.writer import Writer
from data_kernel.domain.retention import Collected, Retention


class Collector:
    """Collects in one database at a time; it may end anywhere and be begun anew."""

    def __init__(self, writer: Writer, readers: Readers, leases: Leases, saver: IndexSaver, clock: Clock) -> None:
        self._writer = writer
        self._readers = readers
        self._leases = leases
        self._saver = saver
        self._clock = clock
        self._turn = Lock()

    async def estimate(self, database: str, retention: Retention) -> Collected:
        """What a collection would take out now; nothing is changed."""
        return await self._readers.read(_estimate, database, retention, self._clock(), self._leases.held())

    async def collect(self, database: str, retention: Retention) -> Collected:
        """Take out what nothing needs; one collection follows the other, whoever asks for them."""
        async with self._turn:
            return await self._collect(database, retention)

    async def _collect(self, database: str, retention: Retention) -> Collected:
        found = await self._readers.read(_survey, database, retention, self._clock(), self._leases.held())
        commits, size_bytes = await self._take_commits(found)
        # States in memory may still be made of nodes that only the deleted commits had.
        await self._writer.between(_forget_states)
        # What is saved of an index before its row is there would look like garbage.
        async with self._saver.nodes_at_rest():
            garbage = await self._readers.read(sweeping.find, found.database)
            for table, positions in (("node", garbage.nodes), ("body", garbage.versions)):
                rest = positions
                while rest:
                    rest = await self._writer.alone(partial(sweeping.sweep, table=table, positions=rest))
        keys = await self._readers.read(sweeping.find_keys, found.database)
        while keys:
            keys = await self._writer.alone(partial(sweeping.sweep_keys, database=found.database, keys=keys))
        while await self._writer.between(sweeping.give_back):
            pass
        return Collected(commits, len(garbage.nodes), len(garbage.versions), size_bytes + garbage.size_bytes)

    async def _take_commits(self, found: Survey) -> tuple[int, int]:
        edges = found.edges
        while edges:
            edges = await self._writer.alone(partial(cutting.cut_edges, survey=found, edges=edges))
        commits = size_bytes = 0
        while found.waiting:
            step = partial(cutting.delete, survey=found, leased=self._leases.held())
            deleted, freed_bytes = await self._writer.alone(step)
            commits, size_bytes = commits + deleted, size_bytes + freed_bytes
        return commits, size_bytes


def _survey(access: Access, database: str, retention: Retention, now_us: int, leased: list[bytes]) -> Survey:
    return survey(access, databases.number_of(access.connection, database), retention, now_us, leased)


def _estimate(access: Access, database: str, retention: Retention, now_us: int, leased: list[bytes]) -> Collected:
    found = _survey(access, database, retention, now_us, leased)
    garbage = sweeping.find(access, found.database, found.dead)
    size_bytes = sum(cutting.size_bytes(access.connection, position) for position in found.dead)
    return Collected(len(found.dead), len(garbage.nodes), len(garbage.versions), size_bytes + garbage.size_bytes)


def _forget_states(session: WriteSession) -> None:
    session.access.memory.contents.clear()
