"""Bodies with a Content-Encoding: what is taken, and how much of it."""

import gzip
import zlib

import pytest

from data_kernel.api.terminusdb.packed_bodies import unpack
from shared.errors import InvalidInput, TooLarge

TEXT = b'[{"@type": "Movie"}]' * 100


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZip "])
def test_gzip_is_unpacked(encoding: str) -> None:
    assert unpack(gzip.compress(TEXT), encoding, len(TEXT)) == TEXT
    assert unpack(gzip.compress(b""), encoding, 0) == b""


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_packed_stays(encoding: str) -> None:
    assert unpack(TEXT, encoding, len(TEXT)) == TEXT


def test_no_more_is_made_of_it_than_the_limit() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    with pytest.raises(TooLarge, match="the limit is 1000"):
        unpack(bomb, "gzip", 1000)
    with pytest.raises(TooLarge):
        unpack(gzip.compress(TEXT), "gzip", len(TEXT) - 1)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT)[:-1], "gzip"),
        (gzip.compress(TEXT) + b"more", "gzip"),
        (zlib.compress(TEXT), "gzip"),
        (TEXT, "gzip"),
        (b"", "gzip"),
        (gzip.compress(TEXT), "gzip, gzip"),
        (zlib.compress(TEXT), "deflate"),
    ],
)
def test_all_else_is_refused(body: bytes, encoding: str) -> None:
    with pytest.raises(InvalidInput):
        unpack(body, encoding, len(TEXT))
