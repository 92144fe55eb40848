"""Paths, headers and values of TerminusDB's HTTP interface."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from shared.canonical import Json, decode, encode
from shared.context import CallContext
from shared.database.clients.terminus_errors import error_from
from shared.database.interfaces import CommitInfo
from shared.errors import InvalidInput, OmsError

ORGANISATION = "admin"
DEFAULT_BRANCH = "main"
DATA_VERSION = "TerminusDB-Data-Version"
CHANGED = "X-Oms-Changed"
BRANCH = "X-Oms-Branch"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATE_ERROR = b"Status: "


def segment(text: str) -> str:
    """A text as one path segment."""
    return quote(text, safe="")


def branch_path(database: str, branch: str) -> str:
    """`admin/<database>/local/branch/<branch>`; no branch is `main`."""
    return f"{ORGANISATION}/{segment(database)}/local/branch/{segment(branch or DEFAULT_BRANCH)}"


def commit_path(database: str, commit: str) -> str:
    """`admin/<database>/local/commit/<commit>`."""
    return f"{ORGANISATION}/{segment(database)}/local/commit/{segment(commit)}"


def version_of(headers: Mapping[str, str]) -> str:
    """The commit of an answer's data version; empty where there is none."""
    return headers.get(DATA_VERSION, "").partition(":")[2]


def short_id(iri: str, base: str) -> str:
    """The id without the database's base."""
    return iri.removeprefix(base)


def commit_info(entry: dict[str, Any]) -> CommitInfo:
    """A commit of the log; what TerminusDB does not keep stands in the kernel's own members, else nowhere."""
    parent = entry.get("parent")
    return CommitInfo(
        id=str(entry["identifier"]),
        author=str(entry.get("author", "")),
        message=str(entry.get("message", "")),
        time=_EPOCH + timedelta(microseconds=int(Decimal(entry["timestamp"]) * 1_000_000)),
        parents=(str(parent).rpartition("/")[2],) if parent else (),
        **{name: str(entry.get(f"oms:{name}", "")) for name in _OWN_MEMBERS},
    )


_OWN_MEMBERS = ("branch", "actor", "method", "route", "service", "trace_id")


def document_of(body: bytes) -> Json:
    """The document of an answer; TerminusDB writes an error met late into the body of a 200."""
    if body.startswith(_LATE_ERROR):
        raise _late_error(body)
    return decode(body.strip(), field="answer")


def _late_error(body: bytes) -> OmsError:
    head, _, rest = body.partition(b"\n\n")
    code = head.removeprefix(_LATE_ERROR)[:3]
    try:
        envelope = decode(rest, field="answer")
    except InvalidInput:
        envelope = None
    return error_from(int(code) if code.isdigit() else 500, "", envelope if isinstance(envelope, dict) else {})


def author_of(context: CallContext, service: str) -> str:
    """Who writes: the verified caller, else the service itself."""
    return context.caller.actor if context.caller else f"system@{service}"


def message_of(context: CallContext, service: str) -> str:
    """Why: what the caller gave, else where the call came in."""
    name = context.caller.service if context.caller else service
    return context.commit_message or f"[{name}] {context.method} {context.route}".rstrip()


@dataclass(frozen=True, slots=True)
class PagePlace:
    """A place in a listing: how many documents to leave out at a commit."""

    database: str
    commit: str
    type_name: str
    skip: int

    def token(self) -> str:
        """The place as an opaque text."""
        return base64.urlsafe_b64encode(encode([self.database, self.commit, self.type_name, self.skip])).decode()

    @classmethod
    def parse(cls, token: str, database: str, type_name: str) -> "PagePlace":
        """Read a token of the same listing; InvalidInput for any other text."""
        try:
            place = decode(base64.b64decode(token, altchars=b"-_", validate=True), field="page_token")
        except (InvalidInput, binascii.Error, ValueError):
            place = None
        match place:
            case [str(of_database), str(commit), str(of_type), int(skip)] if skip >= 0:
                if (of_database, of_type) == (database, type_name):
                    return cls(database, commit, type_name, skip)
        raise InvalidInput("the page token is not one of this listing", field="page_token")
