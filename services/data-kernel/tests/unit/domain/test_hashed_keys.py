"""Keys that are digests of values, held to what TerminusDB made of the same documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate
from shared.canonical import decode


def optional(name):
    return {"@type": "Optional", "@class": name}


def hashed(name, *fields, **properties):
    return {"@type": "Class", "@id": name, "@key": {"@type": "Hash", "@fields": [*fields]}, **properties}


def by_value(name, **properties):
    return {"@type": "Class", "@id": name, "@key": {"@type": "ValueHash"}, **properties}


CLASSES = [
    hashed("H", "a", "n", a="xsd:string", n="xsd:integer", other=optional("xsd:string")),
    hashed("HO", "a", "b", a="xsd:string", b=optional("xsd:string")),
    hashed("HR", "to", to="H"),
    hashed("HD", "d", "t", "b", d="xsd:decimal", t="xsd:dateTime", b="xsd:boolean"),
    by_value("V", a="xsd:string", n=optional("xsd:integer")),
    by_value("VS", s={"@type": "Set", "@class": "xsd:string"}),
    by_value("VL", l={"@type": "List", "@class": "xsd:integer"}),
    by_value("VR", to="V"),
    by_value("VA", grid={"@type": "Array", "@dimensions": 2, "@class": "xsd:integer"}),
    by_value("VJ", free=optional("sys:JSON"), several={"@type": "Cardinality", "@class": "sys:JSON"}),
    by_value("Point", x="xsd:double", y="xsd:double"),
]
CLASSES.append(hashed("HP", "p", p="Part"))
CLASSES.append({**by_value("Part", x="xsd:integer"), "@subdocument": []})
SCHEMA = parse_schema({each["@id"]: each for each in CLASSES})
A_HASH = "H/156f5402c1d0baa8cc6ddacc95a391875b247476d35de8dc44953b74dec8af3a"
A_VALUE_HASH = "V/ba62e0c48bf4760c8ab5679b47a2ad95cea30b52c6a33ec73e4ee21c2bfd7097"

MADE = [
    (
        {"@type": "HP", "p": {"@type": "Part", "x": 1}},
        "HP/475b9136abb4d7088651e6cbddabf384dcc1ab7f65c1f0081499dd413a7c6416",
    ),
    ({"@type": "H", "a": "x", "n": 1}, A_HASH),
    ({"@type": "H", "a": "x", "n": 1, "other": "z"}, A_HASH),
    ({"@type": "H", "a": "한국어 é", "n": 1}, "H/6d269ff2ca12a86c3d4668e0e6f1647602e357cca5b3f14661e4ce6a62df4c94"),
    ({"@type": "HO", "a": "x"}, "HO/e8c972145870ddeccc4c1596538cc830a989beaa67c2a824c989dc5fbeeb09ea"),
    ({"@type": "HR", "to": A_HASH}, "HR/31d9bd91339fae90fb4e774a02349a52903ad9a7659d441d2e994abc44def4a7"),
    (
        {"@type": "HD", "d": decode("1.5"), "t": "2026-11-20T12:34:56Z", "b": False},
        "HD/461df2a9cc8d609b8189ab81c4d67cb69c207bc45cab9c59e9850ec10fcd8f0b",
    ),
    ({"@type": "V", "a": "x"}, A_VALUE_HASH),
    ({"@type": "V", "a": "x", "n": 2}, "V/27be465977c96af33af2ca0d26d4317ccb045f05762d6ab2a8eaf1017c0335a4"),
    ({"@type": "VS"}, "VS/107b6251b478343483ae22ac408f9a0e1d6b60bcc1dadb04e8b4d5a837266341"),
    ({"@type": "VS", "s": ["b", "a"]}, "VS/b46ea3b233a0ada9c9b533802fb539d09738b0ce132995968d5719cc4f4bc187"),
    ({"@type": "VS", "s": ["a", "b"]}, "VS/c3ea38d25f53127a8185ec2252818a6189b9acb1e8790f483fa20c33e4370034"),
    ({"@type": "VL", "l": [2, 1]}, "VL/9058711f1a2adf3574d62ad7c710b4392c9a26d15e61d3332ef17daa6294cc74"),
    ({"@type": "VL", "l": [1, 2]}, "VL/4eac04276084d1c32783571ff71c1de9cae6df7f55e1f667cc800a7951464921"),
    ({"@type": "VR", "to": A_VALUE_HASH}, "VR/30de7ddf29382e110123140aa1b05682da3d84377dcd3a588bb59892c99c5ab4"),
    (
        {"@type": "Point", "x": decode("1.5"), "y": decode("-2.25")},
        "Point/bc3607d779a2d5ade0db431c8bb7b1eaccbe7901805cbe295178e4c85550f923",
    ),
    (
        {"@type": "Point", "x": decode("1.0"), "y": 2},
        "Point/586b698db719d92bf8f7da73a3b94013b2c4cdf61a5403bcac4b6497cdb327dc",
    ),
]


@pytest.mark.parametrize(("document", "made"), MADE)
def test_a_hashed_id_is_terminusdbs(document, made):
    elaborated = elaborate(SCHEMA, document)
    assert (elaborated.violations, elaborated.id) == ((), made)


def test_an_id_that_is_given_must_be_the_one_that_the_values_make():
    assert elaborate(SCHEMA, {"@type": "V", "@id": A_VALUE_HASH, "a": "x"}).violations == ()
    for document in ({"@type": "V", "@id": A_VALUE_HASH, "a": "y"}, {"@type": "H", "@id": A_HASH, "a": "x", "n": 9}):
        found = elaborate(SCHEMA, document)
        assert [(each.path, each.rule) for each in found.violations] == [(f"{document['@id']}#/@id", "id_mismatch")]


def test_a_document_without_a_field_of_its_key_has_no_id():
    assert elaborate(SCHEMA, {"@type": "H", "a": "x"}).id == ""
    assert elaborate(SCHEMA, {"@type": "V"}).id == ""


texts = st.text(st.sampled_from("ab'\"\\\n\t()^-,"), max_size=6)


@given(st.lists(texts, max_size=4, unique=True), st.lists(texts, max_size=4, unique=True))
def test_sets_in_different_orders_have_different_ids_and_are_stored_the_same(one, other):
    made = [elaborate(SCHEMA, {"@type": "VS", "s": each}) for each in (one, other)]
    assert (made[0].id == made[1].id) == (one == other)
    bodies = [decode(each.body) for each in made]
    assert (bodies[0].get("s") == bodies[1].get("s")) == (set(one) == set(other))
    assert [elaborate(SCHEMA, each, is_stored=True).body for each in bodies] == [each.body for each in made]


DIFFERENT = [
    ({"@type": "VA", "grid": [[1], [2]]}, {"@type": "VA", "grid": [[1, 2]]}),
    ({"@type": "VJ", "free": [1, 2]}, {"@type": "VJ", "free": [1, [2]]}),
    ({"@type": "VJ", "free": [1]}, {"@type": "VJ", "free": 1}),
    ({"@type": "VJ", "several": [[1, 2]]}, {"@type": "VJ", "several": [1, 2]}),
    ({"@type": "VL", "l": [1, 2]}, {"@type": "VL", "l": [12]}),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_values_make_different_ids_and_stored_ones_the_same(one, other):
    made = [elaborate(SCHEMA, each) for each in (one, other)]
    assert made[0].id != made[1].id
    assert [elaborate(SCHEMA, decode(each.body), is_stored=True).id for each in made] == [each.id for each in made]
