"""Entries as documents of the kernel, and back."""

import base64

from embedding_service.domain.collections import Entry, Place, StoredEntry
from embedding_service.domain.vectors import from_bytes, to_bytes
from shared.canonical import Json
from shared.errors import Internal

ENTRY_CLASS = "Embedding"
CURSOR_CLASS = "EmbeddingCursor"

CLASSES: tuple[Json, ...] = (
    {
        "@type": "Class",
        "@id": ENTRY_CLASS,
        "@key": {"@type": "Random"},
        "collection": "xsd:string",
        "source_id": "xsd:string",
        "source_type": "xsd:string",
        "vector": "xsd:base64Binary",
        "dims": "xsd:integer",
        "model_version": "xsd:string",
        "content_hash": "xsd:string",
        "source_commit": {"@type": "Optional", "@class": "xsd:string"},
        "text": {"@type": "Optional", "@class": "xsd:string"},
    },
    {
        "@type": "Class",
        "@id": CURSOR_CLASS,
        "@key": {"@type": "Random"},
        "incarnation": "xsd:integer",
        "number": "xsd:integer",
        "commit": "xsd:string",
        "model_version": "xsd:string",
    },
)
"""Ids are given: they are made of the collection and the source's id, which no key of the class language spells so."""

CURSOR_ID = f"{CURSOR_CLASS}/objects"


def document_id(collection: str, entry_id: str) -> str:
    """Id of an entry's document; the source's id stands in it as it is."""
    return f"{ENTRY_CLASS}/{collection}/{entry_id}"


def entry_document(stored: StoredEntry) -> Json:
    """The document of an entry."""
    entry = stored.entry
    optional = {"source_commit": entry.source_commit, "text": stored.text}
    return {
        "@id": document_id(entry.collection, entry.id),
        "@type": ENTRY_CLASS,
        "collection": entry.collection,
        "source_id": entry.id,
        "source_type": entry.type,
        "vector": base64.b64encode(to_bytes(entry.vector)).decode("ascii"),
        "dims": len(entry.vector),
        "model_version": entry.model_version,
        "content_hash": entry.content_hash,
        **{name: text for name, text in optional.items() if text},
    }


def stored_entry(document: Json) -> StoredEntry:
    """The entry of a document; Internal where it is none of ours."""
    try:
        if not isinstance(document, dict):
            raise TypeError
        text = {name: str(value) for name, value in document.items()}
        vector = from_bytes(base64.b64decode(text["vector"], validate=True), int(text["dims"]))[0]
        entry = Entry(
            collection=text["collection"],
            id=text["source_id"],
            type=text["source_type"],
            vector=vector,
            model_version=text["model_version"],
            content_hash=text["content_hash"],
            source_commit=text.get("source_commit", ""),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Internal(f"a document of the class {ENTRY_CLASS} is not as this service writes it") from error
    return StoredEntry(entry, text.get("text", ""))


def cursor_document(place: Place) -> Json:
    """The document of a place."""
    return {
        "@id": CURSOR_ID,
        "@type": CURSOR_CLASS,
        "incarnation": place.incarnation,
        "number": place.number,
        "commit": place.commit,
        "model_version": place.model_version,
    }


def place_of(document: Json) -> Place:
    """The place of a document; Internal where it is none."""
    try:
        if not isinstance(document, dict):
            raise TypeError
        text = {name: str(value) for name, value in document.items()}
        return Place(int(text["incarnation"]), int(text["number"]), text["commit"], text["model_version"])
    except (KeyError, TypeError, ValueError) as error:
        raise Internal(f"a document of the class {CURSOR_CLASS} is not as this service writes it") from error
