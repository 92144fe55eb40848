"""Any history of writes, branches, moves and tags answers like a model of dictionaries, whenever it is read."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
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

from data_kernel.application.ports import DetachedRequest, Idempotency, MoveRequest, Plan
from data_kernel.domain.commits import Cursor, RefCause
from data_kernel.domain.databases import Database, Revision, State, Tag
from data_kernel.domain.documents import Graph
from shared.errors import AlreadyExists, Conflict, Internal, NotFound, ValidationFailed

IDS = st.sampled_from(["Actor/1", "Actor/é", "Movie/", "Movie/1", "Movie/10", "Movie/2", "Role/x", "Role/😀"])
BODY_ONE, BODY_BOTH, BODY_TEXT = b'{"n":1}', b'{"n":[1.0,"1"]}', b'{"n":"1","of":[1]}'
BODIES = st.sampled_from([BODY_ONE, BODY_BOTH, BODY_TEXT, None])
VALUES = st.sampled_from([1, "1", True])
WRITES = st.dictionaries(IDS, BODIES, min_size=1, max_size=4)
CLASSES = st.sampled_from(["Movie", "Role"])
LINKS = st.dictionaries(IDS, st.frozensets(IDS, max_size=2), max_size=4)
NAMES = st.sampled_from(["main", "copy", "other"])
TAGS = st.sampled_from(["v1", "v2"])
PLACES = st.integers(min_value=0, max_value=10_000)

_T = TypeVar("_T")


@dataclass
class Known:
    """A state as the model has it: bodies, who refers to what, and the commit before."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, frozenset[str]] = field(default_factory=dict)
    classes: dict[str, bytes] = field(default_factory=dict)
    parents: tuple[str, ...] = ()

    def put(self, documents: Mapping[str, bytes | None], links: Mapping[str, frozenset[str]]) -> "Known":
        """The state after a write to the instance graph."""
        after = Known(dict(self.bodies), dict(self.links), self.classes)
        for key, body in documents.items():
            if body == self.bodies.get(key):
                continue
            after.bodies[key], after.links[key] = body or b"", links.get(key, frozenset())
            if body is None:
                del after.bodies[key], after.links[key]
        return after


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
    """Drives a store and the model side by side."""

    def __init__(self, shelf: "Shelf", scribe_of: Any, database: str) -> None:
        super().__init__()
        self.runner = shelf.runner
        self.shelf = shelf
        self.scribe = scribe_of(shelf.store, database)
        self.database = database
        self.tags: dict[str, str] = {}
        self.answers: dict[str, tuple[str, Any]] = {}
        self.states: dict[str | None, Known] = {None: Known()}
        self.names: dict[str, Moves] = {name: Moves() for name in ("main", "copy", "other")}

    @property
    def store(self) -> Any:
        return self.shelf.store

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
        changed = any(before.bodies.get(key) != body for key, body in documents.items())
        self.written(name, outcome, before.put(documents, links) if changed else None)

    def written(self, name: str, outcome: Any, after: Known | None, cause: str = "commit") -> None:
        """A write was answered, which made the state `after`, or `None` where nothing has changed."""
        moves = self.names[name]
        assert outcome.changed == (after is not None)
        if after is None:
            assert outcome.commit == moves.head
            return
        if not moves.exists:
            moves.move("create", None)
        parents = (*(() if moves.head is None else (moves.head,)), *after.parents)
        self.states[outcome.commit] = replace(after, parents=parents)
        self.move(name, cause, outcome.commit)

    @rule(name=NAMES, classes=st.dictionaries(CLASSES, BODIES, min_size=1, max_size=2))
    def write_classes(self, name: str, classes: dict[str, bytes | None]) -> None:
        before = self.states[self.names[name].head]
        outcome = self.run(self.scribe.write(name, classes, graph=Graph.SCHEMA, create_branch=True))
        after = {key: body for key, body in (before.classes | classes).items() if body is not None}
        self.written(name, outcome, replace(before, classes=after, parents=()) if after != before.classes else None)

    @rule(name=NAMES, documents=WRITES, place=PLACES)
    def merge(self, name: str, documents: dict[str, bytes | None], place: int) -> None:
        other = self.commit_at(place)
        if other is not None:
            before = self.states[self.names[name].head]
            options = {"cause": RefCause.MERGE, "merge_parents": (other,), "create_branch": True}
            outcome = self.run(self.scribe.write(name, documents, **options))
            self.written(name, outcome, replace(before.put(documents, {}), parents=(other,)), "merge")

    @rule(name=NAMES, first=WRITES, second=WRITES)
    def write_in_one_group(self, name: str, first: dict[str, bytes | None], second: dict[str, bytes | None]) -> None:
        def stumble(view: Any) -> Plan:
            list(view.scan(Graph.INSTANCE))
            raise RuntimeError("a fault")

        def refuse(view: Any) -> Plan:
            raise ValidationFailed("not like this")

        async def together() -> list[Any]:
            calls = [
                self.scribe.write(name, first, create_branch=True),
                self.store.write(self.scribe.request(name, stumble, create_branch=True)),
                self.scribe.write(name, second, create_branch=True),
                self.store.write(self.scribe.request(name, refuse, create_branch=True)),
            ]
            return await asyncio.gather(*calls, return_exceptions=True)

        one, fault, two, refusal = self.run(together())
        assert isinstance(fault, Internal)
        assert isinstance(refusal, ValidationFailed)
        for documents, outcome in ((first, one), (second, two)):
            before = self.states[self.names[name].head]
            changed = any(before.bodies.get(key) != body for key, body in documents.items())
            self.written(name, outcome, before.put(documents, {}) if changed else None)

    @rule(name=NAMES, documents=WRITES, key=st.sampled_from(["one", "two"]))
    def write_with_a_key(self, name: str, documents: dict[str, bytes | None], key: str) -> None:
        asked = Idempotency(key, repr((name, sorted(documents.items()))))
        call = self.scribe.write(name, documents, idempotency=asked, create_branch=True)
        if key not in self.answers:
            before = self.states[self.names[name].head]
            outcome = self.run(call)
            self.answers[key] = (asked.fingerprint, outcome)
            changed = any(before.bodies.get(each) != body for each, body in documents.items())
            self.written(name, outcome, before.put(documents, {}) if changed else None)
        elif self.answers[key][0] == asked.fingerprint:
            assert self.run(call) == self.answers[key][1]
        else:
            with pytest.raises(Conflict):
                self.run(call)

    @rule(base=PLACES, parents=st.lists(PLACES, max_size=3), documents=WRITES)
    def write_detached(self, base: int, parents: list[int], documents: dict[str, bytes | None]) -> None:
        commit = self.commit_at(base)
        chosen = tuple(dict.fromkeys(each for place in parents if (each := self.commit_at(place)) is not None))
        planner = self.scribe.planner(documents)
        request = DetachedRequest(self.database, "main", self.scribe.attribution, commit, chosen, planner)
        made = self.run(self.store.write_detached(request))
        self.states[made] = replace(self.states[commit].put(documents, {}), parents=chosen)

    @rule(name=NAMES, place=PLACES, cause=st.sampled_from([RefCause.RESET, RefCause.FAST_FORWARD, RefCause.REBASE]))
    def move_branch(self, name: str, place: int, cause: RefCause) -> None:
        commit = self.commit_at(place)
        call = self.store.move_branch(MoveRequest(self.database, name, commit, cause, self.scribe.attribution))
        if self.names[name].exists:
            assert self.run(call).commit == commit
            self.move(name, cause.value, commit)
        else:
            with pytest.raises(NotFound):
                self.run(call)

    @rule(name=TAGS, place=PLACES)
    def set_tag(self, name: str, place: int) -> None:
        commit = self.commit_at(place)
        if commit is not None:
            self.run(self.store.set_tag(Tag(self.database, name, commit)))
            self.tags[name] = commit

    @rule(name=TAGS)
    def delete_tag(self, name: str) -> None:
        call = self.store.delete_tag(self.database, name)
        if name in self.tags:
            self.run(call)
            del self.tags[name]
        else:
            with pytest.raises(NotFound):
                self.run(call)

    @rule()
    def open_again(self) -> None:
        self.shelf.open_again()
        self.scribe.store = self.store

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
        classes = self.run(self.scribe.contents(State(commit, None), graph=Graph.SCHEMA))
        assert classes == self.states[commit].classes

    @rule(place=PLACES, kind=CLASSES, value=VALUES)
    def find_by_a_value(self, place: int, kind: str, value: int | str) -> None:
        """Whatever index an earlier state has left, and after the store was opened again without any."""
        commit = self.commit_at(place)
        having = {1: {BODY_ONE, BODY_BOTH}, "1": {BODY_BOTH, BODY_TEXT}}
        wanted = set() if value is True else having[value]
        bodies = self.states[commit].bodies
        expected = [key for key, body in bodies.items() if key.startswith(f"{kind}/") and body in wanted]
        found = self.run(self.scribe.having(State(commit, None), kind, "n", value))
        assert found == sorted(expected, key=str.encode)

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
        expected = self.first_parents(commit)
        log = self.run(self.store.log(self.database, State(commit, None), limit=1000))
        assert [entry.id for entry in log] == expected

    def first_parents(self, commit: str | None) -> list[str]:
        found = []
        while commit is not None:
            found.append(commit)
            commit = next(iter(self.states[commit].parents), None)
        return found

    @rule(place=PLACES, wanted=IDS)
    def follow_a_document(self, place: int, wanted: str) -> None:
        expected = []
        for commit in self.first_parents(self.commit_at(place)):
            parent = next(iter(self.states[commit].parents), None)
            sides = [self.states[each].bodies.get(wanted) for each in (parent, commit)]
            if sides[0] != sides[1]:
                expected.append((commit, *sides))
        history = self.run(self.store.history(self.database, State(self.commit_at(place), None), wanted, limit=1000))
        assert [(each.commit.id, each.change.before, each.change.after) for each in history] == expected

    @rule(place=PLACES, wanted=IDS)
    def find_referrers_of_a_state(self, place: int, wanted: str) -> None:
        commit = self.commit_at(place)
        expected = [key for key, targets in self.states[commit].links.items() if wanted in targets]
        found = self.run(self.store.referrers(self.database, State(commit, None), wanted))
        assert found == sorted(expected, key=str.encode)

    @rule(one=PLACES, other=PLACES)
    def find_merge_bases(self, one: int, other: int) -> None:
        commits = [self.commit_at(place) for place in (one, other)]
        if None not in commits:
            common = set.intersection(*(self.ancestors(commit) for commit in commits))
            beyond = {each for commit in common for each in self.ancestors(commit) - {commit}}
            found = self.run(self.store.merge_bases(self.database, *commits))
            assert found == [commit for commit in reversed(self.states) if commit in common - beyond]

    def ancestors(self, commit: str) -> set[str]:
        return {commit}.union(*(self.ancestors(parent) for parent in set(self.states[commit].parents)))

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
    def tags_agree(self) -> None:
        listed = {tag.name: tag.commit for tag in self.run(self.store.list_tags(self.database))}
        assert listed == self.tags

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


@dataclass
class Shelf:
    """The store that all runs use, each with a database of its own."""

    runner: asyncio.Runner
    open_store: Any
    store: Any = None

    def open_again(self) -> None:
        async def again() -> Any:
            if self.store is not None:
                await self.store.close()
            return await self.open_store()

        self.store = self.runner.run(again())


def test_any_history_reads_like_the_model(open_store, scribe_of):
    runs = iter(range(1_000_000))
    with asyncio.Runner() as runner:
        shelf = Shelf(runner, open_store)
        shelf.open_again()
        run_state_machine_as_test(
            lambda: StoreMachine(shelf, scribe_of, f"run-{next(runs)}"),
            settings=settings(max_examples=50, stateful_step_count=40, deadline=None, derandomize=True),
        )
        runner.run(shelf.store.close())
