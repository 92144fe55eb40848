"""Every RPC of every service."""

from google.protobuf.descriptor import MethodDescriptor
from support.descriptors import services_of

from shared.grpc.generated import data_kernel_pb2  # noqa: F401 - its services join the pool
from shared.grpc.generated.data_kernel.v1 import (  # noqa: F401 - likewise
    branch_pb2,
    document_pb2,
    governance_pb2,
    history_pb2,
    query_pb2,
    schema_pb2,
    versioning_pb2,
)
from shared.grpc.generated.embedding.v1 import embedding_pb2  # noqa: F401 - likewise
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2  # noqa: F401 - likewise
from shared.grpc.generated.scheduler.v1 import scheduler_pb2  # noqa: F401 - likewise

KERNEL = (
    *(
        f"data_kernel.v1.{name}Service"
        for name in ("Document", "Branch", "Governance", "History", "Query", "Schema", "Versioning")
    ),
    "data_kernel.DocumentService",
    "data_kernel.QueryService",
)
DOORS = {
    "kernel_grpc": KERNEL,
    "gateway_grpc": ("event_gateway.v1.EventGatewayService",),
    "embedding_grpc": ("embedding.v1.EmbeddingService",),
    "scheduler_grpc": ("scheduler.v1.SchedulerService",),
}
"""The services by the attribute of `Platform` that has their server's address."""


def rpcs() -> list[tuple[str, MethodDescriptor]]:
    """Each with the attribute of `Platform` that has its server's address."""
    return [
        (door, method) for door, names in DOORS.items() for service in services_of(names) for method in service.methods
    ]
