"""The indexes beside each commit's documents: who refers to whom, and ids that do not begin with their class.

The hash of no commit covers them. Those of a commit are those of the commit that it is made from, with what its
documents have changed, so that checking all commits costs what all of them have changed.
"""

from collections.abc import Iterator
from typing import Any

from data_kernel.adapters.embedded.commits import contents
from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.documents.bodies import Body
from data_kernel.adapters.embedded.encoding import commit_ids
from data_kernel.adapters.embedded.encoding.deltas import Edit
from data_kernel.adapters.embedded.encoding.positions import end_of, first_of
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.tree import Leaf
from data_kernel.adapters.embedded.verification.report import Broken, Fault, Progress

_COMMITS = "SELECT position, id, base FROM commit_record WHERE position > ? AND position < ? ORDER BY position"
_PRESENT = Leaf(b"", 0)


def check(access: Access, database: int, progress: Progress) -> None:
    """Those of every commit of the database."""
    commits: list[Any] = access.connection.execute(_COMMITS, (first_of(database), end_of(database))).fetchall()
    for done, (position, commit, base) in enumerate(commits):
        kind = _wrong(access, contents.of_commit(access, base), contents.of_commit(access, position))
        if kind:
            place = f"commit {commit_ids.to_text(commit)}"
            raise Broken(Fault("index", database, place, f"{kind} are not those of the documents"))
        progress("indexes", done + 1, len(commits))


def _wrong(access: Access, before: Content, now: Content) -> str:
    """Which index is not what the documents make of the one before; empty where both are."""
    referrers: dict[bytes, Leaf | None] = {}
    scattered: dict[bytes, Leaf | None] = {}
    for document, old, new in before.instance.diff(now.instance):
        for leaf, mark in ((old, None), (new, _PRESENT)):
            if leaf is not None:
                body = bodies.read(access, leaf.position)
                referrers |= dict.fromkeys(_referrers(document, body), mark)
                scattered |= dict.fromkeys(_scattered(document, body), mark)
    if before.referrer.edit(_in_order(referrers)).root_hash != now.referrer.root_hash:
        return "referrers"
    return "" if before.scattered.edit(_in_order(scattered)).root_hash == now.scattered.root_hash else "types"


def _referrers(document: bytes, body: Body) -> Iterator[bytes]:
    return (target.encode() + b"\0" + document for target in body.references)


def _scattered(document: bytes, body: Body) -> Iterator[bytes]:
    name = body.type.encode()
    if not document.startswith(name + b"/"):
        yield name + b"\0" + document


def _in_order(edits: dict[bytes, Leaf | None]) -> list[Edit]:
    return sorted(edits.items(), key=lambda edit: edit[0])
