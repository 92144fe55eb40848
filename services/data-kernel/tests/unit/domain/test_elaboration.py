"""Holding documents to their classes."""

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.ids import fragment, random_key
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import decode, encode

CLASSES = [
    {"@type": "Enum", "@id": "Genre", "@value": ["drama", "comedy", "sci_fi", "light blue"]},
    {"@type": "Class", "@id": "Person", "@key": {"@type": "Lexical", "@fields": ["name"]}, "name": "xsd:string"},
    {
        "@type": "Class",
        "@id": "Movie",
        "@key": {"@type": "Lexical", "@fields": ["title"]},
        "title": "xsd:string",
        "year": "xsd:integer",
        "rating": {"@type": "Optional", "@class": "xsd:decimal"},
        "genre": {"@type": "Set", "@class": "Genre"},
        "director": {"@type": "Optional", "@class": "Person"},
        "cast": {"@type": "Set", "@class": "Person"},
        "tags": {"@type": "List", "@class": "xsd:string"},
        "free": {"@type": "Optional", "@class": "sys:JSON"},
        "frees": {"@type": "Set", "@class": "sys:JSON"},
    },
    {"@type": "Class", "@id": "Note", "text": {"@type": "Optional", "@class": "xsd:string"}},
]
KEYS = {
    "a": "xsd:string",
    "n": "xsd:integer",
    "d": "xsd:decimal",
    "x": "xsd:double",
    "t": "xsd:dateTime",
    "b": "xsd:boolean",
    "e": "Genre",
    "to": "Person",
}
FAMILIES = {"o": {"@type": "Optional", "@class": "xsd:string"}, "s": {"@type": "Set", "@class": "xsd:integer"}}


def keyed(name, fields):
    types = {field: KEYS.get(field) or FAMILIES[field] for field in fields}
    return {"@type": "Class", "@id": name, "@key": {"@type": "Lexical", "@fields": fields}, **types}


SCHEMA = parse_schema(
    {
        each["@id"]: each
        for each in [*CLASSES, *(keyed(f"K{field}", [field]) for field in KEYS | FAMILIES), keyed("Kao", ["a", "o"])]
    }
)
MOVIE = {"@type": "Movie", "title": "Alien", "year": 1979, "tags": []}


def run(document, **options):
    return elaborate(SCHEMA, document, **options)


def stored(document):
    elaborated = run(document)
    assert elaborated.violations == ()
    return json.loads(elaborated.body)


def broken(document, **options):
    elaborated = run(document, **options)
    assert elaborated.body == b""
    return [(each.path, each.rule) for each in elaborated.violations]


LEXICAL = [
    ("Ka", "a", "abc", "abc"),
    ("Ka", "a", "x y", "x%20y"),
    ("Ka", "a", "a/b/c", "a%2Fb%2Fc"),
    ("Ka", "a", "50%", "50%25"),
    ("Ka", "a", "a&b=c?d#e;f,g:h@i", "a&b=c%3Fd%23e;f,g%3Ah@i"),
    ("Ka", "a", "(a)[b]{c}<d>", "(a)%5Bb%5D%7Bc%7D%3Cd%3E"),
    ("Ka", "a", "'a'\"b\"", "'a'%22b%22"),
    ("Ka", "a", "é ü ß", "%C3%A9%20%C3%BC%20%C3%9F"),
    ("Ka", "a", "한국어", "%ED%95%9C%EA%B5%AD%EC%96%B4"),
    ("Ka", "a", "🧭", "%F0%9F%A7%AD"),
    ("Ka", "a", "a+b*c", "a%2Bb*c"),
    ("Ka", "a", "a.b~c_d-e!f", "a.b~c_d-e!f"),
    ("Ka", "a", "a\\b|c^d`e", "a%5Cb%7Cc%5Ed%60e"),
    ("Ka", "a", "a\nb\tc", "a%0Ab%09c"),
    ("Ka", "a", "", ""),
    ("Ka", "a", "$1", "$1"),
    ("Ka", "a", "a%20b", "a%2520b"),
    ("Kn", "n", -7, "-7"),
    ("Kn", "n", 123456789012345678901234567890, "123456789012345678901234567890"),
    ("Kd", "d", decode("1.50"), "1.5"),
    ("Kd", "d", decode("3.14159265358979323846"), "3.14159265358979323846"),
    ("Kx", "x", decode("1.0"), "1.0"),
    ("Kx", "x", decode("1e30"), "1e%2B30"),
    ("Kt", "t", "2026-11-20T12:34:56.789Z", "2026-11-20T12%3A34%3A56.789Z"),
    ("Kb", "b", True, "true"),
    ("Ke", "e", "drama", "terminusdb%3A%2F%2F%2Fschema%23Genre%2Fdrama"),
    ("Ke", "e", "light blue", "terminusdb%3A%2F%2F%2Fschema%23Genre%2Flight%2520blue"),
    ("Kto", "to", "One/x%20y", "terminusdb%3A%2F%2F%2Fdata%2FOne%2Fx%2520y"),
    ("Ks", "s", [3, 1, 3], "1++3"),
    ("Ks", "s", [], "+none+"),
]


