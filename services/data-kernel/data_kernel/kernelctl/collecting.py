"""Garbage collection: by the kernel that runs, or over the file that no kernel has."""

from collections.abc import AsyncIterator

from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.governance.collecting import retention_of
from data_kernel.application.streams import closing
from data_kernel.domain.retention import Collected
from data_kernel.kernelctl.doors import Place, is_owned, telling_who_is_away
from shared.context import CallContext, use
from shared.errors import Unavailable
from shared.grpc.channel import open_channel
from shared.grpc.generated.data_kernel.v1 import governance_pb2, governance_pb2_grpc
from shared.grpc.tls import TlsFiles
from shared.security import build_signer


async def collect(place: Place, database: str, *, dry_run: bool) -> list[tuple[str, Collected]]:
    """What went, or would go, by database, of all of them where none is named.

    Errors: `Forbidden` where the running kernel does not know the token for an operator's, `Unavailable` where it
    serves no gRPC, or does not answer.
    """
    ask = _by_the_kernel if is_owned(place.path) else _over_the_file
    async with closing(ask(place, database, dry_run=dry_run)) as collections:
        return [each async for each in collections]


async def _by_the_kernel(place: Place, database: str, *, dry_run: bool) -> AsyncIterator[tuple[str, Collected]]:
    settings = place.settings
    if not settings.use_grpc:
        raise Unavailable("the running kernel has the store, and serves no gRPC (USE_GRPC); stop it first")
    address = f"127.0.0.1:{settings.grpc_port}"
    signer = build_signer(settings)
    channel = open_channel(address, audience=settings.service_name, signer=signer, tls=TlsFiles.of(settings))
    request = governance_pb2.CollectGarbageRequest(database=database, dry_run=dry_run)
    async with channel:
        with telling_who_is_away(address, "GRPC_PORT"), use(CallContext(bearer_token=place.token)):
            async for each in governance_pb2_grpc.GovernanceServiceStub(channel).CollectGarbage(request):
                yield each.database, Collected(each.commits, each.nodes, each.versions, each.size_bytes)


async def _over_the_file(place: Place, database: str, *, dry_run: bool) -> AsyncIterator[tuple[str, Collected]]:
    settings = place.settings
    retention = retention_of(settings.gc_unattached_days, settings.gc_horizons_days)
    store = await EmbeddedStore.open(place.path, migrates=settings.store_migrates)
    try:
        names = [database] if database else [each.name for each in await store.list_databases()]
        for name in names:
            yield name, await store.collect(name, retention, dry_run=dry_run)
    finally:
        await store.close()
