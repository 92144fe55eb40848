"""Object types: their rules, and their way through class documents and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from oms.domain.class_documents import enum_name, from_classes, links_from_classes, to_classes
from oms.domain.link_types import Cardinality, LinkType
from oms.domain.object_types import KEY_TYPES, BaseType, ObjectType, Property

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
type_names = st.builds("".join, st.tuples(st.sampled_from(LETTERS), st.text(LETTERS + "0123456789", max_size=8)))
property_names = st.builds("".join, st.tuples(st.sampled_from(LETTERS), st.text(LETTERS + "019_", max_size=8)))
texts = st.text(max_size=12)


@st.composite
def properties(draw: st.DrawFn, name: str) -> Property:
    base_type = draw(st.sampled_from(BaseType))
    family = draw(st.sampled_from(["required", "optional", "array", "ordered"]))
    enum: list[str] = []
    if base_type is BaseType.STRING:
        enum = draw(st.lists(st.text(LETTERS, min_size=1, max_size=5), unique=True, max_size=3))
    return Property(
        name=name,
        base_type=base_type,
        required=family == "required",
        array=family == "array",
        ordered=family == "ordered",
        enum=tuple(enum),
        target_type=draw(type_names) if base_type is BaseType.REFERENCE else None,
        searchable=draw(st.booleans()),
        pii=draw(st.booleans()),
        deprecated=draw(st.booleans()),
        description=draw(texts),
    )


@st.composite
def object_types(draw: st.DrawFn) -> ObjectType:
    names = draw(st.lists(property_names, unique=True, max_size=6))
    own = tuple(draw(properties(name)) for name in names)
    fit = [each.name for each in own if each.required and each.base_type in KEY_TYPES and not each.enum]
    return ObjectType(
        name=draw(type_names),
        display_name=draw(texts),
        description=draw(texts),
        primary_key=tuple(draw(st.lists(st.sampled_from(fit), unique=True)) if fit else ()),
        properties=own,
    )


@given(object_types())
def test_class_documents_lose_nothing(object_type: ObjectType) -> None:
    (back,) = from_classes(to_classes(object_type))
    assert back.model_dump() == object_type.model_dump()


@st.composite
def types_with_links(draw: st.DrawFn) -> tuple[ObjectType, list[LinkType]]:
    object_type = draw(object_types())
    taken = {each.name for each in object_type.properties}
    names = draw(st.lists(property_names.filter(lambda name: name not in taken), unique=True, max_size=4))
    return object_type, [draw(links(object_type.name, name)) for name in sorted(names)]


@st.composite
def links(draw: st.DrawFn, source: str, name: str) -> LinkType:
    cardinality = draw(st.sampled_from(Cardinality))
    return LinkType(
        name=name,
        source_type=source,
        target_type=draw(type_names),
        cardinality=cardinality,
        inverse=draw(st.none() | property_names.filter(lambda inverse: inverse != name)),
        required=cardinality is Cardinality.ONE and draw(st.booleans()),
        description=draw(texts),
    )


@given(types_with_links())
def test_class_documents_keep_types_and_links_apart_and_lose_neither(
    both: tuple[ObjectType, list[LinkType]],
) -> None:
    object_type, own_links = both
    classes = to_classes(object_type, own_links)
    (back,) = from_classes(classes)
    assert back.model_dump() == object_type.model_dump()
    assert [each.model_dump() for each in links_from_classes(classes)] == [each.model_dump() for each in own_links]


@given(object_types())
def test_the_edge_speaks_camel_case_and_loses_nothing(object_type: ObjectType) -> None:
    text = object_type.model_dump_json(by_alias=True, exclude_defaults=True)
    assert "_" not in "".join(ObjectType.model_json_schema(by_alias=True)["properties"])
    assert ObjectType.model_validate_json(text) == object_type


def test_a_movie_as_the_store_sees_it() -> None:
    movie = ObjectType.model_validate(
        {
            "name": "Movie",
            "primaryKey": ["title"],
            "properties": [
                {"name": "title", "baseType": "string", "required": True, "searchable": True},
                {"name": "year", "baseType": "integer"},
                {"name": "genre", "baseType": "string", "enum": ["drama", "comedy"], "array": True},
                {"name": "sequelOf", "baseType": "reference", "targetType": "Movie"},
            ],
        }
    )
    enum, document = to_classes(movie)
    assert enum == {"@type": "Enum", "@id": "Movie_genre", "@value": ["drama", "comedy"]}
    assert {name: value for name, value in document.items() if name not in {"@metadata", "@documentation"}} == {
        "@type": "Class",
        "@id": "Movie",
        "@key": {"@type": "Lexical", "@fields": ["title"]},
        "title": "xsd:string",
        "year": {"@type": "Optional", "@class": "xsd:integer"},
        "genre": {"@type": "Set", "@class": enum_name("Movie", "genre")},
        "sequelOf": {"@type": "Optional", "@class": "Movie"},
    }


def test_a_class_made_elsewhere_is_shown_as_far_as_it_goes() -> None:
    (shown,) = from_classes([{"@type": "@context"}, {"@type": "Class", "@id": "odd-name", "x": "xsd:double"}])
    assert (shown.name, shown.properties[0].base_type, shown.properties[0].required) == (
        "odd-name",
        BaseType.DOUBLE,
        True,
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "Movie_x"}, "name"),
        ({"name": "M", "primaryKey": ["x"]}, "x is no property"),
        ({"name": "M", "primaryKey": ["x"], "properties": [{"name": "x", "baseType": "string"}]}, "must be required"),
        (
            {"name": "M", "primaryKey": ["x"], "properties": [{"name": "x", "baseType": "double", "required": True}]},
            "must be required, and a",
        ),
        ({"name": "M", "properties": [{"name": "x", "baseType": "string"}] * 2}, "twice"),
        ({"name": "M", "properties": [{"name": "@id", "baseType": "string"}]}, "name"),
        ({"name": "M", "properties": [{"name": "x", "baseType": "reference"}]}, "targetType"),
        ({"name": "M", "properties": [{"name": "x", "baseType": "integer", "enum": ["a"]}]}, "enum is for strings"),
        ({"name": "M", "properties": [{"name": "x", "baseType": "string", "enum": ["a", "a"]}]}, "distinct"),
        ({"name": "M", "properties": [{"name": "x", "baseType": "json", "array": True, "required": True}]}, "required"),
        ({"name": "M", "properties": [{"name": "x", "baseType": "json", "array": True, "ordered": True}]}, "exclude"),
        ({"name": "M", "colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ObjectType.model_validate(wrong)
    assert said in str(refused.value)
