"""Commits done again elsewhere, or taken back, over REST."""

from typing import Any

MAIN, SIDE = "dev/oms/main", "dev/oms/side"


async def test_a_commit_is_picked_from_another_branch(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A", "year": 1})
    await desk.side()
    await desk.put(SIDE, {"title": "Before"})
    picked = await desk.put(SIDE, {"title": "A", "year": 2}, {"title": "S"})
    await desk.put(SIDE, {"title": "After"})
    head = await desk.head()
    answer = await desk.ask("POST", "cherry-pick", json={"commit": {"rev": picked}})
    assert await desk.movies() == {"A": 2, "S": None}
    newest = (await desk.log())[0]
    assert (newest["id"], newest["parents"]) == (answer["commit"], [head])
    assert newest["message"] == "[data-kernel] PUT /db/{db}/doc"
    assert not (await desk.ask("POST", "cherry-pick", json={"commit": {"rev": picked}}))["changed"]


async def test_a_commit_is_taken_back_and_back_again(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A", "year": 1}, {"title": "B"})
    wrong = await desk.put(MAIN, {"title": "A", "year": 2}, {"title": "C"})
    await desk.put(MAIN, {"title": "D"})
    undone = await desk.ask("POST", "revert", json={"commit": {"rev": wrong}})
    assert await desk.movies() == {"A": 1, "B": None, "D": None}
    assert (await desk.log())[0]["message"] == f"Revert {wrong}"
    again = await desk.ask(
        "POST", "revert", params={"message": "after all"}, json={"commit": {"rev": undone["commit"]}}
    )
    assert await desk.movies() == {"A": 2, "B": None, "C": None, "D": None}
    newest = (await desk.log())[0]
    assert (newest["id"], newest["message"]) == (again["commit"], "after all")


async def test_what_was_edited_since_is_a_conflict(desk: Any) -> None:
    wrong = await desk.put(MAIN, {"title": "A", "year": 1})
    head = await desk.put(MAIN, {"title": "A", "year": 2})
    refused = await desk.ask("POST", "revert", status=409, json={"commit": {"rev": wrong}})
    told = [(each["path"], each["rule"]) for each in refused["violations"]]
    assert (refused["reason"], told) == ("MERGE_CONFLICT", [("Movie/A#", "changed_deleted")])
    assert not (await desk.ask("POST", "revert", json={"commit": {"rev": wrong}, "strategy": "ours"}))["changed"]
    assert await desk.head() == head
    await desk.ask("POST", "revert", json={"commit": {"rev": wrong}, "strategy": "theirs"})
    assert await desk.movies() == {}


async def test_a_rebase_replays_the_branchs_own_commits(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A", "year": 1})
    await desk.side()
    for title in ("X", "M", "Y"):
        await desk.ask(
            "POST",
            "doc",
            status=201,
            params={"branch": SIDE, "message": title},
            json={"@type": "Movie", "title": title},
        )
    before = await desk.head(SIDE)
    onto = await desk.put(MAIN, {"title": "A", "year": 2}, {"title": "M"})
    asked = {"params": {"branch": SIDE}, "json": {"onto": {"branch": MAIN}}}
    dry = await desk.ask("POST", "rebase", params={"branch": SIDE, "dry_run": True}, json=asked["json"])
    assert (dry["changed"], await desk.head(SIDE)) == (True, before)
    rebased = await desk.ask("POST", "rebase", **asked)
    assert await desk.movies(SIDE) == {"A": 2, "M": None, "X": None, "Y": None}
    log = await desk.log(SIDE)
    # What made M is left out: it is there already.
    assert [each["message"] for each in log[:2]] == ["Y", "X"]
    assert (log[0]["id"], log[2]["id"]) == (rebased["commit"], onto)
    assert not (await desk.ask("POST", "rebase", **asked))["changed"]
    assert (await desk.ask("POST", "merge", json={"from": {"branch": SIDE}}))["commit"] == rebased["commit"]


async def test_a_rebase_that_meets_a_conflict_leaves_the_branch(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A"})
    await desk.side()
    await desk.put(SIDE, {"title": "X"})
    theirs = await desk.put(SIDE, {"title": "A", "year": 1})
    await desk.put(MAIN, {"title": "A", "year": 2})
    asked: dict[str, Any] = {"params": {"branch": SIDE}, "json": {"onto": {"branch": MAIN}}}
    refused = await desk.ask("POST", "rebase", status=409, **asked)
    assert theirs in refused["detail"]
    assert await desk.head(SIDE) == theirs
    asked["json"]["strategy"] = "theirs"
    assert (await desk.ask("POST", "rebase", **asked))["resolved"][0]["path"] == "Movie/A#/year"
    assert await desk.movies(SIDE) == {"A": 1, "X": None}


async def test_a_branch_behind_is_taken_forward_and_a_stranger_refused(desk: Any) -> None:
    await desk.side()
    ahead = await desk.put(MAIN, {"title": "A"})
    asked = {"params": {"branch": SIDE}, "json": {"onto": {"branch": MAIN}}}
    assert (await desk.ask("POST", "rebase", **asked))["commit"] == ahead
    stranger = "dev/oms/stranger"
    await desk.ask("POST", "branches", status=201, json={"branch": stranger})
    await desk.schema(stranger, {"@type": "Enum", "@id": "Colour", "@value": ["red"]})
    refused = await desk.ask("POST", "rebase", status=400, params={"branch": stranger}, json=asked["json"])
    assert refused["field"] == "onto"
