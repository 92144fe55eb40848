"""From a revision to a state, and from a state to what it holds."""

from data_kernel.adapters.embedded.commits import ancestry, contents
from data_kernel.adapters.embedded.commits.contents import Content
from data_kernel.adapters.embedded.encoding import commit_ids
from data_kernel.adapters.embedded.encoding.times import to_us
from data_kernel.adapters.embedded.refs import branch_rows, databases, reflog, tags
from data_kernel.adapters.embedded.threads.access import Access
from data_kernel.domain.databases import Revision, State
from shared.errors import InvalidInput


def resolve(access: Access, database: str, revision: Revision) -> State:
    """The state that a revision names. A commit or tag named together with a branch need not be one of that branch."""
    number = databases.number_of(access.connection, database)
    if sum(part is not None for part in (revision.commit, revision.tag, revision.at)) > 1:
        raise InvalidInput("a revision names a commit, a tag or a time, not several", field="revision")
    if revision.commit is not None:
        ancestry.position_of(access, number, revision.commit)
        return State(revision.commit, revision.branch)
    if revision.tag is not None:
        return State(tags.commit_of(access, number, revision.tag), revision.branch)
    if revision.branch is None:
        raise InvalidInput("a revision names a branch, a commit or a tag", field="revision")
    if revision.at is not None:
        head = reflog.head_at(access.connection, number, revision.branch, to_us(revision.at))
        return State(None if head is None else commit_ids.to_text(head), revision.branch)
    return State(branch_rows.get(access.connection, number, revision.branch).head_text, revision.branch)


def locate(access: Access, database: str, state: State) -> int | None:
    """The position of the state's commit, `None` for the empty state; `NotFound` where it is not there any more."""
    number = databases.number_of(access.connection, database)
    return None if state.commit is None else ancestry.position_of(access, number, state.commit)


def content(access: Access, database: str, state: State) -> Content:
    """What the state holds; `NotFound` where it is not there any more."""
    return contents.of_commit(access, locate(access, database, state))
