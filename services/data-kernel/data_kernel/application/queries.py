"""Queries: refused until the store answers them."""

from shared.errors import Unsupported


def bindings(_database: str) -> list[bytes]:
    """The bindings of a query, each a JSON object; `Unsupported`: no store answers queries yet."""
    raise Unsupported("the embedded store answers no queries yet")
