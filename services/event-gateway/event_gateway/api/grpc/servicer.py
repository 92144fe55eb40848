"""The servicer of `event_gateway.v1.EventGatewayService`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial

import grpc
import structlog

from event_gateway.api.grpc.subscriptions import response_of, settlement_of, wish_of
from event_gateway.application.messages import all_events, message_of
from event_gateway.application.publishing import Publishing
from event_gateway.application.subscribing import Session, Subscribing
from event_gateway.domain.publication import Receipt
from event_gateway.domain.subscription import Action, Settlement
from shared.context import current
from shared.errors import InvalidInput, OmsError, TooLarge, Unauthenticated
from shared.events.protobuf import from_proto
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb
from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2_grpc as pb_grpc
from shared.telemetry import current_traceparent

_log = structlog.get_logger(__name__)
MAX_BATCH = 1000


class EventGatewayServicer(pb_grpc.EventGatewayServiceServicer):
    """Parses, calls one use case, writes the answer; errors leave as they are raised."""

    def __init__(self, publishing: Publishing, subscribing: Subscribing, *, max_event_bytes: int) -> None:
        self._publishing = publishing
        self._subscribing = subscribing
        self._read = partial(from_proto, max_bytes=max_event_bytes)

    async def Publish(
        self,
        request: pb.PublishRequest,
        context: grpc.aio.ServicerContext[pb.PublishRequest, pb.PublishResponse],
    ) -> pb.PublishResponse:
        """See the contract."""
        message = message_of(self._read(request.event), current_traceparent())
        return _response(await self._publishing.publish(message))

    async def PublishBatch(
        self,
        request: pb.PublishBatchRequest,
        context: grpc.aio.ServicerContext[pb.PublishBatchRequest, pb.PublishBatchResponse],
    ) -> pb.PublishBatchResponse:
        """See the contract. Bad events refuse the batch before any of it is published."""
        if not request.events:
            raise InvalidInput("a batch has at least one event", field="events")
        if len(request.events) > MAX_BATCH:
            raise TooLarge(f"a batch has at most {MAX_BATCH} events, this one {len(request.events)}", field="events")
        traceparent = current_traceparent()
        messages = [message_of(event, traceparent) for event in await all_events(request.events, self._read)]
        receipts = await self._publishing.publish_all(messages)
        return pb.PublishBatchResponse(results=map(_response, receipts))

    async def Subscribe(
        self,
        request_iterator: AsyncIterator[pb.SubscribeRequest],
        context: grpc.aio.ServicerContext[pb.SubscribeRequest, pb.SubscribeResponse],
    ) -> AsyncIterator[pb.SubscribeResponse]:
        """See the contract. The subscriber may stop speaking and still receive, up to its credit."""
        caller = current().caller
        if caller is None:
            raise Unauthenticated("the call has no caller")
        wish = wish_of(caller, await anext(aiter(request_iterator), None))
        async with self._subscribing.open(wish) as session:
            yield pb.SubscribeResponse()
            async with aclosing(_served(session, request_iterator)) as responses:
                async for response in responses:
                    yield response


async def _served(
    session: Session, requests: AsyncIterator[pb.SubscribeRequest]
) -> AsyncGenerator[pb.SubscribeResponse, None]:
    """The deliveries, with the subscriber's settlements read beside them; an error in either ends both."""
    settling = asyncio.create_task(_settle_all(session, requests))
    try:
        async with aclosing(session.deliveries(settling)) as deliveries:
            async for delivery in deliveries:
                try:
                    response = response_of(delivery)
                except OmsError as error:
                    # Not one of ours: the gateway and its clients' fallback check before they publish. It must not
                    # stand in the way of what follows.
                    _log.error("event_undeliverable", sequence=delivery.sequence, reason=error.reason.value)
                    await session.settle(Settlement(delivery.token, Action.TERM))
                    continue
                yield response
    finally:
        settling.cancel()
        await asyncio.wait((settling,))


async def _settle_all(session: Session, requests: AsyncIterator[pb.SubscribeRequest]) -> None:
    async for request in requests:
        await session.settle(settlement_of(request))


def _response(receipt: Receipt) -> pb.PublishResponse:
    return pb.PublishResponse(queued=receipt.queued, duplicate=receipt.duplicate, sequence=receipt.sequence)
