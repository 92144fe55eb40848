"""Databases, branches and revisions as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Naming(StrEnum):
    """Which rules a database's branch names and authors follow: the platform's, or TerminusDB's own."""

    PLATFORM = "platform"
    FREE = "free"


DEFAULT_PREFIXES = {"@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}


@dataclass(frozen=True, slots=True)
class Database:
    """A database and its properties; `prefixes` holds `@base` and `@schema`."""

    name: str
    label: str = ""
    comment: str = ""
    naming: Naming = Naming.PLATFORM
    prefixes: dict[str, str] = field(default_factory=lambda: dict(DEFAULT_PREFIXES))


@dataclass(frozen=True, slots=True)
class Branch:
    """A named head. `head` is `None` before the first commit; `head_time` likewise."""

    database: str
    name: str
    incarnation: int
    head: str | None
    head_time: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for one commit; it does not begin like a time (`YYYY-`), and no commit id has its shape."""

    database: str
    name: str
    commit: str


@dataclass(frozen=True, slots=True)
class Revision:
    """Names one state. At most one of `commit`, `tag` and `at` is set; else it is the branch's head.

    `branch` is a full name. `at` is UTC: the head that the branch had then, by the ref log.
    """

    branch: str | None = None
    commit: str | None = None
    at: datetime | None = None
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """A resolved revision: the commit (`None`: a branch before its first one) and the branch, if one was named."""

    commit: str | None
    branch: str | None
