"""A branch in memory on which planners run as they do inside the writer."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from data_kernel.application.planning import Planners
from data_kernel.application.ports import Plan, Planner
from data_kernel.application.schemas import SchemaCache
from data_kernel.domain.databases import Database
from data_kernel.domain.documents import Change, Graph, StoredDocument
from shared.canonical import Json, decode


class FakeWriterView:
    """A `WriterView` over dictionaries."""

    def __init__(self) -> None:
        self.documents: dict[Graph, dict[str, StoredDocument]] = {Graph.INSTANCE: {}, Graph.SCHEMA: {}}
        self.references: dict[str, frozenset[str]] = {}
        self.schema_changes = 0
        self.scans: list[tuple[Graph, str | None]] = []

    @property
    def head(self) -> str | None:
        return None

    @property
    def schema_version(self) -> str:
        return str(self.schema_changes)

    def get(self, graph: Graph, document_id: str) -> StoredDocument | None:
        return self.documents[graph].get(document_id)

    def scan(self, graph: Graph, type_name: str | None = None) -> Iterator[StoredDocument]:
        self.scans.append((graph, type_name))
        for document_id in sorted(self.documents[graph], key=str.encode):
            document = self.documents[graph][document_id]
            if type_name in {None, document.type}:
                yield document

    def referrers(self, document_id: str) -> Iterator[str]:
        yield from sorted(each for each, targets in self.references.items() if document_id in targets)

    def apply(self, changes: tuple[Change, ...]) -> None:
        """Check that the changes follow from the state, and make them."""
        assert len({(each.graph, each.id) for each in changes}) == len(changes)
        for change in changes:
            self._apply(change)
        self.schema_changes += any(each.graph is Graph.SCHEMA for each in changes)

    def _apply(self, change: Change) -> None:
        stored = self.documents[change.graph].pop(change.id, None)
        assert change.before == (stored.body if stored is not None else None)
        assert change.before != change.after
        self.references.pop(change.id, None)
        if change.after is not None:
            self.documents[change.graph][change.id] = StoredDocument(change.id, change.type, change.after)
            self.references[change.id] = change.references


class Branch:
    """A branch and the planners of its database."""

    def __init__(self) -> None:
        self.view = FakeWriterView()
        self.cache = SchemaCache()
        numbers = count(1)
        self.planners = Planners(Database("oms"), self.cache, lambda: f"random{next(numbers)}")

    def write(self, planner: Planner) -> Plan:
        """Plan and make the changes."""
        plan = planner(self.view)
        self.view.apply(plan.changes)
        return plan

    def put_schema(self, *classes: Json) -> Plan:
        return self.write(self.planners.put_schema(classes))

    def insert(self, *documents: Json) -> Plan:
        return self.write(self.planners.insert(documents))

    def ids(self) -> list[str]:
        return sorted(self.view.documents[Graph.INSTANCE])

    def document(self, document_id: str) -> Json:
        """The document without `@id` and `@type`."""
        body = decode(self.view.documents[Graph.INSTANCE][document_id].body)
        assert isinstance(body, dict)
        return {name: value for name, value in body.items() if not name.startswith("@")}


GENRE: Json = {"@type": "Enum", "@id": "Genre", "@value": ["drama", "comedy"]}
PERSON: Json = {
    "@type": "Class",
    "@id": "Person",
    "@key": {"@type": "Lexical", "@fields": ["name"]},
    "name": "xsd:string",
    "age": {"@type": "Optional", "@class": "xsd:integer"},
    "friend": {"@type": "Set", "@class": "Person"},
}
MOVIE: Json = {
    "@type": "Class",
    "@id": "Movie",
    "@key": {"@type": "Lexical", "@fields": ["title"]},
    "title": "xsd:string",
    "year": "xsd:integer",
    "genre": {"@type": "Set", "@class": "Genre"},
    "director": {"@type": "Optional", "@class": "Person"},
}
NOTE: Json = {"@type": "Class", "@id": "Note", "free": {"@type": "Optional", "@class": "sys:JSON"}}


@pytest.fixture
def branch() -> Branch:
    """A branch with the classes Person, Movie and Note, the enum Genre, and no document."""
    made = Branch()
    made.put_schema(GENRE, PERSON, MOVIE, NOTE)
    return made


@pytest.fixture
def person() -> Callable[..., Json]:
    """Makes the class Person with some of its members changed or, where `None`, left out."""

    def make(**changes: Json) -> Json:
        assert isinstance(PERSON, dict)
        return {name: value for name, value in (PERSON | changes).items() if value is not None}

    return make
