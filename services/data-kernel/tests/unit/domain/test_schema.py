"""Reading the class language, and naming everything in it that cannot be read."""

import pytest

from data_kernel.domain.schema import Family, Key, KeyKind, Range, RangeKind, parse_schema
from shared.errors import ValidationFailed

MOVIE = {
    "@type": "Class",
    "@id": "Movie",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "@documentation": {"@label": "Movie", "@properties": {"title": "Its title"}},
    "@metadata": {"any": ["thing", {"n": 1}]},
    "title": "xsd:string",
    "year": {"@type": "Optional", "@class": "xsd:integer"},
    "genre": {"@type": "Set", "@class": "Genre"},
    "director": "Person",
    "tags": {"@type": "List", "@class": "xsd:string"},
    "free": {"@type": "Optional", "@class": "sys:JSON"},
}
PERSON = {"@type": "Class", "@id": "Person", "name": "xsd:string"}
GENRE = {"@type": "Enum", "@id": "Genre", "@value": ["drama", "comedy"], "@documentation": {"@values": {"drama": "D"}}}


def parse(*documents):
    return parse_schema({each.get("@id", each.get("@type")): each for each in documents})


def violations(*documents):
    with pytest.raises(ValidationFailed) as caught:
        parse(*documents)
    return [(each.path, each.rule) for each in caught.value.violations]


def a_class(**members):
    return {"@type": "Class", "@id": "Bad", **members}


def test_a_schema_is_read():
    schema = parse(MOVIE, PERSON, GENRE)
    movie = schema.classes["Movie"]
    assert movie.key == Key(KeyKind.LEXICAL, ("title",))
    assert {name: (each.family, each.range) for name, each in movie.properties.items()} == {
        "title": (Family.REQUIRED, Range(RangeKind.DATATYPE, "xsd:string")),
        "year": (Family.OPTIONAL, Range(RangeKind.DATATYPE, "xsd:integer")),
        "genre": (Family.SET, Range(RangeKind.ENUM, "Genre")),
        "director": (Family.REQUIRED, Range(RangeKind.CLASS, "Person")),
        "tags": (Family.LIST, Range(RangeKind.DATATYPE, "xsd:string")),
        "free": (Family.OPTIONAL, Range(RangeKind.JSON, "sys:JSON")),
    }
    assert schema.classes["Person"].key == Key(KeyKind.RANDOM)
    assert schema.enums["Genre"].values == ("drama", "comedy")
    assert schema.users_of_enum("Genre") == {"Movie"}
    assert (schema.base, schema.namespace) == ("terminusdb:///data/", "terminusdb:///schema#")


def test_the_context_names_the_prefixes():
    schema = parse({"@type": "@context", "@base": "iri://b/", "@schema": "iri://s#", "@documentation": {"@title": "T"}})
    assert (schema.base, schema.namespace) == ("iri://b/", "iri://s#")
    assert violations({"@type": "@context", "@base": "x"}) == [
        ("@context#/@base", "prefix"),
        ("@context#/@schema", "prefix"),
    ]


UNSUPPORTED = [
    (a_class(**{"@nonsense": 1}), "Bad#/@nonsense"),
    (a_class(**{"@key": {"@type": "ValueHash", "@fields": []}}), "Bad#/@key/@fields"),
    (a_class(**{"@key": {"@type": "Random", "@fields": []}}), "Bad#/@key/@fields"),
    (a_class(**{"@key": {"@type": "Lexical", "@fields": ["j"]}}, j="sys:JSON"), "Bad#/@key/@fields/0"),
    (a_class(**{"@key": {"@type": "Lexical", "@fields": ["x"]}}, x="xsd:nonsense"), "Bad#/x"),
    (a_class(x={"@type": "Set", "@class": "xsd:string", "@min": 1}), "Bad#/x/@min"),
    (a_class(x={"@type": "Set", "@class": {"@type": "Set"}}), "Bad#/x"),
    (a_class(x="xsd:nonsense"), "Bad#/x"),
    (a_class(x="xsd:nonsense"), "Bad#/x"),
    (a_class(x={"@type": "Table", "@class": "xsd:string"}), "Bad#/x/@type"),
    (
        a_class(**{"@key": {"@type": "Lexical", "@fields": ["x"]}}, x={"@type": "Array", "@class": "xsd:string"}),
        "Bad#/@key/@fields/0",
    ),
]


