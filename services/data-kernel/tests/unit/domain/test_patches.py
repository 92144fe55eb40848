"""RFC 7396 and RFC 6902, by their own examples and beyond."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain import patches
from data_kernel.domain.patches import MAX_OPERATIONS, equal, json_patch
from shared.canonical import decode, encode
from shared.errors import InvalidInput, PreconditionFailed, TooLarge, ValidationFailed
from shared.merge_patch import merge_patch

MERGES = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "expected"), MERGES)
def test_merge_patch_is_rfc_7396s(target, patch, expected):
    before = encode(target)
    assert merge_patch(target, patch) == expected
    assert encode(target) == before


def test_merge_patch_keeps_numbers_as_they_are_written():
    merged = merge_patch(decode('{"a":1.50,"b":1}'), decode('{"b":123456789012345678901234567890.10}'))
    assert encode(merged) == b'{"a":1.50,"b":123456789012345678901234567890.10}'


def patched(target, *operations):
    return json_patch(decode(json.dumps(target)), decode(json.dumps(list(operations))), subject="X/1")


def op(name, path, **members):
    return {"op": name, "path": path, **members}


PATCHES = [
    ({"foo": "bar"}, op("add", "/baz", value="qux"), {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, op("add", "/foo/1", value="qux"), {"foo": ["bar", "qux", "baz"]}),
    ({"foo": ["bar"]}, op("add", "/foo/-", value=["abc"]), {"foo": ["bar", ["abc"]]}),
    ({"foo": ["bar"]}, op("add", "/foo/1", value=1), {"foo": ["bar", 1]}),
    ({"foo": 1}, op("add", "/foo", value=2), {"foo": 2}),
    ({"foo": 1}, op("add", "", value={"a": 1}), {"a": 1}),
    ({"foo": "bar"}, op("add", "/child", value={"grand": {}}), {"foo": "bar", "child": {"grand": {}}}),
    ({"baz": "qux", "foo": "bar"}, op("remove", "/baz"), {"foo": "bar"}),
    ({"foo": ["a", "b", "c"]}, op("remove", "/foo/1"), {"foo": ["a", "c"]}),
    ({"baz": "qux"}, op("replace", "/baz", value="boo"), {"baz": "boo"}),
    ({"a": [1, 2]}, op("replace", "/a/1", value=None), {"a": [1, None]}),
    ({"a": 1}, op("replace", "", value=[]), []),
    (
        {"foo": {"bar": 1, "waldo": 2}, "q": {}},
        op("move", "/q/t", **{"from": "/foo/waldo"}),
        {"foo": {"bar": 1}, "q": {"t": 2}},
    ),
    ({"foo": ["a", "b", "c", "d"]}, op("move", "/foo/3", **{"from": "/foo/1"}), {"foo": ["a", "c", "d", "b"]}),
    ({"a": 1}, op("move", "/a", **{"from": "/a"}), {"a": 1}),
    ({"a": {"b": 1}}, op("copy", "/c", **{"from": "/a"}), {"a": {"b": 1}, "c": {"b": 1}}),
    ({"/": 9, "~1": 10}, op("test", "/~01", value=10), {"/": 9, "~1": 10}),
    ({"a/b": 1, "m~n": 2, "": 3}, op("remove", "/"), {"a/b": 1, "m~n": 2}),
    ({"a/b": 1}, op("remove", "/a~1b"), {}),
    ({"baz": "qux", "foo": ["a", 2, "c"]}, op("test", "/foo/1", value=2), {"baz": "qux", "foo": ["a", 2, "c"]}),
    ({"foo": "bar"}, op("add", "/baz", value="qux", xyz=123), {"foo": "bar", "baz": "qux"}),
]


@pytest.mark.parametrize(("target", "operation", "expected"), PATCHES)
def test_json_patch_is_rfc_6902s(target, operation, expected):
    assert patched(target, operation) == expected


NOWHERE = [
    ({"foo": "bar"}, op("add", "/baz/bat", value=1), "X/1#/baz"),
    ({"foo": "bar"}, op("remove", "/baz"), "X/1#/baz"),
    ({"foo": "bar"}, op("replace", "/baz", value=1), "X/1#/baz"),
    ({"foo": [1]}, op("add", "/foo/2", value=1), "X/1#/foo/2"),
    ({"foo": [1]}, op("add", "/foo/01", value=1), "X/1#/foo/01"),
    ({"foo": [1]}, op("add", "/foo/x", value=1), "X/1#/foo/x"),
    ({"foo": [1]}, op("remove", "/foo/-"), "X/1#/foo/-"),
    ({"foo": [1]}, op("remove", "/foo/1"), "X/1#/foo/1"),
    ({"foo": []}, op("test", "/foo/0", value=1), "X/1#/foo/0"),
    ({"foo": 1}, op("add", "/foo/a", value=1), "X/1#/foo/a"),
    ({"foo": 1}, op("copy", "/b", **{"from": "/a"}), "X/1#/a"),
    ({"foo": 1}, op("move", "/b", **{"from": "/a"}), "X/1#/a"),
    ({"foo": 1}, op("remove", ""), "X/1#"),
]


@pytest.mark.parametrize(("target", "operation", "path"), NOWHERE)
def test_a_path_that_leads_nowhere_is_a_violation(target, operation, path):
    with pytest.raises(ValidationFailed) as caught:
        patched(target, op("test", "/foo", value=target["foo"]), operation)
    assert [(each.path, each.rule) for each in caught.value.violations] == [(path, "patch_path")]
    assert caught.value.field == "body/1"


@pytest.mark.parametrize(
    ("operations", "field"),
    [
        ({}, "body"),
        ([7], "body/0"),
        ([{"path": "/a"}], "body/0/op"),
        ([{"op": "append", "path": "/a"}], "body/0/op"),
        ([{"op": ["add"], "path": "/a"}], "body/0/op"),
        ([{"op": "add", "path": "/a"}], "body/0/value"),
        ([{"op": "remove"}], "body/0/path"),
        ([{"op": "move", "path": "/a"}], "body/0/from"),
        ([{"op": "remove", "path": "a"}], "body/0/path"),
        ([{"op": "remove", "path": "/a~2"}], "body/0/path"),
        ([{"op": "remove", "path": 1}], "body/0/path"),
        ([{"op": "copy", "from": "x", "path": "/a"}], "body/0/from"),
        ([{"op": "move", "from": "/a", "path": "/a/b"}], "body/0/path"),
    ],
)
def test_a_malformed_patch_says_where(operations, field):
    with pytest.raises(InvalidInput) as caught:
        json_patch({"a": {}}, operations, subject="X/1")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("1e2", "100", True),
        ("0.1", "0.10000000000000000001", False),
        ("9007199254740993", "9007199254740992.0", False),
        ("1", "true", False),
        ("0", "false", False),
        ("null", "false", False),
        ('"1"', "1", False),
        ('{"a":[1,{"b":2.0}]}', '{"a":[1.0,{"b":2}]}', True),
        ('{"a":1}', '{"a":1,"b":null}', False),
        ("[1,2]", "[2,1]", False),
        ("[]", "{}", False),
    ],
)
def test_values_are_compared_exactly(one, other, same):
    assert equal(decode(one), decode(other)) is same


def test_a_test_that_does_not_hold_ends_the_patch():
    with pytest.raises(PreconditionFailed) as caught:
        patched({"a": 1}, op("remove", "/a"), op("test", "", value={"a": 1}))
    assert caught.value.field == "body/1"


def test_neither_document_nor_patch_is_changed_and_copies_are_apart():
    target, operations = (
        {"a": [1]},
        [
            op("add", "/b", value={"c": []}),
            op("add", "/b/c/0", value=1),
            op("copy", "/d", **{"from": "/b"}),
            op("remove", "/b/c/0"),
        ],
    )
    before = encode([target, operations])
    assert json_patch(target, operations, subject="X/1") == {"a": [1], "b": {"c": []}, "d": {"c": [1]}}
    assert encode([target, operations]) == before


def test_what_a_patch_copies_is_bounded(monkeypatch):
    monkeypatch.setattr(patches, "MAX_COPIED_BYTES", 10_000)
    doubling = [op("copy", f"/{n}", **{"from": ""}) for n in range(30)]
    with pytest.raises(TooLarge):
        patched({"a": 1}, *doubling)


def test_copies_within_copies_are_bounded_in_depth():
    nesting = [op("copy", "/a", **{"from": ""})] * 200
    with pytest.raises(InvalidInput, match="nested"):
        patched({"a": 1}, *nesting)


def test_the_operations_of_a_patch_are_bounded():
    with pytest.raises(TooLarge):
        patched({}, *[op("test", "", value={})] * (MAX_OPERATIONS + 1))


documents = st.dictionaries(
    st.text("ab/~", max_size=3), st.integers() | st.lists(st.integers(), max_size=3), max_size=5
)


@given(documents, documents)
def test_a_merge_patch_made_of_two_documents_leads_from_one_to_the_other(one, other):
    patch = dict.fromkeys(one.keys() - other.keys()) | other
    assert merge_patch(one, patch) == other


@given(documents, documents)
def test_a_json_patch_made_of_two_documents_leads_from_one_to_the_other(one, other):
    def path(name):
        return "/" + name.replace("~", "~0").replace("/", "~1")

    operations = [op("remove", path(name)) for name in one] + [
        op("add", path(name), value=other[name]) for name in other
    ]
    assert json_patch(one, operations, subject="X/1") == other
