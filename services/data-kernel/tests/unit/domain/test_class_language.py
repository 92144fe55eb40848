"""Inheritance, choices and the families of values: how they are read, and what they mean for documents."""

import json

import pytest

from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import decode
from shared.errors import ValidationFailed


def schema_of(*classes):
    return parse_schema({each["@id"]: {"@type": "Class", **each} for each in classes})


def violations(*classes):
    with pytest.raises(ValidationFailed) as caught:
        schema_of(*classes)
    return [(each.path, each.rule) for each in caught.value.violations]


def broken(schema, document):
    return [(each.path, each.rule) for each in elaborate(schema, document).violations]


def stored(schema, document):
    elaborated = elaborate(schema, document)
    assert elaborated.violations == ()
    again = elaborate(schema, decode(elaborated.body))
    assert again.body == elaborated.body
    return json.loads(elaborated.body)


BASE = {"@id": "Base", "@abstract": [], "label": "xsd:string"}
LEFT = {"@id": "Left", "@inherits": "Base", "left": {"@type": "Optional", "@class": "xsd:integer"}}
RIGHT = {"@id": "Right", "@inherits": ["Base"], "right": {"@type": "Optional", "@class": "xsd:integer"}}
BOTH = {"@id": "Both", "@inherits": ["Left", "Right"], "@key": {"@type": "Lexical", "@fields": ["label"]}}


def test_a_class_has_what_all_above_it_have():
    both = schema_of(BOTH, RIGHT, LEFT, BASE).classes["Both"]
    assert both.properties.keys() == {"label", "left", "right"}
    assert both.ancestors == {"Base", "Left", "Right"}
    assert [both.is_a(name) for name in ("Both", "Base", "Other")] == [True, True, False]


def test_a_key_may_use_what_is_inherited():
    schema = schema_of(BASE, LEFT, RIGHT, BOTH)
    assert stored(schema, {"@type": "Both", "label": "a", "right": 1}) == {
        "@id": "Both/a",
        "@type": "Both",
        "label": "a",
        "right": 1,
    }
    assert broken(schema, {"@type": "Both", "left": 1}) == [("Both#/label", "required")]


def test_an_abstract_class_has_no_documents_and_its_heirs_have():
    schema = schema_of(BASE, LEFT)
    assert broken(schema, {"@type": "Base", "@id": "Base/1", "label": "x"}) == [("Base/1#/@type", "abstract_class")]
    assert schema.concrete("Base") == {"Left"}
    assert schema.holds("Left", "Base")
    assert not schema.holds("Base", "Left")
    assert not schema.holds("Gone", "Base")


def test_a_cycle_of_inheritance_is_named_once():
    found = violations({"@id": "A", "@inherits": "B"}, {"@id": "B", "@inherits": "A"}, {"@id": "C", "@inherits": "A"})
    assert [rule for _, rule in found] == ["inheritance_cycle"]


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("xsd:string", "xsd:integer"),
        ("xsd:string", {"@type": "Optional", "@class": "xsd:string"}),
        ({"@type": "Set", "@class": "xsd:string"}, {"@type": "List", "@class": "xsd:string"}),
        ("Narrow", "Wide"),
    ],
)
def test_a_property_cannot_be_widened_below(above, below):
    classes = ({"@id": "Wide"}, {"@id": "Narrow", "@inherits": "Wide"}, {"@id": "A", "p": above})
    assert violations(*classes, {"@id": "B", "@inherits": "A", "p": below}) == [("B#/p", "diamond")]


@pytest.mark.parametrize(
    ("above", "below"),
    [("Wide", "Narrow"), ({"@type": "Optional", "@class": "xsd:string"}, "xsd:string")],
)
def test_a_property_may_be_narrowed_below(above, below):
    classes = ({"@id": "Wide"}, {"@id": "Narrow", "@inherits": "Wide"}, {"@id": "A", "p": above})
    schema = schema_of(*classes, {"@id": "B", "p": below}, {"@id": "C", "@inherits": ["A", "B"]})
    assert schema.classes["C"].properties["p"] == schema.classes["B"].properties["p"]


def test_a_property_from_two_classes_that_disagree_is_refused():
    classes = ({"@id": "A", "p": "xsd:string"}, {"@id": "B", "p": "xsd:integer"})
    assert violations(*classes, {"@id": "C", "@inherits": ["A", "B"]}) == [("C#/p", "diamond")]


def test_a_long_line_of_classes_is_read_from_either_end():
    line = [{"@id": f"C{n}", **({"@inherits": f"C{n - 1}"} if n else {"p": "xsd:string"})} for n in range(2000)]
    assert schema_of(*reversed(line)).classes["C1999"].properties.keys() == {"p"}


