"""Paths of resources, prefixes, and bodies of several objects."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.api.terminusdb.classes.prefixes import Prefixes
from data_kernel.api.terminusdb.documents.concatenation import concatenated, decode_several, read_several
from data_kernel.api.terminusdb.resources import Kind, parse_resource, path_segments
from data_kernel.application.addressing import NamedRevision
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import StoredDocument
from shared.context import CallContext
from shared.errors import InvalidInput, TooLarge

OBJECTS = st.lists(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())), min_size=2, max_size=5)


@pytest.mark.parametrize(
    ("path", "kind", "name", "descriptor"),
    [
        ("admin/db", Kind.BRANCH, "", "admin/db/local/branch/main"),
        ("/admin/db/local/", Kind.BRANCH, "", "admin/db/local/branch/main"),
        ("admin/db/local/branch/dev%2Foms%2Fx", Kind.BRANCH, "dev/oms/x", "admin/db/local/branch/dev/oms/x"),
        ("admin/db/local/commit/abc", Kind.COMMIT, "abc", "admin/db/local/commit/abc"),
        ("admin/db/local/_commits", Kind.COMMIT_GRAPH, "", "admin/db/local/_commits"),
        ("admin/db/_meta", Kind.REPOSITORY_GRAPH, "", "admin/db/_meta"),
        ("_system", Kind.SYSTEM, "", "_system"),
    ],
)
def test_a_path_names_a_resource(path: str, kind: Kind, name: str, descriptor: str) -> None:
    resource = parse_resource(path_segments(path))
    assert resource is not None
    assert (resource.kind, resource.name, resource.descriptor) == (kind, name, descriptor)


@pytest.mark.parametrize("path", ["", "admin", "admin/db/local/twig/main", "admin/db/local/branch/main/extra"])
def test_other_paths_name_none(path: str) -> None:
    assert parse_resource(path_segments(path)) is None


def test_a_branch_that_is_not_named_is_that_of_the_context_else_main() -> None:
    unnamed, named = parse_resource(["admin", "db"]), parse_resource(["admin", "db", "local", "branch", "x"])
    assert unnamed is not None
    assert named is not None
    assert unnamed.revision(CallContext()) == NamedRevision(branch="main")
    assert unnamed.revision(CallContext(branch="y")) == NamedRevision(branch="")
    assert named.revision(CallContext(branch="y")) == NamedRevision(branch="x")
    assert (unnamed.version("c"), unnamed.version(None)) == ("branch:c", "")


def test_a_branchs_context_has_the_last_word_on_prefixes() -> None:
    database = Database("db")
    assert Prefixes.of(database, None).full_id("A/b") == "terminusdb:///data/A/b"
    told = StoredDocument("@context", "@context", b'{"@base":"http://b/","@schema":"http://s#","@type":"@context"}')
    prefixes = Prefixes.of(database, told)
    assert (prefixes.full_id("A/b"), prefixes.short_id("http://b/A/b")) == ("http://b/A/b", "A/b")
    assert (prefixes.full_name("A"), prefixes.short_name("http://s#A"), prefixes.short_name("A")) == (
        "http://s#A",
        "A",
        "A",
    )


@given(OBJECTS, st.sampled_from(["", " ", "\n\n"]), st.booleans())
def test_objects_that_follow_one_another_are_parted(objects: list[object], between: str, ascii_only: bool) -> None:
    text = between.join(json.dumps(each, ensure_ascii=ascii_only) for each in objects).encode()
    assert [json.loads(part) for part in concatenated(text, len(objects))] == objects


@pytest.mark.parametrize("text", ["", "{oops", "{}}", "}{", "{}[", '{"a":"', "7", "{} 7"])
def test_what_does_not_close_is_not_parted(text: str) -> None:
    assert concatenated(text.encode(), 10) == []


def test_more_objects_than_one_request_may_bring_are_refused_unread() -> None:
    assert decode_several(b"{}{}", 2) == [{}, {}]
    with pytest.raises(TooLarge):
        decode_several(b"{}{}{", 1)
    with pytest.raises(InvalidInput) as refused:
        decode_several(b"{} {oops}", 2)
    assert "body/1" in refused.value.detail


async def test_a_large_text_is_read_alike() -> None:
    large = b'{"a":"' + b"x" * 300_000 + b'"}'
    assert await read_several(large + b"{}", 2) == [{"a": "x" * 300_000}, {}]
    assert await read_several(large, 2) is None
