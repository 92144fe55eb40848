"""A write load of which everything can be told afterwards: what a commit changed follows from its message alone.

It imports nothing but the store, for a process that is to be killed has to be there fast.
"""

from random import Random
from typing import NamedTuple

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import Idempotency, Plan, ValueQuery, WriteRequest, WriterView
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, State
from data_kernel.domain.documents import Change, Graph
from shared.errors import AlreadyExists

DATABASE = "oms"
BRANCHES = ("main", "side")
WRITERS = 6
_MOST_PARTS = 4
_MOST_BYTES = 3000
_EVERY_DELETION = 4


class Write(NamedTuple):
    """One commit of the load: `run` tells apart the processes that wrote to one file."""

    run: int
    writer: int
    number: int

    @classmethod
    def parse(cls, name: str) -> "Write":
        """The write of a name, which is the message of its commit."""
        run, writer, number = name.split("-")
        return cls(int(run), int(writer), int(number))

    @property
    def name(self) -> str:
        return f"{self.run}-{self.writer}-{self.number}"

    @property
    def branch(self) -> str:
        return BRANCHES[self.writer % len(BRANCHES)]

    @property
    def counter(self) -> str:
        """The document that each write of this writer changes."""
        return f"Counter/{self.writer}"

    @property
    def counter_body(self) -> bytes:
        """What the counter is after the write."""
        return f'{{"last":"{self.name}"}}'.encode()

    def parts(self) -> dict[str, bytes]:
        """The documents that only this write makes."""
        random = Random(self.name)
        ids = [f"Part/{self.name}-{n}" for n in range(random.randint(1, _MOST_PARTS))]
        return {each: f'{{"of":"{self.name}","rest":"{"." * random.randrange(_MOST_BYTES)}"}}'.encode() for each in ids}

    def effect(self) -> dict[str, bytes | None]:
        """Every document that the write leaves behind, or `None` where it takes one away."""
        effect: dict[str, bytes | None] = {self.counter: self.counter_body, **self.parts()}
        if self.number % _EVERY_DELETION == _EVERY_DELETION - 1:
            effect |= dict.fromkeys(self._replace(number=self.number - 1).parts())
        return effect

    def plan(self, view: WriterView) -> Plan:
        """The changes on the state that is there."""
        stored = {each: view.get(Graph.INSTANCE, each) for each in self.effect()}
        before = {each: None if document is None else document.body for each, document in stored.items()}
        changes = [
            Change(Graph.INSTANCE, each, each.partition("/")[0], before[each], after)
            for each, after in self.effect().items()
            if before[each] != after
        ]
        return Plan((), tuple(changes))


class Acknowledged(NamedTuple):
    """A write of which the store said that it is kept, and as which commit."""

    write: Write
    commit: str


async def prepare(store: EmbeddedStore) -> None:
    """Make the load's database where it is not there."""
    try:
        await store.create_database(Database(DATABASE))
    except AlreadyExists:
        return


async def perform(store: EmbeddedStore, write: Write) -> Acknowledged:
    """Make the commit; the same again, by its idempotency key, gives the same answer."""
    attribution = Attribution("alice@oms", "alice@oms", write.name, "POST", "/parts", "oms")
    outcome = await store.write(
        WriteRequest(
            DATABASE,
            write.branch,
            attribution,
            write.plan,
            idempotency=Idempotency(write.name, "the load"),
            create_branch=True,
        )
    )
    return Acknowledged(write, str(outcome.commit))


async def found_parts(store: EmbeddedStore, done: Acknowledged) -> set[str]:
    """The documents that the write made, as its commit has them, asked for by their value."""
    query = ValueQuery("Part", "of", done.write.name)
    batches = store.find(DATABASE, State(done.commit, None), query)
    return {document.id async for batch in batches for document in batch}
