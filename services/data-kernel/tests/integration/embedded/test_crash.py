import itertools
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import State

CHILD = Path(__file__).with_name("crash_writer.py")


def write_until_killed(path: Path, acknowledged: int) -> list[tuple[str, str]]:
    """Kills the child after so many acknowledgements; returns all that it has given, each as (commit, document)."""
    child = subprocess.Popen([sys.executable, CHILD, path], stdout=subprocess.PIPE, text=True)
    lines = [child.stdout.readline() for _ in range(acknowledged)]
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    return [tuple(line.split()) for line in lines]


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(path, check_sound):
    acknowledged: list[tuple[str, str]] = []
    for count in (1, 37, 150, 400):
        acknowledged += write_until_killed(path, count)
        store = await EmbeddedStore.open(path)
        try:
            await check(store, acknowledged)
        finally:
            await store.close()
        assert integrity_of(path) == "ok"
        check_sound(path)


async def check(store: EmbeddedStore, acknowledged: list[tuple[str, str]]) -> None:
    ref_log = await store.ref_log("oms", "main", Cursor(), limit=1_000_000)
    assert [entry.number for entry in ref_log] == list(range(1, len(ref_log) + 1))
    for earlier, later in itertools.pairwise(ref_log):
        assert later.old_head == earlier.new_head
        assert later.time > earlier.time

    branch = await store.get_branch("oms", "main")
    state = State(branch.head, "main")
    log = [commit.id for commit in await store.log("oms", state, limit=1_000_000)]
    assert log[::-1] == [entry.new_head for entry in ref_log[1:]]
    assert {commit for commit, _ in acknowledged} <= set(log)

    documents = await store.get("oms", state, [document for _, document in acknowledged])
    assert None not in documents
    announced = [entry.update for entry in await store.outbox.pending(limit=1_000_000)]
    assert announced == ref_log


def integrity_of(path: Path) -> str:
    connection = apsw.Connection(str(path))
    try:
        return connection.pragma("integrity_check")
    finally:
        connection.close()


@pytest.mark.parametrize("dies", ["with the file", "without tables"])
async def test_a_store_is_complete_however_early_its_making_ended(path, dies):
    path.parent.mkdir()
    if dies == "with the file":
        path.touch()
    else:
        connection = apsw.Connection(str(path))
        connection.pragma("journal_mode", "WAL")
        connection.close()
    store = await EmbeddedStore.open(path)
    assert await store.list_databases() == []
    await store.close()
