"""Names and ids that begin with a prefix, or stand in full."""

import pytest

from data_kernel.domain.prefixes import Prefixes
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.schema.names import why_not_a_name, with_short_names
from data_kernel.domain.validation import elaborate
from shared.canonical import decode

XSD = "http://www.w3.org/2001/XMLSchema#"
CONTEXT = {
    "@type": "@context",
    "@base": "iri://b/",
    "@schema": "iri://s#",
    "ex": "http://ex.org/",
    "xsd": "http://x.y/",
}
PREFIXES = Prefixes.read(CONTEXT)


@pytest.mark.parametrize(
    ("short", "full"),
    [("Thing", "iri://s#Thing"), ("ex:Thing", "http://ex.org/Thing"), ("xsd:string", f"{XSD}string")],
)
def test_names_are_short_by_the_schema_or_a_prefix(short, full):
    assert PREFIXES.full_name(short) == full
    assert PREFIXES.short_name(full) == short
    assert PREFIXES.short_name(short) == short


def test_a_prefix_is_known_or_not():
    assert [PREFIXES.knows(name) for name in ("Thing", "ex:Thing", "no:Thing")] == [True, True, False]


@pytest.mark.parametrize("name", ["Thing", "ex:Thing", "e-x.1:Thing"])
def test_a_name_may_begin_with_a_prefix(name):
    assert why_not_a_name(name) is None


@pytest.mark.parametrize(
    "name", ["", "@x", "ex:", ":x", "1:x", "xsd:Thing", "sys:x", "ex:a:b", "http://ex.org/x", "a b"]
)
def test_what_is_no_name(name):
    assert why_not_a_name(name) is not None


def test_a_class_document_may_name_everything_in_full():
    document = {
        "@type": "Class",
        "@id": "iri://s#Thing",
        "@inherits": ["http://ex.org/Base"],
        "@key": {"@type": "Lexical", "@fields": ["iri://s#name"]},
        "@oneOf": {"http://ex.org/a": f"{XSD}string"},
        "@metadata": {"iri://s#kept": "iri://s#kept"},
        "iri://s#name": f"{XSD}string",
        "ex:next": {"@type": "Set", "@class": "iri://s#Thing"},
    }
    assert with_short_names(document, PREFIXES.short_name) == {
        "@type": "Class",
        "@id": "Thing",
        "@inherits": ["ex:Base"],
        "@key": {"@type": "Lexical", "@fields": ["name"]},
        "@oneOf": {"ex:a": "xsd:string"},
        "@metadata": {"iri://s#kept": "iri://s#kept"},
        "name": "xsd:string",
        "ex:next": {"@type": "Set", "@class": "Thing"},
    }


def test_a_document_may_name_class_id_and_properties_in_full():
    thing = {"@type": "Class", "@id": "ex:Thing", "name": "xsd:string", "ex:of": "ex:Thing"}
    schema = parse_schema({"@context": CONTEXT, "ex:Thing": thing})
    document = {
        "@type": "http://ex.org/Thing",
        "@id": "http://ex.org/Thing/1",
        "iri://s#name": "n",
        "ex:of": "http://ex.org/Thing/1",
    }
    elaborated = elaborate(schema, document)
    assert elaborated.violations == ()
    assert decode(elaborated.body) == {
        "@type": "ex:Thing",
        "@id": "ex:Thing/1",
        "name": "n",
        "ex:of": "ex:Thing/1",
    }
    assert elaborated.targets == {"ex:Thing/1"}


def test_a_base_of_ids_may_be_an_iri():
    thing = {"@type": "Class", "@id": "Thing", "@base": "http://ex.org/things/", "name": "xsd:string"}
    schema = parse_schema({"@context": CONTEXT, "Thing": thing})
    assert elaborate(schema, {"@type": "Thing", "name": "n"}, new_key=lambda: "1").id == "ex:things/1"
