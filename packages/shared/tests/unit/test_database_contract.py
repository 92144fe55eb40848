"""What all document clients share."""

import importlib
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import context
from shared.clients import EventGatewayClient, TerminusGatewayClient
from shared.clients.call_scope import call_scope
from shared.context import CallContext
from shared.database import interfaces
from shared.database.client_factory import DatabaseClientFactory
from shared.database.clients.terminus import TerminusDBClient
from shared.database.collection_methods import CollectionMethods
from shared.database.interfaces import DocumentDatabase, WriteResult
from shared.database.revisions import NamedState, named_state
from shared.errors import InvalidInput
from shared.merge_patch import merge_patch

JSON = st.recursive(
    st.none() | st.integers() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


class Recorder(CollectionMethods):
    def __init__(self) -> None:
        self.calls = []

    async def get_document(self, document_id, **at):
        self.calls.append(("get", document_id))
        return {"@id": document_id}

    async def put_document(self, document, *, create=None, **options):
        self.calls.append(("put", document, create))
        return WriteResult(("Movie/a",), "c", "main", changed=False)

    async def delete_document(self, document_id, **options):
        self.calls.append(("delete", document_id))
        return WriteResult((document_id,), "c", "main", changed=True)


async def test_the_methods_by_collection_are_those_by_database():
    store = Recorder()

    assert await store.create("Movie", {"title": "A"}) == "Movie/a"
    assert await store.read("Movie", "a") == {"@id": "Movie/a"}
    assert await store.read("Movie", "Movie/a") == {"@id": "Movie/a"}
    assert await store.update("Movie", "a", {"title": "B"}) is False
    assert await store.delete("Movie", "a") is True

    assert store.calls == [
        ("put", {"@type": "Movie", "title": "A"}, True),
        ("get", "Movie/a"),
        ("get", "Movie/a"),
        ("put", {"@type": "Movie", "title": "B", "@id": "Movie/a"}, False),
        ("delete", "Movie/a"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.create("Movie", [1]),
        lambda store: store.create("Movie", {"@type": "Person"}),
        lambda store: store.update("Movie", "a", {"@id": "Movie/b"}),
    ],
)
async def test_a_document_that_is_not_of_the_collection_is_refused(call):
    store = Recorder()
    with pytest.raises(InvalidInput):
        await call(store)
    assert store.calls == []


@pytest.mark.parametrize("kind", [TerminusDBClient, TerminusGatewayClient])
def test_every_client_has_every_method_of_the_contract(kind):
    wanted = {name for name in vars(DocumentDatabase) if not name.startswith("_")}

    assert wanted
    assert wanted <= {name for name in dir(kind) if not name.startswith("_")}


def test_the_names_of_earlier_days_are_the_same_protocols():
    for name in ("DocumentDatabase", "CacheDatabase", "MessageQueue", "ExternalService"):
        assert getattr(interfaces, f"I{name}") is getattr(interfaces, name)


def test_the_module_of_earlier_days_warns_and_gives_the_same_client():
    sys.modules.pop("shared.data_kernel_client", None)
    with pytest.warns(DeprecationWarning, match=r"shared\.clients"):
        module = importlib.import_module("shared.data_kernel_client")
    assert module.TerminusGatewayClient is TerminusGatewayClient


@pytest.mark.parametrize(
    ("rev", "branch", "state"),
    [
        (None, None, NamedState()),
        ("", "main", NamedState(branch="main")),
        ("abc", "main", NamedState(commit="abc")),
        (
            "2026-01-01T09:00:00.5+09:00",
            "main",
            NamedState(branch="main", time=datetime(2026, 1, 1, microsecond=500_000, tzinfo=UTC)),
        ),
    ],
)
def test_a_revision_is_a_commit_a_time_or_a_head(rev, branch, state):
    assert named_state(rev, branch) == state


@pytest.mark.parametrize(
    "rev", ["2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_without_an_offset_is_refused(rev):
    with pytest.raises(InvalidInput, match="RFC 3339"):
        named_state(rev, None)


def test_what_a_call_says_goes_before_the_context():
    outer = CallContext(branch="main", database="oms", commit_message="m", bearer_token="t")
    with context.use(outer):
        with call_scope(branch="x", idempotency_key="k") as inner:
            assert context.current() is inner
        assert context.current() is outer

    assert (inner.branch, inner.database, inner.commit_message) == ("x", "oms", "m")
    assert (inner.idempotency_key, inner.bearer_token) == ("k", "t")


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": "c"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches_are_those_of_rfc_7396(target, patch, result):
    assert merge_patch(target, patch) == result


@given(JSON, JSON)
def test_a_merge_patch_applied_twice_is_applied_once(target, patch):
    once = merge_patch(target, patch)

    assert merge_patch(once, patch) == once


async def test_the_factory_makes_one_client_for_each_target_and_closes_them():
    factory = DatabaseClientFactory("oms")

    gateway = factory.gateway("127.0.0.1:1")
    assert factory.gateway("127.0.0.1:1") is gateway
    assert factory.gateway("127.0.0.1:2") is not gateway
    assert factory.terminus("http://127.0.0.1:1") is factory.terminus("http://127.0.0.1:1")
    assert isinstance(factory.event_gateway("127.0.0.1:1"), EventGatewayClient)
    assert isinstance(gateway, DocumentDatabase)

    await factory.close()

    assert factory.gateway("127.0.0.1:1") is not gateway
    await factory.close()


async def test_the_class_methods_of_earlier_days_use_the_processs_factory():
    factory = DatabaseClientFactory("oms")
    factory.install()

    assert DatabaseClientFactory.get_terminus_client() is factory.terminus()
    await DatabaseClientFactory.reset()
    assert DatabaseClientFactory.get_terminus_client() is not factory.terminus()

    await DatabaseClientFactory.reset()
    await factory.close()


def test_the_kernels_client_needs_none_of_the_brokers_libraries():
    script = (
        "import sys; from shared.clients import TerminusGatewayClient; "
        "sys.exit(bool({'nats', 'cloudevents', 'jsonschema'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
