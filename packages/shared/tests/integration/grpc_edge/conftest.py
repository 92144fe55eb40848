"""A real server on a free port with a servicer that does as it is told, and channels to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import context as call_context
from shared.context import CallContext
from shared.grpc.channel import open_channel
from shared.grpc.deadlines import time_remaining
from shared.grpc.generated.data_kernel.v1 import (
    document_pb2,
    document_pb2_grpc,
    query_pb2_grpc,
)
from shared.grpc.server import GrpcServer, Registration
from shared.security import ServiceSigner, build_authenticator, issue_user_token, make_service_keys
from shared.settings import ServiceSettings
from shared.telemetry import Telemetry, current_trace_id

SECRET = b"0123456789abcdef0123456789abcdef"


class KernelSettings(ServiceSettings):
    service_name = "data-kernel"


class Documents(document_pb2_grpc.DocumentServiceServicer):
    """Answers as told and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[CallContext] = []
        self.metadata: list[dict[str, str | bytes]] = []
        self.time_remaining: float | None = None
        self.trace_id = ""
        self.error: Exception | None = None
        self.failures_left = 0
        self.received: list[int] = []
        self.pages_sent = 0
        self.pages_until_error: int | None = None
        self.endless = False
        self.wait_s: float | None = None
        self.closed = asyncio.Event()

    def fail(self, error: Exception, times: int = 1_000_000) -> None:
        """Answer the next calls with the error."""
        self.error = error
        self.failures_left = times

    def _note(self, context: grpc.aio.ServicerContext) -> None:
        self.seen.append(call_context.current())
        self.metadata.append(dict(context.invocation_metadata() or ()))
        self.time_remaining = time_remaining()
        self.trace_id = current_trace_id()

    async def GetDocument(self, request, context):  # noqa: N802 - the contract's name
        self._note(context)
        if self.failures_left > 0:
            self.failures_left -= 1
            raise self.error
        if self.wait_s is not None:
            try:
                await asyncio.sleep(self.wait_s)
            finally:
                self.closed.set()
        return document_pb2.GetDocumentResponse(commit=request.id)

    async def ListDocuments(self, request, context):  # noqa: N802 - the contract's name
        self._note(context)
        try:
            while self.endless or self.pages_sent < 3:
                if self.pages_sent == self.pages_until_error:
                    raise self.error
                yield document_pb2.ListDocumentsResponse(commit=str(self.pages_sent), next_page_token="x" * 1000)
                self.pages_sent += 1
                await asyncio.sleep(0)
        finally:
            self.closed.set()

    async def BulkPutDocuments(self, request_iterator, context):  # noqa: N802 - the contract's name
        self._note(context)
        async for request in request_iterator:
            self.received.append(len(request.documents))
            if self.failures_left:
                raise self.error
        return document_pb2.BulkPutDocumentsResponse(documents=sum(self.received))


@dataclass
class Edge:
    server: GrpcServer
    documents: Documents
    spans: InMemorySpanExporter
    telemetry: Telemetry
    keys: Path
    token: str
    channels: list[grpc.aio.Channel] = field(default_factory=list)

    def channel(self, *, signed: bool = True, telemetry: Telemetry | None = None) -> grpc.aio.Channel:
        signer = ServiceSigner("oms", self.keys / "oms.key.pem") if signed else None
        channel = open_channel(
            f"127.0.0.1:{self.server.port}", audience="data-kernel", signer=signer, telemetry=telemetry
        )
        self.channels.append(channel)
        return channel

    def stub(self, **kwargs) -> document_pb2_grpc.DocumentServiceStub:
        return document_pb2_grpc.DocumentServiceStub(self.channel(**kwargs))

    def bare_channel(self) -> grpc.aio.Channel:
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.server.port}")
        self.channels.append(channel)
        return channel

    def alice(self, **fields: str) -> CallContext:
        return CallContext(bearer_token=self.token, **fields)

    async def get(self, call: CallContext | None = None, **kwargs) -> document_pb2.GetDocumentResponse:
        with call_context.use(call or self.alice()):
            return await self.stub().GetDocument(document_pb2.GetDocumentRequest(id="Movie/1"), **kwargs)

    def list(self, **kwargs) -> grpc.aio.UnaryStreamCall:
        return self.stub().ListDocuments(document_pb2.ListDocumentsRequest(), **kwargs)

    async def until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
        """Wait for what another task does, a few seconds at most."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.005)


def registrations(documents: Documents) -> list[Registration]:
    return [
        Registration(
            document_pb2_grpc.add_DocumentServiceServicer_to_server, documents, "data_kernel.v1.DocumentService"
        ),
        Registration(
            query_pb2_grpc.add_QueryServiceServicer_to_server,
            query_pb2_grpc.QueryServiceServicer(),
            "data_kernel.v1.QueryService",
        ),
    ]


@asynccontextmanager
async def running(folder: Path, **given) -> AsyncIterator[Edge]:
    secret = folder / "secret"
    secret.write_bytes(SECRET)
    keys = folder / "keys"
    make_service_keys(keys, ["oms", "data-kernel"])
    settings = KernelSettings(env="dev", jwt_secret_file=secret, service_public_keys=keys / "public", **given)
    spans = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    telemetry = Telemetry("data-kernel", tracer_provider=provider)
    documents = Documents()
    server = GrpcServer(
        settings=settings,
        authenticator=build_authenticator(settings),
        registrations=registrations(documents),
        telemetry=telemetry,
    )
    await server.start()
    edge = Edge(server, documents, spans, telemetry, keys, issue_user_token(SECRET, "alice", ["admin"], 60))
    try:
        yield edge
    finally:
        for channel in edge.channels:
            await channel.close()
        await server.stop(0)


@pytest.fixture
def run_edge():
    """Starts a further server: `async with run_edge(folder, **settings)`."""
    return running


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    async with running(tmp_path) as one:
        yield one
