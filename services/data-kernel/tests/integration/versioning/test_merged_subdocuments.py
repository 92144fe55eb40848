"""Branches that edit subdocuments of one document, merged over REST: each by its id, and its references with it."""

from typing import Any

import pytest

MAIN, SIDE = "dev/oms/main", "dev/oms/side"
SCENE = {
    "@type": "Class",
    "@id": "Scene",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "@subdocument": [],
    "name": "xsd:string",
    "length": {"@type": "Optional", "@class": "xsd:integer"},
    "quotes": {"@type": "Optional", "@class": "Movie"},
}
REEL = {
    "@type": "Class",
    "@id": "Reel",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "scenes": {"@type": "Set", "@class": "Scene"},
    "best": {"@type": "Cardinality", "@class": "Scene", "@max_cardinality": 2},
}


def scene(name: str, **members: Any) -> dict[str, Any]:
    return {"@type": "Scene", "name": name, **members}


def reel(*scenes: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"@type": "Reel", "name": "R", "scenes": [*scenes], **members}


async def merge(desk: Any, status: int = 200) -> Any:
    body = {"from": {"branch": SIDE}}
    return await desk.ask("POST", "merge", status=status, params={"branch": MAIN}, json=body)


@pytest.fixture
async def reels(desk: Any) -> Any:
    """A reel with the scenes a and b on both branches, and a movie."""
    await desk.schema(MAIN, SCENE)
    await desk.schema(MAIN, REEL)
    await desk.put(MAIN, {"title": "A"})
    await desk.put(MAIN, reel(scene("a"), scene("b")))
    await desk.side()
    return desk


async def test_edits_of_different_subdocuments_all_hold(reels: Any) -> None:
    await reels.put(SIDE, reel(scene("a"), scene("b", length=2), scene("s", quotes="Movie/A"), best=scene("x")))
    await reels.put(MAIN, reel(scene("a", length=1), scene("b"), scene("m")))
    await merge(reels)
    found = await reels.ask("GET", "doc/Reel/R")
    assert {each["name"]: each.get("length") for each in found["scenes"]} == {"a": 1, "b": 2, "m": None, "s": None}
    ids = [each["@id"] for each in found["scenes"]]
    assert ids == [f"Reel/R/scenes/Scene/{each}" for each in ("a", "b", "m", "s")]
    assert found["best"]["@id"] == "Reel/R/best/Scene/x"
    # The merged references hold as written ones do.
    refused = await reels.ask("DELETE", "doc/Movie/A", status=422)
    assert [each["rule"] for each in refused["violations"]] == ["referenced"]


async def test_a_conflict_names_the_subdocument(reels: Any) -> None:
    await reels.put(SIDE, reel(scene("a", length=2)))
    await reels.put(MAIN, reel(scene("a", length=1), scene("b", length=1)))
    refused = await merge(reels, status=409)
    at = "Reel/R#/scenes/Reel~1R~1scenes~1Scene~1"
    told = {(each["path"], each["rule"]) for each in refused["violations"]}
    assert told == {(f"{at}a/length", "added_added"), (f"{at}b", "changed_deleted")}


async def test_what_only_both_together_have_too_many_of_is_refused(reels: Any) -> None:
    await reels.put(SIDE, reel(scene("a"), best=[scene("s"), scene("t")]))
    await reels.put(MAIN, reel(scene("b"), best=scene("m")))
    refused = await merge(reels, status=422)
    assert [(each["path"], each["rule"]) for each in refused["violations"]] == [("Reel/R#/best", "cardinality")]
