"""Where the time of the writer's thread goes: `python -m bench.load.writer_shares FOLDER commits|bulk`.

The profiler makes what Python does look dearer than what C does: these are shares to compare with each other.
"""

import asyncio
import cProfile
import json
import pstats
import sys
from collections.abc import Awaitable, Callable, Mapping
from itertools import islice
from pathlib import Path

from bench.load.store_commits import commits
from bench.load.writing import Writing, writing
from bench.rows import documents, synsets
from data_kernel.application.ports import Plan, Planner
from shared.canonical import Json, decode

SECONDS = 4.0
BULK_DOCUMENTS = 20_000
BATCH = 500
STAGES: Mapping[str, tuple[str, str]] = {
    "documents held to their classes": ("validation/elaboration.py", "elaborate_all"),
    "trees edited and hashed": ("commits/contents.py", "edited"),
    "bodies, digests and keys": ("commits/drafts.py", "draft"),
    "commit records, ids, stored nodes": ("commits/commits.py", "_keep"),
    "ref log and outbox": ("refs/reflog.py", "move"),
    "rows written": ("threads/session.py", "save"),
}
"""What is told, and the function in which all of it happens: the end of its file's path, and its name."""
_ALL = ("threads/writer.py", "_commit_group")
_STATEMENT = "<method 'execute' of 'apsw.Connection' objects>"
_Place = tuple[str, int, str]
"""File, line and name of a function, as the profiler has them."""
_Entries = dict[_Place, tuple[int, int, float, float, dict[_Place, tuple[int, int, float, float]]]]
"""Of each function: calls (twice), seconds in itself, seconds with all that it called, and the same by callers."""


async def _commits(into: Writing) -> None:
    await commits(into, SECONDS)


async def _bulk(into: Writing) -> None:
    lines = islice(synsets.lines(whole=False), BULK_DOCUMENTS)
    while batch := [decode(line) for line in islice(lines, BATCH)]:
        await into.insert(batch)


LOADS: Mapping[str, tuple[list[Json], Callable[[Writing], Awaitable[None]]]] = {
    "commits": (documents.CLASSES, _commits),
    "bulk": (synsets.CLASSES, _bulk),
}


async def run(file: Path, load: str) -> dict[str, float]:
    """The percentage of each stage in the time that groups of commits take."""
    classes, write = LOADS[load]
    profile = cProfile.Profile()
    async with writing(file, classes) as into:
        # A planner runs on the writer's thread, and a profiler looks at the thread that it is switched on in.
        await into.plan(_planning(profile.enable))
        await write(into)
        await into.plan(_planning(profile.disable))
    return _shares(profile)


def _planning(action: Callable[[], None]) -> Planner:
    def planner(_: object) -> Plan:
        action()
        return Plan((), ())

    return planner


def _shares(profile: cProfile.Profile) -> dict[str, float]:
    entries: _Entries = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    (group,) = _named(entries, *_ALL)
    seconds = {stage: sum(entries[each][3] for each in _named(entries, *place)) for stage, place in STAGES.items()}
    seconds["beginning and syncing"] = sum(
        callers[group][3] for (_, _, name), (*_, callers) in entries.items() if name == _STATEMENT and group in callers
    )
    seconds["looking up, checking references, the rest"] = entries[group][3] - sum(seconds.values())
    return {stage: 100 * each / entries[group][3] for stage, each in seconds.items()}


def _named(entries: _Entries, file_end: str, name: str) -> list[_Place]:
    return [place for place in entries if place[0].endswith(file_end) and place[2] == name]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]) / "store.db", sys.argv[2]))))
