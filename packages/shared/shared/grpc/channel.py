"""The one way to build a gRPC channel."""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import grpc
from opentelemetry.trace import NoOpTracerProvider, SpanKind

from shared.grpc.interceptors.client import CallSetup, MeasuredCall, timeout_of
from shared.grpc.interceptors.measures import CallMeasures
from shared.grpc.metadata import whitelisted
from shared.grpc.options import channel_options
from shared.grpc.tls import TlsFiles
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.security import ServiceSigner


def open_channel(
    address: str,
    *,
    audience: str,
    signer: "ServiceSigner | None",
    telemetry: Telemetry | None = None,
    tls: TlsFiles | None = None,
) -> grpc.aio.Channel:
    """A channel to the service `audience` at `address` (`host:port`), for the generated stubs.

    Calls carry the whitelisted part of the context, the user's token and the proof of `signer`; unary calls without a
    timeout get 10 s; within a served call none outlives its deadline. Errors arrive as `shared.errors` types. Connects
    when first used, and again by itself; must be closed.
    """
    options = channel_options()
    channel = (
        grpc.aio.insecure_channel(address, options)
        if tls is None
        else grpc.aio.secure_channel(address, tls.channel_credentials(), options)
    )
    # Without telemetry a call carries the trace in progress and starts none, so that the server decides on sampling.
    telemetry = telemetry or Telemetry(audience, tracer_provider=NoOpTracerProvider())
    measures = CallMeasures(telemetry, kind=SpanKind.CLIENT, service=audience)
    return ContextChannel(channel, CallSetup(audience=audience, signer=signer, measures=measures))


class ContextChannel(grpc.aio.Channel):
    """Puts the platform's side of a call around what the inner channel does.

    A channel of its own instead of gRPC's client interceptors, which make a task for each call and hand errors of
    streams on in three different ways.
    """

    def __init__(self, inner: grpc.aio.Channel, setup: CallSetup) -> None:
        self._inner = inner
        self._setup = setup

    def unary_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """As `grpc.aio.Channel.unary_unary`."""
        return self._callable(method, self._inner.unary_unary(method, *args, **kwargs), is_stream=False)

    def unary_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """As `grpc.aio.Channel.unary_stream`."""
        return self._callable(method, self._inner.unary_stream(method, *args, **kwargs), is_stream=True)

    def stream_unary(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """As `grpc.aio.Channel.stream_unary`."""
        return self._callable(method, self._inner.stream_unary(method, *args, **kwargs), is_stream=True)

    def stream_stream(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """As `grpc.aio.Channel.stream_stream`."""
        return self._callable(method, self._inner.stream_stream(method, *args, **kwargs), is_stream=True)

    async def close(self, grace: float | None = None) -> None:
        """End the calls in progress, after `grace` seconds, and the connections."""
        await self._inner.close(grace)

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """As `grpc.aio.Channel.get_state`."""
        return self._inner.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """As `grpc.aio.Channel.wait_for_state_change`."""
        await self._inner.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the peer is connected."""
        await self._inner.channel_ready()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> None:
        await self.close()

    def _callable(self, route: str, inner: Callable[..., Any], *, is_stream: bool) -> Callable[..., MeasuredCall]:
        def call(*request: Any, timeout: float | None = None, metadata: Any = (), **options: Any) -> MeasuredCall:
            given = whitelisted(metadata or ())
            measure = self._setup.start(route)
            try:
                entries = self._setup.metadata(measure, given)
                started = inner(*request, timeout=timeout_of(timeout, is_stream=is_stream), metadata=entries, **options)
            except BaseException:
                measure.finish(grpc.StatusCode.INTERNAL)
                raise
            return MeasuredCall(started, measure)

        return call