CHOICE = {
    "@id": "Shape",
    "@oneOf": [{"round": "xsd:integer", "square": "xsd:integer"}, {"hollow": "sys:Unit", "solid": "sys:Unit"}],
}


def test_of_each_choice_a_document_has_exactly_one():
    schema = schema_of(CHOICE)
    given = {"@type": "Shape", "@id": "Shape/1", "round": 1, "hollow": []}
    assert stored(schema, given) == given
    assert broken(schema, given | {"square": 2}) == [
        ("Shape/1#/round", "choice_too_many"),
        ("Shape/1#/square", "choice_too_many"),
    ]
    assert broken(schema, {"@type": "Shape", "@id": "Shape/1", "solid": []}) == [("Shape/1#", "choice_missing")]
    assert broken(schema, given | {"hollow": True}) == [("Shape/1#/hollow", "wrong_type")]


def test_a_choice_is_inherited():
    schema = schema_of(CHOICE, {"@id": "Big", "@inherits": "Shape"})
    assert [rule for _, rule in broken(schema, {"@type": "Big", "@id": "Big/1"})] == ["choice_missing"] * 2


def test_a_tagged_union_has_exactly_one_of_its_properties():
    schema = schema_of({"@id": "Either", "@type": "TaggedUnion", "text": "xsd:string", "number": "xsd:integer"})
    assert stored(schema, {"@type": "Either", "@id": "Either/1", "number": 1})["number"] == 1
    assert broken(schema, {"@type": "Either", "@id": "Either/1"}) == [("Either/1#", "choice_missing")]


def test_ids_begin_with_the_base_of_the_class():
    keyed = {"@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"}
    schema = schema_of({"@id": "A", "@base": "a_", **keyed}, {"@id": "B", "@base": "b_"})
    assert elaborate(schema, {"@type": "A", "name": "x y"}).id == "a_x%20y"
    assert elaborate(schema, {"@type": "B"}, new_key=lambda: "new").id == "b_new"
    assert broken(schema, {"@type": "B", "@id": "B/1"}) == [("B/1#/@id", "id_form")]


def counted(**bounds):
    return schema_of({"@id": "C", "p": {"@type": "Cardinality", "@class": "xsd:string", **bounds}})


@pytest.mark.parametrize(
    ("bounds", "value", "expected"),
    [
        ({"@cardinality": 1}, ["a", "a"], None),
        ({"@cardinality": 2}, ["b", "a"], ["a", "b"]),
        ({"@cardinality": 2}, ["a", "a"], None),
        ({"@min_cardinality": 1}, [], None),
        ({"@min_cardinality": 1}, "a", "a"),
        ({"@max_cardinality": 2}, ["a", "b", "c"], None),
        ({"@max_cardinality": 2}, [], []),
    ],
)
def test_a_cardinality_bounds_the_number_of_values(bounds, value, expected):
    schema, document = counted(**bounds), {"@type": "C", "@id": "C/1", "p": value}
    if expected is None:
        assert broken(schema, document) == [("C/1#/p", "cardinality")]
    else:
        assert stored(schema, document).get("p", []) == expected


def test_a_cardinality_from_one_up_is_required():
    assert broken(counted(**{"@min_cardinality": 1}), {"@type": "C", "@id": "C/1"}) == [("C/1#/p", "cardinality")]
    assert broken(counted(), {"@type": "C", "@id": "C/1"}) == []


GRID = schema_of({"@id": "G", "p": {"@type": "Array", "@dimensions": 2, "@class": "xsd:integer"}})


def test_an_array_keeps_its_shape_and_an_empty_one_is_absent():
    assert stored(GRID, {"@type": "G", "@id": "G/1", "p": [[1, "2"], [], [3]]})["p"] == [[1, 2], [], [3]]
    assert "p" not in stored(GRID, {"@type": "G", "@id": "G/1", "p": [[], []]})


@pytest.mark.parametrize(
    ("value", "path", "rule"),
    [
        (1, "p", "array_dimensions"),
        ([1], "p/0", "array_dimensions"),
        ([[[1]]], "p/0/0", "array_dimensions"),
        ([[1, None]], "p/0/1", "wrong_type"),
        ([[1], ["x"]], "p/1/0", "wrong_type"),
    ],
)
def test_an_array_of_another_shape_is_refused(value, path, rule):
    assert broken(GRID, {"@type": "G", "@id": "G/1", "p": value}) == [(f"G/1#/{path}", rule)]
