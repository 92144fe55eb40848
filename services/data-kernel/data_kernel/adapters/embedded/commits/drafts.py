"""Drafts: what a plan's changes do to the four maps, worked out before anything is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.documents import bodies
from data_kernel.adapters.embedded.documents.bodies import Body
from data_kernel.adapters.embedded.encoding.deltas import Edit, Edits
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.adapters.embedded.tree import Leaf
from data_kernel.domain.documents import Change, Graph

GRAPH_NUMBERS = {Graph.INSTANCE: 0, Graph.SCHEMA: 1}
_SEPARATOR = b"\0"
_PRESENT = Leaf(b"", 0)
_FIND_KEY = "SELECT key FROM document_key WHERE database = ? AND graph = ? AND id = ?"

_NONE = Body("", b"", frozenset())


@dataclass(slots=True)
class Draft:
    """The edits of one commit, and the bodies and document keys that they need."""

    has_new_keys: bool = False
    edits: Edits = field(default_factory=lambda: ([], [], [], []))
    bodies: dict[int, bytes] = field(default_factory=dict)
    keys: dict[tuple[int, int, str], bytes] = field(default_factory=dict)

    def adopt(self, session: WriteSession) -> None:
        """Make the bodies and keys those of the group."""
        session.access.pending.bodies.update(self.bodies)
        session.rows.keys.update(self.keys)


def draft(
    session: WriteSession, database: int, content: Content, changes: Sequence[Change], *, new_keys: bool = False
) -> Draft:
    """Work the changes out; `ValueError` for a plan that changes a document twice.

    With `new_keys` the documents get other keys than their versions so far.
    """
    made = Draft(new_keys)
    # In order of the key, so that what a listing reads one after another lies together.
    for change in sorted(changes, key=_place):
        key = change.id.encode()
        leaf = None if change.after is None else _put(session, made, database, change, change.after)
        of_graph = made.edits[GRAPH_NUMBERS[change.graph]]
        if of_graph and of_graph[-1][0] == key:
            raise ValueError("a plan changes one document twice")
        of_graph.append((key, leaf))
        if change.graph is Graph.INSTANCE:
            _index(session, made.edits, content, key, change)
    for index in made.edits[2:]:
        index.sort(key=_key)
    return made


def _put(session: WriteSession, made: Draft, database: int, change: Change, content: bytes) -> Leaf:
    key = _document_key(session, made, (database, GRAPH_NUMBERS[change.graph], change.id))
    body = bodies.encode(key, change.type, content, change.references)
    position = session.next_position("body", database)
    made.bodies[position] = body
    return Leaf(bodies.digest(body) or b"", position)


def _document_key(session: WriteSession, made: Draft, place: tuple[int, int, str]) -> bytes:
    key: bytes | None = None
    if not made.has_new_keys:
        key = session.rows.keys.get(place) or session.connection.execute(_FIND_KEY, place).get
    if key is None:
        key = made.keys[place] = session.random(bodies.KEY_BYTES)
    return key


def _index(session: WriteSession, edits: Edits, content: Content, key: bytes, change: Change) -> None:
    leaf = content.instance.get(key)
    before = _NONE if leaf is None else bodies.read(session.access, leaf.position)
    now = frozenset() if change.after is None else change.references
    _, _, referrer, scattered = edits
    for target in now - before.references:
        referrer.append((target.encode() + _SEPARATOR + key, _PRESENT))
    for target in before.references - now:
        referrer.append((target.encode() + _SEPARATOR + key, None))
    type_before, type_now = before.type, "" if change.after is None else change.type
    if type_before != type_now:
        scattered += _scattered(type_before, key, None) + _scattered(type_now, key, _PRESENT)


def _scattered(type_name: str, key: bytes, leaf: Leaf | None) -> list[Edit]:
    name = type_name.encode()
    return [] if not name or key.startswith(name + b"/") else [(name + _SEPARATOR + key, leaf)]


def _place(change: Change) -> tuple[str, bytes]:
    return change.graph.value, change.id.encode()


def _key(edit: Edit) -> bytes:
    return edit[0]
