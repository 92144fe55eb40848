import pytest

from shared.errors import InvalidInput
from shared.http.address import check_address


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (b"/db/x/doc/Movie%2F%C3%BC", b""),
        (b"/%25FF", b"name=%25FF&empty=&=&flag"),
        (b"/%zz", b"a=%"),
        (b"/\xc3\xbc", b"a=%F0%9F%92%A9"),
    ],
)
def test_what_is_text_passes(path, query):
    check_address({"raw_path": path, "query_string": query})


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        (b"/db/x/doc/%FF", b"", "path"),
        (b"/%ED%A0%80", b"a=%FF", "path"),
        (b"/x", b"a=1&branch=%C3%28", "query.branch"),
        (b"/x", b"%FF=1", "query"),
        (b"/x", b"flag%FF", "query"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_place(path, query, field):
    with pytest.raises(InvalidInput) as caught:
        check_address({"raw_path": path, "query_string": query})
    assert caught.value.field == field


def test_a_server_that_gives_no_raw_path_is_taken():
    check_address({"raw_path": None, "query_string": b""})
