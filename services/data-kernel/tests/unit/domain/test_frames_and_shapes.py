"""Class frames, and what they say about the documents of a class."""

import pytest

from data_kernel.domain.frames import Frames
from data_kernel.domain.shapes import Shapes

CLASSES = {
    "Colour": {"@type": "Enum", "@id": "Colour", "@value": ["red", "green"]},
    "Thing": {"@type": "Class", "@id": "Thing", "@abstract": [], "label": "xsd:string"},
    "Left": {"@type": "Class", "@id": "Left", "@inherits": "Thing", "l": "xsd:integer"},
    "Right": {"@type": "Class", "@id": "Right", "@inherits": ["Thing"], "colour": "Colour"},
    "Both": {"@type": "Class", "@id": "Both", "@inherits": ["Left", "Right"], "@unfoldable": []},
    "Part": {"@type": "Class", "@id": "Part", "@subdocument": [], "of": {"@type": "Optional", "@class": "Both"}},
    "Spare": {"@type": "Class", "@id": "Spare", "@inherits": "Part"},
    "Box": {
        "@type": "Class",
        "@id": "Box",
        "@key": {"@type": "Random"},
        "things": {"@type": "Set", "@class": "Thing"},
        "parts": {"@type": "List", "@class": "Part"},
        "notes": "sys:JSON",
        "@oneOf": {"a": "xsd:string", "b": "Both"},
    },
    "Either": {"@type": "TaggedUnion", "@id": "Either", "text": "xsd:string", "thing": "Both"},
}
SHAPES = Shapes(CLASSES)


def test_a_frame_has_what_is_inherited() -> None:
    assert Frames(CLASSES).frame("Both") == {
        "@type": "Class",
        "@unfoldable": [],
        "@inherits": ["Left", "Right", "Thing"],
        "label": "xsd:string",
        "l": "xsd:integer",
        "colour": {"@id": "Colour", "@type": "Enum", "@values": ["red", "green"]},
    }


def test_ranges_are_told_by_what_they_stand_for() -> None:
    frame = Frames(CLASSES).frame("Box")
    assert frame["parts"] == {"@type": "List", "@class": {"@class": "Part", "@subdocument": []}}
    assert frame["things"] == {"@type": "Set", "@class": ["Left", "Right", "Both", "Both"]}
    assert frame["@oneOf"] == [{"a": "xsd:string", "b": "Both"}]
    assert Frames(CLASSES, expand_abstract=False).frame("Box")["things"] == {"@type": "Set", "@class": "Thing"}
    assert Frames(CLASSES).frame("Either") == {"@type": "Class", "@oneOf": [{"text": "xsd:string", "thing": "Both"}]}
    assert Frames(CLASSES).frame("Colour") == {"@type": "Enum", "@values": ["red", "green"]}
    assert Frames(CLASSES).frame("Nope") == {"@type": "Class"}


def test_a_ladder_of_classes_is_walked_once() -> None:
    """Every rung doubles the ways down: a walk along each of them would never end."""
    ladder = {"C0": {"@type": "Class", "@abstract": []}, "Top": {"@type": "Class", "any": "C0"}}
    for rung in range(40):
        ladder |= {f"{side}{rung}": {"@type": "Class", "@inherits": f"C{rung}"} for side in "LR"}
        ladder[f"C{rung + 1}"] = {"@type": "Class", "@inherits": [f"L{rung}", f"R{rung}"]}
    concrete = Frames(ladder).frame("Top")["any"]
    assert isinstance(concrete, list)
    assert len(concrete) == 40 * 4


def test_classes_that_inherit_in_a_circle_end() -> None:
    circle = {name: {"@type": "Class", "@inherits": other} for name, other in (("A", "B"), ("B", "A"))}
    assert Frames(circle).ancestors("A") == {"B"}


@pytest.mark.parametrize(
    ("class_name", "property_name", "referred"),
    [
        ("Box", "parts", "Part"),
        ("Box", "things", "Thing"),
        ("Box", "b", "Both"),
        ("Box", "a", None),
        ("Box", "notes", None),
        ("Both", "colour", None),
        ("Both", "label", None),
        ("Spare", "of", "Both"),
        ("Either", "thing", "Both"),
        ("Nope", "x", None),
    ],
)
def test_which_properties_refer(class_name: str, property_name: str, referred: str | None) -> None:
    assert SHAPES.referred_class(class_name, property_name) == referred


def test_marks_are_inherited() -> None:
    assert SHAPES.subdocuments == {"Part", "Spare"}
    assert SHAPES.unfoldable == {"Both"}
    assert SHAPES.with_descendants("Thing") == ["Both", "Left", "Right", "Thing"]
    assert SHAPES.with_descendants("Nope") == ["Nope"]


def test_references_and_subdocuments_at_every_depth() -> None:
    inner = {"@id": "Box/1/parts/Part/1", "@type": "Part", "of": "Both/1"}
    box = {"@id": "Box/1", "@type": "Box", "parts": [inner], "things": ["Left/1"], "notes": {"things": ["Left/2"]}}
    assert sorted(SHAPES.references(box)) == ["Both/1", "Left/1"]
    assert [*SHAPES.subdocuments_in(box)] == [inner]
