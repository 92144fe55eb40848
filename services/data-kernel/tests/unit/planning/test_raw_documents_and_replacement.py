"""Raw JSON beside documents with classes, and writes that replace everything."""

import pytest

from data_kernel.application.put_mode import PutMode
from data_kernel.application.raw_documents import RawDocuments
from data_kernel.application.replacement import replacement
from data_kernel.domain.documents import ChangeKind
from shared.errors import AlreadyExists, InvalidInput, NotFound, TooLarge, ValidationFailed

RAW = RawDocuments("terminusdb:///data/", lambda: "random")
NODE = {"@type": "Class", "@id": "Node", "@key": {"@type": "Lexical", "@fields": ["n"]}, "n": "xsd:string"}
LINKED = {**NODE, "next": {"@type": "Optional", "@class": "Node"}}


def node(n: str, **more: str) -> dict[str, str]:
    return {"@type": "Node", "n": n, **more}


def test_raw_json_keeps_what_it_is_given(branch):
    plan = branch.write(RAW.put([{"a": [1, None]}, {"@id": "terminusdb:///data/JSONDocument/mine"}], PutMode.INSERT))
    assert plan.ids == ("JSONDocument/random", "JSONDocument/mine")
    assert [change.after for change in plan.changes] == [
        b'{"@id":"JSONDocument/random","a":[1,null]}',
        b'{"@id":"JSONDocument/mine"}',
    ]
    assert branch.write(RAW.put([{"@id": "JSONDocument/mine"}], PutMode.REPLACE)).changes == ()


@pytest.mark.parametrize(
    ("documents", "mode", "refusal"),
    [
        ([{"@id": "JSONDocument/there"}], PutMode.INSERT, AlreadyExists),
        ([{"@id": "JSONDocument/none"}], PutMode.REPLACE, NotFound),
        ([{"@id": "Person/mine"}], PutMode.UPSERT, InvalidInput),
        ([{"@id": 7}], PutMode.UPSERT, InvalidInput),
        ([{"@id": "JSONDocument/a\n"}], PutMode.UPSERT, InvalidInput),
        ([{"@id": "JSONDocument/a"}, {"@id": "JSONDocument/a"}], PutMode.UPSERT, InvalidInput),
        ([7], PutMode.UPSERT, InvalidInput),
    ],
)
def test_raw_json_that_is_refused(branch, documents, mode, refusal):
    branch.write(RAW.put([{"@id": "JSONDocument/there"}], PutMode.INSERT))
    with pytest.raises(refusal):
        branch.write(RAW.put(documents, mode))


def test_a_replacement_writes_what_is_given_and_deletes_the_rest(branch):
    branch.put_schema(LINKED)
    branch.insert(node("a"), node("b"), node("c"))
    plan = branch.write(replacement(branch.planners.upsert([node("b"), node("d")]), 10))
    assert plan.ids == ("Node/b", "Node/d")
    assert {change.id: change.kind for change in plan.changes} == {
        "Node/d": ChangeKind.CREATED,
        "Node/a": ChangeKind.DELETED,
        "Node/c": ChangeKind.DELETED,
    }
    with pytest.raises(TooLarge):
        branch.write(replacement(branch.planners.upsert([]), 1))


def test_what_stays_may_not_refer_to_what_goes(branch):
    branch.put_schema(LINKED)
    branch.insert(node("a"), node("b", next="Node/a"))
    for staying in ([node("b", next="Node/a")], [node("c", next="Node/a")]):
        with pytest.raises(ValidationFailed) as refused:
            branch.write(replacement(branch.planners.upsert(staying), 10))
        assert [(each.path, each.rule) for each in refused.value.violations] == [("Node/a#", "referenced")]
    assert branch.write(replacement(branch.planners.upsert([node("b")]), 10)).ids == ("Node/b",)
