"""Planning changes to documents."""

import pytest

from data_kernel.application.planning import PutMode
from data_kernel.domain.digests import etag
from data_kernel.domain.documents import ChangeKind, Graph
from shared.errors import AlreadyExists, InvalidInput, NotFound, PreconditionFailed, ValidationFailed


def person(name, **members):
    return {"@type": "Person", "name": name, **members}


def movie(title, **members):
    return {"@type": "Movie", "title": title, "year": 1979, **members}


def violations(branch, planner):
    with pytest.raises(ValidationFailed) as caught:
        planner(branch.view)
    return [(each.path, each.rule) for each in caught.value.violations]


def tag(branch, document_id):
    return etag("oms", branch.view.documents[Graph.INSTANCE][document_id])


def test_inserting_creates_documents_in_the_requests_order(branch):
    plan = branch.insert(movie("B", director="Person/P"), person("P"), {"@type": "Note"}, movie("A"))
    assert plan.ids == ("Movie/B", "Person/P", "Note/random1", "Movie/A")
    assert [each.kind for each in plan.changes] == [ChangeKind.CREATED] * 4
    assert plan.changes[0].references == {"Person/P"}
    assert plan.changes[0].after == b'{"@id":"Movie/B","@type":"Movie","director":"Person/P","title":"B","year":1979}'


def test_inserting_what_is_there_is_refused(branch):
    branch.insert(person("P"))
    with pytest.raises(AlreadyExists, match="Person/P"):
        branch.insert(person("Q"), person("P", age=3))
    assert branch.ids() == ["Person/P"]


def test_replacing_what_is_not_there_is_refused(branch):
    with pytest.raises(NotFound, match="Person/P"):
        branch.write(branch.planners.replace([person("P")]))


def test_replacing_keeps_nothing_of_the_old_document(branch):
    branch.insert(person("P", age=3))
    plan = branch.write(branch.planners.replace([person("P", friend="Person/P")]))
    assert branch.document("Person/P") == {"name": "P", "friend": ["Person/P"]}
    assert [each.kind for each in plan.changes] == [ChangeKind.UPDATED]


def test_upserting_creates_and_replaces(branch):
    branch.insert(person("P"))
    plan = branch.write(branch.planners.upsert([person("Q"), person("P", age=3)]))
    assert [(each.id, each.kind) for each in plan.changes] == [
        ("Person/Q", ChangeKind.CREATED),
        ("Person/P", ChangeKind.UPDATED),
    ]


def test_what_means_the_same_is_no_change(branch):
    branch.insert(movie("A", genre=["drama", "comedy"]), person("P"))
    plan = branch.write(
        branch.planners.upsert([movie("A", year="1979", genre=["comedy", "drama", "drama"]), person("P", age=1)])
    )
    assert plan.ids == ("Movie/A", "Person/P")
    assert [each.id for each in plan.changes] == ["Person/P"]


def test_a_document_may_be_named_once_in_a_request(branch):
    with pytest.raises(InvalidInput, match="Person/P is named 2 times"):
        branch.insert(person("P"), person("Q"), person("P"))
    with pytest.raises(InvalidInput, match="Person/P is named 2 times"):
        branch.write(branch.planners.delete(["Person/P", "terminusdb:///data/Person/P"]))


def test_a_document_is_an_object(branch):
    with pytest.raises(InvalidInput) as caught:
        branch.insert(person("P"), ["no"])
    assert caught.value.field == "documents/1"


def test_the_violations_of_all_documents_are_one_answer(branch):
    planner = branch.planners.insert(
        [
            movie("A", year="x", genre=["western"]),
            person("P"),
            movie("B", director="Person/Nobody", colour="red"),
            movie("C", director="Person/Nobody"),
            movie("D", director="Movie/A"),
            {"@type": "Nope"},
            {},
        ]
    )
    assert violations(branch, planner) == [
        ("Movie/A#/genre/0", "enum_value"),
        ("Movie/A#/year", "wrong_type"),
        ("Movie/B#/colour", "unknown_property"),
        ("Nope#/@type", "unknown_class"),
        ("documents/6#/@type", "type_missing"),
        ("Movie/B#/director", "reference"),
        ("Movie/C#/director", "reference"),
        ("Movie/D#/director", "reference"),
    ]


def test_a_reference_may_lead_to_any_document_of_its_class_after_the_change(branch):
    branch.insert(person("P"))
    branch.insert(movie("A", director="Person/P"), movie("B", director="Person/Q"), person("Q", friend="Person/Q"))
    assert branch.view.references["Movie/B"] == {"Person/Q"}


def test_deleting_removes_documents(branch):
    branch.insert(person("P"), movie("A", director="Person/P"))
    plan = branch.write(branch.planners.delete(["Person/P", "terminusdb:///data/Movie/A"]))
    assert plan.ids == ("Person/P", "Movie/A")
    assert [each.kind for each in plan.changes] == [ChangeKind.DELETED] * 2
    assert branch.ids() == []


def test_deleting_what_is_not_there_is_refused(branch):
    branch.insert(person("P"))
    with pytest.raises(NotFound, match="Person/Q"):
        branch.write(branch.planners.delete(["Person/P", "Person/Q"]))


def test_what_others_refer_to_is_not_deleted(branch):
    branch.insert(person("P", friend="Person/P"), movie("A", director="Person/P"), movie("B", director="Person/P"))
    planner = branch.planners.delete(["Person/P", "Movie/A"])
    assert violations(branch, planner) == [("Person/P#", "referenced")]
    branch.write(branch.planners.replace([movie("B")]))
    branch.write(planner)
    assert branch.ids() == ["Movie/B"]


