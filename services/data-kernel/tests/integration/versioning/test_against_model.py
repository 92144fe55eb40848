"""Any sequence of writes and moves leaves the branches, their past and their differences as a model of dictionaries."""

import asyncio
from collections.abc import Awaitable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from data_kernel_testing.in_process import open_kernel
from data_kernel_testing.kernel_process import MOVIE
from data_kernel_testing.version_model import Contradiction, Movies, Strategy, Unrelated, Versions
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from data_kernel.application import reads
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.put_mode import PutMode
from data_kernel.domain import merging
from shared.canonical import decode
from shared.context import CallContext, Caller
from shared.errors import Conflict, InvalidInput, NotFound, Reason

CONTEXT = CallContext(caller=Caller("alice", "oms"), method="TEST", route="/test")
MAIN = "dev/oms/main"
NAMES = ("main", "one", "two")
BRANCHES, TAGS = st.sampled_from(NAMES), st.sampled_from(["v1", "v2"])
TITLES = st.sampled_from("ABC")
YEARS = st.none() | st.integers(0, 2)
MOVIES = st.dictionaries(TITLES, YEARS, min_size=1, max_size=3)
PLACES = st.integers(0, 10_000)
STRATEGIES: Any = st.sampled_from(["manual", "ours", "theirs"])
STEPS = 30

_T = TypeVar("_T")


class Desk:
    """A kernel that lives as long as the test; each example has a database of its own."""

    def __init__(self, runner: asyncio.Runner, kernel: Kernel) -> None:
        self.runner = runner
        self.kernel = kernel
        self.numbers = count()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with asyncio.Runner() as runner:
        opened = open_kernel(tmp_path)
        yield Desk(runner, runner.run(opened.__aenter__()))
        runner.run(opened.__aexit__(None, None, None))


