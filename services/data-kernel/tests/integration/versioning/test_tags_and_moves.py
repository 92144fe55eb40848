"""Tags, a document's history, and branches that are pointed elsewhere."""

from typing import Any

import pytest

MAIN, SIDE = "dev/oms/main", "dev/oms/side"


async def test_a_tag_names_a_commit_wherever_a_rev_is_taken(desk: Any) -> None:
    first = await desk.put(MAIN, {"title": "A", "year": 1})
    assert await desk.ask("PUT", "tags/v1", json={"branch": MAIN}) == {"name": "v1", "commit": first}
    second = await desk.put(MAIN, {"title": "A", "year": 2})
    assert (await desk.ask("GET", "doc/Movie/A", params={"rev": "v1"}))["year"] == 1
    assert (await desk.ask("GET", "log", params={"rev": "v1"}))["commits"][0]["id"] == first
    assert (await desk.ask("GET", "diff", params={"from": "v1", "to": MAIN}))["after"]["year"] == 2
    await desk.ask("PUT", "tags/v0", json={"rev": "v1"})
    await desk.ask("PUT", "tags/v1", json={"rev": second})
    expected = [{"name": "v0", "commit": first}, {"name": "v1", "commit": second}]
    assert await desk.ask("GET", "tags") == {"tags": expected}
    await desk.ask("DELETE", "tags/v0")
    assert (await desk.ask("GET", "tags/v0", status=404))["reason"] == "NOT_FOUND"
    assert (await desk.ask("DELETE", "tags/v0", status=404))["reason"] == "NOT_FOUND"
    await desk.ask("GET", "doc/Movie/A", status=404, params={"rev": "v0"})


@pytest.mark.parametrize("name", ["2026-01", "main", "svc-x", "0123456789abcdefghijklmnopqrstu", "-a", "a b"])
async def test_no_tag_is_named_like_something_else(desk: Any, name: str) -> None:
    assert (await desk.ask("PUT", f"tags/{name}", status=400, json={"branch": MAIN}))["field"] == "tag"


async def test_a_documents_history_has_pages(desk: Any) -> None:
    made = await desk.put(MAIN, {"title": "A"})
    await desk.put(MAIN, {"title": "B"})
    changed = await desk.put(MAIN, {"title": "A", "year": 1})
    gone = await desk.delete(MAIN, "A")
    page = await desk.ask("GET", "history/Movie/A", params={"count": 2})
    rest = await desk.ask("GET", "history/Movie/A", params={"count": 2, "page_token": page["next_page_token"]})
    told = [(each["commit"]["id"], each["kind"]) for each in page["entries"] + rest["entries"]]
    assert told == [(gone, "deleted"), (changed, "updated"), (made, "created")]
    assert "next_page_token" not in rest


async def test_a_branch_is_reset_to_any_commit(desk: Any) -> None:
    first = await desk.put(MAIN, {"title": "A"})
    second = await desk.put(MAIN, {"title": "B"})
    dry = await desk.ask("POST", "reset", params={"dry_run": True}, json={"to": {"rev": first}})
    assert dry == {"commit": first, "branch": MAIN, "changed": True}
    assert await desk.head() == second
    assert await desk.ask("POST", "reset", json={"to": {"rev": first}}) == dry
    assert await desk.movies() == {"A": None}
    assert not (await desk.ask("POST", "reset", json={"to": {"rev": first}}))["changed"]
    stale = await desk.ask(
        "POST", "reset", status=409, headers={"X-Expected-Head": second}, json={"to": {"rev": second}}
    )
    assert stale["reason"] == "STALE_HEAD"
    await desk.ask("POST", "reset", headers={"X-Expected-Head": first}, json={"to": {"rev": second}})
    assert await desk.movies() == {"A": None, "B": None}
    assert (await desk.ask("POST", "reset", status=400, json={"to": {}}))["field"] == "to"


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("merge", {"from": {"branch": MAIN}}),
        ("rebase", {"onto": {"branch": MAIN}}),
        ("revert", {"commit": {"branch": MAIN}}),
        ("cherry-pick", {"commit": {"branch": MAIN}}),
        ("reset", {"to": {"branch": MAIN}}),
        ("squash", {}),
    ],
)
async def test_a_move_follows_the_rules_of_a_write(desk: Any, call: str, body: dict[str, Any]) -> None:
    snapshot = "dev/oms/snapshot-1"
    await desk.ask("POST", "branches", status=201, json={"branch": snapshot, "origin": {"branch": MAIN}})
    head = await desk.put(MAIN, {"title": "A"})
    refused = await desk.ask("POST", call, status=403, params={"branch": snapshot}, json=body)
    assert refused["reason"] == "READ_ONLY_BRANCH"
    assert (await desk.ask("POST", call, status=403, params={"branch": "prod/oms/main"}, json=body))[
        "field"
    ] == "branch"
    assert (await desk.ask("POST", call, status=403, params={"author": "bob@oms"}, json=body))["field"] == "author"
    stale = await desk.ask("POST", call, status=409, headers={"X-Expected-Head": "0" * 31}, json=body)
    assert stale["reason"] == "STALE_HEAD"
    assert (await desk.ask("POST", call, status=404, params={"branch": "dev/oms/absent"}, json=body))[
        "field"
    ] == "branch"
    assert await desk.head() == head


async def test_a_squash_keeps_the_state_and_one_commit(desk: Any) -> None:
    base = await desk.put(MAIN, {"title": "A"})
    for year in range(3):
        await desk.put(MAIN, {"title": "B", "year": year})
    head = await desk.head()
    dry = await desk.ask("POST", "squash", params={"dry_run": True}, json={"since": {"rev": base}})
    assert (dry["changed"], await desk.head()) == (True, head)
    squashed = await desk.ask("POST", "squash", params={"message": "three in one"}, json={"since": {"rev": base}})
    newest, before, *_ = await desk.log()
    assert (newest["id"], newest["parents"], newest["message"]) == (squashed["commit"], [base], "three in one")
    assert before["id"] == base
    assert await desk.movies() == {"A": None, "B": 2}
    assert not (await desk.ask("POST", "squash", json={"since": {"rev": base}}))["changed"]
    whole = await desk.ask("POST", "squash", json={})
    assert [each["id"] for each in await desk.log()] == [whole["commit"]]
    assert await desk.movies() == {"A": None, "B": 2}


async def test_a_squash_needs_an_ancestor(desk: Any) -> None:
    await desk.side()
    beside = await desk.put(SIDE, {"title": "S"})
    await desk.put(MAIN, {"title": "A"})
    assert (await desk.ask("POST", "squash", status=400, json={"since": {"rev": beside}}))["field"] == "since"
