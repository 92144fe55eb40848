"""JSON with exact numbers, and its one canonical form.

Every document passes `decode` on its way in and `encode` on its way to the store, to a hash or to an answer; nothing
else reads JSON text of documents. Integers of any size are `int`, every other number is a `JsonNumber` that keeps the
text it was written with, so that `1`, `1.0` and `1e0` stay three values.
"""

from shared.canonical.decoding import decode
from shared.canonical.encoding import encode
from shared.canonical.values import MAX_DEPTH, MAX_DIGITS, Json, JsonNumber, pointer

__all__ = ["MAX_DEPTH", "MAX_DIGITS", "Json", "JsonNumber", "decode", "encode", "pointer"]
