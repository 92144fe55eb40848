"""The legacy client does over `/api` what the kernel's own client does over gRPC."""

from datetime import timedelta
from typing import Any

import pytest

from shared.canonical import JsonNumber
from shared.clients import TerminusGatewayClient
from shared.database.clients.terminus import TerminusDBClient
from shared.database.interfaces import ChangeKind
from shared.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    ReadOnlyBranch,
    Reason,
    ValidationFailed,
)

MAIN = "dev/oms/main"
ALIEN = {"@type": "Movie", "title": "Alien", "year": 1979}
STORED = {"@id": "Movie/Alien", **ALIEN}


async def test_documents_are_written_read_and_deleted(legacy: TerminusDBClient, platform_db: str) -> None:
    first = await legacy.put_document(ALIEN, create=True, database=platform_db)
    assert (first.ids, first.branch, first.changed) == (("Movie/Alien",), MAIN, True)
    assert await legacy.get_document("Movie/Alien", database=platform_db) == STORED
    same = await legacy.put_document(STORED, create=False, database=platform_db)
    assert (same.ids, same.commit, same.changed) == (("Movie/Alien",), first.commit, False)
    second = await legacy.put_document({**STORED, "year": 1980}, create=False, database=platform_db)
    assert second.changed
    assert second.commit != first.commit
    assert await legacy.get_document("Movie/Alien", database=platform_db, rev=first.commit) == STORED
    patched = await legacy.patch_document("Movie/Alien", {"year": None}, database=platform_db)
    assert patched.changed
    assert await legacy.get_document("Movie/Alien", database=platform_db) == {
        k: STORED[k] for k in STORED if k != "year"
    }
    gone = await legacy.delete_document("Movie/Alien", database=platform_db)
    assert (gone.ids, gone.branch, gone.changed) == (("Movie/Alien",), MAIN, True)
    with pytest.raises(NotFound):
        await legacy.get_document("Movie/Alien", database=platform_db)
    with pytest.raises(NotFound):
        await legacy.delete_document("Movie/Alien", database=platform_db)
    with pytest.raises(NotFound):
        await legacy.delete_document(["Movie/Alien"], database=platform_db)


async def test_what_is_there_is_not_made_again_and_what_is_not_is_not_replaced(
    legacy: TerminusDBClient, free_db: str
) -> None:
    await legacy.put_document(ALIEN, create=True, database=free_db)
    with pytest.raises(AlreadyExists):
        await legacy.put_document(ALIEN, create=True, database=free_db)
    with pytest.raises(NotFound):
        await legacy.put_document({"@type": "Movie", "title": "None"}, create=False, database=free_db)
    with pytest.raises(NotFound):
        await legacy.put_document(ALIEN, database="never-made")
    either = await legacy.put_document([ALIEN, {"@type": "Movie", "title": "B"}], database=free_db)
    assert (either.ids, either.changed) == (("Movie/Alien", "Movie/B"), True)
    with pytest.raises(InvalidInput):
        await legacy.put_document([ALIEN, ALIEN], database=free_db)


async def test_listings_and_pages_show_one_state(legacy: TerminusDBClient, platform_db: str) -> None:
    titles = [f"{number:02}" for number in range(7)]
    await legacy.put_document([{"@type": "Movie", "title": each} for each in titles], database=platform_db)
    listed = [each["title"] async for each in legacy.list_documents("Movie", database=platform_db)]  # type: ignore[index,call-overload]
    assert listed == titles
    page = await legacy.page_documents("Movie", page_size=4, database=platform_db)
    await legacy.put_document({"@type": "Movie", "title": "00a"}, database=platform_db)
    rest = await legacy.page_documents("Movie", page_size=4, page_token=page.next_page_token, database=platform_db)
    found: list[Any] = [*page.documents, *rest.documents]
    assert [each["title"] for each in found] == titles
    assert (rest.next_page_token, rest.commit) == ("", page.commit)