@pytest.mark.parametrize(("name", "field", "value", "key"), LEXICAL)
def test_a_lexical_id_is_terminusdbs(name, field, value, key):
    assert run({"@type": name, field: value}).id == f"{name}/{key}"


def test_a_lexical_id_joins_its_fields():
    assert run({"@type": "Kao", "a": "p+q", "o": "r"}).id == "Kao/p%2Bq+r"
    assert run({"@type": "Kao", "a": "solo"}).id == "Kao/solo++none+"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.text(max_size=5).filter(str.isascii))
def test_different_texts_make_different_fragments(one, other):
    assert (fragment(one) == fragment(other)) == (one == other)
    assert "+" not in fragment(one)
    assert "/" not in fragment(one)


def test_an_id_that_is_given_must_be_the_one_that_the_key_makes():
    assert run(MOVIE | {"@id": "Movie/Alien"}).id == "Movie/Alien"
    assert run(MOVIE | {"@id": "terminusdb:///data/Movie/Alien"}).id == "Movie/Alien"
    assert broken(MOVIE | {"@id": "Movie/Other"}) == [("Movie/Other#/@id", "id_mismatch")]


def test_a_random_id_is_made_where_none_is_given():
    numbers = count(1)
    document = {"@type": "Note"}
    assert run(document, new_key=lambda: f"key{next(numbers)}").id == "Note/key1"
    assert run(document | {"@id": "Note/mine/a b 한국"}).id == "Note/mine/a b 한국"
    assert len(random_key()) == 16
    assert random_key() != random_key()


@pytest.mark.parametrize(
    "given_id", ["", 7, [], "bare", "Movie/x", "Note/", "http://example.com/1", "Note/a\nb", "Note/" + "é" * 510]
)
def test_an_id_out_of_form_is_a_violation(given_id):
    assert [rule for _, rule in broken({"@type": "Note", "@id": given_id})] == ["id_form"]


def test_a_key_too_long_for_an_id_is_a_violation():
    assert broken(MOVIE | {"title": "é" * 200}) == [("Movie#/@id", "id_form")]


def test_a_document_is_stored_in_canonical_form():
    document = {
        "@type": "terminusdb:///schema#Movie",
        "title": "Alien",
        "year": "1979",
        "rating": decode("8.50"),
        "genre": ["sci_fi", "terminusdb:///schema#Genre/light%20blue", "drama", "drama"],
        "director": "terminusdb:///data/Person/Ridley%20Scott",
        "cast": "Person/B",
        "tags": ["b", "a", "b"],
        "free": {"b": decode("1.0"), "a": [None]},
        "frees": [decode("1.0"), 1, {"a": 1}, 1],
    }
    assert run(document).body.decode() == (
        '{"@id":"Movie/Alien","@type":"Movie","cast":["Person/B"],"director":"Person/Ridley%20Scott",'
        '"free":{"a":[null],"b":1.0},"frees":[1,1.0,{"a":1}],"genre":["drama","light blue","sci_fi"],'
        '"rating":8.5,"tags":["b","a","b"],"title":"Alien","year":1979}'
    )


def test_what_is_null_or_an_empty_set_is_absent():
    document = MOVIE | {"rating": None, "genre": [], "cast": None, "free": None}
    assert stored(document) == MOVIE | {"@id": "Movie/Alien"}


def test_a_typed_literal_must_name_the_type():
    assert stored(MOVIE | {"year": {"@type": "xsd:integer", "@value": "5"}})["year"] == 5
    assert broken(MOVIE | {"year": {"@type": "xsd:string", "@value": "5"}}) == [("Movie/Alien#/year", "wrong_type")]


def test_references_are_collected_with_their_places():
    elaborated = run(MOVIE | {"director": "Person/A", "cast": ["Person/B", "terminusdb:///data/Person/A"]})
    assert elaborated.targets == {"Person/A", "Person/B"}
    assert sorted((each.target, each.class_name, each.path) for each in elaborated.references) == [
        ("Person/A", "Person", "Movie/Alien#/cast/1"),
        ("Person/A", "Person", "Movie/Alien#/director"),
        ("Person/B", "Person", "Movie/Alien#/cast/0"),
    ]


