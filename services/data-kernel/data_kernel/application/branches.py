"""Branches: listed, made and deleted."""

from dataclasses import dataclass, replace

from data_kernel.application.addressing import Addresses, NamedRevision
from data_kernel.application.attribution import require_caller
from data_kernel.application.hooks import CommitHookPipeline
from data_kernel.application.pagination import Listing, Place, read_token, write_token
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.databases import Branch
from shared.context import CallContext
from shared.errors import InvalidInput
from shared.limits import Limits


@dataclass(frozen=True, slots=True)
class BranchPage:
    """One page of branches in order of name; the token is empty on the last one."""

    branches: tuple[Branch, ...]
    next_page_token: str


class Branches:
    """The use cases about branches."""

    def __init__(
        self, store: DocumentStore, addresses: Addresses, pipeline: CommitHookPipeline, limits: Limits
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._pipeline = pipeline
        self._limits = limits

    async def page(self, database: str, context: CallContext, *, count: int = 0, page_token: str = "") -> BranchPage:
        """At most `count` branches, 0 for a full page."""
        size = page_size(count, self._limits.page_size, self._limits.page_size)
        known = await self._addresses.database(database, context)
        bound = Listing(require_caller(context).actor, ["branches", known.name])
        after = read_token(page_token, bound).last_key if page_token else ""
        branches = await self._store.list_branches(known.name, after, size + 1)
        token = write_token(Place("", branches[size - 1].name), bound) if len(branches) > size else ""
        return BranchPage(tuple(branches[:size]), token)

    async def get(self, database: str, name: str, context: CallContext) -> Branch:
        """One branch; `NotFound`."""
        require_caller(context)
        known = await self._addresses.database(database, context)
        return await self._store.get_branch(known.name, self._addresses.named_branch(known, name))

    async def create(self, database: str, name: str, origin: NamedRevision | None, context: CallContext) -> Branch:
        """Make a branch at `origin`, or an orphan; `AlreadyExists`, `Forbidden` in another environment."""
        known = await self._addresses.database(database, context)
        branch = self._addresses.named_branch(known, name)
        # The branch of the context says where a write goes; here it neither names the new branch nor its origin.
        elsewhere = replace(context, branch="")
        revision = None if origin is None else self._addresses.revision(known, origin, elsewhere)
        return await self._pipeline.create_branch(known, branch, revision, context)

    async def delete(self, database: str, name: str, context: CallContext) -> str:
        """Delete a branch and answer its full name."""
        known = await self._addresses.database(database, context)
        branch = self._addresses.named_branch(known, name)
        await self._pipeline.delete_branch(known, branch, context)
        return branch


def page_size(asked: int, default: int, limit: int) -> int:
    """The number of entries a page is to have; `InvalidInput` where it is out of bounds."""
    if not 0 <= asked <= limit:
        raise InvalidInput(f"page_size: {asked} is not between 0 and {limit}", field="page_size")
    return asked or default
