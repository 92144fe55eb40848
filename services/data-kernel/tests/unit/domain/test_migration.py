"""The operations of a migration, on classes and on single documents."""

import pytest

from data_kernel.domain.migration import Migration, Unconvertible, read_operations
from data_kernel.domain.prefixes import Prefixes
from shared.canonical import JsonNumber
from shared.errors import ValidationFailed

CONTEXT = {"@type": "@context", "@base": "iri://b/", "@schema": "iri://s#"}
CLASSES = {
    "@context": CONTEXT,
    "Colour": {"@type": "Enum", "@id": "Colour", "@value": ["red", "green"]},
    "Base": {"@type": "Class", "@id": "Base", "@abstract": [], "label": "xsd:string"},
    "Thing": {
        "@type": "Class",
        "@id": "Thing",
        "@inherits": "Base",
        "@key": {"@type": "Lexical", "@fields": ["code"]},
        "@documentation": {"@comment": "c", "@properties": {"code": "Code", "size": "Size"}},
        "code": "xsd:string",
        "size": {"@type": "Optional", "@class": "xsd:integer"},
        "tags": {"@type": "Set", "@class": "xsd:string"},
        "part": {"@type": "Optional", "@class": "Part"},
        "parts": {"@type": "List", "@class": "Part"},
    },
    "Special": {"@type": "Class", "@id": "Special", "@inherits": ["Thing"]},
    "Part": {"@type": "Class", "@id": "Part", "@subdocument": [], "n": "xsd:integer"},
}
THING = {"@id": "Thing/a", "@type": "Thing", "code": "a", "label": "l", "parts": []}


def migration(*operations):
    return Migration.of(read_operations([*operations], Prefixes.read(CONTEXT).short_name), CLASSES)


def rewritten(document, *operations):
    return migration(*operations).rewritten(document).document


def operation(word, **members):
    return {"@type": word, **{name.rstrip("_"): value for name, value in members.items()}}


def create(name, given, **more):
    return operation("CreateClassProperty", class_="Thing", property=name, type=given, **more)


def cast(name, given, default=None):
    told = {"@type": "Error"} if default is None else {"@type": "Default", "value": default}
    return operation("CastClassProperty", class_="Thing", property=name, type=given, default=told)


def upcast(name, given, class_name="Thing"):
    return operation("UpcastClassProperty", class_=class_name, property=name, type=given)


def optional(name):
    return {"@type": "Optional", "@class": name}


def a_set(name):
    return {"@type": "Set", "@class": name}


def rules(*operations):
    with pytest.raises(ValidationFailed) as caught:
        migration(*operations)
    return [(each.path, each.rule) for each in caught.value.violations]


MALFORMED = [
    "x",
    {},
    {"@type": "Explode"},
    operation("CreateClass", class_document={"@type": "Class"}),
    operation("DeleteClass"),
    operation("MoveClass", from_="A"),
    operation("CreateClassProperty", class_="Thing", property="x"),
    operation("CastClassProperty", class_="Thing", property="size", type="xsd:string"),
    operation("ChangeParents", class_="Thing", parents="Base"),
    operation("ChangeParents", class_="Thing", parents=[], properties=[{"property": "x"}]),
]


@pytest.mark.parametrize("given", MALFORMED)
def test_what_is_no_operation_is_named_by_its_place(given):
    assert rules(operation("DeleteClass", class_="Part"), given) == [("operations/1", "unknown_operation")]


IMPOSSIBLE = [
    operation("DeleteClass", class_="Nope"),
    operation("DeleteClass", class_="@context"),
    operation("MoveClass", from_="Nope", to="New"),
    operation("MoveClass", from_="Thing", to="Part"),
    operation("ReplaceClassMetadata", class_="Nope", metadata={}),
    operation("DeleteClassProperty", class_="Thing", property="label"),
    operation("DeleteClassProperty", class_="Thing", property="@key"),
    operation("MoveClassProperty", class_="Thing", from_="nope", to="x"),
    operation("MoveClassProperty", class_="Thing", from_="size", to="code"),
    create("size", "xsd:string"),
    cast("nope", "xsd:string"),
    cast("size", {"@type": "Bag"}),
    operation("ChangeKey", class_="Nope", key="Random"),
    operation("ChangeParents", class_="Nope", parents=[]),
]


@pytest.mark.parametrize("given", IMPOSSIBLE)
def test_an_operation_on_what_is_not_there_fails(given):
    assert rules(given) == [("operations/0", "operation_failed")]


