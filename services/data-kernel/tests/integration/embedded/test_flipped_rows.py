"""One bit of one value of a row has changed: it is told, whichever column of whichever table it is."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest
from data_kernel_testing import filled_store

from data_kernel.adapters.embedded import EmbeddedStore, StoreCounters
from data_kernel.adapters.embedded.disk.file import connect_writer
from data_kernel.adapters.embedded.disk.schema import DDL
from data_kernel.adapters.embedded.threads.access import Access, Memory
from data_kernel.adapters.embedded.verification.verify import verify
from data_kernel.application.ports import ValueQuery
from data_kernel.domain.databases import Revision
from shared.errors import Internal, Unavailable

ROWS = 20
BITS = (0, 1, 2, 4, 8, 30, 40)
OF_NO_CONSEQUENCE = {
    "document_key": "It is the key of a document's next version alone: each version is checked by the key in its body.",
    "property_index.commit_position": "Where the entries are right for the other commit, so is every answer.",
}
ROWS_OF_CONSEQUENCE = {
    "node": "substr(bytes, 2, 1) <> x'00'",  # nobody reads the positions in a leaf of an index
    "body": "substr(bytes, 1, 1) = x'00'",  # what a purge has left is attested by its certificate alone
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "store.db"
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    """A store whose index of a property was saved."""
    await filled_store.fill(path)
    counters = StoreCounters()
    async with filled_store.opened(path, counters) as store:
        state = await store.resolve(filled_store.DATABASE, Revision(branch="main"))
        query = ValueQuery("Person", "name", "Ridley")
        assert [batch async for batch in store.find(filled_store.DATABASE, state, query)]
        async with asyncio.timeout(20):
            while not counters.indexes_saved_total:
                await store.ping()


@pytest.fixture
def connection(filled: Path) -> Iterator[apsw.Connection]:
    """The store in a transaction that is taken back."""
    with closing(connect_writer(filled, None)) as opened:
        opened.execute("BEGIN IMMEDIATE")
        yield opened
        opened.execute("ROLLBACK")


def tables() -> list[str]:
    with closing(apsw.Connection(":memory:")) as empty:
        empty.execute(DDL)
        names = empty.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return [str(name) for (name,) in names if name not in OF_NO_CONSEQUENCE]


def flipped(value: Any, random: Random) -> Any:
    """The value with another bit; a text stays one."""
    if isinstance(value, int):
        return value ^ 1 << random.choice(BITS)
    data = bytearray(value if isinstance(value, bytes) else value.encode())
    data[random.randrange(len(data))] ^= 1 << random.randrange(7)
    return bytes(data) if isinstance(value, bytes) else data.decode()


def flips(connection: apsw.Connection, table: str) -> Iterator[tuple[str, str, tuple[Any, ...]]]:
    """For columns of some rows the name, and the statement that changes a bit of the value, with its bindings."""
    random = Random(table)
    columns: list[Any] = connection.execute(f"SELECT name, pk FROM pragma_table_info('{table}')").fetchall()
    condition = ROWS_OF_CONSEQUENCE.get(table, "true")
    rows: list[Any] = connection.execute(f"SELECT * FROM {table} WHERE {condition}").fetchall()
    where = " AND ".join(f"{name} = ?" for name, is_key in columns if is_key)
    for row in random.sample(rows, min(ROWS, len(rows))):
        keys = [value for (_, is_key), value in zip(columns, row, strict=True) if is_key]
        for (name, _), value in zip(columns, row, strict=True):
            if value not in (None, "", b"") and f"{table}.{name}" not in OF_NO_CONSEQUENCE:
                yield name, f"UPDATE {table} SET {name} = ? WHERE {where}", (flipped(value, random), *keys)


def is_reported(connection: apsw.Connection) -> bool:
    memory = Memory()
    memory.nodes.bind(connection)
    memory.commits.load(connection)
    return verify(Access(connection, memory), lambda *_: None).fault is not None


@pytest.mark.parametrize("table", tables())
def test_no_value_changes_unseen(connection: apsw.Connection, table: str) -> None:
    assert not is_reported(connection)
    tried = 0
    for name, statement, bindings in list(flips(connection, table)):
        connection.execute("SAVEPOINT whole")
        try:
            connection.execute(statement, bindings)
            tried += 1
            assert is_reported(connection), (name, bindings)
        except apsw.ConstraintError:  # SQLite itself would find this one
            continue
        finally:
            connection.execute("ROLLBACK TO whole")
    assert tried


@pytest.mark.parametrize(
    "change", ["UPDATE meta SET last_us = last_us + 1", "UPDATE database SET label = 'Movied' WHERE name = 'oms'"]
)
async def test_a_store_with_another_row_of_its_own_is_not_opened(filled, tmp_path, change: str) -> None:
    with pytest.raises(Unavailable, match="damaged"):
        await EmbeddedStore.open(changed_copy(filled, tmp_path, change))


READS: dict[str, tuple[str, Callable[[EmbeddedStore], Awaitable[object]]]] = {
    "a branch": (
        "UPDATE branch SET head = head - 1 WHERE name = 'main'",
        lambda store: store.resolve(filled_store.DATABASE, Revision(branch="main")),
    ),
    "a tag": (
        "UPDATE tag SET head = head - 1 WHERE name = 'released'",
        lambda store: store.resolve(filled_store.DATABASE, Revision(tag="released")),
    ),
    "the tags": (
        "UPDATE tag SET head = head - 1 WHERE name = 'released'",
        lambda store: store.list_tags(filled_store.DATABASE),
    ),
    "what is to be announced": ("UPDATE outbox SET next_ordinal = 5", lambda store: store.outbox.pending()),
    "what was given up": ("UPDATE outbox SET last_error = 'none'", lambda store: store.outbox.dead_letters()),
    "an answer": (
        "UPDATE idempotency SET changed = NOT changed",
        lambda store: store.answer_of(filled_store.DATABASE, filled_store.ALICE.actor, filled_store.REPEATED),
    ),
}


@pytest.mark.parametrize("what", READS)
async def test_a_row_that_is_not_what_was_written_is_no_answer(filled, tmp_path, what: str) -> None:
    change, read = READS[what]
    async with filled_store.opened(filled) as whole:
        assert await read(whole)
    async with filled_store.opened(changed_copy(filled, tmp_path, change)) as store:
        with pytest.raises(Internal, match="verify"):
            await read(store)


def changed_copy(filled: Path, folder: Path, change: str) -> Path:
    path = folder / "changed.db"
    shutil.copy(filled, path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute(change)
        assert connection.total_changes()
    return path
