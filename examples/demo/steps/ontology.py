"""The ontology: what kinds of things there are, and how they hang together."""

from typing import Final

from examples.demo.platform import Body, StepFailed, answer, problem, refused, send
from examples.demo.run import Run
from examples.wordnet.database import CATEGORIES

_CREATED: Final = 201
_CONFLICT: Final = 409

SYNSET: Final[Body] = {
    "name": "Synset",
    "description": "One sense, and the words that share it (WordNet).",
    "primaryKey": ["id"],
    "properties": [
        {"name": "id", "baseType": "string", "required": True},
        {"name": "lemmas", "baseType": "string", "ordered": True, "searchable": True},
        {"name": "gloss", "baseType": "string", "required": True, "searchable": True},
        {"name": "category", "baseType": "string", "required": True, "enum": list(CATEGORIES)},
    ],
}
NOTE: Final[Body] = {
    "name": "Note",
    "description": "A remark that a run of the demo leaves behind.",
    "primaryKey": ["run"],
    "properties": [
        {"name": "run", "baseType": "string", "required": True},
        {"name": "text", "baseType": "string", "required": True},
    ],
}
LINKS: Final[tuple[Body, ...]] = (
    {
        "name": "hypernym",
        "sourceType": "Synset",
        "targetType": "Synset",
        "cardinality": "many",
        "inverse": "hyponym",
        "description": "The wider sense that this one is a kind of.",
    },
    {"name": "about", "sourceType": "Note", "targetType": "Synset", "inverse": "note"},
)


async def define(run: Run) -> str:
    """Object types and link types, made once; a second run finds them as they are."""
    made = 0
    with run.platform.as_user("alice", "demo: what a synset is"):
        for definition in (SYNSET, NOTE):
            made += await _defined(run, "/api/v1/object-types", definition)
        for definition in LINKS:
            made += await _defined(run, "/api/v1/link-types", definition)
    run.narrator.saw("A Synset has lemmas and a gloss to be found by, and is a kind of other Synsets.")
    return f"2 object types, 2 link types ({made} new)"


async def _defined(run: Run, path: str, definition: Body) -> bool:
    """Make it, or see that it is there already and just so; whether it is new."""
    run.narrator.call("POST", f"{path}  {definition['name']}")
    response = await send(run.platform.oms, "POST", path, body=definition)
    if response.status_code == _CREATED:
        run.commits.append(str(response.json()["commit"]))
        return True
    if response.status_code != _CONFLICT or problem(response).get("reason") != "ALREADY_EXISTS":
        raise refused("POST", path, response)
    known = await answer(run.platform.oms, "GET", f"{path}/{definition['name']}")
    if any(known.get(member) != value for member, value in definition.items()):
        raise StepFailed(f"{definition['name']} is there, but is another one: run against a platform of its own")
    run.narrator.item(f"{definition['name']} is there already, and is the same")
    return False
