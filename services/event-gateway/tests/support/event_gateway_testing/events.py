"""Events and subscribers for tests against a running gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from shared.grpc.generated.event_gateway.v1 import event_gateway_pb2 as pb

TYPE = "io.oms.tested.v1"


def event(number: int, key: str = "a", type_name: str = TYPE, **extensions: str) -> pb.CloudEvent:
    return pb.CloudEvent(
        id=f"{key}-{number}",
        source="/tests",
        type=type_name,
        datacontenttype="application/json",
        extensions={"partitionkey": key, **extensions},
        data=b'{"number":%d}' % number,
    )


class Subscriber:
    """One open Subscribe stream."""

    def __init__(self, call: Any) -> None:
        self._call = call

    async def next(self, timeout_s: float = 15.0) -> pb.SubscribeResponse:
        async with asyncio.timeout(timeout_s):
            return await self._call.read()

    async def settle(self, delivery: pb.SubscribeResponse, action: int = pb.SubscribeAck.ACTION_ACK) -> None:
        await self.say(pb.SubscribeRequest(ack=pb.SubscribeAck(token=delivery.token, action=action)))

    async def say(self, request: pb.SubscribeRequest) -> None:
        await self._call.write(request)

    async def take(self, count: int) -> list[str]:
        """The ids of the next deliveries, each acknowledged."""
        ids = []
        for _ in range(count):
            delivery = await self.next()
            await self.settle(delivery)
            ids.append(delivery.event.id)
        return ids


@asynccontextmanager
async def subscribed(stub: Any, **start: Any) -> AsyncIterator[Subscriber]:
    """A subscription that stands."""
    call = stub.Subscribe()
    try:
        await call.write(pb.SubscribeRequest(start=pb.SubscribeStart(**start)))
        subscriber = Subscriber(call)
        first = await subscriber.next()
        assert not first.token
        yield subscriber
    finally:
        call.cancel()


ALL = pb.StartPosition(all=True)
