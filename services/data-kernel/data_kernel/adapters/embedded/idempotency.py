"""Answers of writes that carried a key, kept in the write's own transaction for a day.

The scope is (database, actor, key). Every outcome is kept, that of a write which changed nothing too; refusals are not,
and dry runs neither ask nor keep.
"""

import json

from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.application.ports import Idempotency, WriteOutcome
from shared.errors import Conflict

KEPT_US = 24 * 3600 * 1_000_000
_SWEPT_ROWS = 100


def recall(session: WriteSession, database: int, actor: str, asked: Idempotency) -> WriteOutcome | None:
    """The outcome of the write that had this key, or `None`; `Conflict` where it asked for something else."""
    row = session.connection.execute(
        "SELECT fingerprint, ids, head, branch, changed FROM idempotency "
        "WHERE database = ? AND actor = ? AND key = ? AND time_us > ?",
        (database, actor, asked.key, session.now_us() - KEPT_US),
    ).fetchone()
    if row is None:
        return None
    fingerprint, ids, head, branch, changed = row
    if fingerprint != asked.fingerprint:
        raise Conflict("the idempotency key was used for another request", field="idempotency_key")
    return WriteOutcome(tuple(json.loads(ids)), head, branch, bool(changed))


def keep(session: WriteSession, database: int, actor: str, asked: Idempotency, outcome: WriteOutcome) -> None:
    """Keep the outcome, and forget some of those that are older than a day."""
    now_us = session.now_us()
    ids = json.dumps(outcome.ids, ensure_ascii=False)
    session.connection.execute(
        "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (database, actor, asked.key, asked.fingerprint, ids, outcome.commit, outcome.branch, outcome.changed, now_us),
    )
    session.connection.execute(
        "DELETE FROM idempotency WHERE (database, actor, key) IN "
        "(SELECT database, actor, key FROM idempotency WHERE time_us <= ? ORDER BY time_us LIMIT ?)",
        (now_us - KEPT_US, _SWEPT_ROWS),
    )