def test_classes_are_created_moved_deleted_and_annotated():
    new = {"@type": "Class", "@id": "iri://s#New", "iri://s#x": "xsd:string"}
    after = migration(
        operation("CreateClass", class_document=new),
        operation("MoveClass", from_="Thing", to="Item"),
        operation("MoveClass", from_="Base", to="Root"),
        operation("DeleteClass", class_="Colour"),
        operation("ReplaceClassMetadata", class_="Part", metadata={"m": 1}),
        operation("ReplaceClassDocumentation", class_="Part", documentation={"@comment": "A part"}),
        operation("ReplaceContext", context={"@type": "Context", "@base": "iri://c/", "@schema": "iri://s#"}),
    ).classes
    assert after["New"] == {"@type": "Class", "@id": "New", "x": "xsd:string"}
    assert (after["Item"]["@id"], after["Item"]["@inherits"], after["Special"]["@inherits"]) == (
        "Item",
        "Root",
        ["Item"],
    )
    assert {"Thing", "Base", "Colour"}.isdisjoint(after)
    assert after["Part"] == CLASSES["Part"] | {"@metadata": {"m": 1}, "@documentation": {"@comment": "A part"}}
    assert after["@context"] == {"@type": "@context", "@base": "iri://c/", "@schema": "iri://s#"}


def test_a_property_takes_key_and_documentation_along():
    move = operation("MoveClassProperty", class_="Thing", from_="code", to="name")
    thing = migration(move, operation("DeleteClassProperty", class_="Thing", property="size")).classes["Thing"]
    assert thing["@key"] == {"@type": "Lexical", "@fields": ["name"]}
    assert thing["@documentation"] == {"@comment": "c", "@properties": {"name": "Code"}}
    assert (thing["name"], "size" in thing, "code" in thing) == ("xsd:string", False, False)


def test_documents_follow_their_class():
    moved = rewritten(THING, operation("MoveClass", from_="Thing", to="Item"))
    assert moved == THING | {"@id": "Item/a", "@type": "Item"}
    assert rewritten(THING, operation("DeleteClass", class_="Thing")) is None
    assert rewritten(THING | {"@type": "Special"}, operation("DeleteClass", class_="Thing")) is not None


def test_a_moved_property_and_a_deleted_one():
    document = THING | {"size": 1}
    renamed = rewritten(document, operation("MoveClassProperty", class_="Thing", from_="size", to="extent"))
    assert renamed == THING | {"extent": 1}
    assert rewritten(document, operation("DeleteClassProperty", class_="Thing", property="size")) == THING


DEFAULTS = [
    (create("mark", "xsd:string", default="none"), {"mark": "none"}),
    (create("mark", optional("xsd:string")), {}),
    (create("mark", {"@type": "List", "@class": "xsd:string"}), {"mark": []}),
    (operation("CreateClassProperty", class_="Base", property="mark", type="xsd:string", default="d"), {"mark": "d"}),
]


@pytest.mark.parametrize(("given", "added"), DEFAULTS)
def test_a_new_property_has_its_default_below_too(given, added):
    special = THING | {"@type": "Special", "@id": "Special/a"}
    assert rewritten(special, given) == special | added


CASTS = [
    ({"size": 3}, cast("size", optional("xsd:string")), {"size": "3"}),
    ({"size": 3}, cast("size", a_set("xsd:string")), {"size": ["3"]}),
    ({"size": 3}, cast("size", "xsd:double"), {"size": JsonNumber("3.0")}),
    ({"size": 3}, cast("size", optional("xsd:date"), "2026-01-01"), {"size": "2026-01-01"}),
    ({"tags": ["1"]}, cast("tags", optional("xsd:integer")), {"tags": 1}),
    ({"tags": ["1", "2"]}, cast("tags", {"@type": "List", "@class": "xsd:integer"}), {"tags": [1, 2]}),
    ({"tags": ["1", "2"]}, cast("tags", optional("xsd:integer"), 7), {"tags": 7}),
    ({}, cast("size", optional("xsd:string")), {}),
    ({"size": 3}, upcast("size", a_set("xsd:integer")), {"size": [3]}),
    ({"size": 3}, upcast("size", optional("xsd:decimal")), {"size": 3}),
]


@pytest.mark.parametrize(("before", "given", "after"), CASTS)
def test_values_are_cast(before, given, after):
    assert rewritten(THING | before, given) == THING | after


