"""What holds for a merge of any two branches, in a real store."""

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from data_kernel_testing.in_process import open_kernel
from data_kernel_testing.kernel_process import MOVIE
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from data_kernel.domain.databases import Revision
from data_kernel.domain.merging import Strategy
from shared.context import CallContext, Caller
from shared.errors import Conflict, Reason

CONTEXT = CallContext(caller=Caller("alice", "oms"), method="TEST", route="/test")
MIRRORED = {Strategy.MANUAL: Strategy.MANUAL, Strategy.OURS: Strategy.THEIRS, Strategy.THEIRS: Strategy.OURS}

Movies = dict[str, int]
movies = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 2))


class Result(NamedTuple):
    """The digest of the documents, or the conflicts: the place, what the first branch did there, what the other did."""

    root: str
    conflicts: frozenset[tuple[str, str, str]]


class Branches:
    """Makes branches with given movies, each under a name of its own."""

    def __init__(self, runner: asyncio.Runner, kernel: Kernel) -> None:
        self.run = runner.run
        self._kernel = kernel
        self._numbers = count()

    async def begin(self, origin: str = "dev/oms/main") -> str:
        name = f"dev/oms/b{next(self._numbers)}"
        await self._kernel.branches.create("oms", name, NamedRevision(branch=origin), CONTEXT)
        return name

    async def hold(self, branch: str, wanted: Movies) -> None:
        """Make these all the movies that the branch has."""
        documents = [{"@type": "Movie", "title": title, "year": year} for title, year in wanted.items()]
        await self._kernel.writes.replace_all("oms", documents, WriteOptions(branch=branch), CONTEXT, size_bytes=0)

    async def merge(self, source: str, into: str, strategy: Strategy, *, swapped: bool = False) -> Result:
        options = WriteOptions(branch=into)
        try:
            await self._kernel.merges.merge("oms", NamedRevision(branch=source), strategy, options, CONTEXT)
        except Conflict as conflict:
            if conflict.reason is not Reason.MERGE_CONFLICT:
                raise
            sides = [(each.path, *each.rule.split("_")) for each in conflict.violations]
            return Result("", frozenset((path, *((b, a) if swapped else (a, b))) for path, a, b in sides))
        return Result(await self.root(into), frozenset())

    async def root(self, branch: str) -> str:
        head = (await self._kernel.store.resolve("oms", Revision(branch=branch))).commit
        return (await self._kernel.store.get_commit("oms", head or "")).instance_root


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Branches]:
    with asyncio.Runner() as runner:
        opened = open_kernel(Path(tmp_path_factory.mktemp("laws")))
        kernel = runner.run(opened.__aenter__())
        options = WriteOptions(branch="main")
        runner.run(kernel.writes.put_schema("oms", [MOVIE], PutMode.INSERT, options, CONTEXT))
        yield Branches(runner, kernel)
        runner.run(opened.__aexit__(None, None, None))


@given(base=movies, one=movies, other=movies, strategy=st.sampled_from(Strategy))
def test_swapped_branches_give_the_same_tree_or_mirrored_conflicts(
    branches: Branches, base: Movies, one: Movies, other: Movies, strategy: Strategy
) -> None:
    async def both() -> tuple[Result, Result]:
        origin = await branches.begin()
        await branches.hold(origin, base)
        first, second = await branches.begin(origin), await branches.begin(origin)
        await branches.hold(first, one)
        await branches.hold(second, other)
        into_first, into_second = await branches.begin(first), await branches.begin(second)
        return (
            await branches.merge(second, into_first, strategy),
            await branches.merge(first, into_second, MIRRORED[strategy], swapped=True),
        )

    there, back = branches.run(both())
    assert there == back
    expected = _expected(base, one, other)
    assert bool(there.conflicts) == (strategy is Strategy.MANUAL and expected is None)
    if expected is not None:
        assert there.root == branches.run(_root_of(branches, expected))


async def _root_of(branches: Branches, wanted: Movies) -> str:
    name = await branches.begin()
    await branches.hold(name, wanted)
    return await branches.root(name)


def _expected(base: Movies, one: Movies, other: Movies) -> Movies | None:
    """The movies of both; `None` where they contradict each other."""
    found: Movies = {}
    for title in base.keys() | one.keys() | other.keys():
        before, ours, theirs = (each.get(title) for each in (base, one, other))
        if ours != theirs and before not in {ours, theirs}:
            return None
        year = theirs if before == ours else ours
        if year is not None:
            found[title] = year
    return found
