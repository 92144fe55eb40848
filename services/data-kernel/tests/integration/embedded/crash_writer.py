"""A process that is to be killed: writes without end and prints every acknowledged commit. `crash_writer.py <file>`"""

import asyncio
import itertools
import sys
from pathlib import Path

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.ports import Idempotency, Plan, WriteRequest
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph
from shared.errors import AlreadyExists

WRITERS = 8
ALICE = Attribution("alice@oms", "alice@oms", "a message", "POST", "/movies", "oms")


async def write_on(store: EmbeddedStore, run: int, writer: int) -> None:
    for n in itertools.count():
        document_id = f"Movie/{run}-{writer}-{n}"
        change = Change(Graph.INSTANCE, document_id, "Movie", None, b"x" * (n % 3000))
        outcome = await store.write(
            WriteRequest(
                "oms",
                "main",
                ALICE,
                lambda _, change=change: Plan((change.id,), (change,)),
                idempotency=Idempotency(document_id, "f"),
                create_branch=True,
            )
        )
        sys.stdout.write(f"{outcome.commit} {document_id}\n")
        sys.stdout.flush()


async def main() -> None:
    store = await EmbeddedStore.open(Path(sys.argv[1]))
    try:
        await store.create_database(Database("oms"))
    except AlreadyExists:
        run = len(await store.outbox.pending(limit=1_000_000))
    else:
        run = 0
    await asyncio.gather(*(write_on(store, run, writer) for writer in range(WRITERS)))


asyncio.run(main())
