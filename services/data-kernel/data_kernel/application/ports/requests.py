"""What a store is asked for, and what it answers."""

from dataclasses import dataclass

from data_kernel.application.ports.planning import Planner
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.documents import Graph
from shared.canonical import Json


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A write's key in the scope (database, actor), and the fingerprint of what it asks for."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """One commit to be made.

    `create_branch` makes a missing branch as an orphan, else a missing branch is NotFound. With `dry_run` the planner
    runs and nothing is kept. `expected_head` is compared inside the writer; `None` is any. `merge_parents` are the
    commit's further parents, behind the head; with any the commit is made even where the plan has no changes.
    `redacts` tells that the values so far are to be purged: the changed documents' new versions stay verifiable then.
    """

    database: str
    branch: str
    attribution: Attribution
    planner: Planner
    expected_head: str | None = None
    idempotency: Idempotency | None = None
    dry_run: bool = False
    create_branch: bool = False
    cause: RefCause = RefCause.COMMIT
    merge_parents: tuple[str, ...] = ()
    redacts: bool = False


@dataclass(frozen=True, slots=True)
class DetachedRequest:
    """A commit that no branch points to.

    It is built on the state of the commit `base` (`None`: the empty state) by `planner` (`None`: nothing changes) and
    gets exactly `parents`. `branch` is only the name that its record carries.
    """

    database: str
    branch: str
    attribution: Attribution
    base: str | None
    parents: tuple[str, ...]
    planner: Planner | None = None


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Point a branch at a commit of its database (`None`: before the first), whatever it pointed at.

    `expected_head` is compared inside the writer; `None` is any. The idempotency key is a write's.
    """

    database: str
    branch: str
    commit: str | None
    cause: RefCause
    attribution: Attribution
    expected_head: str | None = None
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Take every version of the documents out of the database, on every branch, read-only ones too, and on none.

    Those stay that the commit `keeps` has, which took the values out of them (`None`: none do). `certificate` names
    what the purge was done for; it is what is left in the place of the bytes.
    """

    database: str
    document_ids: tuple[str, ...]
    certificate: str
    keeps: str | None = None


@dataclass(frozen=True, slots=True)
class PurgeOutcome:
    """How many versions were purged (none twice), and the purge epoch from then on."""

    versions: int
    epoch: int


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """What a write did. Without changes there is no commit: `commit` is the head and `changed` is false."""

    ids: tuple[str, ...]
    commit: str | None
    branch: str
    changed: bool


@dataclass(frozen=True, slots=True)
class ValueQuery:
    """Documents of a class with a value: that of a property, or in a set or list one of its elements.

    The value is a text, a number or a truth value, and 1 is 1.0.
    """

    type_name: str
    property_name: str
    value: Json


@dataclass(frozen=True, slots=True)
class ScanQuery:
    """A listing of one state in order of id bytes, beginning after `after_id`; `limit` `None` is no limit."""

    graph: Graph = Graph.INSTANCE
    type_name: str | None = None
    after_id: str | None = None
    skip: int = 0
    limit: int | None = None
