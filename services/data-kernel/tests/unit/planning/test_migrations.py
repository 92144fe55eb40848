"""Planning migrations: classes, their documents and what refers to these, in one commit."""

from pathlib import Path

import pytest

from data_kernel.application.planning import PutMode
from data_kernel.domain.documents import Graph
from shared.canonical import decode
from shared.errors import NotFound, ValidationFailed

ANN, BOB = {"@type": "Person", "name": "Ann", "age": 3}, {"@type": "Person", "name": "Bob", "friend": ["Person/Ann"]}
ALIEN = {"@type": "Movie", "title": "Alien", "year": 1979, "director": "Person/Ann"}


@pytest.fixture
def peopled(branch):
    """The branch with two persons and a movie, which refer to one another."""
    branch.insert(ANN)
    branch.insert(BOB)
    branch.insert(ALIEN)
    return branch


def operation(word, **members):
    return {"@type": word, **{name.rstrip("_"): value for name, value in members.items()}}


def migrate(branch, *operations):
    return branch.write(branch.planners.migrate([*operations]))


def violations(branch, *operations):
    with pytest.raises(ValidationFailed) as caught:
        branch.planners.migrate([*operations])(branch.view)
    return [(each.path, each.rule) for each in caught.value.violations]


def create(name, given, **more):
    return operation("CreateClassProperty", class_="Person", property=name, type=given, **more)


def cast(class_name, name, given):
    return operation("CastClassProperty", class_=class_name, property=name, type=given, default={"@type": "Error"})


def a_set(name):
    return {"@type": "Set", "@class": name}


def optional(name):
    return {"@type": "Optional", "@class": name}


def test_a_required_property_comes_with_a_default(peopled):
    assert migrate(peopled, create("email", "xsd:string", default="none")).ids == ("Person/Ann", "Person/Bob")
    assert peopled.document("Person/Ann") == {"name": "Ann", "age": 3, "email": "none"}


def test_without_one_every_document_that_breaks_is_named(peopled):
    assert violations(peopled, create("email", "xsd:string")) == [
        ("Person/Ann#/email", "required"),
        ("Person/Bob#/email", "required"),
    ]
    empty = operation("CreateClassProperty", class_="Note", property="mark", type="xsd:string")
    assert migrate(peopled, empty).ids == ()


def test_every_change_of_a_document_is_counted(peopled):
    plan = migrate(
        peopled, create("email", "xsd:string", default="none"), cast("Person", "age", optional("xsd:string"))
    )
    assert plan.ids == ("Person/Ann", "Person/Ann", "Person/Bob")
    assert peopled.document("Person/Ann")["age"] == "3"


def test_a_value_that_cannot_be_cast_refuses_all(peopled):
    assert violations(peopled, cast("Person", "age", optional("xsd:date"))) == [("Person/Ann#/age", "cast")]


def test_what_changes_nothing_is_no_change(peopled):
    assert migrate(peopled, operation("CreateClass", class_document={"@type": "Class", "@id": "New"})).ids == ()
    again = migrate(peopled, operation("CreateClass", class_document={"@type": "Class", "@id": "New"}))
    assert (again.ids, again.changes) == ((), ())


RENAME = (
    operation("MoveClass", from_="Person", to="Human"),
    cast("Human", "friend", a_set("Human")),
    cast("Movie", "director", optional("Human")),
)


def test_a_class_is_renamed_with_its_documents_and_all_that_refers_to_them(peopled):
    migrate(peopled, *RENAME)
    assert peopled.ids() == ["Human/Ann", "Human/Bob", "Movie/Alien"]
    assert peopled.document("Human/Bob") == {"name": "Bob", "friend": ["Human/Ann"]}
    assert peopled.document("Movie/Alien")["director"] == "Human/Ann"
    assert sorted(peopled.view.referrers("Human/Ann")) == ["Human/Bob", "Movie/Alien"]
    assert [*peopled.view.referrers("Person/Ann")] == []


def test_a_type_that_is_left_behind_is_refused(peopled):
    assert violations(peopled, *RENAME[:2]) == [("Movie#/director", "unknown_type")]


def test_another_key_makes_other_ids_that_references_follow(peopled):
    plan = migrate(peopled, operation("ChangeKey", class_="Person", key="Hash", fields=["name"]))
    assert plan.ids == ("Person/Ann", "Person/Bob")
    ann, bob, _ = sorted(peopled.ids(), key=lambda each: (each.startswith("Movie"), peopled.document(each).get("name")))
    assert len(ann) == len("Person/") + 64
    assert peopled.document(bob)["friend"] == [ann]
    assert peopled.document("Movie/Alien")["director"] == ann


def test_random_ids_stay_as_they_are(peopled):
    assert migrate(peopled, operation("ChangeKey", class_="Person", key="Random")).ids == ()
    assert peopled.ids() == ["Movie/Alien", "Person/Ann", "Person/Bob"]


def test_ids_that_follow_from_ids_follow(peopled):
    """A key over a reference makes another id when the document referred to gets one."""
    fan = {"@type": "Class", "@id": "Fan", "@key": {"@type": "Lexical", "@fields": ["of"]}, "of": "Person"}
    club = {"@type": "Class", "@id": "Club", "fans": a_set("Fan")}
    peopled.put_schema(fan, club)
    (fan_id,) = peopled.insert({"@type": "Fan", "of": "Person/Ann"}).ids
    (club_id,) = peopled.insert({"@type": "Club", "fans": [fan_id]}).ids
    migrate(peopled, *RENAME, cast("Fan", "of", "Human"))
    (moved,) = peopled.document(club_id)["fans"]
    assert moved != fan_id
    assert "Human" in moved
    assert peopled.document(moved) == {"of": "Human/Ann"}


