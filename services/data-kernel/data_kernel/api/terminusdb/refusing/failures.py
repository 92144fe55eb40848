"""The use cases' errors as TerminusDB's, where it has a kind of its own for them."""

from collections.abc import Iterator
from contextlib import contextmanager

from data_kernel.api.terminusdb.refusing.refusals import Refusal, document_not_found, unknown_database, unresolvable
from data_kernel.api.terminusdb.resources import Resource
from shared.errors import NotFound


@contextmanager
def in_terms_of(resource: Resource, document_id: str = "") -> Iterator[None]:
    """Tell what is not there in terms of the resource, and of the document that was asked for."""
    try:
        yield
    except Refusal:
        raise
    except NotFound as error:
        raise _not_found(error, resource, document_id) from error


def _not_found(error: NotFound, resource: Resource, document_id: str) -> NotFound | Refusal:
    match error.field:
        case "database":
            return unknown_database(resource.organisation, resource.database)
        case "branch" | "commit":
            return unresolvable(resource, missing=error.field)
        case "id" if document_id:
            return document_not_found(document_id)
    return error
