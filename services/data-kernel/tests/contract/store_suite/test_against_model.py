"""Any history of writes and branches answers like a model of dictionaries, wherever and whenever it is read."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from data_kernel.application.ports import Plan
from data_kernel.domain.commits import Cursor
from data_kernel.domain.databases import Database, Revision, State
from shared.errors import AlreadyExists, NotFound

IDS = st.sampled_from(["Actor/1", "Actor/é", "Movie/", "Movie/1", "Movie/10", "Movie/2", "Role/x", "Role/😀"])
BODIES = st.sampled_from([b"1", b"2", b"3", None])
WRITES = st.dictionaries(IDS, BODIES, min_size=1, max_size=4)
LINKS = st.dictionaries(IDS, st.frozensets(IDS, max_size=2), max_size=4)
NAMES = st.sampled_from(["main", "copy", "other"])
PLACES = st.integers(min_value=0, max_value=10_000)

_T = TypeVar("_T")


@dataclass
class Known:
    """A state as the model has it: bodies, who refers to what, and the commit before."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, frozenset[str]] = field(default_factory=dict)
    parent: str | None = None


@dataclass
class Moves:
    """What one name has been: its head while there is such a branch, and every move so far."""

    head: str | None = None
    exists: bool = False
    log: list[tuple[int, int, str, str | None, str | None]] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)

    def move(self, cause: str, head: str | None) -> None:
        incarnation, number = self.log[-1][:2] if self.log else (0, 0)
        place = (incarnation + 1, 1) if cause == "create" else (incarnation, number + 1)
        self.log.append((*place, cause, None if cause == "create" else self.head, head))
        self.head, self.exists = head, cause != "delete"


