"""Small texts: what may be a prefix, and how values of other kinds are told."""

import pytest

from data_kernel.api.terminusdb.documents.identities import Subject, merged
from data_kernel.api.terminusdb.iris import is_iri, is_prefix_name
from data_kernel.api.terminusdb.own_members import own_members
from data_kernel.api.terminusdb.refusing.refusals import prolog_text
from data_kernel.api.terminusdb.versions.commit_documents import user, version_of
from shared import context
from shared.canonical import Json
from shared.context import CallContext, Caller


@pytest.mark.parametrize("text", ["http://a/", "urn:x", "a+b.c-1:d", "terminusdb:///data/", "http://é/한"])
def test_iris(text: str) -> None:
    assert is_iri(text)


@pytest.mark.parametrize("text", ["", "a", "http://a b", "1a:b", ":b", "a:", "a:<", "a:\n", "a:" + "b" * 2000])
def test_what_is_no_iri(text: str) -> None:
    assert not is_iri(text)


def test_names_of_prefixes() -> None:
    assert all(is_prefix_name(each) for each in ("ex", "_x", "a.b-c"))
    assert not any(is_prefix_name(each) for each in ("", "@base", "1x", "a b", "a:b", "é", "a\n"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        ("a", '"a"'),
        ([1, None], "[1,null]"),
        ({"b": 1, "@type": "T"}, "json{'@type':\"T\",b:1}"),
    ],
)
def test_values_as_prolog_writes_them(value: Json, text: str) -> None:
    assert prolog_text(value) == text


def test_a_long_value_is_cut() -> None:
    assert len(prolog_text("x" * 10_000)) < 300
    assert len(prolog_text([[[["x"] * 100] * 100] * 100] * 5)) < 300


def test_versions_tell_apart_what_is_parted_differently() -> None:
    versions = [version_of(texts) for texts in (["ab"], ["a", "b"], ["", "ab"], ["ab", ""], [])]
    assert len(set(versions)) == len(versions)
    assert version_of(["ab"]) == versions[0]


def test_who_calls_directly_has_no_service() -> None:
    assert user("admin@data-kernel") == "terminusdb://system/data/User/admin"
    assert user("alice@oms") == "terminusdb://system/data/User/alice@oms"


@pytest.mark.parametrize(("service", "told"), [("data-kernel", {}), ("oms", {"oms:a": 1})])
def test_only_services_read_the_platforms_own_members(service: str, told: dict[str, Json]) -> None:
    with context.use(CallContext(caller=Caller("alice", service))):
        assert own_members({"a": 1}) == told
    assert own_members({"a": 1}) == {}


def test_documents_of_one_id_are_made_one() -> None:
    subjects = [Subject("A", {"x": 1}), Subject("", {"y": 1}), Subject("A", {"x": 2, "z": 3}), Subject("", {"y": 1})]
    assert merged(subjects) == [{"x": 2, "z": 3}, {"y": 1}, {"y": 1}]
