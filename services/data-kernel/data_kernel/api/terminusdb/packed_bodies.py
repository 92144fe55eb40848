"""Bodies that come packed: TerminusDB's own client packs documents of more than 1 024 bytes (RFC 9110, 8.4)."""

import zlib

from shared.errors import InvalidInput
from shared.http.body import check_size

_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way of asking for gzip's frame (RFC 1952)


def unpack(body: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body as it was before its Content-Encoding; `TooLarge` before more than `limit_bytes` of it are made."""
    name = encoding.strip().lower()
    if name in {"", "identity"}:
        return body
    if name not in {"gzip", "x-gzip"}:
        raise InvalidInput("content-encoding: gzip is taken, and identity", field="content-encoding")
    unpacking = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = unpacking.decompress(body, limit_bytes + 1)
    except zlib.error as error:
        raise InvalidInput("body: it is not the gzip that content-encoding says", field="body") from error
    check_size(len(text), limit_bytes)
    if not unpacking.eof or unpacking.unused_data:
        raise InvalidInput("body: its gzip breaks off, or more follows it", field="body")
    return text