async def test_violations_are_those_that_grpc_tells(
    legacy: TerminusDBClient, own: TerminusGatewayClient, platform_db: str
) -> None:
    wrong: Any = [{"@type": "Movie", "year": "soon", "colour": "red"}, {"@type": "Nothing"}]
    told = []
    for client in (legacy, own):
        with pytest.raises(ValidationFailed) as refused:
            await client.put_document(wrong, create=True, database=platform_db)
        told.append(refused.value.violations)
    assert told[0] == told[1]
    assert {(each.path, each.rule) for each in told[0]} == {
        ("Movie#/year", "wrong_type"),
        ("Movie#/colour", "unknown_property"),
        ("Movie#/title", "required"),
        ("Nothing#/@type", "unknown_class"),
    }


async def test_a_stale_head_is_told(legacy: TerminusDBClient, free_db: str) -> None:
    first = await legacy.put_document(ALIEN, create=True, database=free_db)
    await legacy.put_document({"@type": "Movie", "title": "B"}, expected_head=first.commit, database=free_db)
    with pytest.raises(Conflict) as refused:
        await legacy.put_document({"@type": "Movie", "title": "C"}, expected_head=first.commit, database=free_db)
    assert refused.value.reason is Reason.STALE_HEAD
    with pytest.raises(NotFound):
        await legacy.get_document("Movie/C", database=free_db)


async def test_a_repeated_key_answers_what_the_first_attempt_did(legacy: TerminusDBClient, free_db: str) -> None:
    first = await legacy.put_document(ALIEN, create=True, idempotency_key="once", database=free_db)
    again = await legacy.put_document(ALIEN, create=True, idempotency_key="once", database=free_db)
    assert again == first
    with pytest.raises(Conflict):
        await legacy.put_document({"@type": "Movie", "title": "B"}, idempotency_key="once", database=free_db)
    patched = await legacy.patch_document("Movie/Alien", {"year": 1}, idempotency_key="patch", database=free_db)
    assert await legacy.patch_document("Movie/Alien", {"year": 1}, idempotency_key="patch", database=free_db) == patched
    gone = await legacy.delete_document("Movie/Alien", idempotency_key="gone", database=free_db)
    assert await legacy.delete_document("Movie/Alien", idempotency_key="gone", database=free_db) == gone


async def test_branches_of_a_free_database_are_named_as_given(legacy: TerminusDBClient, free_db: str) -> None:
    written = await legacy.put_document(ALIEN, create=True, database=free_db)
    made = await legacy.create_branch("my idea 50%", origin_branch="main", database=free_db)
    assert (made.name, made.head) == ("my idea 50%", written.commit)
    aside = await legacy.put_document({"@type": "Movie", "title": "B"}, branch="my idea 50%", database=free_db)
    assert aside.branch == "my idea 50%"
    with pytest.raises(NotFound):
        await legacy.get_document("Movie/B", database=free_db)
    at_commit = await legacy.create_branch("old", origin_commit=written.commit, database=free_db)
    assert at_commit.head == written.commit
    assert [each.name for each in await legacy.branches(database=free_db)] == ["main", "my idea 50%", "old"]
    with pytest.raises(AlreadyExists):
        await legacy.create_branch("old", database=free_db)
    await legacy.delete_branch("old", database=free_db)
    with pytest.raises(NotFound):
        await legacy.delete_branch("old", database=free_db)
    with pytest.raises(NotFound):
        await legacy.get_document("Movie/Alien", branch="old", database=free_db)


