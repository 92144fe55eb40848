"""Page tokens: a place in a listing, bound to the state, the query and the caller that it began with."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from data_kernel.application.ports import DocumentStore
from data_kernel.domain.databases import Revision, State
from shared.errors import Gone, InvalidInput, NotFound

_VERSION = 1
_MAX_TOKEN_CHARS = 4096
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing is bound to: the caller's `actor` and everything that selects and orders its entries."""

    actor: str
    query: Sequence[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next page begins: after `last_key` of the state at `commit` (empty where none is pinned)."""

    commit: str
    last_key: str


def write_token(place: Place, listing: Listing) -> str:
    """base64url of (version, commit, last key, digest); the digest covers them, the query and the caller."""
    fields = [_VERSION, place.commit, place.last_key, _digest(place, listing)]
    return base64.urlsafe_b64encode(json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()).decode()


def read_token(token: str, listing: Listing) -> Place:
    """The place that a token names; `InvalidInput` for a token that is damaged, or another query's or caller's."""
    place, digest = _decode(token)
    if digest != _digest(place, listing):
        raise InvalidInput("page_token: it is damaged, or belongs to another query or caller", field="page_token")
    return place


async def state_of(store: DocumentStore, database: str, place: Place | None, named: Revision) -> State:
    """The state that a listing goes on with from its `place`, or begins with where it has none.

    `Gone` where garbage collection has taken it meanwhile.
    """
    if place is None:
        return await store.resolve(database, named)
    try:
        return await store.resolve(database, Revision(commit=place.commit))
    except NotFound as error:
        raise Gone("page_token: the state that it goes on with is there no more", field="page_token") from error


def _decode(token: str) -> tuple[Place, str]:
    if len(token) > _MAX_TOKEN_CHARS:
        raise InvalidInput(f"page_token: it is longer than {_MAX_TOKEN_CHARS} characters", field="page_token")
    try:
        fields = json.loads(base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True))
    except (UnicodeError, binascii.Error, ValueError, RecursionError) as error:
        raise InvalidInput("page_token: it is not a token of this service", field="page_token") from error
    if not isinstance(fields, list) or len(fields) != _PARTS or fields[0] != _VERSION:
        raise InvalidInput("page_token: it is not a token of this version", field="page_token")
    _, commit, last_key, digest = fields
    if not (isinstance(commit, str) and isinstance(last_key, str) and isinstance(digest, str)):
        raise InvalidInput("page_token: it is not a token of this service", field="page_token")
    # Whoever can read a token can make one: nothing in it is trusted to be text that the store takes.
    if not (_is_text(commit) and _is_text(last_key)):
        raise InvalidInput("page_token: it is not a token of this service", field="page_token")
    return Place(commit, last_key), digest


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(place: Place, listing: Listing) -> str:
    fields = [place.commit, place.last_key, listing.actor, *listing.query]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()[:32]
