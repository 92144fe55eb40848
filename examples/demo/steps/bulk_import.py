"""The bulk import: many objects in few commits, each announced as events."""

from collections.abc import AsyncIterator
from typing import Final

from examples.demo.narration import grouped
from examples.demo.platform import Body, StepFailed, answer, streamed
from examples.demo.run import Run
from examples.demo.steps.events import DOCUMENTS, show
from examples.demo.subscriber import Subscriber
from shared.clients.event_subscription import Subscribe

PATH: Final = "/api/v1/objects/Synset/import"
_LINES_PER_REQUEST: Final = 1_000
_EVENTS_PAUSE_S: Final = 30.0
_HEARD_AT_MOST: Final = 5_000
"""Events are announced one after the other; of all of WordNet's, the story does not wait for the last."""
MAIN: Final = "dev/oms/main"


async def load(run: Run) -> str:
    """Import the words while a durable subscriber listens, and see that it hears of every one."""
    corpus, narrator = run.corpus, run.narrator
    asked = Subscribe([DOCUMENTS], durable_name="demo", partition_key=f"oms/{MAIN}")
    subscriber = Subscriber(run.platform.events, asked)
    with run.platform.as_user("alice", f"demo: import {corpus.name}"):
        async with subscriber.connected():
            narrator.saw(f"The durable subscriber {subscriber.name!r} listens at the event-gateway (gRPC).")
            before = await head(run)
            commits = await _imported(run)
            changes = await _changes(run, before)
            run.commits += commits
            if not changes:
                narrator.saw("Every object is there already, just so: nothing changed, so there is no new commit.")
                return f"{grouped(len(corpus.lines))} objects, all there already"
            narrator.saw(f"{grouped(changes)} objects are new or changed, in {len(commits)} commits.")
            heard = min(changes, _HEARD_AT_MOST)
            await subscriber.wait_for(
                commits, heard, _EVENTS_PAUSE_S, lambda seen: narrator.progress(seen, heard, "events heard")
            )
    show(narrator, subscriber, commits[0])
    return f"{grouped(changes)} objects in {len(commits)} commits, {grouped(heard)} events heard"


async def head(run: Run) -> str:
    """The commit that OMS's own branch is at."""
    branch: Body = await answer(run.platform.kernel, "GET", "/db/oms/branches/main")
    return str(branch["head"])


async def _imported(run: Run) -> list[str]:
    """The commits that the import made; StepFailed where a line is refused."""
    commits: list[str] = []
    lines = run.corpus.lines
    known = await head(run)
    run.narrator.call("POST", PATH)
    for first in range(0, len(lines), _LINES_PER_REQUEST):
        part = lines[first : first + _LINES_PER_REQUEST]
        async for done, commit in _told(run, part):
            if commit and commit not in (known, *commits[-1:]):
                commits.append(commit)
            run.narrator.progress(first + done, len(lines), "objects")
    return commits


async def _told(run: Run, part: tuple[bytes, ...]) -> AsyncIterator[tuple[int, str]]:
    """How many lines are dealt with, and by which commit, as the import says so."""
    headers = {"Content-Type": "application/x-ndjson"}
    finished = False
    async with streamed(run.platform.oms, "POST", PATH, content=b"".join(part), headers=headers) as answers:
        async for each in answers:
            if "written" not in each:
                raise StepFailed(f"line {each['line']} was refused: {each['reason']} {each['detail']}")
            if "error" in each:
                raise StepFailed(f"the import broke off after {each['line']} lines: {each['error']['detail']}")
            finished = bool(each.get("done"))
            yield int(each["line"]), str(each["commit"])
    if not finished:
        raise StepFailed("the import ended without a last word")


async def _changes(run: Run, before: str) -> int:
    """How many objects differ between then and now, counted by the kernel."""
    path = "/db/oms/diff"
    async with streamed(run.platform.kernel, "GET", path, params={"branch": "main", "from": before}) as changes:
        return sum([1 async for _ in changes])
