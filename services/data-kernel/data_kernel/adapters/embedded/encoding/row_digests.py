"""Digests of rows whose columns no hash covers: with one beside it, a changed bit is not taken for what was meant.

Nodes, documents and commits have hashes, and entries of the ref log a digest of their own. A row of the tables here
says alone what it says: which commit is a tag's, what a repeated write is answered, what is still to be announced.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from shared.errors import Internal

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "meta": ("only", "format", "last_us", "sequence", "purge_epoch"),
    "database": ("number", "name", "label", "comment", "naming", "prefixes", "indexed"),
    "branch": ("number", "database", "name", "incarnation", "created_us", "deleted_us", "head", "ref_number"),
    "tag": ("database", "name", "head"),
    "outbox": (
        "sequence",
        "branch",
        "number",
        "attempts",
        "next_ordinal",
        "dead",
        "last_error",
        "retry_at_us",
    ),
    "idempotency": ("database", "actor", "key", "fingerprint", "ids", "head", "branch", "changed", "time_us"),
}
"""The columns that a table's digest is of, in its order; they are all but the digest itself."""

_DIGEST_BYTES = 8
_SEPARATOR = "\0"
_NULL = "-"  # where a column may be NULL it has no other value like this


def encode(table: str, *row: int | str | None) -> bytes:
    """The table's name and the row's values, NUL between them: numbers in decimal, `-` for NULL, text in UTF-8."""
    return _SEPARATOR.join([table, *[_NULL if value is None else str(value) for value in row]]).encode()


def digest(table: str, *row: int | str | None) -> bytes:
    """BLAKE2b of 8 bytes: enough to find what no one meant to change, and quick, for each commit writes two."""
    return hashlib.blake2b(encode(table, *row), digest_size=_DIGEST_BYTES).digest()


def check(table: str, row: Iterable[Any], found: bytes) -> None:
    """`Internal` unless `found` is the digest of the row."""
    if digest(table, *row) != found:
        raise changed(table)


def changed(table: str) -> Internal:
    """The error for a row that is not what was written."""
    return Internal(f"a row of the table {table} is not what was written to the store's file; verify tells which")
