"""Refused changes of the schema graph, told as TerminusDB tells them."""

import pytest

from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.schema_refusals import schema_refusal
from data_kernel.api.terminusdb.stored_witnesses import StoredWitnesses
from data_kernel.domain.databases import Database
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.shapes import Shapes
from shared.canonical import JsonNumber
from shared.errors import ValidationFailed, Violation

XSD, SYS, SCHEMA = "http://www.w3.org/2001/XMLSchema#", "http://terminusdb.com/schema/sys#", "terminusdb:///schema#"
PREFIXES = Prefixes.of(Database("d"), None)


def a_class(called="Bad", **members):
    return {"@type": "Class", "@id": called, **members}


def refusal(*documents):
    classes = {each["@id"]: each for each in documents}
    with pytest.raises(ValidationFailed) as caught:
        parse_schema(classes)
    return schema_refusal(caught.value, PREFIXES, classes, StoredWitnesses(PREFIXES, Shapes({}), Shapes(classes), {}))


UNREADABLE = [
    ({"@id": "Bad"}, "api:MissingField", {"api:field": "@type"}, True),
    ({"@id": "Bad", "@type": "Klass"}, "api:UnknownSchemaType", {"api:type": "Klass"}, False),
    (a_class(x={"@type": "Bag", "@class": "xsd:string"}), "api:UnknownSchemaType", {"api:type": "Bag"}, False),
    (a_class(x={"@type": "Table", "@class": "xsd:string"}), "api:UnknownSchemaType", {"api:type": "Table"}, False),
    (a_class(x={"@type": "Set"}), "api:UnknownSchemaType", {"api:type": "Set"}, False),
    (a_class(**{"@key": {"@type": "Odd"}}), "api:DocumentKeyTypeUnknown", {"api:key_type": "Odd"}, True),
    (a_class(**{"@key": "Random"}), "api:DocumentKeyNotObject", {"api:key_value": "Random"}, True),
    (a_class(**{"@key": {"a": 1}}), "api:DocumentKeyTypeMissing", {"api:key": '{"a":1}'}, True),
    (a_class(**{"@key": {"@type": "Hash"}}), "api:KeyMissingFields", {"api:key_type": "Hash"}, True),
    (a_class(**{"@key": {"@type": "Hash", "@fields": []}}), "api:KeyFieldsIsEmpty", {}, True),
    (a_class(**{"@key": {"@type": "Hash", "@fields": "x"}}), "api:KeyFieldsNotAnArray", {"api:fields": "x"}, True),
    ({"@type": "Enum", "@id": "Bad"}, "api:InvalidEnumValues", {}, True),
    (a_class("JSONDocument"), "api:DocumentInsertionReservedName", {"api:id": "JSONDocument"}, False),
    (a_class(x="sys:JSONDocument"), "api:JSONDocumentInvalidRangeError", {"api:field": "x"}, False),
    (
        a_class(**{"@documentation": [{"@label": "l"}, {"@language": "en"}]}),
        "api:NoLanguageTagForMultilingual",
        {},
        True,
    ),
    (a_class(**{"@odd": 1}), "api:AtPrefixedPropertiesNotSupported", {"api:property": "@odd"}, True),
    (
        a_class(**{"@documentation": [{"@language": "en"}, {"@language": "en"}]}),
        "api:LanguageTagsRepeated",
        {"api:languages": ["en"]},
        True,
    ),
    (a_class(**{"@documentation": {"@language": "none!"}}), "api:UnknownLanguageTag", {"api:language": "none!"}, True),
]


@pytest.mark.parametrize(("document", "kind", "members", "shows"), UNREADABLE)
def test_a_class_that_cannot_be_read_has_an_error_of_its_own(document, kind, members, shows):
    told = refusal(document)
    assert told.kind == kind
    assert told.members == members | ({"api:document": document} if shows else {})


def test_classes_that_do_not_hold_together_have_witnesses_all_of_them():
    told = refusal(
        a_class("A", x="Nowhere", y={"@type": "Set", "@class": "xsd:odd"}, **{"@inherits": ["B", "Gone"]}),
        a_class("B", **{"@inherits": "C", "@key": {"@type": "Lexical", "@fields": ["a", "b"]}, "a": "xsd:string"}),
        a_class("C"),
    )
    assert told.kind == "api:SchemaCheckFailure"
    assert told.members["api:witnesses"] == [
        {"@type": "not_a_class_or_base_type", "class": f"{SCHEMA}Nowhere"},
        {"@type": "not_a_class_or_base_type", "class": f"{XSD}odd"},
        {"@type": "inherits_from_non_existent_class", "class": f"{SCHEMA}A", "super": f"{SCHEMA}Gone"},
        {
            "@type": "key_field_does_not_exist",
            "class": f"{SCHEMA}B",
            "field": f"{SCHEMA}b",
            "key": f"{SCHEMA}B/key/Lexical/a+b",
            "type": f"{SYS}Lexical",
        },
    ]


def test_a_cycle_is_told_with_its_way():
    [witness] = refusal(a_class("A", **{"@inherits": "B"}), a_class("B", **{"@inherits": ["A"]})).members[
        "api:witnesses"
    ]
    assert witness["@type"] == "cycle_in_class"
    assert witness["from_class"] == witness["to_class"] == witness["path"][0] == witness["path"][-1]
    assert len(witness["path"]) == 3


