"""Branches merged over REST: documents, classes, references, several bases, and what both sides together may not."""

import itertools
from typing import Any

import pytest

MAIN, SIDE = "dev/oms/main", "dev/oms/side"
PERSON = {
    "@type": "Class",
    "@id": "Person",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "likes": {"@type": "Set", "@class": "Movie"},
    "notes": {"@type": "Optional", "@class": "sys:JSON"},
}


def person(**members: Any) -> dict[str, Any]:
    return {"@type": "Person", "name": "P", **members}


async def merge(desk: Any, source: str = SIDE, into: str = MAIN, status: int = 200, **asked: Any) -> Any:
    body = {"from": {"branch": source}, **asked}
    return await desk.ask("POST", "merge", status=status, params={"branch": into}, json=body)


async def test_a_branch_that_is_ahead_is_reached_by_a_fast_forward(desk: Any) -> None:
    await desk.side()
    ahead = await desk.put(SIDE, {"title": "S"})
    assert await merge(desk) == {"commit": ahead, "branch": MAIN, "changed": True, "resolved": []}
    assert await desk.head() == ahead
    assert not (await merge(desk))["changed"]
    assert not (await merge(desk, MAIN, SIDE))["changed"]


async def test_both_sides_edits_hold_and_the_commit_has_both_parents(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A", "year": 1}, {"title": "B", "year": 1})
    await desk.side()
    theirs = await desk.put(SIDE, {"title": "A", "year": 2}, {"title": "S"})
    await desk.delete(MAIN, "B")
    ours = await desk.put(MAIN, {"title": "M"})
    dry = await desk.ask("POST", "merge", params={"dry_run": True}, json={"from": {"branch": SIDE}})
    assert (dry["changed"], await desk.head()) == (True, ours)
    merged = await merge(desk)
    assert await desk.movies() == {"A": 2, "M": None, "S": None}
    newest = (await desk.log())[0]
    assert (newest["id"], newest["parents"]) == (merged["commit"], [ours, theirs])
    assert not (await merge(desk))["changed"]


async def test_sets_and_json_of_one_document_merge_inside(desk: Any) -> None:
    await desk.schema(MAIN, PERSON)
    await desk.put(MAIN, *({"title": title} for title in "ABC"))
    await desk.put(MAIN, person(likes=["Movie/A"], notes={"x": 1, "y": 1}))
    await desk.side()
    await desk.put(SIDE, person(likes=["Movie/A", "Movie/B"], notes={"x": 2, "y": 1}))
    await desk.put(MAIN, person(likes=["Movie/C"], notes={"x": 1, "y": 1, "z": None}))
    await merge(desk)
    found = await desk.ask("GET", "doc/Person/P")
    assert (found["likes"], found["notes"]) == (["Movie/B", "Movie/C"], {"x": 2, "y": 1, "z": None})
    # The merged references hold as written ones do.
    assert (await desk.ask("DELETE", "doc/Movie/B", status=422))["violations"][0]["rule"] == "referenced"


@pytest.mark.parametrize(("strategy", "year"), [("ours", 1), ("theirs", 2)])
async def test_a_contradiction_is_told_or_decided(desk: Any, strategy: str, year: int) -> None:
    await desk.put(MAIN, {"title": "A"}, {"title": "B"})
    await desk.side()
    await desk.put(SIDE, {"title": "A", "year": 2}, {"title": "S"})
    await desk.delete(SIDE, "B")
    ours = await desk.put(MAIN, {"title": "A", "year": 1}, {"title": "B", "year": 1})
    refused = await merge(desk, status=409)
    told = [(each["path"], each["rule"]) for each in refused["violations"]]
    assert (refused["reason"], told) == (
        "MERGE_CONFLICT",
        [("Movie/A#/year", "added_added"), ("Movie/B#", "changed_deleted")],
    )
    assert await desk.head() == ours
    resolved = (await merge(desk, strategy=strategy))["resolved"]
    assert [(each["path"], each["rule"]) for each in resolved] == told
    kept = {"B": 1} if strategy == "ours" else {}
    assert await desk.movies() == {"A": year, **kept, "S": None}


async def test_classes_merge_first_and_hold_the_documents_of_both_sides(desk: Any) -> None:
    movie = await desk.ask("GET", "schema", params={"id": "Movie"})
    await desk.put(MAIN, {"title": "A"})
    await desk.side()
    await desk.schema(SIDE, {**movie, "stars": {"@type": "Set", "@class": "xsd:integer"}})
    await desk.put(SIDE, {"title": "A", "stars": [3]})
    await desk.schema(MAIN, {**movie, "country": {"@type": "Optional", "@class": "xsd:string"}})
    await desk.put(MAIN, {"title": "A", "country": "NZ"})
    await merge(desk)
    assert (await desk.ask("GET", "schema", params={"id": "Movie"})).keys() >= {"stars", "country"}
    found = await desk.ask("GET", "doc/Movie/A")
    assert (found["stars"], found["country"]) == ([3], "NZ")


async def test_what_only_the_union_breaks_is_refused_with_both_commits(desk: Any) -> None:
    await desk.schema(MAIN, PERSON)
    await desk.put(MAIN, {"title": "A"})
    await desk.side()
    theirs = await desk.put(SIDE, person(likes=["Movie/A"]))
    ours = await desk.delete(MAIN, "A")
    refused = await merge(desk, status=422)
    assert [(each["path"], each["rule"]) for each in refused["violations"]] == [("Person/P#/likes/0", "reference")]
    assert ours in refused["detail"]
    assert theirs in refused["detail"]
    back = await merge(desk, MAIN, SIDE, status=422)
    assert [(each["path"], each["rule"]) for each in back["violations"]] == [("Movie/A#", "referenced")]
    assert (await desk.head(), await desk.head(SIDE)) == (ours, theirs)


async def test_a_document_of_both_sides_does_not_refer_to_one_that_went(desk: Any) -> None:
    await desk.schema(MAIN, PERSON)
    await desk.put(MAIN, {"title": "A"})
    await desk.put(MAIN, person())
    await desk.side()
    await desk.delete(SIDE, "A")
    await desk.put(SIDE, person(notes={"x": 1}))
    await desk.put(MAIN, person(likes=["Movie/A"]))
    refused = await merge(desk, status=422)
    assert [(each["path"], each["rule"]) for each in refused["violations"]] == [("Person/P#/likes/0", "reference")]


async def test_a_class_that_one_side_drops_is_still_needed_by_the_other(desk: Any) -> None:
    await desk.schema(MAIN, PERSON)
    await desk.side()
    await desk.put(SIDE, person())
    await desk.ask("DELETE", "schema", params={"id": "Person", "branch": MAIN})
    assert (await merge(desk, status=422))["violations"][0]["rule"] == "unknown_class"
    assert (await merge(desk, MAIN, SIDE, status=422))["violations"][0]["rule"] == "class_in_use"


async def test_both_directions_give_the_same_documents(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A"}, {"title": "B"})
    await desk.side()
    await desk.put(SIDE, {"title": "A", "year": 2}, {"title": "S"})
    await desk.delete(MAIN, "B")
    other = "dev/oms/other"
    await desk.ask("POST", "branches", status=201, json={"branch": other, "origin": {"branch": SIDE}})
    await merge(desk, MAIN, other)
    await merge(desk)
    assert await desk.ask("GET", "doc", params={"as_list": True}) == await desk.ask(
        "GET", "doc", params={"as_list": True, "branch": other}
    )


async def test_several_bases_are_merged_into_one(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A", "year": 0}, {"title": "B", "year": 0})
    await desk.side()
    one = await desk.put(MAIN, {"title": "A", "year": 1})
    other = await desk.put(SIDE, {"title": "B", "year": 1})
    await desk.ask("POST", "merge", json={"from": {"rev": other}})
    await desk.ask("POST", "merge", params={"branch": SIDE}, json={"from": {"rev": one}})
    # Each side takes back what came from the other one: seen from one base alone, one of these edits is none.
    await desk.put(MAIN, {"title": "B", "year": 0})
    await desk.put(SIDE, {"title": "A", "year": 0})
    merged = await merge(desk)
    assert merged["changed"]
    assert await desk.movies() == {"A": 0, "B": 0}


async def test_branches_without_common_history_are_not_merged(desk: Any) -> None:
    await desk.ask("POST", "branches", status=201, json={"branch": SIDE})
    await desk.schema(SIDE, {"@type": "Enum", "@id": "Colour", "@value": ["red"]})
    assert (await merge(desk, status=400))["field"] == "from"
    await desk.ask("POST", "branches", status=201, json={"branch": "dev/oms/empty"})
    assert not (await merge(desk, "dev/oms/empty"))["changed"]
    assert (await merge(desk, MAIN, "dev/oms/empty"))["commit"] == await desk.head()


async def test_a_merge_of_many_edits_is_the_same_in_any_order_of_branches(desk: Any) -> None:
    await desk.put(MAIN, *({"title": title, "year": 0} for title in "ABC"))
    names = [f"dev/oms/s{number}" for number in range(3)]
    for name, title in zip(names, "ABC", strict=True):
        await desk.ask("POST", "branches", status=201, json={"branch": name, "origin": {"branch": MAIN}})
        await desk.put(name, {"title": title, "year": 9}, {"title": f"new {title}"})
    results = []
    for number, order in enumerate(itertools.permutations(names)):
        into = f"dev/oms/into{number}"
        await desk.ask("POST", "branches", status=201, json={"branch": into, "origin": {"branch": MAIN}})
        for source in order:
            await merge(desk, source, into)
        results.append(await desk.movies(into))
    assert all(each == results[0] for each in results)
    assert results[0] == {"A": 9, "B": 9, "C": 9, "new A": None, "new B": None, "new C": None}
