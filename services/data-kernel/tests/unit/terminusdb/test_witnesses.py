"""Violations told as TerminusDB's witnesses: what was expected, and what came instead."""

import pytest

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.witnesses import Written, schema_check_failure
from data_kernel.domain.databases import Database
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import JsonNumber
from shared.errors import ValidationFailed, Violation

XSD, SCHEMA = "http://www.w3.org/2001/XMLSchema#", "terminusdb:///schema#"
CLASSES = [
    {"@type": "Enum", "@id": "Colour", "@value": ["red"]},
    {
        "@type": "Class",
        "@id": "Thing",
        "name": {"@type": "Optional", "@class": "xsd:string"},
        "size": {"@type": "Optional", "@class": "xsd:integer"},
        "day": {"@type": "Optional", "@class": "xsd:date"},
        "colours": {"@type": "Set", "@class": "Colour"},
        "next": {"@type": "Optional", "@class": "Thing"},
        "grid": {"@type": "Array", "@dimensions": 2, "@class": "xsd:integer"},
    },
]


def refusal(members, *more):
    schema = parse_schema({each["@id"]: each for each in CLASSES})
    document = {"@type": "Thing", "@id": "Thing/1", **members}
    elaborated = elaborate(schema, document)
    error = ValidationFailed("no", violations=[*elaborated.violations, *more])
    prefixes = Prefixes.of(Database("d"), None)
    return schema_check_failure(error, prefixes, Written(schema, [Subject(elaborated.id, document)]))


def witnesses(members, *more):
    return refusal(members, *more).members["api:witnesses"]


NOT_INTERPRETED = [
    ("size", "many", f"{XSD}integer", "many"),
    ("size", True, f"{XSD}integer", "true"),
    ("day", 5, f"{XSD}date", f"5^^'{XSD}decimal'"),
]


@pytest.mark.parametrize(("name", "value", "datatype", "told"), NOT_INTERPRETED)
def test_a_value_of_another_type_is_told_with_the_type(name, value, datatype, told):
    inner = {"@type": "could_not_interpret_as_type", "type": datatype, "value": told}
    assert witnesses({name: value}) == [{f"{SCHEMA}{name}": inner}]


def test_every_value_that_does_not_fit_has_its_witness():
    assert witnesses({"colours": ["red", "blue"], "next": 7, "grid": [1], "name": ["a"]}) == [
        {"@type": "unexpected_list", "type": f"{XSD}string", "value": ["a"]},
        {f"{SCHEMA}colours": [{"@type": "not_a_valid_enum", "enum": f"{SCHEMA}Colour", "value": "blue"}]},
        {f"{SCHEMA}next": {"@type": "not_an_object_identifier", "type": f"{SCHEMA}Thing", "value": 7}},
        {"@type": "invalid_array_dimensions", "array": [1], "dimensions": 2},
    ]


def test_a_broken_reference_names_both_ends():
    broken = Violation("Thing/1#/next", "reference", "It is not there.")
    assert witnesses({"next": "Thing/2"}, broken) == [
        {
            "@type": "references_untyped_object",
            "object": "terminusdb:///data/Thing/2",
            "predicate": f"{SCHEMA}next",
            "subject": "terminusdb:///data/Thing/1",
        }
    ]


def test_a_typed_literal_of_another_type_is_told_with_both_types():
    literal = {"@type": "xsd:string", "@value": "5"}
    types = {"ascribed_type": f"{XSD}string", "required_type": f"{XSD}integer"}
    told = {"@type": "ascribed_type_not_subsumed", "document": literal, **types}
    assert witnesses({"size": literal}) == [{f"{SCHEMA}size": told}]


def test_what_cannot_be_cast_is_told_without_witnesses():
    fraction = refusal({"size": JsonNumber("1.5")})
    assert (fraction.kind, fraction.members["api:type"]) == ("api:BadCast", f"{XSD}integer")
    truth = refusal({"name": True})
    assert (truth.kind, truth.members["api:value"]) == ("api:UnexpectedBooleanValue", True)


def test_a_document_that_is_not_known_is_told_by_its_place():
    error = ValidationFailed("no", violations=[Violation("Thing#/x~1y", "unknown_property", "No.")])
    told = schema_check_failure(error, Prefixes.of(Database("d"), None)).members["api:witnesses"]
    assert told == [{"@type": "unknown_property_for_type", "class": f"{SCHEMA}Thing", "predicate": f"{SCHEMA}x/y"}]