def test_a_diamond_without_one_meaning_names_class_and_property():
    classes = (a_class("A", p="xsd:string"), a_class("B", p="xsd:integer"), a_class("C", **{"@inherits": ["A", "B"]}))
    diamond = {"@type": "violation_of_diamond_property", "class": f"{SCHEMA}C", "predicate": "p"}
    assert refusal(*classes).members["api:witnesses"] == [diamond]


DOCUMENTED = [
    (
        a_class(**{"@documentation": {"@properties": {"nope": "x"}}}),
        {
            "@type": "invalid_property_in_property_documentation_object",
            "predicate": f"{SCHEMA}nope",
            "subject": f"{SCHEMA}Bad/0/documentation/Documentation/properties/nope",
        },
    ),
    (
        {
            "@type": "Enum",
            "@id": "Bad",
            "@value": ["a"],
            "@documentation": [{"@language": "en"}, {"@language": "ka", "@values": {"b": "x"}}],
        },
        {
            "@type": "invalid_enum_in_documentation_object",
            "value": f"{SCHEMA}Bad/b",
            "subject": f"{SCHEMA}Bad/1/documentation/Documentation/values/b",
        },
    ),
    (
        a_class(**{"@documentation": "x"}),
        {
            "@type": "not_a_valid_documentation_object",
            "subject": f"{SCHEMA}Bad/0/documentation/Documentation",
        },
    ),
]


@pytest.mark.parametrize(("document", "witness"), DOCUMENTED)
def test_documentation_of_what_is_not_there(document, witness):
    assert refusal(document).members["api:witnesses"] == [witness | {"class": f"{SCHEMA}Bad"}]


THING = a_class(
    "Thing",
    size={"@type": "Optional", "@class": "xsd:decimal"},
    name="xsd:string",
    colour="Colour",
    next={"@type": "Set", "@class": "Thing"},
)
BEFORE = {"Thing": THING, "Colour": {"@type": "Enum", "@id": "Colour", "@value": ["red"]}}
AFTER = BEFORE | {"Thing": THING | {"size": "xsd:string", "phone": "xsd:string"}}
STORED = {
    "Thing/1": {
        "@id": "Thing/1",
        "@type": "Thing",
        "size": 3,
        "name": 'a"b',
        "colour": "red",
        "next": ["Thing/2"],
        "weight": JsonNumber("1.5"),
    }
}
SUBJECT = "terminusdb:///data/Thing/1"
BROKEN = [
    ("phone", "required", {"@type": "instance_not_cardinality_one", "class": f"{XSD}string", "instance": SUBJECT}),
    ("next", "cardinality", {"@type": "instance_has_wrong_cardinality", "class": f"{SCHEMA}Thing"}),
    ("weight", "unknown_property", {"@type": "invalid_predicate", "class": f"{SCHEMA}Thing", "subject": SUBJECT}),
]


def witness(path, rule):
    told = StoredWitnesses(PREFIXES, Shapes(BEFORE), Shapes(AFTER), STORED)
    return told.of(Violation(path, rule, "no"))


@pytest.mark.parametrize(("name", "rule", "told"), BROKEN)
def test_a_stored_document_that_would_break_is_told_with_the_property(name, rule, told):
    found = witness(f"Thing/1#/{name}", rule)
    assert found["predicate"] == f"{SCHEMA}{name}"
    assert {key: found[key] for key in told} == told


VALUES = [
    ("size", "type_change", f"{XSD}string", f"3^^'{XSD}integer'"),
    ("name", "wrong_type", f"{XSD}string", f'"a\\"b"^^\'{XSD}string\''),
    ("colour", "enum_value", f"{SCHEMA}Colour", f"{SCHEMA}Colour/red"),
    ("next/0", "reference", f"{SCHEMA}Thing", "terminusdb:///data/Thing/2"),
]


@pytest.mark.parametrize(("name", "rule", "wanted", "value"), VALUES)
def test_a_stored_value_of_another_type_is_told(name, rule, wanted, value):
    told = {"@type": "instance_not_of_class", "class": wanted, "instance": value}
    assert witness(f"Thing/1#/{name}", rule) == told


def test_a_class_with_documents_is_told_by_its_first_value():
    assert witness("Thing#", "class_in_use") == {
        "@type": "invalid_predicate",
        "class": f"{SCHEMA}Thing",
        "predicate": f"{SCHEMA}colour",
        "subject": SUBJECT,
    }


def test_documents_of_an_abstract_class_and_choices_without_an_answer():
    abstract = {"@type": "reifying_abstract_class", "class": f"{SCHEMA}Thing", "subject": SUBJECT}
    assert witness("Thing/1#/@type", "abstract_class") == abstract
    choice = {"@type": "no_choice_is_cardinality_one", "class": f"{SCHEMA}Thing", "instance": SUBJECT}
    assert witness("Thing/1#", "choice_missing") == choice


def test_what_is_not_stored_has_no_such_witness():
    assert witness("Thing/2#/name", "required") == {}
