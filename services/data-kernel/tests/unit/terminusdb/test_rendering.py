"""Documents as they are shown: unfolded or by their ids, short or in full."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from data_kernel.api.terminusdb.classes.prefixes import Prefixes
from data_kernel.api.terminusdb.documents import rendering
from data_kernel.api.terminusdb.documents.rendering import Form, Rendering
from data_kernel.domain.documents import StoredDocument
from data_kernel.domain.shapes import Shapes
from shared.canonical import Json, decode, encode
from shared.context import CallContext

if TYPE_CHECKING:
    from data_kernel.application.kernel import Kernel

PREFIXES = Prefixes({"@base": "http://b/", "@schema": "http://s#", "ex": "http://ex/"})
CLASSES: dict[str, dict[str, Json]] = {
    "City": {"@type": "Class", "in": "Land", "twins": {"@type": "Set", "@class": "City"}, "sights": "Sight"},
    "Land": {"@type": "Class", "@unfoldable": [], "head": "Leader", "next": {"@type": "Optional", "@class": "Land"}},
    "Leader": {"@type": "Class", "@unfoldable": [], "name": "xsd:string"},
    "Sight": {"@type": "Class", "@subdocument": [], "near": "City", "free": "sys:JSON"},
}
CITY: dict[str, Json] = {
    "@id": "City/a",
    "@type": "City",
    "in": "Land/x",
    "twins": ["City/b"],
    "sights": {"@id": "City/a/sights/Sight/1", "@type": "Sight", "near": "City/b", "free": {"in": "Land/x"}},
}
LAND: dict[str, Json] = {"@id": "Land/x", "@type": "Land", "head": "Leader/l", "next": "Land/x"}
LEADER: dict[str, Json] = {"@id": "Leader/l", "@type": "Leader", "name": "L"}


def stored(document: Mapping[str, Json]) -> StoredDocument:
    return StoredDocument(str(document["@id"]), str(document["@type"]), encode(dict(document)))


@dataclass
class FakeReads:
    """Documents by id."""

    documents: Mapping[str, Mapping[str, Json]]
    asked: int = 0

    async def get(self, _database: str, _revision: object, ids: Sequence[str], _context: CallContext) -> Any:
        self.asked += 1
        found = [self.documents.get(each) for each in ids]
        return SimpleNamespace(documents=[stored(each) if each else None for each in found])


async def shown(
    document: dict[str, Json], form: Form, classes: dict[str, dict[str, Json]] = CLASSES, *others: dict[str, Json]
) -> Json:
    reads = FakeReads({str(each["@id"]): each for each in (CITY, LAND, LEADER, *others)})
    kernel = cast("Kernel", SimpleNamespace(reads=reads))
    made = Rendering(kernel, "db", "c", Shapes(classes), PREFIXES, form, CallContext())
    (body,) = await made.bodies([stored(document)])
    assert made.is_plain is (reads.asked == 0 and form == Form())
    return decode(body)


async def test_unfoldable_documents_stand_where_they_are_referred_to() -> None:
    land = {**LAND, "head": LEADER}
    assert await shown(CITY, Form()) == {**CITY, "in": land}


async def test_folded_everything_is_an_id() -> None:
    assert await shown(CITY, Form(unfolds=False)) == {**CITY, "sights": "City/a/sights/Sight/1"}


async def test_documents_are_answered_as_they_are_where_nothing_unfolds() -> None:
    plain = {name: body for name, body in CLASSES.items() if "@unfoldable" not in body}
    assert await shown(CITY, Form(), plain) == CITY


async def test_in_full() -> None:
    assert await shown(CITY, Form(unfolds=False, compresses=False)) == {
        "@id": "http://b/City/a",
        "@type": "http://s#City",
        "http://s#in": "http://b/Land/x",
        "http://s#twins": ["http://b/City/b"],
        "http://s#sights": "http://b/City/a/sights/Sight/1",
    }
    sight = cast("dict[str, Json]", CITY["sights"])
    assert await shown(sight, Form(unfolds=False, compresses=False)) == {
        "@id": "http://b/City/a/sights/Sight/1",
        "@type": "http://s#Sight",
        "http://s#near": "http://b/City/b",
        "http://s#free": {"in": "Land/x"},
    }


async def test_few_documents_do_not_become_a_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rung of this ladder shows the next one twice: unfolded without end it would be 2^30 documents."""
    monkeypatch.setattr(rendering, "_MAX_UNFOLDED", 100)
    rung: dict[str, dict[str, Json]] = {"R": {"@type": "Class", "@unfoldable": [], "a": "R", "b": "R"}}
    ladder: list[dict[str, Json]] = [
        {"@id": f"R/{n}", "@type": "R", "a": f"R/{n + 1}", "b": f"R/{n + 1}"} for n in range(30)
    ]
    answer = encode(await shown(ladder[0], Form(), rung, *ladder))
    assert answer.count(b'"@type"') == 101


@pytest.mark.parametrize(
    ("short", "full"),
    [("A/b", "http://b/A/b"), ("ex:A/b", "http://ex/A/b"), ("xsd:A", "http://www.w3.org/2001/XMLSchema#A")],
)
def test_ids_are_short_by_the_base_or_by_a_prefix(short: str, full: str) -> None:
    assert PREFIXES.full_id(short) == full
    assert PREFIXES.short_id(full) == (full if short.startswith("xsd:") else short)
    assert PREFIXES.full_id(full) == full
