"""What a refused deletion would leave behind: each place that refers to a document that goes."""

import pytest

from data_kernel.api.terminusdb.classes.prefixes import Prefixes
from data_kernel.api.terminusdb.refusing.left_references import left_references
from data_kernel.domain.databases import Database
from data_kernel.domain.schema import parse_schema

DATA, SCHEMA = "terminusdb:///data/", "terminusdb:///schema#"


def of_person(family, **more):
    return {"@type": family, "@class": "Person", **more}


CLASSES = [
    {"@type": "Class", "@id": "Person"},
    {"@type": "Class", "@id": "Role", "@subdocument": [], "player": "Person", "name": "xsd:string"},
    {
        "@type": "Class",
        "@id": "Film",
        "director": "Person",
        "writer": of_person("Optional"),
        "crew": of_person("Set"),
        "credits": of_person("List"),
        "seats": of_person("Array", **{"@dimensions": 2}),
        "one": of_person("Cardinality", **{"@cardinality": 1}),
        "cast": {"@type": "Set", "@class": "Role"},
        "title": {"@type": "Optional", "@class": "xsd:string"},
    },
]
PREFIXES = Prefixes.of(Database("d"), None)


def witnesses(members, targets=frozenset({"Person/P"})):
    schema = parse_schema({each["@id"]: each for each in CLASSES})
    document = {"@id": "Film/F", "@type": "Film", **members}
    return [each.witness(PREFIXES) for each in left_references(schema, document, targets)]


def required(holder, predicate):
    ends = {"instance": DATA + holder, "predicate": SCHEMA + predicate}
    return {"@type": "instance_not_cardinality_one", "class": f"{SCHEMA}Person", **ends}


def untyped(predicate, target="Person/P"):
    ends = {"subject": f"{DATA}Film/F", "predicate": SCHEMA + predicate, "object": DATA + target}
    return {"@type": "references_untyped_object", **ends}


def test_a_property_that_must_have_its_document_would_lack_it():
    assert witnesses({"director": "Person/P"}) == [required("Film/F", "director")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("writer", "Person/P"),
        ("crew", ["Person/O", "Person/P"]),
        ("credits", ["Person/P", "Person/O"]),
        ("seats", [["Person/O"], ["Person/P"]]),
        ("one", "Person/P"),
    ],
)
def test_any_other_would_refer_to_what_is_not_there(name, value):
    assert witnesses({name: value}) == [untyped(name)]


def test_the_subdocument_that_refers_is_the_one_named():
    cast = [{"@id": f"Film/F/cast/Role/{key}", "@type": "Role", "player": f"Person/{key}"} for key in "OP"]
    assert witnesses({"cast": cast}) == [required("Film/F/cast/Role/P", "player")]


def test_every_place_is_told_and_a_text_that_reads_like_an_id_is_none():
    credited = ["Person/P", "Person/O", "Person/P"]
    found = witnesses({"credits": credited, "title": "Person/P"}, {"Person/P", "Person/O"})
    assert found == [untyped("credits"), untyped("credits", "Person/O"), untyped("credits")]
    assert witnesses({"director": "Person/O", "title": "Person/P"}) == []