@pytest.mark.parametrize(
    ("before", "given"),
    [
        ({"size": 3}, cast("size", optional("xsd:date"))),
        ({"tags": ["1", "2"]}, cast("tags", optional("xsd:string"))),
        ({"tags": ["x"]}, cast("tags", a_set("xsd:integer"))),
    ],
)
def test_a_value_that_cannot_be_cast_names_its_property(before, given):
    with pytest.raises(Unconvertible) as caught:
        rewritten(THING | before, given)
    assert caught.value.member == given["property"]


NOT_WEAKER = [
    upcast("size", "xsd:integer"),
    upcast("size", optional("xsd:short")),
    upcast("size", optional("xsd:string")),
    upcast("tags", optional("xsd:string")),
    upcast("code", {"@type": "List", "@class": "xsd:string"}),
    upcast("code", {"@type": "Cardinality", "@class": "xsd:string", "@min_cardinality": 2}),
    upcast("part", optional("Thing")),
]


@pytest.mark.parametrize("given", NOT_WEAKER)
def test_an_upcast_only_weakens(given):
    assert rules(given) == [("operations/0", "not_weaker")]


WEAKER = [
    upcast("code", optional("xsd:string")),
    upcast("code", {"@type": "Cardinality", "@class": "xsd:string", "@min_cardinality": 1, "@max_cardinality": 3}),
    upcast("code", {"@type": "Cardinality", "@class": "xsd:string", "@cardinality": 1}),
    upcast("size", {"@type": "Cardinality", "@class": "xsd:integer", "@min_cardinality": 0}),
    upcast("tags", a_set("xsd:string")),
]


@pytest.mark.parametrize("given", WEAKER)
def test_an_upcast_to_a_wider_type(given):
    assert migration(given).classes["Thing"][given["property"]] == given["type"]


def test_an_upcast_to_a_wider_class():
    given = {"@type": "Class", "@id": "Holder", "of": "Special"}
    wider = operation("UpcastClassProperty", class_="Holder", property="of", type="Base")
    assert migration(operation("CreateClass", class_document=given), wider).classes["Holder"]["of"] == "Base"


def test_subdocuments_are_rewritten_where_they_stand():
    grow = operation("CreateClassProperty", class_="Part", property="m", type="xsd:string", default="d")
    count = operation("CastClassProperty", class_="Part", property="n", type="xsd:string", default={"@type": "Error"})
    found = migration(grow, count)
    assert found.scope == {"Thing", "Special", "Part"}
    part = {"@type": "Part", "@id": "x", "n": 1}
    document = THING | {"part": part, "parts": [part, part | {"n": 2}]}
    result = found.rewritten(document)
    assert result.document == THING | {
        "part": {**part, "m": "d", "n": "1"},
        "parts": [{**part, "m": "d", "n": "1"}, {**part, "m": "d", "n": "2"}],
    }
    assert (result.operations, result.makes_ids) == (2, True)


def test_what_looks_like_a_subdocument_in_free_json_stays():
    free = {"@type": "Class", "@id": "Thing2", "@inherits": "Thing", "free": optional("sys:JSON")}
    grow = operation("CreateClassProperty", class_="Part", property="m", type="xsd:string", default="d")
    document = {"@id": "Thing2/a", "@type": "Thing2", "code": "a", "free": {"@type": "Part", "n": 1}}
    assert rewritten(document, operation("CreateClass", class_document=free), grow) == document


def test_a_key_that_changes_lets_ids_change():
    result = migration(operation("ChangeKey", class_="Thing", key="Hash", fields=["code"])).rewritten(THING)
    assert (result.document, result.operations, result.makes_ids) == (THING, 0, True)
    untouched = migration(operation("ChangeKey", class_="Part", key="Random")).rewritten(THING)
    assert not untouched.makes_ids


def test_other_parents_take_away_and_give():
    other = {"@type": "Class", "@id": "Other", "weight": "xsd:integer"}
    change = operation(
        "ChangeParents", class_="Thing", parents=["Other"], properties=[{"property": "weight", "default": 1}]
    )
    found = migration(operation("CreateClass", class_document=other), change)
    assert found.classes["Thing"]["@inherits"] == ["Other"]
    without_label = {name: value for name, value in THING.items() if name != "label"}
    assert found.rewritten(THING).document == without_label | {"weight": 1}
    assert "@inherits" not in migration(operation("ChangeParents", class_="Thing", parents=[])).classes["Thing"]


def test_the_scope_has_the_names_that_classes_had():
    found = migration(
        operation("MoveClass", from_="Thing", to="Item"),
        operation("DeleteClassProperty", class_="Item", property="size"),
    )
    assert found.scope == {"Thing", "Special"}
    assert found.rewritten(THING | {"size": 1}).document == THING | {"@id": "Item/a", "@type": "Item"}