BROKEN = [
    ({"@type": "Movie", "title": "a", "tags": []}, [("Movie/a#/year", "required")]),
    (MOVIE | {"year": None}, [("Movie/Alien#/year", "required")]),
    ({"@type": "Movie", "title": "a", "year": 1}, [("Movie/a#/tags", "required")]),
    (MOVIE | {"year": "nineteen"}, [("Movie/Alien#/year", "wrong_type")]),
    (MOVIE | {"title": ["a", "b"]}, [("Movie#/title", "wrong_type")]),
    (MOVIE | {"title": {"a": 1}}, [("Movie#/title", "wrong_type")]),
    (MOVIE | {"title": True}, [("Movie#/title", "wrong_type")]),
    (MOVIE | {"tags": "x"}, [("Movie/Alien#/tags", "wrong_type")]),
    (
        MOVIE | {"tags": ["a", None, True]},
        [("Movie/Alien#/tags/1", "wrong_type"), ("Movie/Alien#/tags/2", "wrong_type")],
    ),
    (MOVIE | {"colour": "red"}, [("Movie/Alien#/colour", "unknown_property")]),
    (MOVIE | {"@linked-by": "x"}, [("Movie/Alien#/@linked-by", "unsupported")]),
    (MOVIE | {"genre": ["drama", "western"]}, [("Movie/Alien#/genre/1", "enum_value")]),
    (MOVIE | {"genre": [1]}, [("Movie/Alien#/genre/0", "enum_value")]),
    (MOVIE | {"director": 7}, [("Movie/Alien#/director", "wrong_type")]),
    (MOVIE | {"director": {"@id": 7, "@type": "@id"}}, [("Movie/Alien#/director", "wrong_type")]),
    (MOVIE | {"director": ""}, [("Movie/Alien#/director", "wrong_type")]),
    ({"@type": "Nope", "a": 1}, [("Nope#/@type", "unknown_class")]),
    ({"@type": "Genre"}, [("Genre#/@type", "unknown_class")]),
    ({"title": "x"}, [("documents/3#/@type", "type_missing")]),
    ({"@type": ["Movie"]}, [("documents/3#/@type", "type_missing")]),
]


@pytest.mark.parametrize(("document", "expected"), BROKEN)
def test_a_violation_names_place_and_rule(document, expected):
    assert broken(document, label="documents/3") == expected


def test_every_violation_of_a_document_is_named():
    document = {"@type": "Movie", "title": "a", "rating": "high", "genre": "western", "colour/shade": 1}
    assert sorted(broken(document)) == [
        ("Movie/a#/colour~1shade", "unknown_property"),
        ("Movie/a#/genre/0", "enum_value"),
        ("Movie/a#/rating", "wrong_type"),
        ("Movie/a#/tags", "required"),
        ("Movie/a#/year", "required"),
    ]


def test_no_violation_shows_the_documents_content():
    document = {"@type": "Movie", "title": "a", "tags": [{}], "year": "secret", "rating": "secret", "genre": "secret"}
    assert len(run(document).violations) == 4
    assert not any("secret" in each.message for each in run(document).violations)


def test_a_value_alone_in_a_set_may_not_lie_too_deep_to_be_read_again():
    deep = decode("[" * 98 + "]" * 98)
    assert decode(run(MOVIE | {"frees": [deep]}).body)["frees"] == [deep]
    deeper = {"a": decode("[" * 98 + "]" * 98)}
    assert broken(MOVIE | {"frees": deeper}) == [("Movie/Alien#/frees", "wrong_type")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
movies = st.fixed_dictionaries(
    {
        "@type": st.just("Movie"),
        "title": st.text("aé/+ %", max_size=6),
        "year": st.integers(),
        "tags": st.lists(st.text("xy"), max_size=3),
    },
    optional={
        "rating": st.from_regex(r"\A-?[0-9]{1,9}(\.[0-9]{1,9})?(e[0-9])?\Z"),
        "genre": st.lists(st.sampled_from(["drama", "comedy", "light blue"]), max_size=4),
        "cast": st.lists(st.sampled_from(["Person/A", "terminusdb:///data/Person/A", "Person/B"]), max_size=3),
        "free": json_values,
        "frees": st.lists(json_values, max_size=4),
    },
)


@given(movies)
def test_a_stored_document_elaborates_to_itself(document):
    first = run(document)
    again = run(decode(first.body))
    assert first.violations == ()
    assert (again.id, again.body, again.targets) == (first.id, first.body, first.targets)


@given(movies, st.randoms(use_true_random=False))
def test_the_order_of_sets_and_members_is_no_matter(document, random):
    shuffled = dict(random.sample(list(document.items()), len(document)))
    for name in ("genre", "cast", "frees"):
        if name in shuffled:
            shuffled[name] = random.sample(shuffled[name], len(shuffled[name]))
    assert run(shuffled).body == run(document).body


@given(
    st.dictionaries(
        st.sampled_from(["@id", "@type", "title", "year", "tags", "genre", "cast", "rating", "x"]), json_values
    )
)
def test_whatever_comes_is_stored_or_refused_with_violations(document):
    elaborated = run(document | {"@type": "Movie"})
    assert bool(elaborated.body) != bool(elaborated.violations)
    assert all(each.path and each.rule and each.message for each in elaborated.violations)
    if elaborated.body:
        assert encode(decode(elaborated.body)) == elaborated.body
