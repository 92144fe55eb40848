"""The client of the event gateway: one interface over gRPC or HTTP, with JetStream to fall back on."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import grpc
import httpx2
from cloudevents.core.v1.event import CloudEvent

from shared.clients.event_subscription import Delivery, Subscribe, deliveries
from shared.clients.json_http import json_of
from shared.errors import DeadlineExceeded, Unavailable, Unsupported
from shared.events.http_binding import to_http
from shared.events.jetstream import EventStreamSettings, JetStreamPublisher
from shared.events.protobuf import to_proto
from shared.grpc.channel import open_channel
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2_grpc
from shared.http.client import open_http_client, raise_for_problem
from shared.resilience import Resilience
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    from shared.grpc.tls import TlsFiles
    from shared.security import ServiceSigner

AUDIENCE = "event-gateway"


class Via(StrEnum):
    """Which way an event went."""

    GATEWAY = "gateway"
    JETSTREAM = "jetstream"


@dataclass(frozen=True, slots=True)
class Published:
    """Where an event is: in the stream at `sequence`, or `queued` in the gateway's spool (then `sequence` is 0)."""

    queued: bool
    duplicate: bool
    sequence: int
    via: Via


class _Transport(Protocol):
    async def publish(self, event: CloudEvent) -> Published: ...

    def subscribe(self, asked: Subscribe, on_standing: Callable[[], None] | None) -> AsyncGenerator[Delivery, None]: ...

    async def close(self) -> None: ...


class EventGatewayClient:
    """Publishes and subscribes at the gateway: at `target` over gRPC, or with `use_grpc` false at `http_url`.

    With `nats_url`, an event goes straight to JetStream where the gateway is away or too late, under the same subject
    and message id, so that one that came through both ways is stored once. With both away `publish` raises Unavailable:
    the event is the caller's to keep. Events are normal (`shared.events.envelope`).
    """

    def __init__(
        self,
        target: str = "event-gateway:50057",
        *,
        http_url: str | None = None,
        nats_url: str | None = None,
        use_grpc: bool = True,
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        tls: "TlsFiles | None" = None,
    ) -> None:
        telemetry = telemetry or Telemetry.off("client")
        self._resilience = Resilience(AUDIENCE, telemetry.registry, deadline_s=5.0, attempts=2)
        self._transport: _Transport
        if use_grpc:
            self._transport = _Grpc(
                open_channel(target, audience=AUDIENCE, signer=signer, telemetry=telemetry, tls=tls)
            )
        else:
            url = http_url or "http://event-gateway:8003"
            self._transport = _Http(open_http_client(url, audience=AUDIENCE, signer=signer, telemetry=telemetry))
        self._fallback = (
            JetStreamPublisher(nats_url, settings=EventStreamSettings(), telemetry=telemetry) if nats_url else None
        )

    async def publish(self, event: CloudEvent, *, allow_fallback: bool = True) -> Published:
        """Hand the event over; durable when answered. Without `allow_fallback` the gateway alone is asked.

        ValidationFailed, TooLarge, Unavailable, DeadlineExceeded.
        """
        fallback = self._fallback if allow_fallback else None
        try:
            # With another way at hand there is nothing to wait for.
            return await self._resilience.call(lambda: self._transport.publish(event), retry=fallback is None)
        except (Unavailable, DeadlineExceeded):
            if fallback is None:
                raise
        self._resilience.count_fallback()
        stored = await fallback.publish(event)
        return Published(queued=False, duplicate=stored.duplicate, sequence=stored.sequence, via=Via.JETSTREAM)

    def subscribe(
        self, asked: Subscribe, *, on_standing: Callable[[], None] | None = None
    ) -> AsyncGenerator[Delivery, None]:
        """The events asked for, at least once, in order per partition; settle each delivery.

        `on_standing` is called when the subscription stands, and again each time that a durable one was resumed after
        the gateway was away; one that is not durable ends with Unavailable then. Unsupported over HTTP.
        """
        return self._transport.subscribe(asked, on_standing)

    async def close(self) -> None:
        """Close the connections; open subscriptions end."""
        await self._transport.close()
        if self._fallback is not None:
            await self._fallback.close()


class _Grpc:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel
        self._stub = event_gateway_pb2_grpc.EventGatewayServiceStub(channel)

    async def publish(self, event: CloudEvent) -> Published:
        answer = await self._stub.Publish(pb.PublishRequest(event=to_proto(event)))
        return Published(answer.queued, answer.duplicate, answer.sequence, Via.GATEWAY)

    def subscribe(self, asked: Subscribe, on_standing: Callable[[], None] | None) -> AsyncGenerator[Delivery, None]:
        return deliveries(self._stub, asked, on_standing)

    async def close(self) -> None:
        await self._channel.close()


class _Http:
    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def publish(self, event: CloudEvent) -> Published:
        headers, body = to_http(event)
        response = await self._client.post("/events", content=body, headers=headers)
        raise_for_problem(response)
        receipt: Any = json_of(response)
        return Published(receipt["queued"], receipt["duplicate"], receipt["sequence"], Via.GATEWAY)

    def subscribe(
        self,
        asked: Subscribe,  # noqa: ARG002 - the transports' common signature
        on_standing: Callable[[], None] | None,  # noqa: ARG002 - likewise
    ) -> AsyncGenerator[Delivery, None]:
        raise Unsupported("subscriptions need gRPC")

    async def close(self) -> None:
        await self._client.aclose()
