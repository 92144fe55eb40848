"""Collections of entries that can be searched."""

import hashlib
import re
from dataclasses import dataclass

from embedding_service.domain.vectors import Vector
from shared.errors import InvalidInput

OBJECTS = "objects"
"""The collection that follows the ontology's objects; nobody else writes to it."""

MAX_ID_BYTES = 900
"""Of an entry: its document's id has the collection before it, and the kernel takes 1 024 bytes."""

_COLLECTION = re.compile(r"[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with its vector, of length 1.

    `source_commit` is where its text was read; empty outside of `objects`. `content_hash` is that of the text.
    """

    collection: str
    id: str
    type: str
    vector: Vector
    model_version: str
    content_hash: str
    source_commit: str = ""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the branch holds it.

    `text` is kept where the entry is its only place, so that another model can embed it; it is empty in `objects`.
    """

    entry: Entry
    text: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One neighbour; `score` is the cosine with the query."""

    id: str
    type: str
    score: float


@dataclass(frozen=True, slots=True)
class Place:
    """How far a collection has followed its source: the cursor of the last movement, and the commit it led to."""

    incarnation: int = 0
    number: int = 0
    commit: str = ""
    model_version: str = ""


def content_hash(text: str) -> str:
    """Tells whether a text has changed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_collection(name: str) -> str:
    """The name of a collection that callers may write to; InvalidInput."""
    if name == OBJECTS:
        raise InvalidInput(
            "collection: `objects` follows the ontology; write the objects themselves", field="collection"
        )
    if not _COLLECTION.fullmatch(name):
        raise InvalidInput(
            "collection: a name begins with a lower-case letter and goes on with those, digits and -, 64 at most",
            field="collection",
        )
    return name


def check_entry_id(text: str) -> str:
    """The id of an entry; InvalidInput."""
    if not 0 < len(text.encode("utf-8", "surrogatepass")) <= MAX_ID_BYTES or not text.isprintable():
        raise InvalidInput(f"id: 1 to {MAX_ID_BYTES} bytes of printable text", field="id")
    return text
