"""A store of format 2 comes to today's format with all that it has, whatever ends the migration on its way."""

import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from data_kernel_testing import filled_store, format_2

from data_kernel.adapters.embedded import EmbeddedStore, backup
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.migrating import keeping
from data_kernel.adapters.embedded.migrating.migration import migrate
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import State
from data_kernel.domain.documents import Graph
from shared.errors import AlreadyExists, InvalidInput, Unavailable, Unsupported

SUPPORT = Path(filled_store.__file__).parents[1]
ALL = 1000


def unseen(_part: str, _done: int, _total: int) -> None:
    """Nobody looks at the progress."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of format 2."""
    path = tmp_path / "kernel" / "store.db"
    format_2.unpack(path)
    return path


async def answers(path: Path) -> list[object]:
    """All that the store tells."""
    async with filled_store.opened(path) as store:
        told: list[object] = [await store.list_databases(), store.purge_epoch, store.movements]
        told += [await store.outbox.pending(limit=ALL), await store.outbox.dead_letters(), await store.outbox.depth()]
        told += [await store.list_tags(filled_store.DATABASE), await store.list_branches(filled_store.DATABASE)]
        told.append(await store.answer_of(filled_store.DATABASE, filled_store.ALICE.actor, filled_store.REPEATED))
        for branch in (*filled_store.BRANCHES, filled_store.GONE):
            told.append(await store.ref_log(filled_store.DATABASE, branch, Cursor(), limit=ALL))
        for branch in filled_store.BRANCHES:
            head = (await store.get_branch(filled_store.DATABASE, branch)).head
            commits = await store.log(filled_store.DATABASE, State(head, branch), limit=ALL)
            told += [commits, [await documents(store, commit.id) for commit in commits]]
        return told


async def documents(store: EmbeddedStore, commit: str) -> list[object]:
    state = State(commit, None)
    return [
        each
        for graph in Graph
        async for batch in store.scan(filled_store.DATABASE, state, ScanQuery(graph))
        for each in batch
    ]


def columns(path: Path) -> dict[str, list[object]]:
    with closing(apsw.Connection(str(path))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            each: connection.execute(f'SELECT name, type, "notnull", pk FROM pragma_table_info({each!r})').fetchall()
            for each in tables
        }


def format_in(path: Path) -> int:
    with closing(apsw.Connection(str(path))) as connection:
        return int(connection.pragma("user_version"))


async def test_a_migrated_store_tells_what_one_of_today_does(old: Path, tmp_path: Path) -> None:
    assert format_in(old) == 2
    new = tmp_path / "new.db"
    await filled_store.fill(new)
    assert await answers(old) == await answers(new)
    assert format_in(old) == FORMAT_VERSION
    assert columns(old) == columns(new)
    assert verify_file(old, unseen) == verify_file(new, unseen)
    assert verify_file(old, unseen).fault is None


async def test_a_migrated_store_goes_on(old: Path) -> None:
    async with filled_store.opened(old) as store:
        pending = await store.outbox.pending()
        await store.outbox.delivered([entry.sequence for entry in pending])
        await store.describe_database(filled_store.DATABASE, "Films", "")
        await store.create_branch(filled_store.DATABASE, "later", filled_store.ALICE)
        await store.delete_database(filled_store.OTHER)
        assert [entry.update.branch for entry in await store.outbox.pending()] == ["later"]
    assert verify_file(old, unseen).fault is None


async def test_the_store_as_it_was_lies_beside_it(old: Path, tmp_path: Path) -> None:
    expected = columns(old)
    done = migrate(old, unseen)
    assert done.backup is not None
    assert (done.before, done.after, done.backup.name) == (2, FORMAT_VERSION, "store.db.format-2")
    assert backup.read_manifest(done.backup).format == 2
    assert columns(done.backup) == expected
    assert migrate(old, unseen).backup is None
    restored = tmp_path / "restored.db"
    assert backup.restore(done.backup, restored, unseen).format == 2
    assert format_in(restored) == FORMAT_VERSION
    assert await answers(restored) == await answers(old)


def test_a_backup_of_another_moment_is_not_overwritten(old: Path) -> None:
    with closing(apsw.Connection(str(old))) as connection:
        connection.execute("UPDATE database SET label = 'another moment'")
    migrate(old, unseen)
    kept = old.with_name("store.db.format-2").read_bytes()
    format_2.unpack(old)
    with pytest.raises(AlreadyExists, match=r"store\.db\.format-2 is there already"):
        migrate(old, unseen)
    assert format_in(old) == 2
    assert old.with_name("store.db.format-2").read_bytes() == kept
    assert not list(old.parent.glob("*.again*"))


def test_without_room_for_the_backup_nothing_is_begun(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(keeping.shutil, "disk_usage", lambda _: usage(10**9, 10**9 - 300_000, 300_000))
    with pytest.raises(Unavailable, match=r"393216 bytes beside it .* 300000 are free"):
        migrate(old, unseen)
    assert format_in(old) == 2
    assert not list(old.parent.glob("*.format-2*"))


def test_a_damaged_store_is_not_migrated(old: Path) -> None:
    with closing(apsw.Connection(str(old))) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'").get
    with old.open("r+b") as damaged:
        damaged.seek((page - 1) * 8192 + 100)
        damaged.write(b"\xff" * 8092)
    with pytest.raises(InvalidInput, match="damaged"):
        migrate(old, unseen)
    assert format_in(old) == 2


async def test_a_kernel_that_may_not_migrate_says_who_does(old: Path) -> None:
    with pytest.raises(Unsupported, match="kernelctl migrate"):
        await EmbeddedStore.open(old, migrates=False)
    assert format_in(old) == 2
    fault = verify_file(old, unseen).fault
    assert fault is not None
    assert "format 2" in fault.what


def test_a_header_of_another_format_alone_is_not_migrated(old: Path) -> None:
    migrate(old, unseen)
    with closing(apsw.Connection(str(old))) as connection:
        connection.pragma("user_version", 2)
    with pytest.raises(InvalidInput, match="disagree"):
        migrate(old, unseen)


def kill_after(path: Path, steps: int) -> int:
    command = [sys.executable, "-m", "data_kernel_testing.format_2", str(path), str(steps)]
    environment = {**os.environ, "PYTHONPATH": str(SUPPORT)}
    return subprocess.run(command, env=environment, timeout=60, check=False).returncode


async def test_wherever_it_is_killed_the_next_opening_goes_on(old: Path, tmp_path: Path) -> None:
    told: list[str] = []
    whole = tmp_path / "whole.db"
    shutil.copy(old, whole)
    migrate(whole, lambda part, _done, _total: told.append(part))
    expected = await answers(whole)
    assert len(told) > 6
    for steps in range(len(told)):
        assert kill_after(old, steps) == -signal.SIGKILL
        assert format_in(old) == 2  # all that is told is told before the transaction ends
    assert kill_after(old, len(told) + 1) == 0
    assert format_in(old) == FORMAT_VERSION
    assert await answers(old) == expected
    assert verify_file(old, unseen).fault is None