def test_a_merge_patch_changes_members(branch):
    branch.insert(person("P", age=3, friend=["Person/P"]))
    plan = branch.write(branch.planners.merge_patch("terminusdb:///data/Person/P", {"age": None, "friend": []}))
    assert plan.ids == ("Person/P",)
    assert branch.document("Person/P") == {"name": "P"}
    assert branch.view.references["Person/P"] == frozenset()


def test_a_json_patch_changes_members(branch):
    branch.insert({"@type": "Note", "@id": "Note/n", "free": {"a": [1]}})
    operations = [{"op": "add", "path": "/free/a/-", "value": 2}, {"op": "test", "path": "/free/a/0", "value": 1}]
    branch.write(branch.planners.json_patch("Note/n", operations))
    assert branch.document("Note/n") == {"free": {"a": [1, 2]}}


def test_a_patch_that_changes_nothing_is_no_change(branch):
    branch.insert(person("P", age=3))
    assert branch.write(branch.planners.merge_patch("Person/P", {"age": 3})).changes == ()
    assert branch.write(branch.planners.json_patch("Person/P", [])).ids == ("Person/P",)


def test_a_patched_document_is_held_to_its_class(branch):
    branch.insert(person("P", age=3))
    planners = branch.planners
    assert violations(branch, planners.merge_patch("Person/P", {"age": "x", "z": 1})) == [
        ("Person/P#/z", "unknown_property"),
        ("Person/P#/age", "wrong_type"),
    ]
    assert violations(branch, planners.merge_patch("Person/P", {"friend": ["Person/N"]})) == [
        ("Person/P#/friend/0", "reference")
    ]
    assert violations(branch, planners.merge_patch("Person/P", {"name": "Q"})) == [("Person/P#/@id", "id_mismatch")]
    assert violations(branch, planners.merge_patch("Person/P", {"@id": "Person/Q", "@type": "Note"})) == [
        ("Person/P#/@id", "id_mismatch"),
        ("Person/P#/@type", "id_mismatch"),
    ]
    assert violations(branch, planners.json_patch("Person/P", [{"op": "remove", "path": "/x"}])) == [
        ("Person/P#/x", "patch_path")
    ]


def test_a_patch_may_leave_id_and_class_out(branch):
    branch.insert(person("P"))
    branch.write(
        branch.planners.json_patch("Person/P", [{"op": "replace", "path": "", "value": {"name": "P", "age": 1}}])
    )
    assert branch.document("Person/P") == {"name": "P", "age": 1}


@pytest.mark.parametrize("patch", [[], "x", None, 7])
def test_a_patched_document_is_an_object(branch, patch):
    branch.insert(person("P"))
    with pytest.raises(InvalidInput):
        branch.write(branch.planners.merge_patch("Person/P", patch))


def test_patching_what_is_not_there_is_refused(branch):
    with pytest.raises(NotFound, match="Person/P"):
        branch.write(branch.planners.merge_patch("Person/P", {}))


def test_a_planner_may_run_again(branch):
    branch.insert({"@type": "Note", "@id": "Note/n"})
    planner = branch.planners.json_patch(
        "Note/n", [{"op": "add", "path": "/free", "value": []}, {"op": "add", "path": "/free/-", "value": 1}]
    )
    first = planner(branch.view)
    assert planner(branch.view) == first
    branch.write(planner)
    assert branch.document("Note/n") == {"free": [1]}


def test_a_stale_tag_is_refused(branch):
    branch.insert(person("P"), person("Q"))
    seen = tag(branch, "Person/P")
    planners = branch.planners
    branch.write(planners.merge_patch("Person/P", {"age": 1}, if_match=seen))
    stale = [
        planners.merge_patch("Person/P", {"age": 2}, if_match=seen),
        planners.json_patch("Person/P", [], if_match=seen),
        planners.replace([person("P")], if_match=seen),
        planners.upsert([person("P")], if_match=seen),
        planners.upsert([person("New")], if_match="*"),
        planners.delete(["Person/P"], if_match=seen),
        planners.delete(["Person/P", "Person/Q"], if_match=tag(branch, "Person/P")),
        planners.delete(["Person/P"], if_match=f"W/{tag(branch, 'Person/P')}"),
    ]
    for planner in stale:
        with pytest.raises(PreconditionFailed):
            planner(branch.view)
    branch.write(
        planners.delete(["Person/P", "Person/Q"], if_match=f"{tag(branch, 'Person/Q')}, {tag(branch, 'Person/P')}")
    )
    assert branch.ids() == []


def test_a_tag_depends_on_database_id_and_content(branch):
    branch.insert(person("P"), {"@type": "Note", "@id": "Note/n"})
    one, other = (branch.view.documents[Graph.INSTANCE][each] for each in ("Person/P", "Note/n"))
    assert len({etag("oms", one), etag("oms2", one), etag("oms", other)}) == 3
    assert len(etag("oms", one)) == 34


def test_the_schema_is_parsed_once_a_version(branch):
    branch.insert(person("P"))
    branch.view.scans.clear()
    branch.insert(person("Q"))
    assert branch.view.scans == []


@pytest.mark.parametrize(
    ("mode", "absent", "there"), [("insert", True, False), ("replace", False, True), ("upsert", True, True)]
)
def test_modes_allow_what_they_say(mode, absent, there):
    assert PutMode(mode).allows(present=False) is absent
    assert PutMode(mode).allows(present=True) is there
