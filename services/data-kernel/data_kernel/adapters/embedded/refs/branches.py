"""Making, moving and deleting branches."""

from data_kernel.adapters.embedded.commits import ancestry
from data_kernel.adapters.embedded.encoding import commit_records
from data_kernel.adapters.embedded.refs import branch_rows, databases, reflog, revisions
from data_kernel.adapters.embedded.refs.branch_rows import BranchRow, Head
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.adapters.embedded.threads.session import WriteSession
from data_kernel.application.ports import MoveRequest, WriteOutcome
from data_kernel.domain.commits import Attribution, RefCause
from data_kernel.domain.databases import Branch, Revision
from shared.errors import AlreadyExists, Conflict


def create(
    session: WriteSession, database: str, name: str, attribution: Attribution, origin: Revision | None
) -> Branch:
    """Make a branch at `origin`, or an orphan; `AlreadyExists`."""
    number = databases.number_in(session, database)
    if find(session, number, name) is not None:
        raise AlreadyExists(f"there is a branch {name!r} already", field="branch")
    commit = None if origin is None else revisions.resolve(session.access, database, origin).commit
    head = _head(session, number, commit)
    return branch_rows.to_branch(begin(session, number, name, attribution, head), database)


def begin(session: WriteSession, database: int, name: str, attribution: Attribution, head: Head | None) -> BranchRow:
    """Begin the next incarnation of the branch; the name must be free."""
    time_us = session.next_time_us()
    incarnation = _newest_incarnation(session, database, name) + 1
    branch = BranchRow(session.next_branch_number(), database, name, incarnation, time_us, None, None, 0)
    reflog.move(session, branch, RefCause.CREATE, head, time_us, attribution)
    session.branches[database, name] = branch
    return branch


def delete(session: WriteSession, database: str, name: str, attribution: Attribution) -> None:
    """Delete a branch; its row stays, for its ref log is readable by its name."""
    number = databases.number_in(session, database)
    branch = _live(session, number, name)
    branch.deleted_us = session.next_time_us()
    reflog.move(session, branch, RefCause.DELETE, None, branch.deleted_us, attribution)
    session.branches[number, name] = None


def move(session: WriteSession, database: int, request: MoveRequest) -> WriteOutcome:
    """Point a branch at a commit of its database; `Conflict`, `NotFound`."""
    branch = _live(session, database, request.branch)
    before = branch.head_text
    refuse_stale(before, request.expected_head)
    head = _head(session, database, request.commit)
    reflog.move(session, branch, request.cause, head, session.next_time_us(), request.attribution)
    return WriteOutcome((), branch.head_text, request.branch, changed=branch.head_text != before)


def find(session: WriteSession, database: int, name: str) -> BranchRow | None:
    """The branch as the group sees it, or `None`."""
    key = (database, name)
    if key not in session.branches:
        session.branches[key] = branch_rows.find(session.connection, database, name)
    return session.branches[key]


def refuse_stale(head: str | None, expected: str | None) -> None:
    """`Conflict` where a head is expected and another one is there."""
    if expected is not None and expected != head:
        raise Conflict("the branch has moved from the expected head", field="expected_head")


def _live(session: WriteSession, database: int, name: str) -> BranchRow:
    branch = find(session, database, name)
    if branch is None:
        raise branch_rows.missing(name)
    return branch


def _head(session: WriteSession, database: int, commit: str | None) -> Head | None:
    if commit is None:
        return None
    row = ancestry.row_at(session.access, ancestry.position_of(session.access, database, commit))
    return Head(row.position, row.id, commit_records.time_us(row.record))


def _newest_incarnation(session: WriteSession, database: int, name: str) -> int:
    # Those of the group may not be in the file yet.
    made = [row.incarnation for row in session.rows.branches.values() if (row.database, row.name) == (database, name)]
    return max([branch_rows.newest_incarnation(session.connection, database, name), *made])


def get(access: Access, database: str, name: str) -> Branch:
    """The branch as it stands in the file; `NotFound`."""
    number = databases.number_of(access.connection, database)
    return branch_rows.to_branch(branch_rows.get(access.connection, number, name), database)


def list_all(access: Access, database: str, after: str, limit: int) -> list[Branch]:
    """Branches in order of name, those after `after`."""
    found = branch_rows.list_after(access.connection, databases.number_of(access.connection, database), after, limit)
    return [branch_rows.to_branch(row, database) for row in found]
