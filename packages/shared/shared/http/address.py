"""The address of a request, before anything is looked up by it."""

from urllib.parse import unquote_to_bytes

from starlette.types import Scope

from shared.errors import InvalidInput


def check_address(scope: Scope) -> None:
    """Raises InvalidInput for a path or query whose percent-encoded bytes are no UTF-8.

    The server and the framework would put U+FFFD in their place, and two different names would become one.
    """
    path, query = scope.get("raw_path") or b"", scope["query_string"]
    if b"%" in path and not _is_text(path):
        raise InvalidInput("path: its percent-encoded bytes are not UTF-8", field="path")
    if b"%" in query and not _is_text(query):
        field = _field(query)
        raise InvalidInput(f"{field}: its percent-encoded bytes are not UTF-8", field=field)


def _is_text(encoded: bytes) -> bool:
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def _field(query: bytes) -> str:
    """The first parameter that is at fault; the query as a whole where a name itself is."""
    unreadable = next((pair for pair in query.split(b"&") if not _is_text(pair)), b"")
    name = unreadable.partition(b"=")[0]
    return f"query.{unquote_to_bytes(name).decode()}" if name and _is_text(name) else "query"
