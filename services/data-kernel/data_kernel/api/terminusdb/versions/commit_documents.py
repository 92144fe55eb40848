"""Commits as documents of the commit graph."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from data_kernel.api.terminusdb.own_members import own_members
from data_kernel.api.terminusdb.versions.beginnings import is_beginning
from data_kernel.domain.commits import Commit
from data_kernel.settings import KernelSettings
from shared.canonical import Json, JsonNumber

INITIAL = "InitialCommit"
VALID = "ValidCommit"
USER = "terminusdb://system/data/User/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAYER_CHARS = 40
_REBASE = "/api/rebase/{path}"
"""By this way a commit is made again by an author; TerminusDB shows no user of it."""
_OWN = f"@{KernelSettings.service_name}"


def commit_type(commit: Commit) -> str:
    """The class of a commit's document."""
    return INITIAL if is_beginning(commit) else VALID


def commit_document_id(commit: Commit) -> str:
    """The id of a commit's document."""
    return f"{commit_type(commit)}/{commit.id}"


def commit_document(commit: Commit, parent: str | None) -> dict[str, Json]:
    """A commit behind the commit `parent`; what TerminusDB has no member for stands in the platform's own."""
    document: dict[str, Json] = {
        "@id": commit_document_id(commit),
        "@type": commit_type(commit),
        "identifier": commit.id,
        "author": commit.author,
        "message": commit.message,
        "timestamp": _epoch_seconds(commit.time),
        **({} if commit.route == _REBASE else {"user": user(commit.actor)}),
        **_layers(commit),
        **_beyond(commit),
    }
    return document | ({"parent": f"{VALID}/{parent}"} if parent else {})


def layer_ids(commit: Commit) -> list[str]:
    """The ids of the layers that hold a commit's graphs, of those that are not empty."""
    return list(_layers(commit).values())


def user(actor: str) -> str:
    """The IRI of who made a commit: the user alone where no service came between."""
    return f"{USER}{actor.removesuffix(_OWN)}"


def version_of(texts: Iterable[str]) -> str:
    """A version of what a graph shows, by everything that it depends on: hexadecimal digits."""
    digest = hashlib.sha256()
    for text in texts:
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()[:_LAYER_CHARS]


def layer_document_id(digest: str) -> str:
    """The id of the document of a layer, by a digest of what it holds."""
    return f"layer_data:Layer_{digest[:_LAYER_CHARS]}"


def _layers(commit: Commit) -> dict[str, str]:
    roots = {"instance": commit.instance_root, "schema": commit.schema_root}
    return {graph: layer_document_id(root) for graph, root in roots.items() if root}


def _beyond(commit: Commit) -> dict[str, Json]:
    return own_members(
        {
            "branch": commit.branch,
            "actor": commit.actor,
            "method": commit.method,
            "route": commit.route,
            "service": commit.service,
            "trace_id": commit.trace_id,
        }
    )


def _epoch_seconds(time: datetime) -> JsonNumber:
    """Seconds since 1970, exact to the microsecond."""
    seconds, microseconds = divmod((time - _EPOCH) // timedelta(microseconds=1), 1_000_000)
    return JsonNumber(f"{seconds}.{microseconds:06}")
