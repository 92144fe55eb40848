"""Planning changes to the schema graph, over the documents that are there."""

import pytest

from data_kernel.application.planning import Planners, PutMode
from data_kernel.application.revalidation import MAX_VIOLATIONS
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import ChangeKind, Graph
from shared.errors import AlreadyExists, InvalidInput, NotFound, ValidationFailed


def optional(name):
    return {"@type": "Optional", "@class": name}


def a_set(name):
    return {"@type": "Set", "@class": name}


def a_list(name):
    return {"@type": "List", "@class": name}


def violations(branch, planner):
    with pytest.raises(ValidationFailed) as caught:
        planner(branch.view)
    return [(each.path, each.rule) for each in caught.value.violations]


def classes(branch):
    return sorted(branch.view.documents[Graph.SCHEMA])


def a_class(name, **members):
    return {"@type": "Class", "@id": name, **members}


def test_classes_are_stored_by_name_in_canonical_form(branch):
    plan = branch.put_schema(a_class("terminusdb:///schema#B", y="xsd:string", x="A"), a_class("A"))
    assert plan.ids == ("B", "A")
    assert [(each.id, each.type, each.kind) for each in plan.changes] == [
        ("A", "Class", ChangeKind.CREATED),
        ("B", "Class", ChangeKind.CREATED),
    ]
    assert branch.view.documents[Graph.SCHEMA]["B"].body == b'{"@id":"B","@type":"Class","x":"A","y":"xsd:string"}'


def test_modes(branch):
    planners, person = branch.planners, {"@type": "Enum", "@id": "Genre", "@value": ["drama", "comedy", "x"]}
    with pytest.raises(AlreadyExists, match="Genre"):
        branch.write(planners.put_schema([person], PutMode.INSERT))
    with pytest.raises(NotFound, match="New"):
        branch.write(planners.put_schema([a_class("New")], PutMode.REPLACE))
    branch.write(planners.put_schema([person], PutMode.REPLACE))
    branch.write(planners.put_schema([a_class("New")], PutMode.INSERT))
    assert classes(branch) == ["Genre", "Movie", "New", "Note", "Person"]


def test_what_is_the_same_is_no_change(branch, person):
    assert branch.put_schema(person()).changes == ()


def test_documentation_alone_reads_no_documents(branch, person):
    branch.view.scans.clear()
    plan = branch.put_schema(person(**{"@documentation": {"@comment": "People"}, "@metadata": {"a": [1]}}))
    assert len(plan.changes) == 1
    assert all(graph is Graph.SCHEMA for graph, _ in branch.view.scans)


def test_the_context_is_written_whatever_the_mode(branch):
    context = {"@type": "@context", "@id": "terminusdb://context", "@base": "iri://b/", "@schema": "iri://s#"}
    branch.write(branch.planners.put_schema([context], PutMode.REPLACE))
    assert branch.view.documents[Graph.SCHEMA]["@context"].type == "@context"
    branch.insert({"@type": "iri://s#Person", "name": "P", "friend": "iri://b/Person/P"})
    assert branch.document("Person/P")["friend"] == ["Person/P"]
    with pytest.raises(InvalidInput):
        branch.write(branch.planners.delete_schema(["@context"]))


def test_a_full_write_deletes_what_it_does_not_name_but_the_context(branch):
    branch.put_schema({"@type": "@context", "@base": "iri://b/", "@schema": "iri://s#"})
    branch.write(branch.planners.put_schema([a_class("Note"), a_class("Only")], PutMode.INSERT, full=True))
    assert classes(branch) == ["@context", "Note", "Only"]


@pytest.mark.parametrize(
    ("document", "field"), [("x", "classes/1"), ({"@type": "Class"}, "classes/1/@id"), ({"@id": 7}, "classes/1/@id")]
)
def test_a_malformed_class_says_where(branch, document, field):
    with pytest.raises(InvalidInput) as caught:
        branch.put_schema(a_class("A"), document)
    assert caught.value.field == field


