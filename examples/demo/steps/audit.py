"""The audit trail: every commit with its author, its reason and its trace."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final

from examples.demo.platform import StepFailed, answer, refused, send
from examples.demo.run import Run
from shared.canonical import decode

_PATH: Final = "/db/oms/log"
_PAGE: Final = 200
_SHOWN: Final = 10
_WHY: Final = 44
_HEADS: Final = ("when", "author", "why", "trace")
_OF_OTHERS: Final = {"dev/embedding/main": 1, "dev/scheduler/main": 3}


async def read(run: Run) -> str:
    """Find each of the story's commits in the kernel's log of the branch that it went to."""
    narrator = run.narrator
    with run.platform.as_user("alice"):
        known: dict[str, Any] = {}
        for branch in ("dev/oms/main", run.branch):
            narrator.call("GET", f"{_PATH}?branch={branch}")
            known |= await _log(run, branch, run.commits)
        others = [each for branch, count in _OF_OTHERS.items() for each in await _newest(run, branch, count)]
    if unknown := set(run.commits) - known.keys():
        raise StepFailed(f"the log does not know what the story has made: {', '.join(unknown)}")
    told = [known[commit] for commit in run.commits]
    newest = sorted(known.values(), key=lambda each: str(each["time"]))[-_SHOWN:]
    narrator.table(_HEADS, [_row(each) for each in [*newest, *others]])
    if strange := {each["author"] for each in told} - {"alice@oms"}:
        raise StepFailed(f"alice's work is told of as that of {', '.join(strange)}")
    if not all(each["trace_id"] for each in told):
        raise StepFailed("a commit has no trace")
    narrator.saw("What alice asked for is hers, through OMS; what services do by themselves has their own names.")
    return f"{len(told)} commits, each with author, reason and trace"


async def _newest(run: Run, branch: str, count: int) -> Any:
    """The last commits on a branch that another service keeps, the oldest first; none where it has never run."""
    run.narrator.call("GET", f"{_PATH}?branch={branch}&count={count}")
    response = await send(run.platform.kernel, "GET", _PATH, params={"branch": branch, "count": count})
    if response.status_code == HTTPStatus.NOT_FOUND:
        return []
    if response.status_code != HTTPStatus.OK:
        raise refused("GET", _PATH, response)
    page: Any = decode(response.content)
    return page["commits"][::-1]


async def _log(run: Run, branch: str, wanted: Collection[str]) -> dict[str, Any]:
    """The commits of a branch by id, back to where all wanted ones are found or the log ends."""
    found: dict[str, Any] = {}
    params: dict[str, str | int] = {"branch": branch, "count": _PAGE}
    while True:
        page = await answer(run.platform.kernel, "GET", _PATH, params=params)
        found |= {each["id"]: each for each in page["commits"]}
        if "next_page_token" not in page or found.keys() >= set(wanted):
            return found
        params["page_token"] = page["next_page_token"]


def _row(commit: Any) -> tuple[str, str, str, str]:
    why = commit["message"]
    why = why if len(why) <= _WHY else f"{why[:_WHY]}…"
    return commit["time"][11:19], commit["author"], why, commit["trace_id"]
