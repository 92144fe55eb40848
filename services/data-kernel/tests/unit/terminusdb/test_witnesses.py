"""Violations told as TerminusDB's witnesses: what was expected, and what came instead."""

import pytest

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.witnesses import schema_check_failure
from data_kernel.api.terminusdb.written import Written
from data_kernel.domain.databases import Database
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import JsonNumber
from shared.errors import ValidationFailed, Violation

XSD, SCHEMA = "http://www.w3.org/2001/XMLSchema#", "terminusdb:///schema#"
FEW = {"@min_cardinality": 1, "@max_cardinality": 2}
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
    {
        "@type": "Class",
        "@id": "Box",
        "colours": {"@type": "Set", "@class": "Colour"},
        "depth": "xsd:integer",
        "grid": {"@type": "Array", "@class": "xsd:integer"},
        "height": "xsd:integer",
        "wide": "xsd:boolean",
    },
    {"@type": "Class", "@id": "Few", "few": {"@type": "Cardinality", "@class": "xsd:integer", **FEW}},
    {"@type": "Class", "@id": "Some", "some": {"@type": "Cardinality", "@class": "xsd:integer", "@min_cardinality": 1}},
    {"@type": "TaggedUnion", "@id": "Either", "text": "xsd:string", "colour": "Colour"},
    {"@type": "Class", "@id": "Named", "@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"},
    {
        "@type": "Class",
        "@id": "Address",
        "@key": {"@type": "Random"},
        "@subdocument": [],
        "street": "xsd:string",
        "of": {"@type": "Optional", "@class": "Thing"},
    },
    {"@type": "Class", "@id": "Home", "at": "Address"},
    {"@type": "Class", "@id": "Owner", "of": "Thing"},
]
SCHEMA_GRAPH = parse_schema({each["@id"]: each for each in CLASSES})


def refusal(members, *more):
    schema = SCHEMA_GRAPH
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
    assert witnesses({"colours": ["red", "blue"], "next": 7, "name": ["a"]}) == [
        {f"{SCHEMA}colours": [{"@type": "not_a_valid_enum", "enum": f"{SCHEMA}Colour", "value": "blue"}]},
        {"@type": "unexpected_list", "type": f"{XSD}string", "value": ["a"]},
        {f"{SCHEMA}next": {"@type": "not_an_object_identifier", "type": f"{SCHEMA}Thing", "value": 7}},
    ]


def test_the_message_names_every_violation():
    told = refusal({"next": 7, "shade": 1, "day": "x"}).text
    assert told.startswith("Schema check failure; violations: 3: ")
    assert "Thing/1#/shade (unknown_property); Thing/1#/day (wrong_type); Thing/1#/next (wrong_type)" in told


def test_an_array_of_other_dimensions_is_told_alone():
    told = {"@type": "invalid_array_dimensions", "array": [1], "dimensions": 2}
    assert witnesses({"grid": [1], "next": 7}) == [told]


def typed(name, value):
    return {"@type": f"{XSD}{name}", "@value": value}


def test_what_is_missing_is_told_with_the_document_as_far_as_it_was_read():
    (told,) = witnesses({"@type": "Box", "depth": 2, "wide": True, "colours": "red"})
    assert told == {
        "@type": "required_field_does_not_exist_in_document",
        "field": f"{SCHEMA}height",
        "document": {
            "@id": "terminusdb:///data/Thing/1",
            "@type": f"{SCHEMA}Box",
            f"{SCHEMA}colours": {
                "@container": "@set",
                "@type": f"{SCHEMA}Colour",
                "@value": [{"@id": f"{SCHEMA}Colour/red", "@type": "@id"}],
            },
            f"{SCHEMA}depth": typed("integer", 2),
            f"{SCHEMA}grid": {"@container": "@array", "@dimensions": 1, "@type": f"{XSD}integer", "@value": []},
            f"{SCHEMA}wide": True,
        },
    }


def test_a_property_that_the_class_has_not_comes_before_all_others():
    (told,) = witnesses({"size": "many", "shade": 1})
    assert (told["@type"], told["property"], told["type"]) == (
        "unknown_property_for_type",
        [f"{SCHEMA}shade"],
        f"{SCHEMA}Thing",
    )


