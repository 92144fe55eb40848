"""The client of the kernel: one interface over gRPC or HTTP."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar, Unpack

from shared.canonical import Json
from shared.clients.kernel_grpc import KernelGrpc
from shared.clients.kernel_http import KernelHttp
from shared.clients.once import once
from shared.clients.versioning import VersioningClient
from shared.clients.versioning_grpc import VersioningGrpc
from shared.clients.versioning_http import VersioningHttp
from shared.database.collection_methods import CollectionMethods
from shared.database.interfaces import (
    BranchInfo,
    BranchMovement,
    CommitInfo,
    DocumentChange,
    Page,
    ReadOptions,
    WatchCursor,
    WriteOptions,
    WriteResult,
)
from shared.grpc.channel import open_channel
from shared.http.client import open_http_client
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.grpc.tls import TlsFiles
    from shared.security import ServiceSigner

AUDIENCE = "data-kernel"
_Answer = TypeVar("_Answer")


class TerminusGatewayClient(CollectionMethods):
    """A `DocumentDatabase` behind the kernel: at `target` over gRPC, or with `use_grpc` false at `http_url`.

    Every call has the deadline `timeout_s`, save listings and differences, which stream as long as they are read. Calls
    are repeated where the kernel is away; a write gets an idempotency key for that where it has none, so that it is
    done once. `versioning` moves branches and names commits. `signer` proves the calling service; without it
    (development) the user's token goes alone.
    """

    def __init__(
        self,
        target: str = "data-kernel:50051",
        *,
        http_url: str | None = None,
        use_grpc: bool = True,
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        tls: "TlsFiles | None" = None,
        timeout_s: float = 10.0,
    ) -> None:
        telemetry = telemetry or Telemetry.off("client")
        self._resilience = Resilience(AUDIENCE, telemetry.registry, deadline_s=timeout_s)
        self._transport: KernelGrpc | KernelHttp
        versioning: VersioningGrpc | VersioningHttp
        if use_grpc:
            channel = open_channel(target, audience=AUDIENCE, signer=signer, telemetry=telemetry, tls=tls)
            self._transport, versioning = KernelGrpc(channel), VersioningGrpc(channel)
        else:
            kernel = KernelHttp(
                open_http_client(
                    http_url or "http://data-kernel:8080",
                    audience=AUDIENCE,
                    signer=signer,
                    timeout_s=timeout_s,
                    telemetry=telemetry,
                )
            )
            self._transport, versioning = kernel, VersioningHttp(kernel)
        self.versioning = VersioningClient(versioning, self._resilience)

    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json:
        """As `DocumentDatabase.get_document`."""
        return await self._call(lambda: self._transport.get_document(document_id, **at))

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_document`."""
        said = once(options)
        return await self._call(lambda: self._transport.put_document(document, create=create, **said))

    async def patch_document(self, document_id: str, patch: Json, **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.patch_document`."""
        said = once(options)
        return await self._call(lambda: self._transport.patch_document(document_id, patch, **said))

    async def delete_document(self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_document`."""
        said = once(options)
        return await self._call(lambda: self._transport.delete_document(document_id, **said))

    def list_documents(self, type_name: str = "", **at: Unpack[ReadOptions]) -> AsyncGenerator[Json, None]:
        """As `DocumentDatabase.list_documents`."""
        return self._transport.list_documents(type_name, **at)

    async def page_documents(
        self, type_name: str = "", *, page_size: int = 100, page_token: str = "", **at: Unpack[ReadOptions]
    ) -> Page:
        """As `DocumentDatabase.page_documents`."""
        return await self._call(
            lambda: self._transport.page_documents(type_name, page_size=page_size, page_token=page_token, **at)
        )

    async def get_schema(self, class_name: str = "", **at: Unpack[ReadOptions]) -> list[Json]:
        """As `DocumentDatabase.get_schema`."""
        return await self._call(lambda: self._transport.get_schema(class_name, **at))

    async def put_schema(
        self, classes: Sequence[Json], *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_schema`."""
        said = once(options)
        return await self._call(lambda: self._transport.put_schema(classes, create=create, **said))

    async def delete_schema(self, class_names: Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_schema`."""
        said = once(options)
        return await self._call(lambda: self._transport.delete_schema(class_names, **said))

    async def log(self, *, count: int = 100, **at: Unpack[ReadOptions]) -> list[CommitInfo]:
        """As `DocumentDatabase.log`."""
        return await self._call(lambda: self._transport.log(count=count, **at))

    def diff(
        self, before: str, after: str, *, database: str | None = None, branch: str | None = None
    ) -> AsyncGenerator[DocumentChange, None]:
        """As `DocumentDatabase.diff`."""
        return self._transport.diff(before, after, database=database, branch=branch)

    def watch(
        self, branch: str, since: WatchCursor | None = None, *, database: str | None = None
    ) -> AsyncGenerator[BranchMovement, None]:
        """The movements of a branch after `since`: those past, then those to come, without end.

        Ends with Unavailable where the kernel goes away; the cursor of the last movement goes on from there. Ends with
        Gone where the branch's log does not have that place, as after a restore: begin anew, without a cursor.
        """
        return self._transport.watch(branch, since or WatchCursor(), database=database)

    async def branches(self, *, database: str | None = None) -> list[BranchInfo]:
        """As `DocumentDatabase.branches`."""
        return await self._call(lambda: self._transport.branches(database=database))

    async def create_branch(
        self,
        name: str,
        *,
        origin_branch: str | None = None,
        origin_commit: str | None = None,
        database: str | None = None,
    ) -> BranchInfo:
        """As `DocumentDatabase.create_branch`; not repeated, for a second attempt would find the first one's branch."""
        return await self._call(
            lambda: self._transport.create_branch(
                name, origin_branch=origin_branch, origin_commit=origin_commit, database=database
            ),
            retry=False,
        )

    async def delete_branch(self, name: str, *, database: str | None = None) -> None:
        """As `DocumentDatabase.delete_branch`; not repeated."""
        await self._call(lambda: self._transport.delete_branch(name, database=database), retry=False)

    async def query(self, woql: Json | str) -> list[Json]:
        """As `DocumentDatabase.query`."""
        return await self._call(lambda: self._transport.query(woql))

    async def health(self) -> None:
        """As `DocumentDatabase.health`; asks at once and once, whatever the circuit says."""
        await self._transport.health()

    async def close(self) -> None:
        """As `DocumentDatabase.close`."""
        await self._transport.close()

    async def _call(self, fn: Callable[[], Awaitable[_Answer]], *, retry: bool = True) -> _Answer:
        return await self._resilience.call(fn, retry=retry)