async def test_branches_of_the_platform_follow_its_rules(legacy: TerminusDBClient, platform_db: str) -> None:
    await legacy.put_document(ALIEN, create=True, database=platform_db)
    made = await legacy.create_branch("dev/oms/proposal-7", origin_branch="main", database=platform_db)
    assert made.name == "dev/oms/proposal-7"
    aside = await legacy.put_document({"@type": "Movie", "title": "B"}, branch=made.name, database=platform_db)
    assert aside.branch == made.name
    for name in ("main", MAIN, "", "svc-oms"):
        assert await legacy.get_document("Movie/Alien", branch=name, database=platform_db) == STORED
    with pytest.raises(InvalidInput):
        await legacy.put_document(ALIEN, branch="nonsense", database=platform_db)
    with pytest.raises(Forbidden):
        await legacy.put_document(ALIEN, branch="prod/oms/main", database=platform_db)
    frozen = await legacy.create_branch("dev/oms/snapshot-1", origin_branch="main", database=platform_db)
    with pytest.raises(ReadOnlyBranch):
        await legacy.put_document({"@type": "Movie", "title": "C"}, branch=frozen.name, database=platform_db)


async def test_the_log_tells_who_and_why(
    legacy: TerminusDBClient, own: TerminusGatewayClient, platform_db: str, free_db: str
) -> None:
    written = await legacy.put_document(ALIEN, create=True, message="why", database=platform_db)
    await legacy.put_document({**STORED, "year": 1980}, database=platform_db)
    newest, before, *_ = await legacy.log(database=platform_db)
    assert await own.log(database=platform_db) == await legacy.log(database=platform_db)
    assert (before.id, before.author, before.actor, before.message) == (written.commit, "alice@oms", "alice@oms", "why")
    assert (newest.message, newest.branch, newest.parents) == ("[oms] POST /api/v1/things", MAIN, (written.commit,))
    assert [each.id for each in await legacy.log(count=1, database=platform_db)] == [newest.id]
    assert [each.id for each in await legacy.log(count=1, rev=before.id, database=platform_db)] == [before.id]
    then = (newest.time - timedelta(microseconds=1)).isoformat()
    assert await legacy.get_document("Movie/Alien", rev=then, database=platform_db) == STORED
    assert (await legacy.log(database=free_db))[0].author == "setup"


async def test_differences_are_the_same(legacy: TerminusDBClient, own: TerminusGatewayClient, platform_db: str) -> None:
    first = await legacy.put_document([ALIEN, {"@type": "Movie", "title": "B"}], database=platform_db)
    await legacy.delete_document("Movie/B", database=platform_db)
    last = await legacy.put_document({**STORED, "year": 1980}, database=platform_db)
    changes = [each async for each in legacy.diff(first.commit, last.commit, database=platform_db)]
    assert changes == [each async for each in own.diff(first.commit, last.commit, database=platform_db)]
    assert [(each.id, each.kind) for each in changes] == [
        ("Movie/Alien", ChangeKind.UPDATED),
        ("Movie/B", ChangeKind.DELETED),
    ]


async def test_classes_are_written_read_and_deleted(
    legacy: TerminusDBClient, own: TerminusGatewayClient, platform_db: str
) -> None:
    box: Any = {"@type": "Class", "@id": "Box", "weight": "xsd:decimal"}
    made = await legacy.put_schema([box], create=True, database=platform_db)
    assert (made.ids, made.branch, made.changed) == (("Box",), MAIN, True)
    assert await legacy.get_schema("Box", database=platform_db) == [box]
    assert await legacy.get_schema(database=platform_db) == await own.get_schema(database=platform_db)
    with pytest.raises(AlreadyExists):
        await legacy.put_schema([box], create=True, database=platform_db)
    heavy: Any = {"@type": "Box", "weight": JsonNumber("3.14159265358979323846")}
    (heavy_id,) = (await legacy.put_document(heavy, create=True, database=platform_db)).ids
    found: Any = await legacy.get_document(heavy_id, database=platform_db)
    assert found["weight"].text == "3.14159265358979323846"
    with pytest.raises(ValidationFailed) as refused:
        await legacy.delete_schema(["Box"], database=platform_db)
    assert [each.rule for each in refused.value.violations] == ["class_in_use"]
    await legacy.delete_document(heavy_id, database=platform_db)
    assert (await legacy.delete_schema(["Box"], database=platform_db)).changed
    with pytest.raises(NotFound):
        await legacy.get_schema("Box", database=platform_db)
