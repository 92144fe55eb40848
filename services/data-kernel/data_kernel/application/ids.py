"""Ids that callers name, before anything is looked up by them."""

from shared.errors import InvalidInput
from shared.limits import Limits


def check_id(document_id: str, limits: Limits) -> None:
    """`InvalidInput` for an id, of a document or a class, that nothing can have: it is empty or above the limit."""
    size = len(document_id.encode("utf-8", "surrogatepass"))
    if not document_id:
        raise InvalidInput("id: it is empty", field="id")
    if size > limits.id_bytes:
        raise InvalidInput(f"id: {size} bytes are more than {limits.id_bytes}", field="id")
