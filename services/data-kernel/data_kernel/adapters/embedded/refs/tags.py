"""Tags: names for commits."""

from typing import Any

from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import commit_ids, row_digests
from data_kernel.adapters.embedded.refs import databases
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.domain.databases import Tag
from shared.errors import NotFound


def put(session: WriteSession, tag: Tag) -> None:
    """Make a tag, or point it elsewhere; `NotFound` for an unknown commit."""
    database = databases.number_in(session, tag.database)
    head = ancestry.position_of(session.access, database, tag.commit)
    row = (database, tag.name, head)
    digest = row_digests.digest("tag", *row)
    session.connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?, ?, ?)", (*row, digest))


def delete(session: WriteSession, database: str, name: str) -> None:
    """Delete a tag; `NotFound`."""
    number = databases.number_in(session, database)
    session.connection.execute("DELETE FROM tag WHERE database = ? AND name = ?", (number, name))
    if not session.connection.changes():
        raise _missing(name)


def commit_of(access: Access, database: int, name: str) -> str:
    """The commit that the tag names; `NotFound`."""
    row: Any = access.connection.execute(
        "SELECT head, digest FROM tag WHERE database = ? AND name = ?", (database, name)
    ).fetchone()
    if row is None:
        raise _missing(name)
    head, digest = row
    row_digests.check("tag", (database, name, head), digest)
    return commit_ids.to_text(ancestry.row_at(access, head).id)


def list_all(access: Access, database: str) -> list[Tag]:
    """Tags in order of name."""
    number = databases.number_of(access.connection, database)
    names: list[Any] = access.connection.execute(
        "SELECT name FROM tag WHERE database = ? ORDER BY name", (number,)
    ).fetchall()
    return [Tag(database, name, commit_of(access, number, name)) for (name,) in names]


def _missing(name: str) -> NotFound:
    return NotFound(f"there is no tag {name!r}", field="tag")
