"""What may be a prefix: its name, and the IRI that it stands for (RFC 3987)."""

import re

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+")
_MAX_CHARS = 1024


def is_prefix_name(text: str) -> bool:
    """Whether callers may give and change a prefix of this name; those with `@` are the schema's own."""
    return len(text) <= _MAX_CHARS and _NAME.fullmatch(text) is not None


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI."""
    return len(text) <= _MAX_CHARS and _IRI.fullmatch(text) is not None
