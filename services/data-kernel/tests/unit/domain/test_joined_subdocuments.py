"""Two subdocuments of one key in a set: one that has the values of both, where there can be such a one."""

import pytest

from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import decode


def of(family, name, **more):
    return {"@type": family, "@class": name, **more}


INNER = {"@type": "Class", "@id": "Inner", "@subdocument": [], "x": "xsd:integer"}
PART = {
    "@type": "Class",
    "@id": "Part",
    "@key": {"@type": "Lexical", "@fields": ["key"]},
    "@subdocument": [],
    "key": "xsd:string",
    "size": of("Optional", "xsd:integer"),
    "tags": of("Set", "xsd:string"),
    "to": of("Optional", "Box"),
    "steps": of("Array", "xsd:string"),
    "counted": of("Cardinality", "xsd:string", **{"@max_cardinality": 1}),
    "free": of("Optional", "sys:JSON"),
    "inner": of("Optional", "Inner"),
    "@oneOf": {"a": "xsd:string", "b": "xsd:string"},
}
BOX = {"@type": "Class", "@id": "Box", "@key": {"@type": "Random"}, "parts": of("Set", "Part")}
SCHEMA = parse_schema({each["@id"]: each for each in (INNER, PART, BOX)})


def elaborated(one, other):
    parts = [{"key": "k", **({} if "b" in each else {"a": "a"}), **each} for each in (one, other)]
    return elaborate(SCHEMA, {"@type": "Box", "@id": "Box/1", "parts": parts})


JOINED = [
    ({}, {}, {}),
    ({"size": 1}, {}, {"size": 1}),
    ({"size": 2}, {"size": 1}, {"size": [1, 2]}),
    ({"tags": ["b", "a"]}, {"tags": "c"}, {"tags": ["a", "b", "c"]}),
    ({"to": "Box/2"}, {"to": "Box/1"}, {"to": ["Box/1", "Box/2"]}),
    ({"steps": ["b", "a"]}, {"free": {"x": 1}}, {"steps": ["b", "a"], "free": {"x": 1}}),
]


@pytest.mark.parametrize(("one", "other", "both"), JOINED)
def test_what_one_has_or_both_have_is_there(one, other, both):
    found = elaborated(one, other)
    assert found.violations == ()
    expected = {"@id": "Box/1/parts/Part/k", "@type": "Part", "key": "k", "a": "a", **both}
    assert decode(found.body)["parts"] == [expected]
    assert elaborate(SCHEMA, decode(found.body), is_stored=True).body == found.body


APART = [
    ({"steps": ["a"]}, {"steps": ["b"]}),
    ({"counted": "a"}, {"counted": "b"}),
    ({"free": {"x": 1}}, {"free": {"x": 2}}),
    ({"inner": {"x": 1}}, {"inner": {"x": 2}}),
    ({}, {"b": "b"}),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_would_be_no_document_of_its_class_is_refused(one, other):
    found = elaborated(one, other)
    assert [(each.path, each.rule) for each in found.violations] == [("Box/1#/parts", "key_repeated")]
