"""Between messages of `data_kernel.v1` and the kernel's own values."""

from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.changes import Movement
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.idempotency import idempotency
from data_kernel.application.planning import PutMode
from data_kernel.application.ports import WriteOutcome
from data_kernel.domain.branches import is_read_only
from data_kernel.domain.commits import Commit, HistoryEntry, RefCause, RefUpdate
from data_kernel.domain.databases import Branch
from data_kernel.domain.documents import Change, ChangeKind
from shared.context import CallContext
from shared.errors import InvalidInput
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import branch_pb2, document_pb2, history_pb2
from shared.grpc.metadata import merge_field
from shared.grpc.times import moment_of

_PUT_MODES = {
    document_pb2.PUT_MODE_UNSPECIFIED: PutMode.UPSERT,
    document_pb2.PUT_MODE_INSERT: PutMode.INSERT,
    document_pb2.PUT_MODE_REPLACE: PutMode.REPLACE,
    document_pb2.PUT_MODE_UPSERT: PutMode.UPSERT,
}
_CHANGE_KINDS = {
    ChangeKind.CREATED: history_pb2.CHANGE_KIND_CREATED,
    ChangeKind.UPDATED: history_pb2.CHANGE_KIND_UPDATED,
    ChangeKind.DELETED: history_pb2.CHANGE_KIND_DELETED,
}
_CAUSES = {
    RefCause.CREATE: history_pb2.REF_CAUSE_CREATE,
    RefCause.COMMIT: history_pb2.REF_CAUSE_COMMIT,
    RefCause.DELETE: history_pb2.REF_CAUSE_DELETE,
    RefCause.MERGE: history_pb2.REF_CAUSE_MERGE,
    RefCause.FAST_FORWARD: history_pb2.REF_CAUSE_FAST_FORWARD,
    RefCause.RESET: history_pb2.REF_CAUSE_RESET,
    RefCause.REBASE: history_pb2.REF_CAUSE_REBASE,
    RefCause.SQUASH: history_pb2.REF_CAUSE_SQUASH,
}


def put_mode(mode: "document_pb2.PutMode.ValueType") -> PutMode:
    """What a put does with documents that are there and those that are not; `InvalidInput` for an unknown number."""
    try:
        return _PUT_MODES[mode]
    except KeyError:
        raise InvalidInput("mode: there is no such mode", field="mode") from None


def timestamp(time: datetime | None) -> Timestamp | None:
    """The time as a message; unset for `None`."""
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message


def named_revision(revision: common_pb2.Revision) -> NamedRevision:
    """The revision that a request names; an unset one is the head of the default branch."""
    kind = revision.WhichOneof("revision")
    if kind == "at":
        return NamedRevision(branch=revision.at.branch, at=moment_of(revision.at.time, "revision.at.time"))
    return NamedRevision(branch=revision.branch, commit=revision.commit, tag=revision.tag)


def write_options(
    options: document_pb2.WriteOptions, context: CallContext, body: bytes = b"", **conditions: str
) -> WriteOptions:
    """What a request says about its write; `conditions` and the canonical `body` are what its key stands for."""
    key = merge_field("idempotency_key", options.idempotency_key, context.idempotency_key)
    asked = {
        "branch": options.meta.branch or context.branch,
        "expected_head": options.expected_head,
        "dry_run": str(options.dry_run),
        **conditions,
    }
    return WriteOptions(
        branch=options.meta.branch,
        author=options.meta.author,
        message=options.meta.commit_msg,
        trace_id=options.meta.trace_id,
        expected_head=options.expected_head,
        idempotency=idempotency(key, context.method, context.route, asked, body),
        dry_run=options.dry_run,
    )


def write_result(outcome: WriteOutcome) -> document_pb2.WriteResult:
    """What a write did."""
    return document_pb2.WriteResult(
        ids=outcome.ids, commit=outcome.commit or "", branch=outcome.branch, changed=outcome.changed
    )


def branch_message(branch: Branch) -> branch_pb2.Branch:
    """A branch."""
    return branch_pb2.Branch(
        name=branch.name,
        head=branch.head or "",
        head_time=timestamp(branch.head_time),
        incarnation=branch.incarnation,
        read_only=is_read_only(branch.name),
        created_at=timestamp(branch.created_at),
    )


def commit_message(commit: Commit) -> history_pb2.Commit:
    """A commit."""
    return history_pb2.Commit(
        id=commit.id,
        parents=commit.parents,
        branch=commit.branch,
        author=commit.author,
        actor=commit.actor,
        message=commit.message,
        method=commit.method,
        route=commit.route,
        trace_id=commit.trace_id,
        service=commit.service,
        time=timestamp(commit.time),
    )


def history_entry_message(entry: HistoryEntry) -> history_pb2.DocumentHistoryEntry:
    """A commit and what it did to a document."""
    return history_pb2.DocumentHistoryEntry(commit=commit_message(entry.commit), kind=_CHANGE_KINDS[entry.change.kind])


def change_message(change: Change) -> history_pb2.DocumentChange:
    """One difference between two states."""
    return history_pb2.DocumentChange(
        id=change.id,
        type=change.type,
        kind=_CHANGE_KINDS[change.kind],
        before=change.before or b"",
        after=change.after or b"",
    )


def movement_message(movement: Movement) -> history_pb2.WatchResponse:
    """One movement of a branch."""
    commit = movement.commit
    return history_pb2.WatchResponse(
        update=_update_message(movement.update), commit=None if commit is None else commit_message(commit)
    )


def _update_message(update: RefUpdate) -> history_pb2.RefUpdate:
    return history_pb2.RefUpdate(
        database=update.database,
        branch=update.branch,
        incarnation=update.incarnation,
        number=update.number,
        cause=_CAUSES[update.cause],
        old_head=update.old_head or "",
        new_head=update.new_head or "",
        time=timestamp(update.time),
        actor=update.actor,
        traceparent=update.traceparent,
    )
