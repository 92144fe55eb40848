"""A commit that breaks the ontology is refused, with every reason at once."""

from typing import Any, Final

from examples.demo.platform import StepFailed, problem, send
from examples.demo.run import Run
from examples.demo.steps.bulk_import import head

_PATH: Final = "/api/v1/objects/Synset"
_WRONG: Final[dict[str, Any]] = {
    "id": "owl.n.99",
    "lemmas": 7,
    "category": "noun.bird",
    "colour": "brown",
    "hypernym": ["Synset/no-such-thing.n.01"],
}
_RULES: Final = {"wrong_type", "enum_value", "unknown_property", "required", "reference"}
_UNPROCESSABLE: Final = 422


async def refuse(run: Run) -> str:
    """Try to write nonsense, and see that nothing of it is left."""
    narrator = run.narrator
    with run.platform.as_user("alice", "demo: this must not be"):
        before = await head(run)
        narrator.call("POST", _PATH)
        response = await send(run.platform.oms, "POST", _PATH, body=_WRONG)
        after = await head(run)
    said = problem(response)
    if response.status_code != _UNPROCESSABLE:
        raise StepFailed(f"nonsense was answered {response.status_code}, not refused")
    for each in said["violations"]:
        narrator.item(f"{each['path']}  {each['rule']}: {each['message']}")
    if missing := _RULES - {each["rule"] for each in said["violations"]}:
        raise StepFailed(f"a reason was not told: {', '.join(sorted(missing))}")
    if before != after:
        raise StepFailed("main has moved, although the change was refused")
    narrator.saw(f"{response.status_code} {said['reason']}; no commit, no event. Its trace: {said['trace_id']}")
    return f"refused for {len(said['violations'])} reasons, main did not move"