class VersionMachine(RuleBasedStateMachine):
    """Drives the use cases and the model side by side."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.kernel = desk.kernel
        self.database = f"db{next(desk.numbers)}"
        self.versions = Versions()
        self.heads: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    def run(self, call: Awaitable[_T]) -> _T:
        async def finish() -> _T:
            return await call

        return self.desk.runner.run(finish())

    @initialize()
    def begin(self) -> None:
        self.run(self.kernel.databases.create(self.database, CONTEXT))
        self.run(self.kernel.branches.create(self.database, MAIN, None, CONTEXT))
        made = self.run(self.kernel.writes.put_schema(self.database, [MOVIE], PutMode.INSERT, self.on("main"), CONTEXT))
        self.heads["main"] = self.versions.add(made.commit or "", {}, ())
        for name in NAMES[1:]:
            self.begin_branch(name, self.heads["main"])

    def on(self, name: str) -> WriteOptions:
        return WriteOptions(branch=f"dev/oms/{name}")

    def place(self, number: int) -> str:
        """One of the commits that are there, by any number; no branch may have it any more."""
        real = [each for each in self.versions.by_id if not each.startswith("virtual")]
        return real[number % len(real)]

    def committed(self, name: str, commit: str, movies: Movies, parents: tuple[str, ...]) -> None:
        self.heads[name] = self.versions.add(commit, movies, parents)

    # what changes

    @rule(name=BRANCHES, movies=MOVIES)
    def put(self, name: str, movies: Movies) -> None:
        documents: list[Any] = [
            {"@type": "Movie", "title": title, **({} if year is None else {"year": year})}
            for title, year in movies.items()
        ]
        call = self.kernel.writes.put
        made = self.run(call(self.database, documents, PutMode.UPSERT, self.on(name), CONTEXT, size_bytes=0))
        head = self.heads[name]
        after = self.versions.movies(head) | movies
        assert made.changed == (after != self.versions.movies(head))
        if made.changed:
            self.committed(name, made.commit or "", after, (head,))

    @rule(name=BRANCHES, title=TITLES)
    def delete(self, name: str, title: str) -> None:
        head = self.heads[name]
        call = self.kernel.writes.delete(self.database, [f"Movie/{title}"], self.on(name), CONTEXT)
        if title not in self.versions.movies(head):
            with pytest.raises(NotFound):
                self.run(call)
            return
        after = {each: year for each, year in self.versions.movies(head).items() if each != title}
        self.committed(name, self.run(call).commit or "", after, (head,))

    @rule(name=st.sampled_from(NAMES[1:]), number=PLACES)
    def branch(self, name: str, number: int) -> None:
        """The branch anew, at any commit."""
        commit = self.place(number)
        self.run(self.kernel.branches.delete(self.database, f"dev/oms/{name}", CONTEXT))
        self.begin_branch(name, commit)

    def begin_branch(self, name: str, commit: str) -> None:
        origin = NamedRevision(commit=commit)
        self.run(self.kernel.branches.create(self.database, f"dev/oms/{name}", origin, CONTEXT))
        self.heads[name] = commit

    @rule(name=BRANCHES, source=BRANCHES, strategy=STRATEGIES)
    def merge(self, name: str, source: str, strategy: Strategy) -> None:
        self.merged(name, self.heads[source], strategy)

    @rule(names=st.permutations(NAMES), strategies=st.tuples(STRATEGIES, STRATEGIES, STRATEGIES))
    def merge_crosswise(self, names: list[str], strategies: tuple[Strategy, Strategy, Strategy]) -> None:
        """Each into the other as both were, after which they have two merge bases, and then into each other again."""
        one, other, _ = names
        first, second = self.heads[one], self.heads[other]
        self.merged(one, second, strategies[0])
        self.merged(other, first, strategies[1])
        self.put(one, {"A": 1, "B": None})
        self.put(other, {"A": 2, "C": 0})
        self.merged(one, self.heads[other], strategies[2])

    def merged(self, name: str, theirs: str, strategy: Strategy) -> None:
        ours, chosen = self.heads[name], merging.Strategy(strategy)
        source = NamedRevision(commit=theirs)
        call = self.kernel.merges.merge(self.database, source, chosen, self.on(name), CONTEXT)
        bases = self.versions.bases(ours, theirs)
        if theirs in bases:
            assert not self.run(call).outcome.changed
        elif bases == [ours]:
            assert self.run(call).outcome.commit == theirs
            self.heads[name] = theirs
        else:
            self.joined(name, call, strategy, lambda: self.versions.common_base(bases), theirs, (ours, theirs))

    @rule(name=BRANCHES, number=PLACES, strategy=STRATEGIES)
    def cherry_pick(self, name: str, number: int, strategy: Strategy) -> None:
        commit = self.place(number)
        replays, chosen = self.kernel.replays, merging.Strategy(strategy)
        call = replays.cherry_pick(self.database, NamedRevision(commit=commit), chosen, self.on(name), CONTEXT)
        self.joined(name, call, strategy, lambda: self.versions.before(commit), commit, (self.heads[name],))

    @rule(name=BRANCHES, number=PLACES, strategy=STRATEGIES)
    def revert(self, name: str, number: int, strategy: Strategy) -> None:
        commit = self.place(number)
        before = self.versions.before(commit)
        if before is None:
            return  # it made the classes, too
        replays, chosen = self.kernel.replays, merging.Strategy(strategy)
        call = replays.revert(self.database, NamedRevision(commit=commit), chosen, self.on(name), CONTEXT)
        self.joined(name, call, strategy, lambda: commit, before, (self.heads[name],))

    def joined(
        self, name: str, call: Awaitable[Any], strategy: Strategy, base: Any, theirs: str, parents: tuple[str, ...]
    ) -> None:
        """A commit of both sides' edits, or the refusal that the model has."""
        ours = self.heads[name]
        try:
            expected = self.versions.union(base(), ours, theirs, strategy)
        except Contradiction:
            with pytest.raises(Conflict) as refused:
                self.run(call)
            assert refused.value.reason is Reason.MERGE_CONFLICT
            return
        except Unrelated:
            with pytest.raises(InvalidInput, match="shares no history"):
                self.run(call)
            return
        made = self.run(call).outcome
        assert made.changed == (expected != self.versions.movies(ours) or len(parents) > 1)
        if made.changed:
            self.committed(name, made.commit, expected, parents)

    @rule(names=st.permutations(NAMES), own=MOVIES, same=MOVIES, strategy=STRATEGIES)
    def rebase_what_both_did(self, names: list[str], own: Movies, same: Movies, strategy: Strategy) -> None:
        """A commit of one's own, then one that changes nothing on the other side."""
        name, onto, _ = names
        self.put(name, own)
        for each in (name, onto):
            self.put(each, same)
        self.rebase(name, onto, strategy)

    @rule(name=BRANCHES, onto=BRANCHES, strategy=STRATEGIES)
    def rebase(self, name: str, onto: str, strategy: Strategy) -> None:
        target = self.heads[onto]
        replays, chosen = self.kernel.replays, merging.Strategy(strategy)
        call = replays.rebase(self.database, NamedRevision(commit=target), chosen, self.on(name), CONTEXT)
        try:
            kept, expected = self.versions.rebased(self.heads[name], target, strategy)
        except Contradiction:
            with pytest.raises(Conflict) as refused:
                self.run(call)
            assert refused.value.reason is Reason.MERGE_CONFLICT
            return
        except Unrelated:
            with pytest.raises(InvalidInput, match="shares no history"):
                self.run(call)
            return
        done = self.run(call)
        made = [each.applied for each in done.replayed if each.applied and each.applied not in self.versions.by_id]
        assert len(made) == len(expected)
        for commit, movies in zip(made, expected, strict=True):
            kept = self.versions.add(commit, movies, (kept,))
        assert done.outcome.commit == kept
        self.heads[name] = kept

    @rule(name=BRANCHES, number=PLACES)
    def reset(self, name: str, number: int) -> None:
        commit = self.place(number)
        target = NamedRevision(commit=commit)
        moved = self.run(self.kernel.moves.reset(self.database, target, self.on(name), CONTEXT))
        assert moved.changed == (self.heads[name] != commit)
        self.heads[name] = commit

    @rule(name=BRANCHES, number=st.none() | PLACES)
    def squash(self, name: str, number: int | None) -> None:
        head, since = self.heads[name], None if number is None else self.place(number)
        named = None if since is None else NamedRevision(commit=since)
        call = self.kernel.moves.squash(self.database, named, self.on(name), CONTEXT)
        if since is not None and since not in self.versions.ancestors(head):
            with pytest.raises(InvalidInput):
                self.run(call)
            return
        parents = () if since is None else (since,)
        squashed = self.run(call)
        assert squashed.changed == (since != head and self.versions.by_id[head].parents != parents)
        if squashed.changed:
            self.committed(name, squashed.commit or "", self.versions.movies(head), parents)

    @rule(tag=TAGS, number=PLACES)
    def tag(self, tag: str, number: int) -> None:
        self.tags[tag] = self.place(number)
        self.run(self.kernel.tags.set(self.database, tag, NamedRevision(commit=self.tags[tag]), CONTEXT))

    # what is read

    @rule(number=PLACES)
    def read(self, number: int) -> None:
        commit = self.place(number)
        assert self.run(self.movies(NamedRevision(commit=commit))) == self.versions.movies(commit)

    @rule(tag=TAGS)
    def read_at_a_tag(self, tag: str) -> None:
        if tag in self.tags:
            assert self.run(self.movies(NamedRevision(tag=tag))) == self.versions.movies(self.tags[tag])

    @rule(old=PLACES, new=PLACES)
    def diff(self, old: int, new: int) -> None:
        states = self.place(old), self.place(new)
        before, after = (self.versions.movies(each) for each in states)
        differing = {each for each in before.keys() | after.keys() if before.get(each, -1) != after.get(each, -1)}
        assert self.run(self.changed(*states)) == sorted(f"Movie/{each}" for each in differing)

    @rule(name=BRANCHES, title=TITLES)
    def history(self, name: str, title: str) -> None:
        revision = NamedRevision(branch=f"dev/oms/{name}")
        page = self.run(self.kernel.history.of_document(self.database, f"Movie/{title}", revision, CONTEXT))
        line = self.versions.line(self.heads[name])
        states = [self.versions.movies(each).get(title, -1) for each in line] + [-1]
        expected = [each for each, now, before in zip(line, states, states[1:], strict=False) if now != before]
        assert [entry.commit.id for entry in page.entries] == expected

    @invariant()
    def every_branch_is_where_the_model_has_it(self) -> None:
        for name, head in self.heads.items():
            revision = NamedRevision(branch=f"dev/oms/{name}")
            log = self.run(self.kernel.history.log(self.database, revision, CONTEXT, count=STEPS + 1)).commits
            assert [each.id for each in log] == self.versions.line(head)[: STEPS + 1]
            assert log[0].parents == self.versions.by_id[head].parents
            assert self.run(self.movies(revision)) == self.versions.movies(head)

    async def movies(self, revision: NamedRevision) -> Movies:
        listing = await self.kernel.reads.listing(reads.ListQuery(self.database, revision), CONTEXT)
        documents: list[Any] = [decode(each.body) async for batch in listing.batches() for each in batch]
        return {each["title"]: each.get("year") for each in documents}

    async def changed(self, old: str, new: str) -> list[str]:
        states = NamedRevision(commit=old), NamedRevision(commit=new)
        batches = await self.kernel.history.diff(self.database, *states, CONTEXT)
        return [change.id async for batch in batches for change in batch]


def test_any_history_is_as_the_model_has_it(desk: Desk) -> None:
    examples = max(1, settings().max_examples // 2)
    run_state_machine_as_test(
        lambda: VersionMachine(desk), settings=settings(max_examples=examples, stateful_step_count=STEPS)
    )
