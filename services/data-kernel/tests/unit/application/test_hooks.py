"""The commit hooks, over a store that only notes what it is asked."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from data_kernel.application.addressing import Addresses
from data_kernel.application.hooks import Candidate, CommitHookPipeline, WriteCommand, WriteOptions
from data_kernel.application.ports import Idempotency, Plan, WriteOutcome, WriteRequest, WriterView
from data_kernel.domain.databases import Database, Naming, Revision
from data_kernel.domain.documents import Graph
from shared.context import CallContext, Caller
from shared.errors import Forbidden, InvalidInput, OmsError, ReadOnlyBranch, Unauthenticated, ValidationFailed

OMS, FREE = Database("oms"), Database("free", naming=Naming.FREE)
CONTEXT = CallContext(caller=Caller("alice", "oms"), method="POST", route="/r")


class Store:
    """Notes requests; a write runs its planner, as a store's writer does."""

    def __init__(self) -> None:
        self.writes: list[WriteRequest] = []
        self.branches: list[tuple[str, str, str]] = []

    async def write(self, request: WriteRequest) -> WriteOutcome:
        self.writes.append(request)
        plan = request.planner(cast("WriterView", None))
        return WriteOutcome(plan.ids, "c", request.branch, changed=True)

    async def create_branch(self, database: str, name: str, attribution: Any, origin: Revision | None) -> None:
        self.branches.append(("create", name, attribution.actor))

    async def delete_branch(self, database: str, name: str, attribution: Any) -> None:
        self.branches.append(("delete", name, attribution.actor))


class Metrics:
    def __init__(self) -> None:
        self.names: list[str] = []

    def validator(self, name: str, duration_s: float) -> None:
        assert duration_s >= 0
        self.names.append(name)


class Check:
    """A validator that notes what it saw, and refuses if it is told to."""

    def __init__(self, name: str, error: OmsError | None = None) -> None:
        self.name = name
        self.error = error
        self.seen: list[Candidate] = []

    async def __call__(self, candidate: Candidate) -> None:
        self.seen.append(candidate)
        if self.error:
            raise self.error


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def pipeline(store: Store, metrics: Metrics) -> Callable[..., CommitHookPipeline]:
    def build(*checks: Check) -> CommitHookPipeline:
        addresses = Addresses(cast("Any", store), "dev", "oms", "data-kernel")
        return CommitHookPipeline(cast("Any", store), addresses, metrics, "dev", checks)

    return build


def plan(_view: WriterView) -> Plan:
    return Plan(("Movie/A",), ())


def command(branch: str = "", graph: Graph = Graph.INSTANCE, database: Database = OMS, **options: Any) -> WriteCommand:
    return WriteCommand(database, graph, plan, WriteOptions(branch=branch, **options))


async def test_a_write_passes_every_validator_in_order_and_then_the_writer(
    pipeline: Any, store: Store, metrics: Metrics
) -> None:
    first, second = Check("first"), Check("second")
    key = Idempotency("k", "f")
    asked = command("main", expected_head="h", idempotency=key, dry_run=True, message="why")
    outcome = await pipeline(first, second).run(asked, CONTEXT)
    assert outcome.ids == ("Movie/A",)
    request = store.writes[0]
    assert (request.database, request.branch, request.expected_head) == ("oms", "dev/oms/main", "h")
    assert (request.idempotency, request.dry_run, request.create_branch) == (key, True, False)
    assert (request.attribution.author, request.attribution.message) == ("alice@oms", "why")
    assert first.seen == second.seen == [Candidate(asked, "dev/oms/main", request.attribution)]
    assert metrics.names == ["first", "second", "structure"]


async def test_what_a_validator_refuses_never_reaches_the_store(pipeline: Any, store: Store, metrics: Metrics) -> None:
    never = Check("never")
    with pytest.raises(ValidationFailed):
        await pipeline(Check("first", ValidationFailed("no")), never).run(command(), CONTEXT)
    assert (store.writes, never.seen, metrics.names) == ([], [], ["first"])


@pytest.mark.parametrize(
    ("branch", "error"),
    [
        ("staging/oms/main", Forbidden),
        ("dev/oms/snapshot-20260101", ReadOnlyBranch),
        ("dev/oms/archive-x", ReadOnlyBranch),
        ("no form", InvalidInput),
    ],
)
async def test_branches_that_take_no_writes(pipeline: Any, store: Store, branch: str, error: type[OmsError]) -> None:
    with pytest.raises(error):
        await pipeline().run(command(branch), CONTEXT)
    assert store.writes == []


async def test_a_write_has_a_caller_and_its_own_author(pipeline: Any, store: Store) -> None:
    with pytest.raises(Unauthenticated):
        await pipeline().run(command("main"), CallContext(method="POST", route="/r"))
    with pytest.raises(Forbidden):
        await pipeline().run(command(author="bob@oms"), CONTEXT)
    assert store.writes == []


@pytest.mark.parametrize(
    ("branch", "graph", "database", "begins"),
    [
        ("", Graph.SCHEMA, OMS, True),
        ("main", Graph.SCHEMA, OMS, True),
        ("", Graph.INSTANCE, OMS, False),
        ("dev/oms/side", Graph.SCHEMA, OMS, False),
        ("svc-embedding", Graph.SCHEMA, OMS, False),
        ("main", Graph.SCHEMA, FREE, False),
    ],
)
async def test_only_a_services_main_branch_begins_by_itself(
    pipeline: Any, store: Store, branch: str, graph: Graph, database: Database, begins: bool
) -> None:
    await pipeline().run(command(branch, graph, database), CONTEXT)
    assert store.writes[0].create_branch is begins


async def test_branches_are_made_and_deleted_by_the_same_rules(pipeline: Any, store: Store) -> None:
    hooks = pipeline()
    await hooks.create_branch(OMS, "dev/oms/snapshot-1", Revision(commit="c"), CONTEXT)
    await hooks.delete_branch(OMS, "dev/oms/side", CONTEXT)
    for name, error in (("dev/oms/snapshot-1", ReadOnlyBranch), ("prod/oms/side", Forbidden)):
        with pytest.raises(error):
            await hooks.delete_branch(OMS, name, CONTEXT)
    with pytest.raises(Forbidden):
        await hooks.create_branch(OMS, "prod/oms/side", None, CONTEXT)
    assert store.branches == [("create", "dev/oms/snapshot-1", "alice@oms"), ("delete", "dev/oms/side", "alice@oms")]
