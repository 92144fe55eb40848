"""Between messages of `data_kernel.v1` and what clients answer."""

import hashlib
from collections.abc import Iterator
from datetime import UTC
from typing import Unpack

from google.protobuf.timestamp_pb2 import Timestamp

from shared.canonical import Json, decode
from shared.context import CallContext
from shared.database.interfaces import (
    BranchInfo,
    BranchMovement,
    ChangeKind,
    CommitInfo,
    DocumentChange,
    ReadOptions,
    WatchCursor,
    WriteOptions,
    WriteResult,
)
from shared.database.revisions import NamedState, named_state
from shared.errors import Internal
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import branch_pb2, document_pb2, history_pb2

PART_BYTES = 1024 * 1024
PUT_MODES = {
    None: document_pb2.PUT_MODE_UPSERT,
    True: document_pb2.PUT_MODE_INSERT,
    False: document_pb2.PUT_MODE_REPLACE,
}
KINDS = {
    history_pb2.CHANGE_KIND_CREATED: ChangeKind.CREATED,
    history_pb2.CHANGE_KIND_UPDATED: ChangeKind.UPDATED,
    history_pb2.CHANGE_KIND_DELETED: ChangeKind.DELETED,
}
_CAUSES = {
    history_pb2.REF_CAUSE_CREATE: "create",
    history_pb2.REF_CAUSE_COMMIT: "commit",
    history_pb2.REF_CAUSE_DELETE: "delete",
    history_pb2.REF_CAUSE_MERGE: "merge",
    history_pb2.REF_CAUSE_FAST_FORWARD: "fast-forward",
    history_pb2.REF_CAUSE_RESET: "reset",
    history_pb2.REF_CAUSE_REBASE: "rebase",
    history_pb2.REF_CAUSE_SQUASH: "squash",
}


def revision(context: CallContext, **at: Unpack[ReadOptions]) -> common_pb2.Revision | None:
    """The revision that a read names; `None` is the head of the server's default branch."""
    return revision_of(named_state(at.get("rev"), at.get("branch") or context.branch))


def revision_of(state: NamedState) -> common_pb2.Revision | None:
    """The message of a state."""
    if state.commit:
        return common_pb2.Revision(commit=state.commit)
    if state.tag:
        return common_pb2.Revision(tag=state.tag)
    if state.time:
        time = Timestamp()
        time.FromDatetime(state.time)
        return common_pb2.Revision(at=common_pb2.BranchAt(branch=state.branch, time=time))
    return common_pb2.Revision(branch=state.branch) if state.branch else None


def write_options(context: CallContext, **options: Unpack[WriteOptions]) -> document_pb2.WriteOptions:
    """What a write says beside its documents; `context` is that of the call (`call_scope`)."""
    return document_pb2.WriteOptions(
        meta=common_pb2.CommitMeta(branch=context.branch, commit_msg=context.commit_message),
        idempotency_key=context.idempotency_key,
        expected_head=options.get("expected_head") or "",
        dry_run=options.get("dry_run", False),
    )


def write_result(result: document_pb2.WriteResult) -> WriteResult:
    """What a write did."""
    return WriteResult(tuple(result.ids), result.commit, result.branch, result.changed)


def commit_info(commit: history_pb2.Commit) -> CommitInfo:
    """A commit."""
    return CommitInfo(
        id=commit.id,
        author=commit.author,
        message=commit.message,
        time=commit.time.ToDatetime(UTC),
        parents=tuple(commit.parents),
        branch=commit.branch,
        actor=commit.actor,
        method=commit.method,
        route=commit.route,
        service=commit.service,
        trace_id=commit.trace_id,
    )


def branch_info(branch: branch_pb2.Branch) -> BranchInfo:
    """A branch."""
    return BranchInfo(branch.name, branch.head)


def document_change(change: history_pb2.DocumentChange) -> DocumentChange:
    """One difference."""
    return DocumentChange(
        id=change.id,
        type=change.type,
        kind=KINDS[change.kind],
        before=_optional(change.before),
        after=_optional(change.after),
    )


def watch_cursor(since: WatchCursor) -> history_pb2.Cursor:
    """A place in the movements of a branch."""
    return history_pb2.Cursor(incarnation=since.incarnation, number=since.number)


def branch_movement(update: history_pb2.RefUpdate) -> BranchMovement:
    """One movement."""
    return BranchMovement(
        cursor=WatchCursor(update.incarnation, update.number),
        cause=_CAUSES.get(update.cause, ""),
        old_head=update.old_head,
        new_head=update.new_head,
        traceparent=update.traceparent,
    )


def _optional(text: bytes) -> Json:
    return decode(text, field="document") if text else None


class PartReader:
    """Puts the parts of one document together; Internal where they do not fit."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.complete = False

    def add(self, part: document_pb2.DocumentPart) -> None:
        """Take the next part; `complete` afterwards tells whether it was the last."""
        if part.offset != len(self._data):
            raise Internal("the parts of a document do not follow one another")
        self._data += part.data
        if part.last:
            if len(self._data) != part.total_bytes or hashlib.sha256(self._data).digest() != part.sha256:
                raise Internal("the parts of a document do not make the whole")
            self.complete = True

    def document(self) -> Json:
        """The document; Internal where its last part is missing."""
        if not self.complete:
            raise Internal("the last part of a document is missing")
        return decode(bytes(self._data), field="document")


def document_parts(document_id: str, body: bytes) -> Iterator[document_pb2.DocumentPart]:
    """The parts of a document's text, at least one."""
    digest = hashlib.sha256(body).digest()
    for offset in range(0, max(len(body), 1), PART_BYTES):
        is_last = offset + PART_BYTES >= len(body)
        yield document_pb2.DocumentPart(
            id=document_id,
            offset=offset,
            total_bytes=len(body),
            sha256=digest if is_last else b"",
            last=is_last,
            data=body[offset : offset + PART_BYTES],
        )
