"""Whatever is wrong with the documents of a request can be told: nothing that a caller sends is a failure of ours."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from data_kernel.api.terminusdb.identities import Subject
from data_kernel.api.terminusdb.prefixes import Prefixes
from data_kernel.api.terminusdb.witnesses import schema_check_failure
from data_kernel.api.terminusdb.written import Written
from data_kernel.domain.databases import Database
from data_kernel.domain.schema import parse_schema
from data_kernel.domain.validation import elaborate_all
from shared.canonical import decode, encode
from shared.errors import ValidationFailed, Violation

PREFIXES = Prefixes.of(Database("d"), None)
FAMILIES = {
    "o": "Optional",
    "s": "Set",
    "l": "List",
    "a": "Array",
    "c": "Cardinality",
}
RANGES = {
    "int": "xsd:integer",
    "word": "xsd:string",
    "colour": "Colour",
    "part": "Part",
    "doc": "Doc",
    "json": "sys:JSON",
}
PROPERTIES = {
    f"{short}_{name}": {"@type": family, "@class": of}
    for short, family in FAMILIES.items()
    for name, of in RANGES.items()
}
CLASSES = [
    {"@type": "Enum", "@id": "Colour", "@value": ["red"]},
    {"@type": "Class", "@id": "Base", "@abstract": [], "word": "xsd:string"},
    {
        "@type": "Class",
        "@id": "Part",
        "@subdocument": [],
        "@inherits": "Base",
        "@key": {"@type": "Lexical", "@fields": ["word"]},
        "@oneOf": {"x": "xsd:integer", "y": "Part"},
    },
    {"@type": "Class", "@id": "Doc", "@inherits": "Base", "@key": {"@type": "ValueHash"}, **PROPERTIES},
    {"@type": "Class", "@id": "Free", **PROPERTIES},
]
SCHEMA = parse_schema({str(each["@id"]): each for each in CLASSES})

names = st.sampled_from(["word", "x", "y", "none", "@ref", "@capture", "@value", *PROPERTIES])
in_full = names.map(lambda name: name if name.startswith("@") else f"terminusdb:///schema#{name}")
class_names = st.sampled_from(
    ["Doc", "Free", "Part", "Base", "Colour", "None", "terminusdb:///schema#Doc", "xsd:integer"]
)
ids = st.sampled_from(["Doc/1", "Free/1", "Part/1", "", "terminusdb:///data/Free/2", "@id"])
scalars = st.none() | st.booleans() | st.integers() | st.sampled_from(["", "red", "a", "@id"]) | ids
scalars |= st.just(decode("1.5"))


def documents(inner: Any) -> Any:
    """Mostly such that name a class and have a few of its properties, right or wrong."""
    some = st.dictionaries(names | in_full, inner, max_size=5)
    named = st.fixed_dictionaries({"@type": class_names}, optional={"@id": ids | scalars, "word": st.just("w")})
    odd = st.fixed_dictionaries({}, optional={"@type": scalars, "@id": scalars})
    return st.builds(lambda one, other: {**one, **other}, some, named | named | odd)


anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | in_full, inner, max_size=3) | documents(inner),
    max_leaves=8,
)


@given(st.lists(documents(anything), min_size=1, max_size=3))
def test_any_documents_that_are_refused_are_told(given_documents: list[dict[str, Any]]) -> None:
    labels = [f"documents/{index}" for index in range(len(given_documents))]
    elaborated = elaborate_all(SCHEMA, given_documents, labels, new_key=str)
    violations = [violation for each in elaborated for violation in each.violations]
    violations += [Violation(at.path, "reference", "It is not there.") for each in elaborated for at in each.references]
    pairs = zip(elaborated, given_documents, strict=True)
    subjects = [Subject(each.id, document, decode(each.body) if each.body else None) for each, document in pairs]
    if violations:
        refused = schema_check_failure(
            ValidationFailed("no", violations=violations), PREFIXES, Written(SCHEMA, subjects)
        )
        assert refused.kind.startswith("api:")
        assert decode(encode(refused.members)) == refused.members