def test_a_class_is_named_once(branch):
    with pytest.raises(InvalidInput, match="A is named 2 times"):
        branch.put_schema(a_class("A"), a_class("A"))
    with pytest.raises(InvalidInput):
        branch.write(branch.planners.delete_schema(["Note", "Note"]))


def test_violations_name_class_and_member(branch):
    planner = branch.planners.put_schema(
        [a_class("A", x="Nowhere", **{"@nonsense": 1}), a_class("B", x="xsd:nonsense")]
    )
    assert violations(branch, planner) == [
        ("A#/@nonsense", "unsupported"),
        ("A#/x", "unknown_type"),
        ("B#/x", "unsupported"),
    ]


def test_deleting_classes(branch):
    planners = branch.planners
    assert violations(branch, planners.delete_schema(["Genre"])) == [("Movie#/genre", "unknown_type")]
    with pytest.raises(NotFound, match="Nope"):
        branch.write(planners.delete_schema(["Nope"]))
    plan = branch.write(planners.delete_schema(["Movie", "Genre"]))
    assert plan.ids == ("Movie", "Genre")
    assert [(each.id, each.type, each.kind) for each in plan.changes] == [
        ("Genre", "Enum", ChangeKind.DELETED),
        ("Movie", "Class", ChangeKind.DELETED),
    ]


def test_a_class_with_documents_is_not_deleted(branch):
    branch.insert({"@type": "Note", "@id": "Note/a"})
    assert violations(branch, branch.planners.delete_schema(["Note"])) == [("Note#", "class_in_use")]
    branch.write(branch.planners.delete(["Note/a"]))
    branch.write(branch.planners.delete_schema(["Note"]))
    assert "Note" not in classes(branch)


REFUSED_OVER_DATA = [
    ({"phone": "xsd:string"}, [("Person/Ann#/phone", "required"), ("Person/Bob#/phone", "required")]),
    ({"age": "xsd:integer"}, [("Person/Bob#/age", "required")]),
    ({"age": None}, [("Person/Ann#/age", "unknown_property")]),
    ({"age": optional("xsd:string")}, [("Person/Ann#/age", "type_change")]),
    ({"age": optional("xsd:double")}, [("Person/Ann#/age", "type_change")]),
    ({"age": optional("sys:JSON")}, [("Person/Ann#/age", "type_change")]),
    ({"age": a_list("xsd:integer")}, [("Person/Ann#/age", "wrong_type"), ("Person/Bob#/age", "required")]),
    (
        {"friend": a_set("Note")},
        [("Person/Bob#/friend/0", "reference"), ("Person/Bob#/friend/1", "reference")],
    ),
    ({"@abstract": []}, [("Person/Ann#/@type", "abstract_class"), ("Person/Bob#/@type", "abstract_class")]),
    ({"@oneOf": {"age": "xsd:integer"}, "age": None}, [("Person/Bob#", "choice_missing")]),
    ({"friend": optional("Person")}, [("Person/Bob#/friend", "wrong_type")]),
    (
        {"@key": {"@type": "Lexical", "@fields": ["age"]}},
        [("Person/Ann#/@id", "id_mismatch"), ("Person/Bob#/@id", "id_mismatch")],
    ),
]


@pytest.mark.parametrize(("change", "expected"), REFUSED_OVER_DATA)
def test_a_class_that_stored_documents_break_is_refused(branch, person, change, expected):
    branch.insert(
        {"@type": "Person", "name": "Ann", "age": 3},
        {"@type": "Person", "name": "Bob", "friend": ["Person/Ann", "Person/Bob"]},
    )
    assert violations(branch, branch.planners.put_schema([person(**change)])) == expected


TAKEN_OVER_DATA = [
    {"email": optional("xsd:string")},
    {"nick": a_set("xsd:string")},
    {"@key": {"@type": "Random"}},
    {"@key": None},
    {"name": optional("xsd:string"), "age": optional("xsd:decimal")},
    {"friend": a_list("Person")},
]


@pytest.mark.parametrize("change", TAKEN_OVER_DATA)
def test_a_class_that_asks_for_less_leaves_documents_as_they_are(branch, person, change):
    branch.insert({"@type": "Person", "name": "Ann", "age": 3, "friend": ["Person/Ann"]})
    plan = branch.put_schema(person(**change))
    assert [each.id for each in plan.changes] == ["Person"]


