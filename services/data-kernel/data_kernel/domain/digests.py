"""Digests by which a caller recognises the document that it saw."""

import hashlib

from data_kernel.domain.documents import StoredDocument


def etag(database: str, document: StoredDocument) -> str:
    """The strong entity tag of a document: quoted, 32 hexadecimal digits of SHA-256 over database, id and content."""
    digest = hashlib.sha256()
    for part in (database.encode(), document.id.encode(), document.body):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return f'"{digest.hexdigest()[:32]}"'


def tag_matches(if_match: str, tag: str) -> bool:
    """Whether an `If-Match` value (RFC 9110: `*`, or tags between commas) holds for a document with this tag."""
    return if_match.strip() == "*" or tag in {each.strip() for each in if_match.split(",")}
