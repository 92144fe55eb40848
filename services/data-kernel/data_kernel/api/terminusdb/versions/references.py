"""States as bodies name them: a commit, a data version or a branch."""

from collections.abc import Iterator
from contextlib import contextmanager

from data_kernel.api.terminusdb.refusing.refusals import Refusal
from data_kernel.application.addressing import NamedRevision
from data_kernel.domain.tags import is_commit_id
from shared.errors import InvalidInput, NotFound


def revision_of(reference: str) -> NamedRevision:
    """A commit, perhaps with the label of a data version before it, or a branch."""
    commit = reference.rpartition(":")[2]
    if is_commit_id(commit):
        return NamedRevision(commit=commit)
    return NamedRevision(branch=reference)


@contextmanager
def referring_to(reference: str) -> Iterator[None]:
    """Tell of a reference that names nothing."""
    try:
        yield
    except (NotFound, InvalidInput, Refusal) as error:
        if error.field not in {"branch", "commit"}:
            raise
        raise Refusal(
            InvalidInput("there is no such commit or branch", field="data_version"),
            kind="api:NotValidRefError",
            members={"api:ref": reference},
        ) from error
