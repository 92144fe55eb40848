"""Branches are moved and commits named by the platform's own client, on both transports, against a real kernel."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from data_kernel_testing.kernel_process import KernelProcess

from shared import context
from shared.clients import TerminusGatewayClient
from shared.context import CallContext, Caller
from shared.database.interfaces import ChangeKind
from shared.database.revisions import NamedState
from shared.database.versioning import MergeStrategy, Move, TagInfo
from shared.errors import Conflict, InvalidInput, NotFound, Reason, ValidationFailed
from shared.security import ServiceSigner

MAIN, SIDE = "dev/oms/main", "dev/oms/side"
TO_SIDE = NamedState(branch=SIDE)


@pytest.fixture(params=["grpc", "http"])
async def client(kernel: KernelProcess, request: pytest.FixtureRequest) -> AsyncIterator[TerminusGatewayClient]:
    """On a database of its own with the class Movie on main."""
    token = kernel.credentials()["authorization"].removeprefix("Bearer ")
    called = CallContext(
        caller=Caller("alice", "oms"),
        bearer_token=token,
        method="POST",
        route="/api/v1/things",
        database=kernel.new_database(),
    )
    made = TerminusGatewayClient(
        f"127.0.0.1:{kernel.grpc_port}",
        http_url=f"http://127.0.0.1:{kernel.http_port}",
        use_grpc=request.param == "grpc",
        signer=ServiceSigner("oms", kernel.folder / "keys" / "oms.key.pem"),
    )
    with context.use(called):
        yield made
        await made.close()


async def put(client: TerminusGatewayClient, branch: str, title: str, year: int | None = None) -> str:
    movie: dict[str, Any] = {"@type": "Movie", "title": title, **({} if year is None else {"year": year})}
    return (await client.put_document(movie, branch=branch, message=f"{title} on {branch}")).commit


async def titles(client: TerminusGatewayClient, branch: str = MAIN) -> list[Any]:
    documents: list[Any] = [each async for each in client.list_documents("Movie", branch=branch)]
    return [each["title"] for each in documents]


async def messages(client: TerminusGatewayClient, branch: str = MAIN) -> list[str]:
    return [commit.message for commit in await client.log(branch=branch)]


@pytest.fixture
async def parted(client: TerminusGatewayClient) -> None:
    """Two branches that have A, of which each has a movie of its own."""
    await put(client, MAIN, "A", 1)
    await client.create_branch(SIDE, origin_branch=MAIN)
    await put(client, SIDE, "S")
    await put(client, MAIN, "M")


@pytest.mark.usefixtures("parted")
async def test_a_merge_is_simulated_and_made(client: TerminusGatewayClient) -> None:
    report = await client.versioning.simulate_merge(TO_SIDE, branch=MAIN)
    assert (report.is_possible, report.conflicts, report.violations) == (True, (), ())
    assert await titles(client) == ["A", "M"]
    merged = await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN, message="both")
    newest = (await client.log(branch=MAIN))[0]
    assert (newest.id, newest.message, len(newest.parents)) == (merged.result.commit, "both", 2)
    assert (merged.result.branch, merged.result.changed, merged.resolved) == (MAIN, True, ())
    assert await titles(client) == ["A", "M", "S"]
    assert not (await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN)).result.changed


@pytest.mark.usefixtures("parted")
async def test_conflicts_are_told_and_a_strategy_resolves_them(client: TerminusGatewayClient) -> None:
    await put(client, SIDE, "A", 2)
    head = await put(client, MAIN, "A", 3)
    report = await client.versioning.simulate_merge(TO_SIDE, branch=MAIN)
    assert not report.is_possible
    for move in (Move.MERGE, Move.REBASE, Move.CHERRY_PICK):
        with pytest.raises(Conflict) as refused:
            await client.versioning.move(move, TO_SIDE, branch=MAIN)
        assert refused.value.reason is Reason.MERGE_CONFLICT
        found = refused.value.violations
        assert [(each.path, each.rule) for each in found] == [("Movie/A#/year", "changed_changed")]
    assert tuple(found) == report.conflicts
    assert (await client.log(branch=MAIN))[0].id == head
    merged = await client.versioning.move(Move.MERGE, TO_SIDE, strategy=MergeStrategy.THEIRS, branch=MAIN)
    assert merged.resolved == report.conflicts
    movie: Any = await client.get_document("Movie/A", branch=MAIN)
    assert movie["year"] == 2


@pytest.mark.usefixtures("parted")
async def test_commits_are_replayed_and_taken_back(client: TerminusGatewayClient) -> None:
    await client.versioning.move(Move.REBASE, TO_SIDE, branch=MAIN)
    assert (await messages(client))[:3] == ["M on dev/oms/main", "S on dev/oms/side", "A on dev/oms/main"]
    newest = await put(client, SIDE, "N")
    picked = await client.versioning.move(Move.CHERRY_PICK, NamedState(commit=newest), branch=MAIN)
    assert await titles(client) == ["A", "M", "N", "S"]
    await client.versioning.move(Move.REVERT, NamedState(commit=picked.result.commit), branch=MAIN)
    assert await titles(client) == ["A", "M", "S"]
    assert (await messages(client))[0] == f"Revert {picked.result.commit}"


@pytest.mark.usefixtures("parted")
async def test_a_branch_is_squashed_and_reset(client: TerminusGatewayClient) -> None:
    since = (await client.log(branch=MAIN))[-1].id
    head = (await client.log(branch=MAIN))[0].id
    squashed = await client.versioning.move(Move.SQUASH, NamedState(commit=since), branch=MAIN, message="one")
    assert [commit.id for commit in await client.log(branch=MAIN)] == [squashed.result.commit, since]
    await client.versioning.move(Move.SQUASH, branch=MAIN, message="all")
    assert await messages(client) == ["all"]
    dry = await client.versioning.move(Move.RESET, NamedState(commit=head), branch=MAIN, dry_run=True)
    assert (dry.result.commit, dry.result.changed, await messages(client)) == (head, True, ["all"])
    await client.versioning.move(Move.RESET, NamedState(commit=head), branch=MAIN)
    assert (await client.log(branch=MAIN))[0].id == head
    with pytest.raises(Conflict) as stale:
        await client.versioning.move(Move.RESET, TO_SIDE, branch=MAIN, expected_head=since)
    assert stale.value.reason is Reason.STALE_HEAD


@pytest.mark.usefixtures("parted")
async def test_a_repeated_key_is_one_move(client: TerminusGatewayClient) -> None:
    merged = await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN, idempotency_key="k")
    head = await put(client, MAIN, "later")
    assert await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN, idempotency_key="k") == merged
    assert (await client.log(branch=MAIN))[0].id == head
    with pytest.raises(Conflict, match="another request"):
        await client.versioning.move(Move.MERGE, NamedState(commit=head), branch=MAIN, idempotency_key="k")


async def test_what_cannot_be_moved(client: TerminusGatewayClient) -> None:
    await put(client, MAIN, "A")
    for move in (Move.MERGE, Move.REBASE, Move.CHERRY_PICK, Move.REVERT, Move.RESET):
        with pytest.raises(InvalidInput):
            await client.versioning.move(move, NamedState(), branch=MAIN)
        with pytest.raises(NotFound):
            await client.versioning.move(move, NamedState(commit="0" * 31), branch=MAIN)
    await client.create_branch("dev/oms/other")
    await client.put_schema([{"@type": "Class", "@id": "Other"}], branch="dev/oms/other")
    with pytest.raises(InvalidInput, match="shares no history"):
        await client.versioning.move(Move.MERGE, NamedState(branch="dev/oms/other"), branch=MAIN)


async def test_both_sides_hold_and_not_together(client: TerminusGatewayClient) -> None:
    person = {
        "@type": "Class",
        "@id": "Person",
        "@key": {"@type": "Lexical", "@fields": ["name"]},
        "name": "xsd:string",
        "likes": {"@type": "Optional", "@class": "Movie"},
    }
    await client.put_schema([person], branch=MAIN)
    await put(client, MAIN, "A")
    await client.create_branch(SIDE, origin_branch=MAIN)
    await client.put_document({"@type": "Person", "name": "P", "likes": "Movie/A"}, branch=SIDE)
    await client.delete_document("Movie/A", branch=MAIN)
    with pytest.raises(ValidationFailed) as refused:
        await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN)
    report = await client.versioning.simulate_merge(TO_SIDE, branch=MAIN)
    assert report.violations == tuple(refused.value.violations)
    assert [each.path for each in report.violations] == ["Person/P#/likes"]


async def test_tags_name_commits(client: TerminusGatewayClient) -> None:
    first = await put(client, MAIN, "A", 1)
    assert await client.versioning.set_tag("v1", NamedState(branch=MAIN)) == TagInfo("v1", first)
    second = await put(client, MAIN, "A", 2)
    await client.versioning.set_tag("v2", NamedState(commit=second))
    await client.versioning.set_tag("also", NamedState(tag="v1"))
    tags = [TagInfo("also", first), TagInfo("v1", first), TagInfo("v2", second)]
    assert await client.versioning.tags() == tags
    assert await client.versioning.get_tag("v2") == tags[-1]
    await client.versioning.move(Move.RESET, NamedState(tag="v1"), branch=MAIN)
    assert (await client.log(branch=MAIN))[0].id == first
    await client.versioning.delete_tag("v1")
    for call in (client.versioning.get_tag, client.versioning.delete_tag):
        with pytest.raises(NotFound):
            await call("v1")
    with pytest.raises(InvalidInput):
        await client.versioning.set_tag("main", NamedState(commit=first))


async def test_a_documents_history(client: TerminusGatewayClient) -> None:
    made = await put(client, MAIN, "A", 1)
    await put(client, MAIN, "B")
    changed = await put(client, MAIN, "A", 2)
    before = datetime.now(UTC).isoformat()
    gone = (await client.delete_document("Movie/A", branch=MAIN)).commit
    told = [(each.commit.id, each.kind) for each in await client.versioning.history("Movie/A", branch=MAIN)]
    assert told == [(gone, ChangeKind.DELETED), (changed, ChangeKind.UPDATED), (made, ChangeKind.CREATED)]
    assert len(await client.versioning.history("Movie/A", count=1, branch=MAIN)) == 1
    at_commit = await client.versioning.history("Movie/A", rev=made)
    assert [each.commit.message for each in at_commit] == ["A on dev/oms/main"]
    assert len(await client.versioning.history("Movie/A", branch=MAIN, rev=before)) == 2
    assert await client.versioning.history("Movie/Nobody", branch=MAIN) == []


@pytest.mark.usefixtures("parted")
async def test_a_watcher_hears_why_a_branch_moved(client: TerminusGatewayClient) -> None:
    await client.versioning.move(Move.MERGE, TO_SIDE, branch=MAIN)
    await client.versioning.move(Move.RESET, TO_SIDE, branch=MAIN)
    await client.versioning.move(Move.SQUASH, branch=MAIN)
    causes = []
    movements = client.watch(MAIN)
    async for movement in movements:
        causes.append(movement.cause)
        if movement.cause == "squash":
            break
    await movements.aclose()
    assert causes == ["create", "commit", "commit", "commit", "merge", "reset", "squash"]
