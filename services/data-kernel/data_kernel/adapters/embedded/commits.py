"""Making one commit: the rows of its changes, its record, and the move of its branch."""

from collections.abc import Sequence
from dataclasses import dataclass

import apsw

from data_kernel.adapters.embedded import branches, databases, idempotency, lines, references, reflog
from data_kernel.adapters.embedded.commit_ids import commit_id
from data_kernel.adapters.embedded.lines import Chain, Line
from data_kernel.adapters.embedded.planning import EmbeddedWriterView
from data_kernel.adapters.embedded.session import WriteSession
from data_kernel.adapters.embedded.versions import GRAPH_NUMBERS
from data_kernel.application.ports import WriteOutcome, WriteRequest
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.documents import Change, Graph
from shared.errors import Conflict


@dataclass(frozen=True, slots=True)
class _Parent:
    """What a commit is built on; `line` is `None` for a branch that the commit has to begin."""

    database: int
    branch: str
    line: Line | None
    chain: Chain

    @property
    def head(self) -> str | None:
        return None if self.line is None else self.line.head


def write(session: WriteSession, request: WriteRequest) -> WriteOutcome:
    """Do what the request asks for; in the writer's thread, within the change's savepoint."""
    database = databases.number_of(session.connection, request.database)
    key = None if request.dry_run else request.idempotency
    if key is not None:
        known = idempotency.recall(session, database, request.attribution.actor, key)
        if known is not None:
            return known
    outcome = _make(session, _parent(session.connection, database, request), request)
    if key is not None:
        idempotency.keep(session, database, request.attribution.actor, key, outcome)
    return outcome


def _parent(connection: apsw.Connection, database: int, request: WriteRequest) -> _Parent:
    line = lines.find_live(connection, database, request.branch)
    if line is None:
        if not request.create_branch:
            raise lines.missing(request.branch)
        return _Parent(database, request.branch, None, ())
    return _Parent(database, request.branch, line, lines.chain_of_head(connection, line))


def _make(session: WriteSession, parent: _Parent, request: WriteRequest) -> WriteOutcome:
    if request.expected_head is not None and request.expected_head != parent.head:
        raise Conflict("the branch has moved from the expected head", field="expected_head")
    schema_commit = "" if parent.line is None else parent.line.schema_commit
    view = EmbeddedWriterView(session.connection, parent.database, parent.chain, parent.head, schema_commit)
    plan = request.planner(view)
    if request.dry_run or not plan.changes:
        return WriteOutcome(plan.ids, parent.head, request.branch, changed=bool(plan.changes))
    commit = _commit(session, parent, request.attribution, plan.changes)
    return WriteOutcome(plan.ids, commit, request.branch, changed=True)


def _commit(session: WriteSession, parent: _Parent, attribution: Attribution, changes: Sequence[Change]) -> str:
    line = parent.line or branches.begin(session, parent.database, parent.branch, attribution, None)
    time_us, seq = session.next_time_us(), line.head_seq + 1
    parents = () if line.head is None else (line.head,)
    commit = commit_id(parents, line.branch, attribution, time_us, changes)
    _insert_changes(session.connection, parent, line.number, seq, changes)
    session.connection.execute(
        "INSERT INTO commit_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (line.number, seq, commit, line.head, *_fields(attribution), time_us),
    )
    reflog.append(session, line, RefCause.COMMIT, commit, time_us, attribution)
    has_schema = any(change.graph is Graph.SCHEMA for change in changes)
    session.connection.execute(
        "UPDATE line SET head = ?, head_us = ?, head_seq = ?, ref_number = ?, schema_commit = ? WHERE number = ?",
        (commit, time_us, seq, line.ref_number + 1, commit if has_schema else line.schema_commit, line.number),
    )
    return commit


def _fields(attribution: Attribution) -> tuple[str, ...]:
    return (
        attribution.author,
        attribution.actor,
        attribution.message,
        attribution.method,
        attribution.route,
        attribution.service,
        attribution.trace_id,
    )


def _insert_changes(
    connection: apsw.Connection, parent: _Parent, line: int, seq: int, changes: Sequence[Change]
) -> None:
    # In order of the key, so that a large commit fills pages one after another.
    for change in sorted(changes, key=lambda change: (GRAPH_NUMBERS[change.graph], change.id)):
        gained, lost = references.changed_by(connection, parent.chain, change)
        graph, targets = GRAPH_NUMBERS[change.graph], references.encode(change.references)
        connection.execute(
            "INSERT INTO document (line, graph, id, seq, type, targets, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (line, graph, change.id, seq, change.type, targets, change.after),
        )
        for target, present in [(target, 1) for target in gained] + [(target, 0) for target in lost]:
            connection.execute(
                "INSERT INTO reference (line, target, source, seq, present) VALUES (?, ?, ?, ?, ?)",
                (line, target, change.id, seq, present),
            )
        if not change.id.startswith(f"{change.type}/"):
            connection.execute(
                "INSERT OR IGNORE INTO scattered_type VALUES (?, ?, ?)", (parent.database, graph, change.type)
            )