class StoreMachine(RuleBasedStateMachine):
    """Drives a store and the model side by side. One store serves all runs, each with a database of its own."""

    def __init__(self, runner: asyncio.Runner, store: Any, scribe_of: Any, database: str) -> None:
        super().__init__()
        self.runner = runner
        self.store = store
        self.scribe = scribe_of(store, database)
        self.database = database
        self.states: dict[str | None, Known] = {None: Known()}
        self.names: dict[str, Moves] = {name: Moves() for name in ("main", "copy", "other")}

    def run(self, call: Awaitable[_T]) -> _T:
        async def finish() -> _T:
            return await call

        return self.runner.run(finish())

    @initialize()
    def make_database(self) -> None:
        self.run(self.store.create_database(Database(self.database)))

    def commit_at(self, place: int) -> str | None:
        return list(self.states)[place % len(self.states)]

    def move(self, name: str, cause: str, head: str | None) -> None:
        self.names[name].move(cause, head)
        self.names[name].times = [entry.time for entry in self.run(self.log_of(name))]

    async def log_of(self, name: str) -> list[Any]:
        return await self.store.ref_log(self.database, name, Cursor())

    @rule(name=NAMES)
    def create_orphan(self, name: str) -> None:
        self.create(name, None, None)

    @rule(name=NAMES, place=PLACES)
    def create_at_commit(self, name: str, place: int) -> None:
        commit = self.commit_at(place)
        self.create(name, None if commit is None else Revision(commit=commit), commit)

    def create(self, name: str, origin: Revision | None, head: str | None) -> None:
        if self.names[name].exists:
            with pytest.raises(AlreadyExists):
                self.run(self.scribe.branch(name, origin))
        else:
            self.run(self.scribe.branch(name, origin))
            self.move(name, "create", head)

    @rule(name=NAMES)
    def delete_branch(self, name: str) -> None:
        call = self.store.delete_branch(self.database, name, self.scribe.attribution)
        if self.names[name].exists:
            self.run(call)
            self.move(name, "delete", None)
        else:
            with pytest.raises(NotFound):
                self.run(call)

    @rule(name=NAMES, documents=WRITES, links=LINKS)
    def write(self, name: str, documents: dict[str, bytes | None], links: dict[str, frozenset[str]]) -> None:
        moves = self.names[name]
        before = self.states[moves.head]
        outcome = self.run(self.scribe.write(name, documents, references=links, create_branch=True))
        changed = {key: body for key, body in documents.items() if before.bodies.get(key) != body}
        assert outcome.changed == bool(changed)
        if not changed:
            assert outcome.commit == moves.head
            return
        if not moves.exists:
            moves.move("create", None)
        after = Known(dict(before.bodies), dict(before.links), moves.head)
        for key, body in changed.items():
            after.bodies[key], after.links[key] = body, links.get(key, frozenset())
            if body is None:
                del after.bodies[key], after.links[key]
        self.states[outcome.commit] = after
        self.move(name, "commit", outcome.commit)

    @rule(place=PLACES, kind=st.sampled_from([None, "Movie", "Role", "Actor"]), after=st.none() | IDS)
    def list_a_state(self, place: int, kind: str | None, after: str | None) -> None:
        commit = self.commit_at(place)
        expected = {
            key: body
            for key, body in sorted(self.states[commit].bodies.items(), key=lambda item: item[0].encode())
            if (kind is None or key.startswith(f"{kind}/")) and (after is None or key > after)
        }
        listed = self.run(self.scribe.contents(State(commit, None), type_name=kind, after_id=after))
        assert list(listed.items()) == list(expected.items())

    @rule(place=PLACES, keys=st.lists(IDS))
    def get_documents(self, place: int, keys: list[str]) -> None:
        commit = self.commit_at(place)
        found = self.run(self.store.get(self.database, State(commit, None), keys))
        assert [document and document.body for document in found] == [self.states[commit].bodies.get(k) for k in keys]

    @rule(old=PLACES, new=PLACES)
    def compare_two_states(self, old: int, new: int) -> None:
        before, after = self.commit_at(old), self.commit_at(new)
        changes = self.run(self.scribe.changes(State(before, None), State(after, None)))
        bodies = self.states[before].bodies, self.states[after].bodies
        keys = sorted(
            {key for side in bodies for key in side if bodies[0].get(key) != bodies[1].get(key)}, key=str.encode
        )
        expected = [(key, bodies[0].get(key), bodies[1].get(key)) for key in keys]
        assert [(change.id, change.before, change.after) for change in changes] == expected

    @rule(place=PLACES)
    def follow_the_log(self, place: int) -> None:
        commit = self.commit_at(place)
        expected, at = [], commit
        while at is not None:
            expected.append(at)
            at = self.states[at].parent
        log = self.run(self.store.log(self.database, State(commit, None), limit=1000))
        assert [entry.id for entry in log] == expected

    @rule(name=NAMES, wanted=IDS)
    def find_referrers(self, name: str, wanted: str) -> None:
        found: list[str] = []

        def look(view: Any) -> Plan:
            found.extend(view.referrers(wanted))
            return Plan((), ())

        if self.names[name].exists:
            self.run(self.store.write(self.scribe.request(name, look)))
        links = self.states[self.names[name].head].links
        expected = [key for key, targets in links.items() if wanted in targets] if self.names[name].exists else []
        assert found == sorted(expected, key=str.encode)

    @rule(name=NAMES)
    def read_at_every_moment(self, name: str) -> None:
        moves = self.names[name]
        for moment in sorted(time for each in self.names.values() for time in each.times):
            for microseconds in (-1, 0, 1):
                self.read_at(name, moves, moment + timedelta(microseconds=microseconds))

    def read_at(self, name: str, moves: Moves, at: datetime) -> None:
        past = [entry for entry, time in zip(moves.log, moves.times, strict=True) if time <= at]
        call = self.store.resolve(self.database, Revision(branch=name, at=at))
        if not past or past[-1][2] == "delete":
            with pytest.raises(NotFound):
                self.run(call)
        else:
            assert self.run(call) == State(past[-1][4], name)

    @invariant()
    def heads_and_ref_logs_agree(self) -> None:
        listed = {branch.name: branch.head for branch in self.run(self.store.list_branches(self.database))}
        assert listed == {name: moves.head for name, moves in self.names.items() if moves.exists}
        for name, moves in self.names.items():
            if moves.log:
                log = self.run(self.log_of(name))
                found = [
                    (entry.incarnation, entry.number, entry.cause, entry.old_head, entry.new_head) for entry in log
                ]
                assert found == moves.log


def test_any_history_reads_like_the_model(open_store, scribe_of):
    runs = iter(range(1_000_000))
    with asyncio.Runner() as runner:
        store = runner.run(open_store())
        run_state_machine_as_test(
            lambda: StoreMachine(runner, store, scribe_of, f"run-{next(runs)}"),
            settings=settings(max_examples=50, stateful_step_count=30, deadline=None, derandomize=True),
        )
        runner.run(store.close())
