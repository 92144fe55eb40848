"""Documents that stand inside of others, and documents of their own that are given where they are referred to."""

from itertools import count

import pytest

from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate, elaborate_all
from shared.canonical import decode


def a_class(class_name, key, **members):
    return {"@type": "Class", "@id": class_name, "@key": key, **members}


def lexical(*fields):
    return {"@type": "Lexical", "@fields": [*fields]}


INSIDE = {"@subdocument": []}
GRID = {"@type": "Array", "@dimensions": 2, "@class": "Address"}
RANDOM, VALUE_HASH = {"@type": "Random"}, {"@type": "ValueHash"}
CLASSES = [
    a_class("City", lexical("name"), name="xsd:string"),
    a_class("Address", lexical("street"), **INSIDE, street="xsd:string", city={"@type": "Optional", "@class": "City"}),
    a_class("Note", RANDOM, **INSIDE, text="xsd:string", inner={"@type": "Optional", "@class": "Inner"}),
    a_class("Inner", VALUE_HASH, **INSIDE, x="xsd:integer", deep={"@type": "Set", "@class": "Deep"}),
    a_class("Deep", {"@type": "Hash", "@fields": ["y"]}, **INSIDE, y="xsd:string"),
    a_class("Chain", RANDOM, **INSIDE, next={"@type": "Optional", "@class": "Chain"}),
    a_class("Round", RANDOM, **INSIDE, radius="xsd:integer", **{"@inherits": "Shape"}),
    a_class("Square", RANDOM, **INSIDE, side="xsd:integer", **{"@inherits": "Shape"}),
    {"@type": "Class", "@id": "Shape", "@abstract": [], **INSIDE},
    a_class(
        "Company",
        lexical("name"),
        name="xsd:string",
        hq={"@type": "Optional", "@class": "Address"},
        branches={"@type": "Set", "@class": "Address"},
        notes={"@type": "Set", "@class": "Note"},
        log={"@type": "Optional", "@class": "Chain"},
        minutes={"@type": "Optional", "@class": "Shape"},
    ),
    a_class("Diary", lexical("name"), name="xsd:string", pages={"@type": "List", "@class": "Note"}),
    a_class("Atlas", lexical("name"), name="xsd:string", grid=GRID),
    a_class("Node", lexical("n"), n="xsd:string", next={"@type": "Optional", "@class": "Node"}),
    a_class("Free", RANDOM, next={"@type": "Optional", "@class": "Free"}),
]
SCHEMA = parse_schema({each["@id"]: each for each in CLASSES})
MAIN = {"@type": "Address", "street": "Main 1"}
COMPANY = {"@type": "Company", "name": "Acme"}


def run(document, **options):
    numbers = count(1)
    return elaborate(SCHEMA, document, new_key=lambda: f"r{next(numbers)}", **options)


def stored(document, **options):
    elaborated = run(document, **options)
    assert elaborated.violations == ()
    return decode(elaborated.body)


def broken(document):
    elaborated = run(document)
    assert elaborated.body == b""
    return [(each.path, each.rule) for each in elaborated.violations]


def test_the_id_of_a_subdocument_begins_with_its_owners_and_the_property():
    company = stored(COMPANY | {"hq": MAIN})
    assert company["hq"] == {"@id": "Company/Acme/hq/Address/Main%201", **MAIN}


def test_a_list_and_an_array_number_their_subdocuments_and_a_set_does_not():
    diary = stored({"@type": "Diary", "name": "d", "pages": [{"text": "a"}, {"text": "b"}]})
    assert [each["@id"] for each in diary["pages"]] == ["Diary/d/pages/0/Note/r1", "Diary/d/pages/1/Note/r2"]
    atlas = stored({"@type": "Atlas", "name": "a", "grid": [[MAIN], [MAIN]]})
    ids = [[each["@id"] for each in row] for row in atlas["grid"]]
    assert ids == [["Atlas/a/grid/0/0/Address/Main%201"], ["Atlas/a/grid/1/0/Address/Main%201"]]
    company = stored(COMPANY | {"branches": [{"street": "b"}, {"street": "a"}]})
    assert [each["@id"] for each in company["branches"]] == [
        "Company/Acme/branches/Address/a",
        "Company/Acme/branches/Address/b",
    ]