def test_documents_take_the_form_of_the_new_family(branch, person):
    branch.insert({"@type": "Person", "name": "Ann", "age": 3, "friend": "Person/Ann"})
    branch.put_schema(person(age=a_set("xsd:integer"), friend=optional("Person")))
    assert branch.document("Person/Ann") == {"name": "Ann", "age": [3], "friend": "Person/Ann"}
    assert branch.view.references["Person/Ann"] == {"Person/Ann"}
    branch.put_schema(person())
    assert branch.document("Person/Ann") == {"name": "Ann", "age": 3, "friend": ["Person/Ann"]}


def test_a_json_value_that_is_a_list_stays_one_value_in_a_set(branch):
    branch.insert({"@type": "Note", "@id": "Note/n", "free": [1, 2]})
    branch.put_schema(a_class("Note", free=a_set("sys:JSON")))
    assert branch.document("Note/n") == {"free": [[1, 2]]}


def test_a_list_does_not_lose_its_order_to_a_set(branch):
    branch.put_schema(a_class("Note", tags=a_list("xsd:string")))
    branch.insert({"@type": "Note", "@id": "Note/n", "tags": ["b", "a", "b"]})
    assert violations(branch, branch.planners.put_schema([a_class("Note", tags=a_set("xsd:string"))])) == [
        ("Note/n#/tags", "type_change")
    ]


def test_an_enum_loses_no_value_that_is_used(branch):
    def genres(*values):
        return branch.planners.put_schema([{"@type": "Enum", "@id": "Genre", "@value": list(values)}])

    branch.insert({"@type": "Movie", "title": "A", "year": 1, "genre": ["drama"]})
    assert violations(branch, genres("comedy")) == [("Movie/A#/genre/0", "enum_value")]
    branch.write(genres("comedy", "drama", "new"))
    branch.write(genres("drama"))
    assert branch.document("Movie/A")["genre"] == ["drama"]


def test_the_search_for_broken_documents_ends(branch, person):
    branch.insert(*({"@type": "Person", "name": str(number)} for number in range(MAX_VIOLATIONS + 5)))
    assert len(violations(branch, branch.planners.put_schema([person(phone="xsd:string")]))) == MAX_VIOLATIONS


def test_another_namespace_is_held_against_the_keys_of_documents(branch):
    branch.put_schema(a_class("Kind", e="Genre", **{"@key": {"@type": "Lexical", "@fields": ["e"]}}))
    branch.insert({"@type": "Kind", "e": "drama"})
    context = {"@type": "@context", "@base": "iri://b/", "@schema": "iri://s#"}
    assert [rule for _, rule in violations(branch, branch.planners.put_schema([context]))] == ["id_mismatch"]


def test_a_database_made_again_with_other_prefixes_has_another_schema(branch):
    cache = SchemaCache(capacity=1)
    for base in ("iri://one/", "iri://two/"):
        database = Database("oms", prefixes={"@base": base, "@schema": "iri://s#"})
        plan = Planners(database, cache).insert([{"@type": "Person", "name": "P", "@id": f"{base}Person/P"}])(
            branch.view
        )
        assert plan.ids == ("Person/P",)


def test_a_reference_may_lead_to_a_class_below_as_long_as_it_is_below(branch):
    below = a_class("Employee", **{"@inherits": "Note"})
    branch.put_schema(below, a_class("Holder", to="Note"))
    branch.insert({"@type": "Employee", "@id": "Employee/1"})
    branch.insert({"@type": "Holder", "@id": "Holder/1", "to": "Employee/1"})
    assert violations(branch, branch.planners.put_schema([a_class("Employee")])) == [("Holder/1#/to", "reference")]
    branch.put_schema(below | {"more": optional("xsd:string")})


