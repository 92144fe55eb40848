"""Following a branch: its movements so far, then those to come."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from data_kernel.application.ports import DocumentStore
from data_kernel.domain.commits import Commit, Cursor, RefUpdate
from shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of a branch; `commit` is its new head's, `None` where it has none or it was collected since."""

    update: RefUpdate
    commit: Commit | None


async def follow(store: DocumentStore, database: str, branch: str, since: Cursor) -> AsyncGenerator[Movement, None]:
    """Movements of `branch` after `since`, without end.

    `NotFound` where the database is unknown, `Gone` as soon as the branch's log does not have the place that was
    reached: the follower begins anew.
    A slow reader holds nothing but its place: entries are read in pages as it asks for them.
    """
    await store.get_database(database)
    seen = 0
    while True:
        entries = await store.ref_log(database, branch, since)
        for update in entries:
            yield Movement(update, await _commit_of(store, database, update))
            since = Cursor(update.incarnation, update.number)
        if not entries:
            seen = await store.wait_for_movement(seen)


async def _commit_of(store: DocumentStore, database: str, update: RefUpdate) -> Commit | None:
    if update.new_head is None:
        return None
    try:
        return await store.get_commit(database, update.new_head)
    except NotFound:  # the ref log outlives the commits that it names
        return None
