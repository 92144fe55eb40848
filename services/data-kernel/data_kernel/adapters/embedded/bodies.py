"""Bodies: one version of a document as it lies in the file.

A body is a kind (0 document, 1 tombstone), the ids that the document refers to (one byte string, NUL between them), the
name of its class, and its canonical bytes; a tombstone has the id of the certificate of its purge instead of these.
The tree holds a body's digest: SHA-256 over the document's key, the class with its length and the canonical bytes.
"""

import hashlib
from collections.abc import Generator, Sequence
from typing import NamedTuple

import apsw

from data_kernel.adapters.embedded import packing
from data_kernel.adapters.embedded.access import Access
from shared.errors import Gone, Internal

_DOCUMENT = b"\0"
_TOMBSTONE = 1
_SEPARATOR = "\0"  # no id holds one
# A body that is not wanted costs less to read over than a search for the next one.
_MAX_GAP = 8

_GET = "SELECT bytes FROM body WHERE position = ?"
_RUN = "SELECT position, bytes FROM body WHERE position >= ? AND position <= ? ORDER BY position"


class Body(NamedTuple):
    """One version: class, canonical bytes, ids referred to; of a tombstone the certificate's id in place of bytes."""

    type: str
    content: bytes
    references: frozenset[str]
    is_tombstone: bool = False


def encode(type_name: str, content: bytes, references: frozenset[str]) -> bytes:
    """The body of a document."""
    targets = _SEPARATOR.join(sorted(references)).encode()
    return _DOCUMENT + packing.string(targets) + packing.string(type_name.encode()) + content


def tombstone(body: bytes, certificate: str) -> bytes:
    """What stays of a body after its purge: class and references, which the indexes know as well."""
    _, at = packing.read_string(body, 1)
    _, at = packing.read_string(body, at)
    return bytes((_TOMBSTONE,)) + body[1:at] + certificate.encode()


def digest(key: bytes, body: bytes) -> bytes:
    """What the tree has for a body, with the 16 bytes of its document's key."""
    size, at = packing.read_number(body, 1)
    return hashlib.sha256(key + body[at + size :]).digest()


def decode(data: bytes) -> Body:
    """The body of a row; `IndexError` or `UnicodeDecodeError` for bytes that are none."""
    targets, at = packing.read_string(data, 1)
    type_name, at = packing.read_string(data, at)
    references = frozenset(targets.decode().split(_SEPARATOR)) if targets else frozenset()
    return Body(type_name.decode(), data[at:], references, data[0] == _TOMBSTONE)


def read(access: Access, position: int) -> Body:
    """The body at a position; it may be a tombstone."""
    data = access.pending.bodies.get(position)
    if data is None:
        data = access.connection.execute(_GET, (position,)).get
    if data is None:
        raise _lost()
    return decode(data)


def read_document(access: Access, position: int) -> Body:
    """The body at a position; `Gone` where it was purged."""
    return refuse_tombstone(read(access, position))


def refuse_tombstone(body: Body) -> Body:
    """The body itself; `Gone` names the certificate of its purge."""
    if body.is_tombstone:
        raise Gone(f"the document was purged; certificate {body.content.decode()}", field="id")
    return body


def read_many(access: Access, positions: Sequence[int]) -> Generator[Body]:
    """The bodies in the order asked, each row read when it is its turn; what lies together is read in one run."""
    start = 0
    for end in range(1, len(positions) + 1):
        if end == len(positions) or not 0 < positions[end] - positions[end - 1] <= _MAX_GAP:
            yield from _read_run(access, positions[start:end])
            start = end


def _read_run(access: Access, positions: Sequence[int]) -> Generator[Body]:
    if len(positions) == 1 or positions[0] in access.pending.bodies:
        yield from (read(access, position) for position in positions)
        return
    rows = access.connection.execute(_RUN, (positions[0], positions[-1]))
    try:
        for position in positions:
            yield decode(_find(rows, position))
    finally:
        rows.close()


def _find(rows: apsw.Cursor, wanted: int) -> bytes:
    for position, data in rows:
        if position == wanted:
            found: bytes = data
            return found
    raise _lost()


def _lost() -> Internal:
    return Internal("a document's bytes are not in the store's file; verify tells where")
