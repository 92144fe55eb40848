"""Commits and their succession."""

from typing import Any

import apsw

from data_kernel.adapters.embedded import databases, lines, revisions
from data_kernel.adapters.embedded.lines import Chain
from data_kernel.adapters.embedded.times import to_datetime
from data_kernel.domain.commits import Commit
from data_kernel.domain.databases import State
from shared.errors import InvalidInput, NotFound

_SELECT = (
    "SELECT commit_record.id, parent_commit, line.branch, author, actor, message, method, route, service, trace_id, "
    "time_us FROM commit_record JOIN line ON line.number = commit_record.line "
)


def find(connection: apsw.Connection, database: str, commit: str) -> Commit:
    """One commit of the database; `NotFound`."""
    number = databases.number_of(connection, database)
    row = connection.execute(_SELECT + "WHERE id = ? AND line.database = ?", (commit, number)).fetchone()
    if row is None:
        raise NotFound("there is no such commit in this database", field="commit")
    return _to_commit(row)


def log(connection: apsw.Connection, database: str, state: State, after: str | None, limit: int) -> list[Commit]:
    """Commits by first parents, newest first; `InvalidInput` where `after` is not one of them."""
    number, chain = revisions.locate(connection, database, state)
    if after is not None:
        chain = _older(chain, lines.chain_of_commit(connection, number, after))
    commits: list[Commit] = []
    for line, seq in chain:
        rows = connection.execute(
            _SELECT + "WHERE commit_record.line = ? AND seq <= ? ORDER BY seq DESC LIMIT ?",
            (line, seq, limit - len(commits)),
        )
        commits.extend(_to_commit(row) for row in rows)
        if len(commits) >= limit:
            break
    return commits


def _older(chain: Chain, place: Chain) -> Chain:
    """The chain of the commit before the one at `place`, which must lie on `chain`."""
    here = place[0]
    if not any(layer.line == here.line and layer.seq >= here.seq for layer in chain):
        raise InvalidInput("the commit is not one of this log", field="after")
    return (here._replace(seq=here.seq - 1), *place[1:])


def _to_commit(row: tuple[Any, ...]) -> Commit:
    commit, parent, branch, author, actor, message, method, route, service, trace_id, time_us = row
    return Commit(
        id=commit,
        parents=() if parent is None else (parent,),
        branch=branch,
        author=author,
        actor=actor,
        message=message,
        method=method,
        route=route,
        service=service,
        trace_id=trace_id,
        time=to_datetime(time_us),
    )
