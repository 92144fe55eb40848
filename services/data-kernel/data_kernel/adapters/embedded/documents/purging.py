"""Purges: taking the bytes of documents out of every commit, and the keys with which their digests could be guessed.

A purge leaves every commit id as it is, for the trees hold digests alone. It covers each version that any commit of the
database has, on every branch and on none; what is overwritten is zeroed (`secure_delete`), and `truncate_log` takes it
out of the log beside the file.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import apsw

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.commits.drafts import GRAPH_NUMBERS
from data_kernel.adapters.embedded.documents import bodies, saved_indexes
from data_kernel.adapters.embedded.encoding import deltas
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.refs import databases
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.application.ports import PurgeOutcome, PurgeRequest
from data_kernel.domain.documents import Graph
from shared.errors import InvalidInput, Unavailable

_MAX_CERTIFICATE = 200
_COMMITS = "SELECT position, delta FROM commit_record WHERE position > ? AND position < ? ORDER BY position"
_BODY = "SELECT bytes FROM body WHERE position = ?"
_KEY = "SELECT key FROM document_key WHERE database = ? AND graph = ? AND id = ?"
_DROP_KEY = "DELETE FROM document_key WHERE database = ? AND graph = ? AND id = ?"
_DROP_ANSWERS = (
    "DELETE FROM idempotency WHERE database = ? AND head IS NOT ? AND EXISTS ("
    "SELECT 1 FROM json_each(ids) JOIN json_each(?) AS purged ON json_each.value = purged.value)"
)


class Found(NamedTuple):
    """Positions of the versions found, and the last commit that was looked at."""

    versions: set[int]
    last: int


def find(access: Access, request: PurgeRequest) -> Found:
    """The versions of the documents; `InvalidInput` without a certificate."""
    if not 0 < len(request.certificate) <= _MAX_CERTIFICATE:
        raise InvalidInput(f"a certificate's id has 1 to {_MAX_CERTIFICATE} characters", field="certificate")
    return _search(access, request, first_of(databases.number_of(access.connection, request.database)))


def purge(session: WriteSession, request: PurgeRequest, found: Found) -> PurgeOutcome:
    """Take the versions out that were found, and those that came since."""
    connection, number = session.connection, databases.number_in(session, request.database)
    versions = found.versions | _search(session.access, request, found.last).versions
    kept = set() if request.keeps is None else _of_commit(session.access, number, request, request.keeps)
    # Some may have been collected since they were found.
    found_rows = {position: _read(connection, position) for position in versions}
    rows = {position: row for position, row in found_rows.items() if row is not None}
    gone = {at: row for at, row in rows.items() if at not in kept and not bodies.is_tombstone(row)}
    keys = {bodies.key_of(row) for row in gone.values()}
    left = {at: bodies.attested(row) for at, row in rows.items() if at in kept and bodies.key_of(row) in keys}
    changed = left | {at: bodies.tombstone(row, request.certificate) for at, row in gone.items()}
    connection.executemany("UPDATE body SET bytes = ? WHERE position = ?", [(row, at) for at, row in changed.items()])
    for document_id in request.document_ids:
        place = (number, GRAPH_NUMBERS[Graph.INSTANCE], document_id)
        if request.keeps is None or connection.execute(_KEY, place).get in keys:
            connection.execute(_DROP_KEY, place)
    saved_indexes.drop_all(connection, number)
    # What the redaction itself was answered stays: its caller may ask again, and must not purge what came after it.
    connection.execute(_DROP_ANSWERS, (number, request.keeps, json.dumps(request.document_ids)))
    return PurgeOutcome(len(gone), session.begin_purge_epoch())


def truncate_log(session: WriteSession) -> None:
    """Take what was overwritten out of the log and the file; `Unavailable` while a reader still needs it."""
    for _ in session.connection.execute("PRAGMA incremental_vacuum"):
        pass  # each step frees one page
    row: Any = session.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").get
    if row[0]:
        raise Unavailable("the documents are purged, but a reader still holds their bytes in the log; purge again")


def _search(access: Access, request: PurgeRequest, after: int) -> Found:
    keys = [document_id.encode() for document_id in request.document_ids]
    end = end_of(databases.number_of(access.connection, request.database))
    found: set[int] = set()
    last = after
    commits: Any = access.connection.execute(_COMMITS, (after, end)).fetchall()
    for position, delta in commits:
        found.update(_stored(access, position, keys) if delta is None else _changed(delta, keys))
        last = position
    return Found(found, last)


def _stored(access: Access, commit: int, keys: list[bytes]) -> Iterator[int]:
    content = contents.stored(access, commit)
    leaves = [] if content is None else [content.instance.get(key) for key in keys]
    return (leaf.position for leaf in leaves if leaf is not None)


def _changed(delta: bytes, keys: list[bytes]) -> Iterator[int]:
    if not any(key in delta for key in keys):
        return iter(())
    instance, *_ = deltas.decode(delta)
    return (leaf.position for key, leaf in instance if leaf is not None and key in keys)


def _of_commit(access: Access, database: int, request: PurgeRequest, commit: str) -> set[int]:
    instance = contents.of_commit(access, ancestry.position_of(access, database, commit)).instance
    leaves = [instance.get(document_id.encode()) for document_id in request.document_ids]
    return {leaf.position for leaf in leaves if leaf is not None}


def _read(connection: apsw.Connection, position: int) -> bytes | None:
    row: bytes | None = connection.execute(_BODY, (position,)).get
    return row
