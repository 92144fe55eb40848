"""Ids of documents: how they are written, and how keys are made."""

import secrets
from collections.abc import Callable
from urllib.parse import quote

MAX_ID_BYTES = 1024

RandomKey = Callable[[], str]
"""Makes the last part of an id that is random."""

_SEGMENT_SAFE = "!$&'()*,;=@~"
"""What a URI segment may hold as it is, beside letters, digits, `-`, `.` and `_`; `+` and `:` are kept for separators."""

ABSENT = "+none+"
"""Stands in a key for a field without a value."""


def random_key() -> str:
    """16 characters of URL-safe base64, 96 random bits."""
    return secrets.token_urlsafe(12)


def fragment(text: str) -> str:
    """One value as a part of a lexical id."""
    return quote(text, safe=_SEGMENT_SAFE)
