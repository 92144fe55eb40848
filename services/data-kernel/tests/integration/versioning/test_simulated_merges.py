"""What a merge would do is told without doing it."""

from typing import Any

import pytest

MAIN, SIDE = "dev/oms/main", "dev/oms/side"
BODY = {"from": {"branch": SIDE}}


async def _simulated(desk: Any, **more: Any) -> Any:
    """The report; nothing has moved and nothing was written by it."""
    before = [await desk.head(branch) for branch in (MAIN, SIDE)]
    report = await desk.ask("POST", "simulate-merge", json={**BODY, **more})
    assert [await desk.head(branch) for branch in (MAIN, SIDE)] == before
    return report


async def test_what_can_be_merged(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A"})
    await desk.side()
    head = await desk.head()
    clean = {"conflicts": [], "violations": [], "branch": MAIN, "possible": True}
    assert await _simulated(desk) == {**clean, "commit": head, "changed": False}
    side = await desk.put(SIDE, {"title": "S"})
    assert await _simulated(desk) == {**clean, "commit": side, "changed": True}
    head = await desk.put(MAIN, {"title": "M"})
    assert await _simulated(desk) == {**clean, "commit": head, "changed": True}
    merged = await desk.ask("POST", "merge", json=BODY)
    assert (await desk.log())[0]["parents"] == [head, side]
    assert await _simulated(desk) == {**clean, "commit": merged["commit"], "changed": False}


async def test_conflicts_and_violations_are_told_together(desk: Any) -> None:
    person = {
        "@type": "Class",
        "@id": "Person",
        "@key": {"@type": "Lexical", "@fields": ["name"]},
        "name": "xsd:string",
        "likes": {"@type": "Optional", "@class": "Movie"},
    }
    await desk.schema(MAIN, person)
    await desk.put(MAIN, {"title": "A", "year": 1}, {"title": "B"})
    await desk.side()
    await desk.put(SIDE, {"title": "A", "year": 2})
    await desk.ask(
        "POST",
        "doc",
        status=201,
        params={"branch": SIDE},
        json={"@type": "Person", "name": "P", "likes": "Movie/B"},
    )
    await desk.put(MAIN, {"title": "A", "year": 3})
    await desk.delete(MAIN, "B")
    report = await _simulated(desk)
    assert [(each["path"], each["rule"]) for each in report["conflicts"]] == [("Movie/A#/year", "changed_changed")]
    assert [(each["path"], each["rule"]) for each in report["violations"]] == [("Person/P#/likes", "reference")]
    assert not report["possible"]
    decided = await _simulated(desk, strategy="theirs")
    assert (decided["possible"], decided["conflicts"]) == (False, report["conflicts"])
    await desk.put(MAIN, {"title": "B"})
    assert not (await _simulated(desk))["possible"]
    assert (await _simulated(desk, strategy="theirs"))["possible"]


@pytest.mark.parametrize("body", [{"from": {}}, {"from": {"branch": "dev/oms/nowhere"}}, {}])
async def test_what_cannot_be_asked(desk: Any, body: dict[str, Any]) -> None:
    await desk.put(MAIN, {"title": "A"})
    assert (await desk.ask("POST", "simulate-merge", status=404 if body.get("from") else 400, json=body))["reason"]
