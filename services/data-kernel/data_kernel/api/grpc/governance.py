"""`data_kernel.v1.GovernanceService`."""

from collections.abc import AsyncIterator
from dataclasses import astuple

from data_kernel.api.grpc.calls import RpcContext
from data_kernel.api.grpc.mapping import write_options, write_result
from data_kernel.application.kernel import Kernel
from data_kernel.application.streams import closing
from data_kernel.domain.redaction import Redaction, Selector, Strategy
from shared.canonical import encode
from shared.context import current
from shared.errors import InvalidInput
from shared.grpc.generated.data_kernel.v1 import governance_pb2, governance_pb2_grpc

_STRATEGIES = {
    governance_pb2.REDACTION_STRATEGY_NULL: Strategy.NULL,
    governance_pb2.REDACTION_STRATEGY_MASK: Strategy.MASK,
    governance_pb2.REDACTION_STRATEGY_HASH: Strategy.HASH,
    governance_pb2.REDACTION_STRATEGY_DROP: Strategy.DROP,
}


class GovernanceServicer(governance_pb2_grpc.GovernanceServiceServicer):
    """What operators do to the whole store."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def CollectGarbage(
        self, request: governance_pb2.CollectGarbageRequest, context: RpcContext
    ) -> AsyncIterator[governance_pb2.CollectGarbageResponse]:
        """One message for each database, when its collection has ended."""
        collections = self._kernel.collecting.collect(request.database, current(), dry_run=request.dry_run)
        async with closing(collections) as each:
            async for database, collected in each:
                yield governance_pb2.CollectGarbageResponse(
                    database=database,
                    commits=collected.commits,
                    nodes=collected.nodes,
                    versions=collected.versions,
                    size_bytes=collected.size_bytes,
                )

    async def Redact(self, request: governance_pb2.RedactRequest, context: RpcContext) -> governance_pb2.RedactResponse:
        """Takes values out of a branch, and on demand out of all that was before."""
        selector = Selector(request.selector.type, request.selector.path, request.selector.subject)
        redaction = Redaction.of(selector, _strategy(request.strategy))
        asked = encode([*astuple(selector), redaction.strategy.value, request.purge])
        options = write_options(request.options, current(), asked)
        outcome = await self._kernel.redactions.redact(
            request.database, redaction, options, current(), purges=request.purge
        )
        certificate = outcome.certificate
        return governance_pb2.RedactResponse(
            result=write_result(outcome.written),
            certificate="" if certificate is None else certificate.id,
            purged_versions=(certificate and certificate.versions) or 0,
        )


def _strategy(strategy: "governance_pb2.RedactionStrategy.ValueType") -> Strategy:
    try:
        return _STRATEGIES[strategy]
    except KeyError:
        raise InvalidInput("strategy: it is one of the strategies", field="strategy") from None
