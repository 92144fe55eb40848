"""Rounds in which a bit of the file has changed: what is wrong is reported, and nothing wrong is answered for right."""

import asyncio
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from data_kernel_testing.faults.checking import require
from data_kernel_testing.faults.load import (
    BRANCHES,
    DATABASE,
    WRITERS,
    Acknowledged,
    Write,
    found_parts,
    perform,
    prepare,
)

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.application.ports import ScanQuery
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import State
from data_kernel.domain.documents import StoredDocument
from shared.errors import OmsError

_GROUPS = 6
_ALL = 1_000_000
_STORE = "store.db"


class BitFlips:
    """Writes one store, and flips a drawn bit of a copy of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._content = b""
        self._truth: list[object] = []

    async def round(self, random: Random) -> None:
        """One bit."""
        with TemporaryDirectory(dir=self._folder) as folder:
            path = Path(folder) / _STORE
            if not self._truth:
                await _write(path)
                self._content = path.read_bytes()
                self._truth = await _answers(path)
            content = bytearray(self._content)
            bit = random.randrange(len(content) * 8)
            content[bit // 8] ^= 1 << bit % 8
            path.write_bytes(content)
            require(await _is_reported(path) or await _answers(path) == self._truth, f"bit {bit} is wrong unseen")


async def _write(path: Path) -> None:
    store = await EmbeddedStore.open(path)
    await prepare(store)
    for number in range(_GROUPS):
        done = await asyncio.gather(*(perform(store, Write(0, writer, number)) for writer in range(WRITERS)))
    await found_parts(store, done[0])
    await store.close()


async def _is_reported(path: Path) -> bool:
    """Whether verifying, opening or reading the store tells that something is wrong."""
    if (await asyncio.to_thread(verify_file, path, lambda *_: None)).fault is not None:
        return True
    try:
        await _answers(path)
    except OmsError:
        return True
    return False


async def _answers(path: Path) -> list[object]:
    """Every document of every commit, by its value too, the commits, and where each branch was, when and by whom."""
    store = await EmbeddedStore.open(path)
    try:
        answers: list[object] = [
            [database.name for database in await store.list_databases()],
            [(entry.update.branch, entry.update.number) for entry in await store.outbox.pending(limit=_ALL)],
        ]
        for branch in BRANCHES:
            ref_log = await store.ref_log(DATABASE, branch, Cursor(), limit=_ALL)
            head = (await store.get_branch(DATABASE, branch)).head
            commits = await store.log(DATABASE, State(head, branch), limit=_ALL)
            answers += [head, commits, ref_log]
            answers += [await _documents(store, each.id) for each in commits]
            answers += [await found_parts(store, Acknowledged(Write.parse(each.message), each.id)) for each in commits]
        return answers
    finally:
        await store.close()


async def _documents(store: EmbeddedStore, commit: str) -> list[StoredDocument]:
    state = State(commit, None)
    return [each async for batch in store.scan(DATABASE, state, ScanQuery()) for each in batch]
