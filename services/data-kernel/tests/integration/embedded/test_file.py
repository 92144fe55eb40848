import asyncio
import os
import stat
import sys

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.disk import mounts
from data_kernel.domain.databases import Database, State
from shared.errors import InvalidInput, NotFound, Unavailable, Unsupported


def pragmas(path, *names):
    connection = apsw.Connection(str(path))
    try:
        return [connection.pragma(name) for name in names]
    finally:
        connection.close()


async def test_a_new_file_is_marked_as_ours(store, path):
    found = pragmas(path, "application_id", "user_version", "page_size", "auto_vacuum", "journal_mode")
    assert found == [int.from_bytes(b"OMSk"), 3, 8192, 2, "wal"]


async def test_the_writer_syncs_every_commit_and_overwrites_what_is_deleted(store):
    connection = store._writer._session.connection
    assert [connection.pragma(name) for name in ("synchronous", "secure_delete", "journal_mode")] == [2, 1, "wal"]


async def test_only_the_owner_may_read_the_files(store, path):
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_a_second_opener_is_told_who_has_the_store(store, path):
    with pytest.raises(Unavailable) as refusal:
        await EmbeddedStore.open(path)
    assert str(os.getpid()) in refusal.value.detail
    assert "\n" not in refusal.value.detail
    assert str(path.parent) not in refusal.value.detail
    await store.ping()


async def test_another_process_is_refused_while_the_store_is_open(store, path):
    code = (
        "import asyncio, sys, pathlib\n"
        "from data_kernel.adapters.embedded import EmbeddedStore\n"
        "from shared.errors import Unavailable\n"
        "try:\n"
        "    asyncio.run(EmbeddedStore.open(pathlib.Path(sys.argv[1])))\n"
        "except Unavailable as refusal:\n"
        "    sys.exit(refusal.detail)\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, path, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 1
    expected = f"the store is already open in process {os.getpid()}; one process at a time may own it\n"
    assert said.decode() == expected


async def test_a_closed_store_can_be_opened_again(path, put):
    for n in range(3):
        store = await EmbeddedStore.open(path)
        if n == 0:
            await store.create_database(Database("oms"))
        await put(store, f"Movie/{n}", b"1", create_branch=True)
        await store.close()
    store = await EmbeddedStore.open(path)
    head = (await store.get_branch("oms", "main")).head
    assert len(await store.log("oms", State(head, None))) == 3
    await store.close()


NEVER_RELEASED = "which was never released: export its branches with the version that made it, and import them here"


@pytest.mark.parametrize(
    ("version", "detail"),
    [
        (4, "the store has format 4, and this version of the data-kernel knows formats up to 3"),
        (1, f"the store has format 1, {NEVER_RELEASED}"),
        (0, f"the store has format 0, {NEVER_RELEASED}"),
    ],
)
async def test_another_format_is_refused_in_one_line_and_left_as_it_is(path, version, detail):
    await (await EmbeddedStore.open(path)).close()
    connection = apsw.Connection(str(path))
    connection.pragma("user_version", version)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(Unsupported) as refusal:
        await EmbeddedStore.open(path)
    assert refusal.value.detail == detail
    assert path.read_bytes() == before


async def test_another_applications_database_is_refused_and_left_as_it_is(path):
    path.parent.mkdir()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE theirs (content)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="not a store of the data-kernel"):
        await EmbeddedStore.open(path)
    assert path.read_bytes() == before


async def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path):
    path.parent.mkdir()
    path.write_text("a letter to a friend " * 1000)
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="not a store of the data-kernel"):
        await EmbeddedStore.open(path)
    assert path.read_bytes() == before


async def test_a_refused_file_can_be_opened_once_it_is_put_right(path):
    path.parent.mkdir()
    path.write_text("a letter to a friend " * 1000)
    with pytest.raises(InvalidInput):
        await EmbeddedStore.open(path)
    path.unlink()
    store = await EmbeddedStore.open(path)
    await store.ping()
    await store.close()


async def test_a_store_that_died_while_it_was_made_is_made(path):
    path.parent.mkdir()
    connection = apsw.Connection(str(path))
    connection.pragma("page_size", 8192)
    connection.pragma("auto_vacuum", "INCREMENTAL")
    connection.pragma("journal_mode", "WAL")
    connection.close()
    store = await EmbeddedStore.open(path)
    assert await store.list_databases() == []
    await store.close()
    assert pragmas(path, "application_id", "page_size") == [int.from_bytes(b"OMSk"), 8192]


async def test_a_place_that_cannot_be_written_is_unavailable(tmp_path):
    (tmp_path / "store.db").mkdir()
    with pytest.raises(Unavailable) as refusal:
        await EmbeddedStore.open(tmp_path / "store.db")
    assert str(tmp_path) not in refusal.value.detail


async def test_a_network_file_system_is_refused_before_anything_is_made(path, monkeypatch):
    path.parent.mkdir()
    told = path.parent.parent / "mountinfo"
    told.write_text("22 1 0:1 / / rw - nfs4 server:/export rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", told)
    with pytest.raises(Unsupported, match="network file system"):
        await EmbeddedStore.open(path)
    assert list(path.parent.iterdir()) == []


def size_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir())


async def test_deleting_a_database_gives_its_bytes_back(store, path, put):
    await store.create_database(Database("large"))
    for n in range(20):
        await put(store, f"Secret/{n}", b"planted-secret" * 20_000, database="large", create_branch=True)
    await put(store, "Movie/1", b"1")
    full_bytes = size_of(path.parent)
    assert full_bytes > 5_000_000
    await store.delete_database("large")
    await put(store, "Movie/2", b"2")  # the space is given back after the deletion's answer and before the next change
    assert size_of(path.parent) < full_bytes / 10
    files = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"Movie/2" in files
    assert b"planted-secret" not in files
    with pytest.raises(NotFound):
        await store.get_database("large")
