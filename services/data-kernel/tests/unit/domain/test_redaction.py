"""What a path leads to, and what is put in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.json_paths import Gap, change_at, parse_path
from data_kernel.domain.redaction import MASK, Redaction, Selector, Strategy
from shared.canonical import decode, encode
from shared.errors import InvalidInput

ADA = {
    "@id": "Person/1",
    "@type": "Person",
    "name": "Ada",
    "age": 36,
    "is_alive": False,
    "mails": ["a@x", "b@x"],
    "home": {"@id": "Person/1/home/1", "street": "Piccadilly", "contact": {"name": "Byron"}},
    "friends": [{"name": "Charles", "age": 44}, {"name": "Mary"}],
}
NAMES = st.text(st.characters(exclude_characters="'\\", exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: not name.startswith("@")
)


def marked(path: str, document=ADA):
    return change_at(document, parse_path(path), lambda _: "!")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", "!"),
        ("$.name", {**ADA, "name": "!"}),
        ("$['name']", {**ADA, "name": "!"}),
        ('$["name"]', {**ADA, "name": "!"}),
        ("$.none", ADA),
        ("$.name.none", ADA),
        ("$.mails[*]", {**ADA, "mails": ["!", "!"]}),
        ("$.mails.*", {**ADA, "mails": ["!", "!"]}),
        ("$.friends[*].name", {**ADA, "friends": [{"name": "!", "age": 44}, {"name": "!"}]}),
        ("$.home.*", {**ADA, "home": {"@id": "Person/1/home/1", "street": "!", "contact": "!"}}),
        (
            "$..name",
            {
                **ADA,
                "name": "!",
                "home": {**ADA["home"], "contact": {"name": "!"}},
                "friends": [{"name": "!", "age": 44}, {"name": "!"}],
            },
        ),
        ("$.home..name", {**ADA, "home": {**ADA["home"], "contact": {"name": "!"}}}),
        ("$['@id']", ADA),
    ],
)
def test_a_path_leads_to_values_by_their_names(path, expected) -> None:
    assert marked(path) == expected


@pytest.mark.parametrize(
    "path", ["", "name", "$name", "$.", "$..", "$[0]", "$[?@.a]", "$['a'", "$.a b", "$" + ".a" * 600]
)
def test_what_is_no_path_is_refused(path) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_path(path)
    assert refused.value.field == "path"


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_refused(text) -> None:
    try:
        parse_path("$" + text)
    except InvalidInput:
        return
    assert marked("$" + text) is not None


@given(NAMES, st.integers())
def test_any_name_can_be_quoted(name, value) -> None:
    document = {name: value, "@type": "A"}
    assert change_at(document, parse_path(f"$['{name}']"), lambda _: Gap.GONE) == {"@type": "A"}


def apply(strategy: Strategy, path: str, key: bytes = b"k" * 32, document=ADA):
    return Redaction.of(Selector(path=path), strategy).apply(document, key)


def test_null_and_drop() -> None:
    assert apply(Strategy.NULL, "$.name") == {**ADA, "name": None}
    assert apply(Strategy.DROP, "$.mails[*]") == {**ADA, "mails": []}
    assert "friends" not in apply(Strategy.DROP, "$.friends")
    assert Redaction.of(Selector(type="Person"), Strategy.DROP).apply(ADA, b"") is Gap.GONE


def test_a_mask_tells_nothing_and_leaves_ids() -> None:
    masked = apply(Strategy.MASK, "$.*")
    assert masked == {
        "@id": "Person/1",
        "@type": "Person",
        "name": MASK,
        "age": 0,
        "is_alive": False,
        "mails": [MASK, MASK],
        "home": {"@id": "Person/1/home/1", "street": MASK, "contact": {"name": MASK}},
        "friends": [{"name": MASK, "age": 0}, {"name": MASK}],
    }
    numbers = decode(b'{"a":1.50,"b":true,"c":null}')
    assert encode(apply(Strategy.MASK, "$.*", document=numbers)) == b'{"a":0,"b":false,"c":null}'


def test_a_digest_is_the_same_for_the_same_text_and_key_alone() -> None:
    twice = {"a": "Ada", "b": "Ada", "c": "Eve", "d": 7}
    one, other = (apply(Strategy.HASH, "$.*", key, twice) for key in (b"1" * 32, b"2" * 32))
    assert one["a"] == one["b"] != one["c"]
    assert one["a"] != other["a"]
    assert (len(one["a"]), one["d"]) == (32, 0)


@pytest.mark.parametrize(
    ("selector", "strategy", "field"),
    [
        (Selector(), Strategy.DROP, "selector"),
        (Selector(type="Person"), Strategy.MASK, "strategy"),
        (Selector(subject="Person/1", path="$"), Strategy.NULL, "strategy"),
        (Selector(path="name"), Strategy.NULL, "path"),
    ],
)
def test_a_redaction_that_says_too_little_is_refused(selector, strategy, field) -> None:
    with pytest.raises(InvalidInput) as refused:
        Redaction.of(selector, strategy)
    assert refused.value.field == field
