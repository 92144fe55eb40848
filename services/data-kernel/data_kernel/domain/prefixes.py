"""The prefixes of a branch: how ids and names are written short, and in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from data_kernel.domain.databases import DEFAULT_PREFIXES, Database
from data_kernel.domain.documents import StoredDocument
from shared.canonical import Json, decode

STANDARD: Mapping[str, str] = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sys": "http://terminusdb.com/schema/sys#",
    "xdd": "http://terminusdb.com/schema/xdd#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes that every state has."""


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The prefixes of one state: `@base` and `@schema`, and those with a name of their own."""

    by_name: Mapping[str, str]
    metadata: Json = None
    """The context's `@metadata`, which is shown beside the prefixes."""

    @classmethod
    def of(cls, database: Database, context_document: StoredDocument | None) -> Self:
        """Those of the state's context, else those of the database."""
        told = decode(context_document.body) if context_document is not None else None
        return cls.read(told if isinstance(told, dict) else {}, database.prefixes)

    @classmethod
    def read(cls, context: Mapping[str, Json], defaults: Mapping[str, str] = DEFAULT_PREFIXES) -> Self:
        """Those of a context document; the defaults stand for what it has not."""
        given = {name: uri for name, uri in context.items() if isinstance(uri, str) and name not in {"@type", "@id"}}
        return cls({**defaults, **given}, context.get("@metadata"))

    @property
    def shown(self) -> dict[str, Json]:
        """The prefixes as a context."""
        metadata = {} if self.metadata is None else {"@metadata": self.metadata}
        return {"@type": "Context", **self.by_name, **metadata}

    @property
    def base(self) -> str:
        """What ids begin with in full."""
        return self.by_name["@base"]

    @property
    def schema(self) -> str:
        """What names of classes and properties begin with in full."""
        return self.by_name["@schema"]

    def knows(self, name: str) -> bool:
        """Whether a name that begins with a prefix begins with one of these."""
        prefix, colon, _ = name.partition(":")
        return not colon or prefix in self.by_name

    def full_id(self, document_id: str) -> str:
        """The IRI of a document."""
        return self._full(document_id, self.base)

    def short_id(self, document_id: str) -> str:
        """The id as it is stored."""
        return self._short(document_id, self.base, self.by_name)

    def full_name(self, name: str) -> str:
        """The IRI of a class, a property or a datatype."""
        return self._full(name, self.schema)

    def short_name(self, name: str) -> str:
        """The name as it is stored."""
        return self._short(name, self.schema, {**self.by_name, **STANDARD})

    def with_short_members(self, document: dict[str, Json]) -> dict[str, Json]:
        """A document with the names of its members as they are stored."""
        if ":" not in "".join(document):
            return document
        return {self.short_name(member): value for member, value in document.items()}

    def _full(self, text: str, base: str) -> str:
        prefix, colon, rest = text.partition(":")
        if not colon:
            return f"{base}{text}"
        if rest.startswith("//"):
            return text
        # A standard prefix keeps its meaning, whatever a context says.
        known = STANDARD.get(prefix) or self.by_name.get(prefix)
        return f"{known}{rest}" if known else f"{base}{text}"

    def _short(self, text: str, base: str, named: Mapping[str, str]) -> str:
        """Without the base, else by the longest prefix that the text begins with."""
        if text.startswith(base):
            return text.removeprefix(base)
        if ":" not in text:
            return text
        fitting = [name for name, uri in named.items() if text.startswith(uri) and not name.startswith("@")]
        if not fitting:
            return text
        longest = max(fitting, key=lambda name: len(named[name]))
        return f"{longest}:{text.removeprefix(named[longest])}"
