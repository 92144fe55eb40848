"""The commits that a rebased branch now has of the other side."""

from data_kernel.api.terminusdb.resources import Resource
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.kernel import Kernel
from data_kernel.application.versioning.replays import RebaseOutcome
from shared.canonical import Json
from shared.context import current


async def forwarded(kernel: Kernel, resource: Resource, done: RebaseOutcome) -> list[Json]:
    """Ids of the commits by first parents from where the branch had parted to where it begins now, oldest first."""
    found: list[Json] = []
    if not done.onto:  # answered by its idempotency key, without being done again
        return found
    context, begun = current(), NamedRevision(commit=done.onto)
    size, token = kernel.settings.limits.page_size, ""
    while True:
        page = await kernel.history.log(resource.database, begun, context, count=size, page_token=token)
        for commit in page.commits:
            if commit.id == done.common:
                return found[::-1]
            found.append(commit.id)
        token = page.next_page_token
        if not token:
            return found[::-1]
