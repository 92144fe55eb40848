"""Answers of writes that carried a key, kept in the write's own transaction for a day.

The scope is (database, actor, key). Every outcome is kept, that of a write which changed nothing too; refusals are not,
and dry runs neither ask nor keep.
"""

import json
from collections.abc import Callable

from data_kernel.adapters.embedded.encoding import row_digests
from data_kernel.adapters.embedded.threads.rows import Answer
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.application.ports import Idempotency, WriteOutcome
from shared.errors import Conflict

KEPT_US = 24 * 3600 * 1_000_000
_SWEPT_ROWS = 1000

_SWEEP = (
    "DELETE FROM idempotency WHERE (database, actor, key) IN "
    "(SELECT database, actor, key FROM idempotency WHERE time_us <= ? ORDER BY time_us LIMIT ?)"
)


def once(
    session: WriteSession, database: int, actor: str, asked: Idempotency | None, make: Callable[[], WriteOutcome]
) -> WriteOutcome:
    """The outcome of the write that had this key, else that of making it now, which is kept."""
    known = None if asked is None else recall(session, database, actor, asked)
    if known is not None:
        return known
    outcome = make()
    if asked is not None:
        keep(session, database, actor, asked, outcome)
    return outcome


def recall(session: WriteSession, database: int, actor: str, asked: Idempotency) -> WriteOutcome | None:
    """The outcome of the write that had this key, or `None`; `Conflict` where it asked for something else."""
    answer = session.rows.answers.get((database, actor, asked.key)) or _stored(session, database, actor, asked.key)
    if answer is None:
        return None
    _, _, _, fingerprint, ids, head, branch, changed, *_ = answer
    if fingerprint != asked.fingerprint:
        raise Conflict("the idempotency key was used for another request", field="idempotency_key")
    return WriteOutcome(tuple(json.loads(ids)), head, branch, bool(changed))


def keep(session: WriteSession, database: int, actor: str, asked: Idempotency, outcome: WriteOutcome) -> None:
    """Keep the outcome; the first of a group also forgets some of those that are older than a day."""
    if not session.rows.answers:
        session.connection.execute(_SWEEP, (session.now_us() - KEPT_US, _SWEPT_ROWS))
    ids = json.dumps(outcome.ids, ensure_ascii=False)
    row = (
        database,
        actor,
        asked.key,
        asked.fingerprint,
        ids,
        outcome.commit,
        outcome.branch,
        int(outcome.changed),
        session.now_us(),
    )
    session.rows.answers[database, actor, asked.key] = (*row, row_digests.digest("idempotency", *row))


def _stored(session: WriteSession, database: int, actor: str, key: str) -> Answer | None:
    row: Answer | None = session.connection.execute(
        "SELECT * FROM idempotency WHERE database = ? AND actor = ? AND key = ? AND time_us > ?",
        (database, actor, key, session.now_us() - KEPT_US),
    ).fetchone()
    if row is not None:
        *columns, digest = row
        row_digests.check("idempotency", columns, digest)
    return row
