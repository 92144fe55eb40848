"""Tags: names for commits."""

from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import commit_ids
from data_kernel.adapters.embedded.refs import databases
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.domain.databases import Tag
from shared.errors import NotFound


def put(session: WriteSession, tag: Tag) -> None:
    """Make a tag, or point it elsewhere; `NotFound` for an unknown commit."""
    database = databases.number_in(session, tag.database)
    head = ancestry.position_of(session.access, database, tag.commit)
    session.connection.execute("INSERT OR REPLACE INTO tag VALUES (?, ?, ?)", (database, tag.name, head))


def delete(session: WriteSession, database: str, name: str) -> None:
    """Delete a tag; `NotFound`."""
    number = databases.number_in(session, database)
    session.connection.execute("DELETE FROM tag WHERE database = ? AND name = ?", (number, name))
    if not session.connection.changes():
        raise _missing(name)


def commit_of(access: Access, database: int, name: str) -> str:
    """The commit that the tag names; `NotFound`."""
    head: int | None = access.connection.execute(
        "SELECT head FROM tag WHERE database = ? AND name = ?", (database, name)
    ).get
    if head is None:
        raise _missing(name)
    return commit_ids.to_text(ancestry.row_at(access, head).id)


def list_all(access: Access, database: str) -> list[Tag]:
    """Tags in order of name."""
    rows = access.connection.execute(
        "SELECT name, id FROM tag JOIN commit_record ON commit_record.position = tag.head "
        "WHERE tag.database = ? ORDER BY name",
        (databases.number_of(access.connection, database),),
    )
    return [Tag(database, name, commit_ids.to_text(commit)) for name, commit in rows]


def _missing(name: str) -> NotFound:
    return NotFound(f"there is no tag {name!r}", field="tag")
