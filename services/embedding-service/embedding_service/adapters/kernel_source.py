"""The ontology's objects on their branch of the kernel: `<env>/oms/main`."""

from collections.abc import AsyncGenerator

from embedding_service.application.ports import SearchableProperties
from embedding_service.domain.collections import Place
from embedding_service.domain.searchable import searchable_properties
from shared.canonical import Json
from shared.clients.terminus_gateway import TerminusGatewayClient
from shared.database.interfaces import BranchMovement, DocumentChange, WatchCursor


class KernelObjectSource:
    """`ObjectSource` over the kernel."""

    def __init__(self, kernel: TerminusGatewayClient, *, database: str, branch: str) -> None:
        self._kernel = kernel
        self._database = database
        self._branch = branch

    def movements(self, place: Place) -> AsyncGenerator[BranchMovement, None]:
        """As `ObjectSource.movements`."""
        since = WatchCursor(place.incarnation, place.number)
        return self._kernel.watch(self._branch, since, database=self._database)

    async def searchable(self, commit: str) -> SearchableProperties:
        """As `ObjectSource.searchable`."""
        return searchable_properties(await self._kernel.get_schema(database=self._database, rev=commit))

    def objects(self, type_name: str, commit: str) -> AsyncGenerator[Json, None]:
        """As `ObjectSource.objects`."""
        return self._kernel.list_documents(type_name, database=self._database, rev=commit)

    def changes(self, before: str, after: str) -> AsyncGenerator[DocumentChange, None]:
        """As `ObjectSource.changes`."""
        return self._kernel.diff(before, after, database=self._database)
