"""JSON texts of callers, read without holding up other calls."""

import asyncio

from shared.canonical import Json, decode, encode

_LARGE_BYTES = 256 * 1024


async def decode_body(data: bytes, field: str = "body") -> Json:
    """The value of one JSON text; `InvalidInput` names the place within `field`."""
    if len(data) < _LARGE_BYTES:
        return decode(data, field=field)
    return await asyncio.to_thread(decode, data, field=field)


async def encode_body(value: Json, size_bytes: int) -> bytes:
    """The canonical bytes of a value that came as a text of `size_bytes`."""
    if size_bytes < _LARGE_BYTES:
        return encode(value)
    return await asyncio.to_thread(encode, value)
