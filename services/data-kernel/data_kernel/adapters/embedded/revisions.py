"""From a revision to a state, and from a state to the chain that it is read from."""

import apsw

from data_kernel.adapters.embedded import databases, lines, reflog
from data_kernel.adapters.embedded.lines import Chain
from data_kernel.adapters.embedded.times import to_us
from data_kernel.domain.databases import Revision, State
from shared.errors import InvalidInput


def resolve(connection: apsw.Connection, database: str, revision: Revision) -> State:
    """The state that a revision names. A commit named together with a branch need not be one of that branch."""
    number = databases.number_of(connection, database)
    if revision.commit is not None:
        if revision.at is not None:
            raise InvalidInput("a revision names a commit or a time, not both", field="revision")
        lines.chain_of_commit(connection, number, revision.commit)
        return State(revision.commit, revision.branch)
    if revision.branch is None:
        raise InvalidInput("a revision names a branch or a commit", field="revision")
    if revision.at is not None:
        return State(reflog.head_at(connection, number, revision.branch, to_us(revision.at)), revision.branch)
    return State(lines.live(connection, number, revision.branch).head, revision.branch)


def locate(connection: apsw.Connection, database: str, state: State) -> tuple[int, Chain]:
    """The number of the database and the chain of the state; `NotFound` where either is not there any more."""
    number = databases.number_of(connection, database)
    return number, () if state.commit is None else lines.chain_of_commit(connection, number, state.commit)
