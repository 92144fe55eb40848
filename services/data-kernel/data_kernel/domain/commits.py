"""Commits and the ref log: who changed what and when, and where each branch pointed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from data_kernel.domain.documents import Change


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who writes and by which way; every field is a field of the commit.

    `author` is `<sub>@<service>`, or as given on a `free` database; `actor` is always the verified caller. `method` and
    `route` are the entry point's, the route as a template. `traceparent` is the write's W3C trace context, kept in the
    outbox so that the events' spans are children of the write's.
    """

    author: str
    actor: str
    message: str
    method: str
    route: str
    service: str
    trace_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """One attributed change. `id` is opaque, 31 of `0-9a-z`; `time` is UTC, strictly increasing, microseconds.

    `instance_root` and `schema_root` are the digests of the two graphs, in hexadecimal: equal exactly for equal graphs,
    empty for an empty one and where the store has none.
    """

    id: str
    parents: tuple[str, ...]
    branch: str
    author: str
    actor: str
    message: str
    method: str
    route: str
    service: str
    trace_id: str
    time: datetime
    instance_root: str = ""
    schema_root: str = ""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One commit of a document's history and what it did to it."""

    commit: Commit
    change: Change


class RefCause(StrEnum):
    """Why a branch moved."""

    CREATE = "create"
    COMMIT = "commit"
    DELETE = "delete"
    MERGE = "merge"
    FAST_FORWARD = "fast-forward"
    RESET = "reset"
    REBASE = "rebase"
    SQUASH = "squash"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """One entry of the ref log.

    `number` is gapless from 1 per (database, branch, incarnation); `incarnation` counts the branches that had this
    name, from 1. `old_head` and `new_head` are commits or `None`.
    """

    database: str
    branch: str
    incarnation: int
    number: int
    cause: RefCause
    old_head: str | None
    new_head: str | None
    time: datetime
    actor: str
    traceparent: str


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in one branch's ref log: the last entry seen; (1, 0) and (0, 0) are the beginning."""

    incarnation: int = 1
    number: int = 0
