"""Branches: a change on the side, and what it differs by."""

from typing import Final

from examples.demo.platform import Body, StepFailed, answer, streamed
from examples.demo.run import Run

_OBJECT: Final = "/api/v1/objects/Synset/owl.n.01"
_GLOSS: Final = "bird of the night that hears a mouse under the snow"


async def branch(run: Run) -> str:
    """Make a branch, change an object on it, compare it with where it came from."""
    platform, narrator = run.platform, run.narrator
    name = run.branch
    with platform.as_user("alice", "demo: a better gloss, to be discussed"):
        narrator.call("POST", f"/db/oms/branches  {name} from main")
        origin: Body = {"branch": name, "origin": {"branch": "main"}}
        await answer(platform.kernel, "POST", "/db/oms/branches", body=origin)
        narrator.call("PATCH", f"{_OBJECT}?branch={name}")
        changed = await answer(platform.oms, "PATCH", _OBJECT, body={"gloss": _GLOSS}, params={"branch": name})
        run.commits.append(str(changed["commit"]))
        differences = await _differences(run, name)
        untouched = await answer(platform.oms, "GET", _OBJECT)
    if differences != ["Synset/owl.n.01/gloss"] or untouched["gloss"] == _GLOSS:
        raise StepFailed(f"the branch should differ from main by one gloss, but does by {differences}")
    narrator.saw("One member of one object differs, and readers of main still see the old one.")
    return f"{name}: 1 object differs from main"


async def _differences(run: Run, name: str) -> list[str]:
    """What differs between main and the branch, as `object/member`, shown while it comes."""
    narrator = run.narrator
    params = {"from": "dev/oms/main", "to": name}
    narrator.call("GET", f"/db/oms/diff?from=dev/oms/main&to={name}")
    found: list[str] = []
    async with streamed(run.platform.kernel, "GET", "/db/oms/diff", params=params) as changes:
        async for change in changes:
            before, after = change["before"] or {}, change["after"] or {}
            for member in sorted({*before, *after}):
                if before.get(member) != after.get(member):
                    found.append(f"{change['id']}/{member}")
                    narrator.item(f"{change['kind']} {change['id']}")
                    narrator.item(f"  - {member}: {before.get(member)}")
                    narrator.item(f"  + {member}: {after.get(member)}")
    return found
