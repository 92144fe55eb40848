"""Every gRPC service of the kernel."""

from data_kernel.api.grpc.branches import BranchServicer
from data_kernel.api.grpc.documents import DocumentServicer
from data_kernel.api.grpc.facade import FacadeDocumentServicer, FacadeQueryServicer
from data_kernel.api.grpc.governance import GovernanceServicer
from data_kernel.api.grpc.history import HistoryServicer
from data_kernel.api.grpc.queries import QueryServicer
from data_kernel.api.grpc.schema import SchemaServicer
from data_kernel.api.grpc.versioning import VersioningServicer
from data_kernel.application.kernel import Kernel
from shared.grpc.generated import data_kernel_pb2_grpc
from shared.grpc.generated.data_kernel.v1 import (
    branch_pb2_grpc,
    document_pb2_grpc,
    governance_pb2_grpc,
    history_pb2_grpc,
    query_pb2_grpc,
    schema_pb2_grpc,
    versioning_pb2_grpc,
)
from shared.grpc.server import Registration


def registrations(kernel: Kernel) -> list[Registration]:
    """The services of `data_kernel.v1` and the frozen façade, over the same use cases."""
    v1 = "data_kernel.v1."
    facade = "data_kernel."
    return [
        Registration(
            document_pb2_grpc.add_DocumentServiceServicer_to_server, DocumentServicer(kernel), f"{v1}DocumentService"
        ),
        Registration(query_pb2_grpc.add_QueryServiceServicer_to_server, QueryServicer(), f"{v1}QueryService"),
        Registration(branch_pb2_grpc.add_BranchServiceServicer_to_server, BranchServicer(kernel), f"{v1}BranchService"),
        Registration(
            history_pb2_grpc.add_HistoryServiceServicer_to_server, HistoryServicer(kernel), f"{v1}HistoryService"
        ),
        Registration(schema_pb2_grpc.add_SchemaServiceServicer_to_server, SchemaServicer(kernel), f"{v1}SchemaService"),
        Registration(
            versioning_pb2_grpc.add_VersioningServiceServicer_to_server,
            VersioningServicer(kernel),
            f"{v1}VersioningService",
        ),
        Registration(
            governance_pb2_grpc.add_GovernanceServiceServicer_to_server,
            GovernanceServicer(kernel),
            f"{v1}GovernanceService",
        ),
        Registration(
            data_kernel_pb2_grpc.add_DocumentServiceServicer_to_server,
            FacadeDocumentServicer(kernel),
            f"{facade}DocumentService",
        ),
        Registration(
            data_kernel_pb2_grpc.add_QueryServiceServicer_to_server, FacadeQueryServicer(), f"{facade}QueryService"
        ),
    ]