@pytest.mark.parametrize(("document", "path"), UNSUPPORTED, ids=[path for _, path in UNSUPPORTED])
def test_what_is_not_offered_is_named(document, path):
    assert violations(PERSON, document) == [(path, "unsupported")]


WRONG = [
    (a_class(x="Nowhere"), "Bad#/x", "unknown_type"),
    (a_class(x={"@type": "Bag", "@class": "xsd:string"}), "Bad#/x/@type", "unknown_word"),
    (a_class(x={"@type": "Set"}), "Bad#/x", "unsupported"),
    (a_class(**{"@key": {"@type": "Sequential"}}), "Bad#/@key", "unknown_word"),
    (a_class(**{"@key": "Random"}), "Bad#/@key", "unknown_word"),
    (a_class(**{"@key": {"@type": "Lexical"}}), "Bad#/@key/@fields", "key"),
    (a_class(**{"@key": {"@type": "Hash"}}), "Bad#/@key/@fields", "key"),
    (a_class(**{"@key": {"@type": "Hash", "@fields": ["nope"]}}), "Bad#/@key/@fields/0", "key"),
    (a_class(**{"@key": {"@type": "Lexical", "@fields": ["nope"]}}), "Bad#/@key/@fields/0", "key"),
    (a_class(**{"a b": "xsd:string"}), "Bad#/a b", "name"),
    (
        a_class(**{"@documentation": {"@properties": {"nope": "x"}}}),
        "Bad#/@documentation/@properties/nope",
        "documentation",
    ),
    (
        a_class(**{"@documentation": {"@language": "nonsense"}}),
        "Bad#/@documentation/@language",
        "unknown_language",
    ),
    (
        a_class(**{"@documentation": [{"@language": "en"}, {"@language": "en"}]}),
        "Bad#/@documentation/1/@language",
        "language_repeated",
    ),
    (a_class(**{"@documentation": "x"}), "Bad#/@documentation", "documentation"),
    (a_class(**{"@inherits": "Nowhere"}), "Bad#/@inherits", "unknown_parent"),
    (a_class(**{"@inherits": ["Bad"]}), "Bad#/@inherits", "inheritance_cycle"),
    (a_class(**{"@abstract": True}), "Bad#/@abstract", "mark"),
    (a_class(**{"@base": ""}), "Bad#/@base", "prefix"),
    (a_class(**{"@oneOf": {}}), "Bad#/@oneOf", "choice"),
    (a_class(**{"@oneOf": [{"x": "Nowhere"}]}), "Bad#/@oneOf/0/x", "unknown_type"),
    (
        a_class(x={"@type": "Cardinality", "@class": "xsd:string", "@max_cardinality": -1}),
        "Bad#/x/@max_cardinality",
        "count",
    ),
    (a_class(x={"@type": "Array", "@class": "xsd:string", "@dimensions": 0}), "Bad#/x/@dimensions", "dimensions"),
    ({"@type": "Class", "@id": "a/b"}, "a/b#/@id", "name"),
    ({"@type": "Klass", "@id": "Bad"}, "Bad#/@type", "unknown_word"),
    ({"@type": "Enum", "@id": "Bad"}, "Bad#/@value", "enum_values"),
    ({"@type": "Enum", "@id": "Bad", "@value": []}, "Bad#/@value", "enum_values"),
    ({"@type": "Enum", "@id": "Bad", "@value": ["a", "a"]}, "Bad#/@value", "enum_values"),
    ({"@type": "Enum", "@id": "Bad", "@value": ["a", 1]}, "Bad#/@value", "enum_values"),
]


@pytest.mark.parametrize(("document", "path", "rule"), WRONG, ids=[f"{path} {rule}" for _, path, rule in WRONG])
def test_what_is_wrong_is_named(document, path, rule):
    assert violations(document) == [(path, rule)]


def test_everything_that_is_wrong_is_named_at_once():
    found = violations(a_class(x="Nowhere", y="xsd:nonsense", **{"@nonsense": []}), {"@type": "Enum", "@id": "E"})
    assert found == [
        ("Bad#/@nonsense", "unsupported"),
        ("Bad#/x", "unknown_type"),
        ("Bad#/y", "unsupported"),
        ("E#/@value", "enum_values"),
    ]


def test_a_class_that_is_no_object_is_named():
    with pytest.raises(ValidationFailed) as caught:
        parse_schema({"X": ["no"]})
    assert [each.path for each in caught.value.violations] == ["X#"]
