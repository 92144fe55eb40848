"""The class of a document that does not name it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate_all
from data_kernel.domain.validation.fitting import Fitting

CLASSES = [
    {"@type": "Class", "@id": "Shape", "@abstract": []},
    {"@type": "Class", "@id": "Round", "@inherits": "Shape", "radius": "xsd:integer"},
    {
        "@type": "Class",
        "@id": "Square",
        "@inherits": "Shape",
        "side": "xsd:integer",
        "note": {"@type": "Optional", "@class": "xsd:string"},
    },
    {"@type": "Class", "@id": "Path", "points": {"@type": "List", "@class": "xsd:integer"}},
    {"@type": "Class", "@id": "Part", "@subdocument": [], "of": "xsd:integer"},
    {"@type": "Class", "@id": "Twin", "same": "xsd:integer"},
    {"@type": "Class", "@id": "OtherTwin", "same": "xsd:integer"},
    {"@type": "Class", "@id": "Free", "any": {"@type": "Optional", "@class": "xsd:integer"}},
]
SCHEMA = parse_schema({each["@id"]: each for each in CLASSES})


class Counted(Mapping):
    """A mapping that knows how often all of it was looked at."""

    def __init__(self, of):
        self.of = of
        self.times = 0

    def __getitem__(self, name):
        return self.of[name]

    def __iter__(self):
        self.times += 1
        return iter(self.of)

    def __len__(self):
        return len(self.of)


def name_of(definition):
    return definition.name if definition is not None else None


ALONE = [
    ({"radius": 1}, "Round"),
    ({"side": 1}, "Square"),
    ({"side": 1, "note": "x"}, "Square"),
    ({"side": 1, "note": None, "@id": "x"}, "Square"),
    ({"points": []}, "Path"),
    ({"any": 1}, "Free"),
    ({"note": "x"}, None),
    ({"radius": 1, "side": 1}, None),
    ({"same": 1}, None),
    ({"of": 1}, None),
    ({"@id": "x"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("document", "found"), ALONE)
def test_a_document_of_its_own_is_of_the_only_class_with_its_properties(document, found):
    assert name_of(Fitting(SCHEMA).alone(document)) == found


INSIDE = [
    ("Part", {"else": 1}, "Part"),
    ("Round", {}, "Round"),
    ("Shape", {"side": 1}, "Square"),
    ("Shape", {"radius": 1}, "Round"),
    ("Shape", {"of": 1}, None),
]


@pytest.mark.parametrize(("class_name", "document", "found"), INSIDE)
def test_one_in_another_is_of_the_only_class_that_may_stand_there(class_name, document, found):
    assert name_of(Fitting(SCHEMA).inside(class_name, document)) == found


def test_the_classes_are_looked_at_once_for_documents_of_one_kind():
    counted = Counted(SCHEMA.classes)
    documents = [{"side": each} for each in range(50)] + [{"radius": each} for each in range(50)]
    labels = [""] * len(documents)
    found = elaborate_all(replace(SCHEMA, classes=counted), documents, labels)
    assert [each.type for each in found] == ["Square"] * 50 + ["Round"] * 50
    assert counted.times == 2