def test_an_id_made_of_all_values_is_terminusdbs_and_has_no_owner_before_it():
    inner = {"x": 1, "deep": [{"y": "a"}, {"y": "b"}]}
    company = stored(COMPANY | {"notes": [{"text": "first", "inner": inner}]})
    found = company["notes"][0]["inner"]
    assert found["@id"] == "Inner/b60a4a0c4072511281fb7b46046fa7da338e0e630e9fbe7875f2ffd310716afe"
    assert [each["@id"].removeprefix(found["@id"]) for each in found["deep"]] == [
        "/deep/Deep/3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
        "/deep/Deep/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
    ]


def test_elaborating_what_is_stored_changes_nothing():
    given = COMPANY | {
        "hq": MAIN | {"city": "City/Bern"},
        "branches": [{"street": "b"}, {"street": "a"}],
        "notes": [{"text": "same"}, {"text": "same"}],
    }
    elaborated = run(given)
    assert len(decode(elaborated.body)["notes"]) == 2
    assert run(decode(elaborated.body)).body == elaborated.body


def test_a_reference_inside_is_one_of_the_owners():
    elaborated = run(COMPANY | {"hq": MAIN | {"city": "City/Bern"}})
    assert [(each.target, each.class_name, each.path) for each in elaborated.references] == [
        ("City/Bern", "City", "Company/Acme#/hq/city")
    ]


BROKEN = [
    (MAIN, [("Address/Main%201#/@type", "subdocument_alone")]),
    (COMPANY | {"hq": {"street": True}}, [("Company/Acme#/hq/street", "wrong_type")]),
    (COMPANY | {"hq": {}}, [("Company/Acme#/hq/street", "required")]),
    (COMPANY | {"hq": MAIN | {"lift": 1}}, [("Company/Acme#/hq/lift", "unknown_property")]),
    (COMPANY | {"hq": {"@type": "Note", "text": "x"}}, [("Company/Acme#/hq", "wrong_class")]),
    (COMPANY | {"hq": {"@type": "Nowhere"}}, [("Company/Acme#/hq/@type", "unknown_class")]),
    (COMPANY | {"minutes": {"@type": "Shape"}}, [("Company/Acme#/minutes/@type", "abstract_class")]),
    (COMPANY | {"minutes": {"edge": 1}}, [("Company/Acme#/minutes", "type_missing")]),
    (COMPANY | {"hq": MAIN | {"@id": "Address/x"}}, [("Company/Acme#/hq/@id", "id_mismatch")]),
    (COMPANY | {"hq": MAIN | {"@id": 7}}, [("Company/Acme#/hq/@id", "id_form")]),
    (COMPANY | {"notes": [{"@id": "Note/x", "text": "a"}]}, [("Company/Acme#/notes/0/@id", "id_form")]),
    (COMPANY | {"hq": MAIN | {"@capture": "x"}}, [("Company/Acme#/hq", "capture")]),
]


@pytest.mark.parametrize(("document", "expected"), BROKEN)
def test_a_violation_inside_names_its_place(document, expected):
    assert broken(document) == expected


def test_an_object_without_a_class_is_of_the_only_one_that_has_its_properties():
    assert stored(COMPANY | {"minutes": {"side": 2}})["minutes"]["@type"] == "Square"


def test_nesting_ends_before_a_reader_would():
    def chain(length):
        return {"next": chain(length - 1)} if length else {}

    assert stored(COMPANY | {"log": chain(39)})["log"]
    assert broken(COMPANY | {"log": chain(40)})[0][1] == "too_deep"


