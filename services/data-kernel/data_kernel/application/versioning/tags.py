"""Tags: names for commits."""

from dataclasses import replace

from data_kernel.application.addressing import Addresses, NamedRevision
from data_kernel.application.attribution import require_caller
from data_kernel.application.hooks import CommitHookPipeline
from data_kernel.application.ports import DocumentStore
from data_kernel.domain.databases import Revision, Tag
from data_kernel.domain.tags import check_tag_name
from shared.context import CallContext
from shared.errors import InvalidInput


class Tags:
    """The use cases about tags. Unknown databases, tags, branches and commits are `NotFound`."""

    def __init__(self, store: DocumentStore, addresses: Addresses, pipeline: CommitHookPipeline) -> None:
        self._store = store
        self._addresses = addresses
        self._pipeline = pipeline

    async def list(self, database: str, context: CallContext) -> list[Tag]:
        """All tags in order of name."""
        require_caller(context)
        known = await self._addresses.database(database, context)
        return await self._store.list_tags(known.name)

    async def get(self, database: str, name: str, context: CallContext) -> Tag:
        """One tag."""
        require_caller(context)
        known = await self._addresses.database(database, context)
        state = await self._store.resolve(known.name, Revision(tag=check_tag_name(name)))
        return Tag(known.name, name, state.commit or "")

    async def set(self, database: str, name: str, target: NamedRevision, context: CallContext) -> Tag:
        """Make a tag, or point it elsewhere; `InvalidInput` for a name that no tag has, and before the first commit."""
        known = await self._addresses.database(database, context)
        check_tag_name(name)
        revision = self._addresses.revision(known, target, replace(context, branch=""))
        state = await self._store.resolve(known.name, revision)
        if state.commit is None:
            raise InvalidInput("branch: it has no commit yet that could be named", field="branch")
        tag = Tag(known.name, name, state.commit)
        await self._pipeline.set_tag(tag, context)
        return tag

    async def delete(self, database: str, name: str, context: CallContext) -> None:
        """Delete a tag."""
        known = await self._addresses.database(database, context)
        await self._pipeline.delete_tag(known, check_tag_name(name), context)
