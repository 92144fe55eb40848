"""Planning changes to documents in documents, and to those whose ids are made of all their values."""

import pytest

from data_kernel.application.schemas import SchemaCache
from data_kernel.application.versioning.patch_plans import PatchPlans
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Graph
from shared.canonical import decode
from shared.errors import ValidationFailed

ADDRESS = {
    "@type": "Class",
    "@id": "Address",
    "@key": {"@type": "Lexical", "@fields": ["street"]},
    "@subdocument": [],
    "street": "xsd:string",
    "floor": {"@type": "Optional", "@class": "xsd:integer"},
}
HOUSE = {
    "@type": "Class",
    "@id": "House",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "at": {"@type": "Optional", "@class": "Address"},
    "also_at": {"@type": "Set", "@class": "Address"},
    "owner": {"@type": "Optional", "@class": "Person"},
}
BAG = {
    "@type": "Class",
    "@id": "Bag",
    "@key": {"@type": "ValueHash"},
    "words": {"@type": "Set", "@class": "xsd:string"},
    "n": {"@type": "Optional", "@class": "xsd:integer"},
}


@pytest.fixture
def houses(branch):
    branch.put_schema(ADDRESS, HOUSE, BAG)
    return branch


def violations(branch, planner):
    with pytest.raises(ValidationFailed) as caught:
        planner(branch.view)
    return [(each.path, each.rule) for each in caught.value.violations]


def applied(patch):
    return PatchPlans(Database("oms"), SchemaCache()).apply([patch], accepts_final=False)


def address(where, street, **members):
    return {"@id": f"House/h/{where}/Address/{street}", "@type": "Address", "street": street, **members}


def test_a_subdocument_gets_another_id_with_its_key(houses):
    houses.insert({"@type": "House", "name": "h", "at": {"street": "a"}, "also_at": [{"street": "b"}, {"street": "c"}]})
    houses.write(houses.planners.merge_patch("House/h", {"at": {"street": "z"}}))
    assert houses.document("House/h")["at"] == address("at", "z")
    swap = {"street": {"@op": "SwapValue", "@before": "z", "@after": "y"}}
    houses.write(applied({"@id": "House/h", "at": swap}))
    assert houses.document("House/h") == {
        "name": "h",
        "at": address("at", "y"),
        "also_at": [address("also_at", "b"), address("also_at", "c")],
    }


def test_subdocuments_go_with_what_they_stand_in(houses):
    houses.insert({"@type": "House", "name": "h", "at": {"street": "a"}, "also_at": [{"street": "b"}]})
    houses.write(houses.planners.replace([{"@type": "House", "name": "h", "also_at": {"street": "b", "floor": 1}}]))
    assert houses.document("House/h") == {"name": "h", "also_at": [address("also_at", "b", floor=1)]}
    assert houses.ids() == ["House/h"]


def test_a_document_given_inside_that_is_refused_is_told_in_its_place(houses):
    house = {"@type": "House", "name": "h", "owner": {"@type": "Person", "age": "old"}}
    assert violations(houses, houses.planners.insert([house])) == [
        ("House/h#/owner/age", "wrong_type"),
        ("House/h#/owner/name", "required"),
    ]


def test_the_values_that_an_id_is_made_of_stay(houses):
    (bag,) = houses.insert({"@type": "Bag", "words": ["b", "a"], "n": 1}).ids
    mismatch = [(f"{bag}#/@id", "id_mismatch")]
    assert violations(houses, houses.planners.merge_patch(bag, {"n": 2})) == mismatch
    assert violations(houses, houses.planners.merge_patch(bag, {"words": ["a"]})) == mismatch
    more = {"@op": "SwapValue", "@before": 1, "@after": 2}
    assert violations(houses, applied({"@id": bag, "n": more})) == mismatch
    assert houses.planners.merge_patch(bag, {"n": 1})(houses.view).changes == ()
    stored = decode(houses.view.documents[Graph.INSTANCE][bag].body)
    assert stored == {"@id": bag, "@type": "Bag", "words": ["a", "b"], "n": 1}


def test_a_document_that_was_read_can_be_written_again_whatever_the_order_of_its_sets_was(houses):
    (bag,) = houses.insert({"@type": "Bag", "words": ["b", "a"], "n": 1}).ids
    stored = decode(houses.view.documents[Graph.INSTANCE][bag].body)
    assert houses.planners.replace([stored])(houses.view).changes == ()
    mismatch = [(f"{bag}#/@id", "id_mismatch")]
    for other in (stored | {"n": 2}, stored | {"words": ["a", "c"]}, stored | {"words": ["a"]}):
        assert violations(houses, houses.planners.upsert([other])) == mismatch
    houses.write(houses.planners.delete([bag]))
    assert houses.insert(stored).ids == (bag,)
    named = [("Bag/mine#/@id", "id_mismatch")]
    assert violations(houses, houses.planners.insert([stored | {"@id": "Bag/mine"}])) == named
