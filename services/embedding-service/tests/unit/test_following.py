"""Following the ontology: exactly what changed is embedded, whatever fails on the way."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import pytest
from embedding_testing.fakes import DIMS, FakeCache, FakeMeter, FakeModel, FakeSource, FakeStore
from embedding_testing.waiting import until
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_service.adapters.exact_index import ExactIndex
from embedding_service.application.batching import Batcher, BatchLimits
from embedding_service.application.collections import Collections
from embedding_service.application.embedding import Embedding, TextLimits
from embedding_service.application.following import Following
from embedding_service.application.keeping import Item, Keeping
from embedding_service.application.recent import RecentVectors
from embedding_service.application.searching import Searching, Upserting, Wanted
from embedding_service.domain.collections import OBJECTS, content_hash
from embedding_service.domain.searchable import text_of
from shared.background import background
from shared.errors import InvalidInput, NotFound, TooLarge, Unavailable
from shared.telemetry import Telemetry


class AtOnce:
    """An executor without a thread."""

    def submit(self, work, /, *args):
        from concurrent.futures import Future  # noqa: PLC0415 - its only user

        done = Future()
        done.set_result(work(*args))
        return done


class Service:
    """One running service over a store and a source that outlive it."""

    def __init__(self, store, source, version="fake@1"):
        self.model, self.meter = FakeModel(version), FakeMeter()
        self.batcher = Batcher(self.model, BatchLimits(), self.meter)
        self.embedding = Embedding(
            card=self.model.card,
            batcher=self.batcher,
            cache=FakeCache(),
            recent=RecentVectors(0),
            meter=self.meter,
            limits=TextLimits(),
        )
        executor = AtOnce()
        self.collections = Collections(version, lambda: ExactIndex(DIMS, executor), self.meter)
        self.keeping = Keeping(store, self.collections, self.embedding)
        tracer = Telemetry.off("embedding").tracer
        self.following = Following(source, self.keeping, self.collections, self.meter, tracer, pause_s=0)
        self.searching = Searching(self.embedding, self.collections, self.meter)
        self.upserting = Upserting(self.keeping)
        self.source = source

    @property
    def kept(self):
        return dict(self.collections.known(OBJECTS))

    async def caught_up(self):
        await until(lambda: self.following.commit == self.source.head and self.keeping.is_open)


@asynccontextmanager
async def running(store, source, version="fake@1"):
    service = Service(store, source, version)
    failed = []
    async with (
        background("batching", service.batcher.run(), on_failure=lambda: failed.append("batching")),
        background("following", service.following.run(), on_failure=lambda: failed.append("following")),
    ):
        await asyncio.sleep(0)  # both have begun
        yield service
    assert failed == []


MARKS = {"Movie": ("title", "plot")}


@pytest.fixture
def source():
    return FakeSource()


@pytest.fixture
def store():
    return FakeStore()


async def test_objects_are_searchable_by_their_marked_properties(store, source):
    objects = {"Movie/1": {"title": "Alien", "plot": "space", "note": "x"}, "Movie/2": {"note": "nothing to search"}}
    source.commit({**objects, "Person/1": {"name": "Ripley"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()

        assert set(service.kept) == {"Movie/1"}
        assert service.model.embedded == {"Alien space": 1}
        (hit,) = await service.searching.by_text("Alien space", Wanted())
        assert (hit.id, hit.type, round(hit.score, 5)) == ("Movie/1", "Movie", 1.0)
        document = store.entries[OBJECTS, "Movie/1"]
        assert (document["source_commit"], document["model_version"], document["dims"]) == ("c1", "fake@1", DIMS)
        assert "text" not in document


async def test_exactly_what_changed_is_embedded(store, source):
    objects = {f"Movie/{n}": {"title": f"film{n}"} for n in range(5)}
    source.commit(objects, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        service.model.batches.clear()

        objects["Movie/1"] = {"title": "other"}
        objects["Movie/2"] = {"title": "film2", "note": "not searchable"}
        del objects["Movie/3"]
        objects["Movie/9"] = {"title": "new"}
        source.commit(objects, MARKS)
        await service.caught_up()

        assert service.model.embedded == {"other": 1, "new": 1}
        assert set(service.kept) == {"Movie/0", "Movie/1", "Movie/2", "Movie/4", "Movie/9"}
        assert service.meter.told["deleted"] == 1


async def test_the_place_is_in_the_commit_of_the_last_vectors(store, source):
    source.commit({f"Movie/{n}": {"title": f"film{n}"} for n in range(1200)}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()

    assert store.commits == [(500, 0, False), (500, 0, False), (200, 0, True)]


async def test_movements_that_change_nothing_here_make_no_commits(store, source):
    source.commit({"Movie/1": {"title": "a"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        for number in range(3):
            source.commit({"Movie/1": {"title": "a"}, "Person/1": {"age": number}}, MARKS)
            await service.caught_up()

        assert len(store.commits) == 1


async def test_another_set_of_marks_embeds_that_type_anew_and_no_other(store, source):
    objects = {"Movie/1": {"title": "a", "plot": "b"}, "Person/1": {"name": "c"}}
    source.commit(objects, {**MARKS, "Person": ("name",)})
    async with running(store, source) as service:
        await service.caught_up()
        service.model.batches.clear()

        source.commit(objects, {"Movie": ("plot", "title"), "Person": ("name",)})
        await service.caught_up()
        assert service.model.embedded == {"b a": 1}

        source.commit(objects, {"Movie": ("plot", "title")})
        await service.caught_up()
        assert set(service.kept) == {"Movie/1"}


async def test_a_start_reads_the_branch_and_embeds_nothing_again(store, source):
    objects = {"Movie/1": {"title": "a"}, "Movie/2": {"title": "b"}}
    source.commit(objects, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
    source.commit({**objects, "Movie/3": {"title": "c"}}, MARKS)

    async with running(store, source) as service:
        await service.caught_up()

        assert service.model.embedded == {"c": 1}
        assert {hit.id for hit in await service.searching.by_text("x", Wanted())} == {"Movie/1", "Movie/2", "Movie/3"}


async def test_another_model_embeds_everything_and_searches_no_vector_of_the_old_one(store, source):
    source.commit({"Movie/1": {"title": "a"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        await service.upserting.upsert("notes", [Item("n", "Note", "a note")], [])

    async with running(store, source, "fake@2") as service:
        await service.caught_up()

        assert service.model.embedded == {"a": 1, "a note": 1}
        assert {document["model_version"] for document in store.entries.values()} == {"fake@2"}
        assert service.collections.sizes == {"notes": 1, "objects": 1}


async def test_an_old_state_that_is_gone_is_made_up_for_by_listing(store, source):
    source.commit({"Movie/1": {"title": "a"}, "Movie/2": {"title": "b"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        source.forgotten.add("c1")
        service.model.batches.clear()

        source.commit({"Movie/2": {"title": "b"}, "Movie/3": {"title": "c"}}, MARKS)
        await service.caught_up()

        assert set(service.kept) == {"Movie/2", "Movie/3"}
        assert service.model.embedded == {"c": 1}


async def test_a_log_that_does_not_reach_the_place_is_followed_from_its_beginning(store, source):
    first = {"Movie/1": {"title": "a"}}
    source.commit(first, MARKS)
    async with running(store, source) as service:
        for number in range(2, 4):
            source.commit({**first, f"Movie/{number}": {"title": "b"}}, MARKS)
            await service.caught_up()
    source.restore(1)

    async with running(store, source) as service:
        await service.caught_up()

        assert service.meter.told["failed GONE"] == 1
        assert set(service.kept) == {"Movie/1"}
        assert (service.model.embedded, store.place["number"]) == ({}, 1)

    async with running(store, source) as service:
        await service.caught_up()
        assert service.meter.told["failed GONE"] == 0


async def test_a_write_of_another_process_is_read_before_going_on(store, source):
    source.commit({"Movie/1": {"title": "a"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        store.written_by_another()
        source.commit({"Movie/1": {"title": "b"}}, MARKS)
        await service.caught_up()

        assert service.meter.told["failed STALE_HEAD"] == 1
        assert store.entries[OBJECTS, "Movie/1"]["source_commit"] == "c2"


async def test_an_object_whose_id_is_too_long_stands_in_nobodys_way(store, source):
    source.commit({f"Movie/{'x' * 901}": {"title": "a"}, "Movie/2": {"title": "b"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        assert set(service.kept) == {"Movie/2"}
        assert service.meter.told["skipped id_too_long"] == 1


async def test_what_is_loaded_stays_searchable_while_the_kernel_is_away(store, source):
    source.commit({"Movie/1": {"title": "a"}}, MARKS)
    async with running(store, source) as service:
        await service.caught_up()
        store.faults = [Unavailable("away")] * 3
        source.commit({"Movie/1": {"title": "a"}, "Movie/2": {"title": "b"}}, MARKS)
        await until(lambda: service.meter.told["failed UNAVAILABLE"])

        assert [hit.id for hit in await service.searching.by_text("a", Wanted(top_k=1))] == ["Movie/1"]
        await service.caught_up()
        assert set(service.kept) == {"Movie/1", "Movie/2"}


_KEYS = st.sampled_from([f"{kind}/{number}" for kind in ("Movie", "Person") for number in range(4)])
_TEXTS = st.sampled_from(["red", "green", "blue", ""])
_MARKS = st.sampled_from([MARKS, {"Movie": ("plot",)}, {"Movie": ("title",), "Person": ("title",)}, {}])
_STEP = st.one_of(
    st.tuples(st.just("put"), _KEYS, _TEXTS, _TEXTS),
    st.tuples(st.just("delete"), _KEYS),
    st.tuples(st.just("mark"), _MARKS),
    st.tuples(st.just("fault"), st.integers(0, 2)),
    st.tuples(st.just("another")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("wait")),
)


@given(st.lists(_STEP, max_size=25))
@settings(max_examples=60)
def test_whatever_happens_the_collection_becomes_what_the_ontology_says(steps):
    asyncio.run(_story(steps))


async def _story(steps):
    store, source = FakeStore(), FakeSource()
    state = {"objects": {}, "marks": MARKS}
    source.commit(state["objects"], state["marks"])
    rest = list(steps)
    while True:
        async with running(store, source) as service:
            while rest and rest[0] != ("restart",):
                await _do(rest.pop(0), state, store, service)
            if not rest:
                await service.caught_up()
                await _compare(service, store, _expected(state["objects"], state["marks"]))
                return
        rest.pop(0)


async def _do(step, state, store, service):
    match step:
        case ("put", key, title, plot):
            state["objects"][key] = {"title": title, "plot": plot}
        case ("delete", key):
            state["objects"].pop(key, None)
        case ("mark", marks):
            state["marks"] = marks
        case ("fault", skipped):
            store.faults += [None] * skipped + [Unavailable("away")]
        case ("another",):
            store.written_by_another()
        case ("wait",):
            await service.caught_up()
    if step[0] in {"put", "delete", "mark"}:
        service.source.commit(state["objects"], state["marks"])


async def _compare(service, store, expected):
    stored = {entry_id: document["content_hash"] for (_, entry_id), document in store.entries.items()}
    assert stored == {entry_id: content_hash(text) for entry_id, text in expected.items()}
    for entry_id, text in expected.items():
        hits = await service.searching.by_text(text, Wanted(top_k=100))
        assert {hit.id for hit in hits} == set(expected)
        assert entry_id in {hit.id for hit in hits if hit.score > 0.9999}


def _expected(objects, marks):
    texts = {key: text_of(body, marks.get(key.partition("/")[0], ())) for key, body in objects.items()}
    return {key: text for key, text in texts.items() if text}


async def test_callers_keep_collections_of_their_own(store, source):
    async with running(store, source) as service:
        await until(lambda: service.keeping.is_open)
        notes = [Item("a", "Note", "red"), Item("b", "Memo", "blue")]
        first = await service.upserting.upsert("notes", notes, [])
        again = await service.upserting.upsert("notes", notes, [])
        changed = await service.upserting.upsert("notes", [Item("a", "Note", "green")], ["b", "unknown"])

        assert (first.embedded, again.embedded, changed.embedded, changed.deleted) == (2, 0, 1, 1)
        assert [hit.id for hit in await service.searching.by_text("green", Wanted("notes"))] == ["a"]
        assert await service.searching.by_text("green", Wanted("notes", types=frozenset({"Memo"}))) == []
        assert store.entries["notes", "a"]["text"] == "green"


@pytest.mark.parametrize(
    ("collection", "entries", "gone"),
    [
        ("objects", [Item("a", "", "x")], []),
        ("Notes", [Item("a", "", "x")], []),
        ("notes", [], []),
        ("notes", [Item("a", "", "x")], ["a"]),
        ("notes", [Item("a", "", " ")], []),
        ("notes", [Item("", "", "x")], []),
        ("notes", [Item("a\n", "", "x")], []),
        ("notes", [Item("a" * 901, "", "x")], []),
        ("notes", [Item(str(n), "", "x") for n in range(501)], []),
    ],
)
async def test_bad_entries_are_refused(store, source, collection, entries, gone):
    async with running(store, source) as service:
        await until(lambda: service.keeping.is_open)
        with pytest.raises(InvalidInput):
            await service.upserting.upsert(collection, entries, gone)
        assert store.commits == []


async def test_a_collision_with_another_process_is_told_as_passing(store, source):
    async with running(store, source) as service:
        await until(lambda: service.keeping.is_open)
        store.written_by_another()
        with pytest.raises(Unavailable):
            await service.upserting.upsert("notes", [Item("a", "", "x")], [])
        assert Counter(service.collections.sizes) == {"objects": 0}


async def test_searches_are_checked(store, source):
    async with running(store, source) as service:
        with pytest.raises(NotFound):
            await service.searching.by_text("x", Wanted("nowhere"))
        for top_k in (-1, 1001):
            with pytest.raises(InvalidInput):
                await service.searching.by_text("x", Wanted(top_k=top_k))
        with pytest.raises(InvalidInput):
            await service.searching.by_vector(service.model.vector("x").reshape(1, -1)[:, :3], Wanted())
        with pytest.raises(InvalidInput):
            await service.searching.similarity("x", [])
        with pytest.raises(TooLarge):
            await service.searching.similarity("x", ["y"] * 2048)
        assert await service.searching.similarity("x", ["x"]) == [pytest.approx(1.0)]