def test_a_class_may_be_named_by_a_prefix_of_the_context(branch):
    context = {"@type": "@context", "@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}
    thing = a_class("http://ex.org/Thing", **{"terminusdb:///schema#name": "http://www.w3.org/2001/XMLSchema#string"})
    unknown = branch.planners.put_schema([a_class("ex:Thing")])
    assert violations(branch, unknown) == [("ex:Thing#/@id", "name")]
    branch.put_schema(context | {"ex": "http://ex.org/"}, thing)
    assert (
        branch.view.documents[Graph.SCHEMA]["ex:Thing"].body
        == b'{"@id":"ex:Thing","@type":"Class","name":"xsd:string"}'
    )
    branch.put_schema(context)
    assert branch.insert({"@type": "ex:Thing", "@id": "ex:Thing/1", "name": "n"}).ids == ("ex:Thing/1",)


def test_a_prefix_that_would_write_stored_ids_otherwise_is_refused(branch):
    context = {"@type": "@context", "@base": "terminusdb:///data/", "@schema": "terminusdb:///schema#"}
    branch.put_schema(a_class("Far", **{"@base": "http://ex.org/far/"}, title="xsd:string"))
    branch.insert({"@type": "Far", "@id": "http://ex.org/far/1", "title": "n"})
    planner = branch.planners.put_schema([context | {"ex": "http://ex.org/"}])
    assert violations(branch, planner) == [("http://ex.org/far/1#/@id", "id_mismatch")]


@pytest.mark.parametrize("base", [5, None, "x"])
def test_a_context_whose_prefix_is_none_is_refused(branch, base):
    context = {"@type": "@context", "@base": base, "@schema": "terminusdb:///schema#"}
    planner = branch.planners.put_schema([context, a_class("New", **{"@base": "iri://x/"})])
    assert violations(branch, planner) == [("@context#/@base", "prefix")]


def a_part(**members):
    return a_class("Part", **{"@subdocument": [], "@key": {"@type": "Random"}}, **members)


@pytest.fixture
def whole(branch):
    """The branch with a document that has two subdocuments inside, one of them in another."""
    branch.put_schema(
        a_part(n="xsd:integer"),
        a_class("Case", **{"@subdocument": [], "@key": {"@type": "Random"}}, part="Part"),
        a_class("Whole", parts=a_list("Part"), case=optional("Case")),
    )
    branch.insert({"@type": "Whole", "@id": "Whole/1", "parts": [{"@type": "Part", "n": 1}]})
    branch.insert({"@type": "Whole", "@id": "Whole/2", "parts": [], "case": {"part": {"@type": "Part", "n": 2}}})
    return branch


def test_what_a_subdocument_lacks_is_found_in_every_document_that_has_one(whole):
    planner = whole.planners.put_schema([a_part(n="xsd:integer", m="xsd:string")])
    assert violations(whole, planner) == [("Whole/1#/parts/0/m", "required"), ("Whole/2#/case/part/m", "required")]


def test_a_value_in_a_subdocument_does_not_change_its_meaning(whole):
    planner = whole.planners.put_schema([a_part(n="xsd:string")])
    assert violations(whole, planner) == [
        ("Whole/1#/parts/0/n", "type_change"),
        ("Whole/2#/case/part/n", "type_change"),
    ]


def test_the_values_of_a_subdocument_take_another_form(whole):
    whole.put_schema(a_part(n=a_set("xsd:integer")))
    assert whole.document("Whole/1")["parts"][0]["n"] == [1]
    assert whole.document("Whole/2")["case"]["part"]["n"] == [2]


def test_documents_of_their_own_do_not_become_subdocuments(whole):
    whole.put_schema(a_class("Free", n="xsd:integer"))
    whole.insert({"@type": "Free", "@id": "Free/1", "n": 1})
    planner = whole.planners.put_schema([a_class("Free", **{"@subdocument": []}, n="xsd:integer")])
    assert violations(whole, planner) == [("Free/1#/@type", "subdocument_alone")]


def test_subdocuments_do_not_become_documents_of_their_own(whole):
    planner = whole.planners.put_schema([a_class("Part", n="xsd:integer")])
    assert {path.partition("#")[0] for path, _ in violations(whole, planner)} == {"Whole/1", "Whole/2"}
