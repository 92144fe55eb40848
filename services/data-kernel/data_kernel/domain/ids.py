"""Ids of documents: how keys are made and written, and which ids may be given."""

import re
import secrets
from collections.abc import Callable
from urllib.parse import quote

MAX_ID_BYTES = 1024

ABSENT = "+none+"
"""Stands in a lexical key for a field without a value."""

FIELD_SEPARATOR = "+"
LIST_SEPARATOR = "++"

RandomKey = Callable[[], str]
"""Makes the last part of an id that is random."""

# Beside letters, digits, -, . and _; recorded from TerminusDB, which keeps + for its separators and encodes : too.
_SEGMENT_SAFE = "!$&'()*,;=@~"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def random_key() -> str:
    """16 characters of URL-safe base64, 96 random bits."""
    return secrets.token_urlsafe(12)


def fragment(text: str) -> str:
    """One value as a part of a lexical id."""
    return quote(text, safe=_SEGMENT_SAFE)


def why_refused(document_id: str) -> str | None:
    """What keeps a text from being an id; `None` where nothing does."""
    if not document_id:
        return "An id is not empty."
    if len(document_id.encode()) > MAX_ID_BYTES:
        return f"An id has at most {MAX_ID_BYTES} bytes."
    if _CONTROL.search(document_id):
        return "An id holds no control characters."
    return None


def shorten(document_id: str, base: str) -> str:
    """The id without the database's `@base`, as it is stored."""
    return document_id.removeprefix(base)