def test_too_many_values_are_counted():
    (told,) = witnesses({"@type": "Few", "few": [1, 2, 3]})
    assert (told["actual"], told["min"], told["max"], told["field"]) == (3, 1, 2, f"{SCHEMA}few")
    (told,) = witnesses({"@type": "Some", "some": []})
    assert (told["actual"], told["min"], told["max"]) == (0, 1, "inf")


def test_a_choice_is_told_with_its_types():
    (told,) = witnesses({"@type": "Either"})
    assert (told["@type"], told["choice"]) == (
        "no_choice_is_cardinality_one",
        {
            f"{SCHEMA}colour": {
                "@id": f"{SCHEMA}Colour",
                "@type": "http://terminusdb.com/schema/sys#Enum",
                "@values": [f"{SCHEMA}Colour/red"],
            },
            f"{SCHEMA}text": f"{XSD}string",
        },
    )
    (told,) = witnesses({"@type": "Either", "text": "a", "colour": "red"})
    assert told["@type"] == "choice_has_too_many_answers"


def test_a_subdocument_is_told_under_its_property():
    missing = {"@type": "required_field_does_not_exist_in_document", "field": f"{SCHEMA}street"}
    assert witnesses({"@type": "Home", "at": {"@type": "Address"}}) == [
        {f"{SCHEMA}at": {**missing, "document": {"@type": f"{SCHEMA}Address"}}}
    ]
    (told,) = witnesses({"@type": "Home", "at": {}})
    inner = told[f"{SCHEMA}at"]
    assert (inner["@type"], inner["document"]) == ("no_unique_type_for_document", {})
    assert inner["reason"] == {**missing, "document": {}}
    (told,) = witnesses({"@type": "Home", "at": {"@type": "Thing"}})
    assert told[f"{SCHEMA}at"] == {
        "@type": "ascribed_type_not_subsumed",
        "ascribed_type": f"{SCHEMA}Thing",
        "document": {"@type": "Thing"},
        "required_type": f"{SCHEMA}Address",
    }


REFUSED = [
    ({"@id": ""}, "api:EmptyKey", {}),
    (
        {"@id": "Other/1"},
        "api:SubmittedDocumentIdDoesNotHaveExpectedPrefix",
        {"api:prefix": "terminusdb:///data/Thing/", "api:submitted_id": "terminusdb:///data/Other/1"},
    ),
    (
        {"@type": "Named", "name": "x"},
        "api:SubmittedIdDoesNotMatchGeneratedId",
        {"api:generated_id": "terminusdb:///data/Named/x", "api:submitted_id": "terminusdb:///data/Thing/1"},
    ),
    ({"@type": "Address", "street": "x"}, "api:InsertedSubdocumentAsDocument", {}),
    ({"next": {"@ref": "nowhere"}}, "api:NotAllCapturesFound", {"api:captures": ["nowhere"]}),
    ({"@type": 7}, "api:TypeError", {"api:actual_value": "7", "api:expected_type": "text"}),
    ({"@type": ["Thing"]}, "api:TypeError", {"api:expected_type": "character_code"}),
]


@pytest.mark.parametrize(("members", "kind", "told"), REFUSED)
def test_ids_and_names_are_refused_without_witnesses(members, kind, told):
    refused = refusal(members)
    assert refused.kind == kind
    assert {name: refused.members[name] for name in told} == told


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


def test_what_has_no_form_of_its_own_is_told_by_its_place():
    odd = Violation("Thing/1#/x~1y", "too_deep", "No.")
    instance = "terminusdb:///data/Thing/1"
    assert witnesses({}, odd) == [{"@type": "too_deep", "instance": instance, "predicate": f"{SCHEMA}x/y"}]


def test_a_property_that_is_named_in_full_is_told_like_any_other():
    members = {f"{SCHEMA}grid": 5}
    assert witnesses(members) == [{"@type": "invalid_array_dimensions", "array": 5, "dimensions": 2}]
    inner = {"@type": "could_not_interpret_as_type", "type": f"{XSD}integer", "value": "many"}
    assert witnesses({f"{SCHEMA}size": "many"}) == [{f"{SCHEMA}size": inner}]