def test_two_documents_never_become_one(peopled):
    peopled.insert({"@type": "Person", "name": "Cyd", "age": 3})
    same = operation("ChangeKey", class_="Person", key="Lexical", fields=["age"])
    assert violations(peopled, same) == [("Person/3#/@id", "id_taken")]


def test_ids_may_change_places(branch):
    branch.put_schema(
        {
            "@type": "Class",
            "@id": "Pair",
            "@key": {"@type": "Lexical", "@fields": ["a"]},
            "a": "xsd:string",
            "b": "xsd:string",
        }
    )
    branch.insert({"@type": "Pair", "a": "x", "b": "y"})
    branch.insert({"@type": "Pair", "a": "y", "b": "x"})
    migrate(branch, operation("ChangeKey", class_="Pair", key="Lexical", fields=["b"]))
    assert branch.document("Pair/x") == {"a": "y", "b": "x"}
    assert branch.document("Pair/y") == {"a": "x", "b": "y"}


def test_documents_go_with_their_class_unless_others_refer_to_them(peopled):
    delete = operation("DeleteClass", class_="Person")
    assert violations(peopled, delete) == [("Movie#/director", "unknown_type")]
    drop = operation("DeleteClassProperty", class_="Movie", property="director")
    assert migrate(peopled, drop, delete).ids == ("Movie/Alien", "Person/Ann", "Person/Bob")
    assert peopled.ids() == ["Movie/Alien"]


def test_a_document_that_another_refers_to_does_not_go(peopled):
    peopled.put_schema(
        {"@type": "Class", "@id": "Child", "@inherits": "Person", "@key": {"@type": "Lexical", "@fields": ["name"]}}
    )
    peopled.insert({"@type": "Child", "name": "Dan"})
    peopled.insert({"@type": "Person", "name": "Eve", "friend": ["Child/Dan"]})
    delete = operation("DeleteClass", class_="Child")
    assert violations(peopled, delete) == [("Person/Eve#/friend/0", "reference")]


def test_classes_are_written_with_the_migration_that_makes_documents_fit(peopled, person):
    stronger = person(age=optional("xsd:string"), email="xsd:string")
    with pytest.raises(ValidationFailed):
        peopled.write(peopled.planners.put_schema([stronger]))
    operations = [create("email", "xsd:string", default="none"), cast("Person", "age", optional("xsd:string"))]
    plan = peopled.write(peopled.planners.put_schema([stronger], operations=operations))
    assert plan.ids == ("Person",)
    assert peopled.document("Person/Ann") == {"name": "Ann", "age": "3", "email": "none"}


def test_classes_that_the_migration_does_not_reach_are_still_refused(peopled, person):
    stronger = person(age=optional("xsd:string"), email="xsd:string")
    planner = peopled.planners.put_schema([stronger], operations=[create("email", "xsd:string", default="none")])
    with pytest.raises(ValidationFailed) as caught:
        planner(peopled.view)
    assert [(each.path, each.rule) for each in caught.value.violations] == [("Person/Ann#/age", "type_change")]


def test_a_class_may_be_renamed_where_the_classes_are_given(peopled, person):
    movie = {
        "@type": "Class",
        "@id": "Movie",
        "@key": {"@type": "Lexical", "@fields": ["title"]},
        "title": "xsd:string",
        "year": "xsd:integer",
        "director": optional("Human"),
        "genre": a_set("Genre"),
    }
    human = person(friend=a_set("Human")) | {"@id": "Human"}
    planner = peopled.planners.put_schema([human, movie], operations=[RENAME[0]])
    assert peopled.write(planner).ids == ("Human", "Movie")
    assert peopled.document("Movie/Alien")["director"] == "Human/Ann"
    assert sorted(peopled.view.documents[Graph.SCHEMA]) == ["Genre", "Human", "Movie", "Note"]
    with pytest.raises(NotFound):
        peopled.write(peopled.planners.put_schema([{"@type": "Class", "@id": "Nope"}], PutMode.REPLACE, operations=[]))


def test_subdocuments_are_rewritten_and_keep_their_place(branch):
    part = {"@type": "Class", "@id": "Part", "@subdocument": [], "@key": {"@type": "Random"}, "n": "xsd:integer"}
    branch.put_schema(part, {"@type": "Class", "@id": "Whole", "parts": a_set("Part")})
    (whole,) = branch.insert({"@type": "Whole", "parts": [{"@type": "Part", "n": 1}, {"@type": "Part", "n": 2}]}).ids
    before = {each["n"]: each["@id"] for each in branch.document(whole)["parts"]}
    assert migrate(branch, cast("Part", "n", "xsd:string")).ids == (whole,)
    assert {each["n"]: each["@id"] for each in branch.document(whole)["parts"]} == {
        str(n): each for n, each in before.items()
    }


def test_the_example_of_the_documentation_holds(branch):
    page = Path(__file__).parents[5] / "docs" / "migrations.md"
    example = decode(page.read_bytes().split(b"```json\n")[1].split(b"```")[0])
    branch.insert({"@type": "Movie", "title": "Alien", "year": 1979})
    branch.write(branch.planners.put_schema(example["classes"], operations=example["migration"]))
    assert branch.document("Movie/Alien") == {"title": "Alien", "year": "1979", "rating": 5}