def test_a_changed_document_renews_the_ids_that_do_not_fit_any_more():
    diary = stored({"@type": "Diary", "name": "d", "pages": [{"text": "a"}, {"text": "b"}]})
    diary["pages"] = diary["pages"][1:]
    assert broken(diary) == [("Diary/d#/pages/0/@id", "id_form")]
    assert [each["@id"] for each in stored(diary, is_stored=True)["pages"]] == ["Diary/d/pages/0/Note/r1"]
    company = stored(COMPANY | {"hq": MAIN})
    company["hq"]["street"] = "Side 2"
    assert stored(company, is_stored=True)["hq"]["@id"] == "Company/Acme/hq/Address/Side%202"


def test_a_document_of_its_own_may_be_given_where_it_is_referred_to():
    elaborated = run({"@type": "Node", "n": "a", "next": {"n": "b", "next": {"@type": "Node", "n": "c"}}})
    assert [each.id for each in elaborated.every] == ["Node/c", "Node/b", "Node/a"]
    assert decode(elaborated.body)["next"] == "Node/b"
    assert elaborated.targets == {"Node/b"}
    assert broken({"@type": "Node", "n": "a", "next": {"m": 1}}) == [
        ("Node/a#/next/m", "unknown_property"),
        ("Node/a#/next/n", "required"),
    ]


def test_an_object_may_say_that_it_is_an_id():
    assert stored({"@type": "Node", "n": "a", "next": {"@id": "Node/b", "@type": "@id"}})["next"] == "Node/b"


def test_a_document_without_a_class_is_of_the_only_one_that_has_its_properties():
    assert stored({"name": "Acme", "notes": []})["@type"] == "Company"
    assert broken({"name": "Bern"}) == [("#/@type", "type_missing")]
    assert broken({}) == [("#/@type", "type_missing")]


def test_two_with_one_key_in_a_set_are_one_with_the_values_of_both():
    both = [MAIN | {"city": "City/Bern"}, MAIN | {"city": "City/Basel"}, MAIN]
    elaborated = run(COMPANY | {"branches": both})
    (branch,) = decode(elaborated.body)["branches"]
    assert branch == {"@id": "Company/Acme/branches/Address/Main%201", **MAIN, "city": ["City/Basel", "City/Bern"]}
    assert elaborated.targets == {"City/Basel", "City/Bern"}
    assert run(decode(elaborated.body), is_stored=True).body == elaborated.body
    assert broken(decode(elaborated.body)) == [("Company/Acme#/branches/0/city", "wrong_type")]


def test_one_id_is_given_to_one_subdocument():
    twins = [{"text": "a", "inner": {"x": 1}}, {"text": "b", "inner": {"x": 1}}]
    assert broken({"@type": "Diary", "name": "d", "pages": twins}) == [("Diary/d#/pages/1/inner", "key_repeated")]


def together(*documents):
    numbers = count(1)
    labels = [f"documents/{index}" for index, _ in enumerate(documents)]
    return elaborate_all(SCHEMA, documents, labels, new_key=lambda: f"r{next(numbers)}")


def test_documents_of_one_request_refer_to_each_other_by_name():
    one, other = together(
        {"@type": "Node", "n": "a", "@capture": "A", "next": {"@ref": "B"}},
        {"@type": "Node", "n": "b", "@capture": "B", "next": {"@ref": "A"}},
    )
    assert (decode(one.body)["next"], decode(other.body)["next"]) == ("Node/b", "Node/a")
    assert "@capture" not in decode(one.body)


def test_a_random_id_with_a_name_is_one():
    later, named = together({"@type": "Free", "next": {"@ref": "R"}}, {"@type": "Free", "@capture": "R"})
    assert decode(later.body)["next"] == named.id


def test_a_name_is_given_once_and_known():
    once, twice = together({"@type": "Node", "n": "a", "@capture": "A"}, {"@type": "Node", "n": "b", "@capture": "A"})
    assert (once.violations, [each.rule for each in twice.violations]) == ((), ["capture_repeated"])
    assert broken({"@type": "Node", "n": "a", "next": {"@ref": "B"}}) == [("Node/a#/next", "capture_unbound")]
    assert broken({"@type": "Node", "n": "a", "next": {"@ref": 1}}) == [("Node/a#/next", "capture")]
    assert broken({"@type": "Node", "n": "a", "@capture": ""}) == [("Node/a#/@capture", "capture")]
