"""Print the platform's events as they come, from a place that is kept under a name.

    .venv/bin/python examples/subscribe.py --name my-first-subscriber

Ctrl-C ends it; started again under the same name it goes on where it was.
"""

import argparse
import asyncio
import sys
from contextlib import aclosing
from pathlib import Path

from shared import context
from shared.canonical import encode
from shared.clients import EventGatewayClient
from shared.clients.event_subscription import StartFrom, Subscribe
from shared.context import CallContext


async def follow(gateway: str, token: str, asked: Subscribe, count: int) -> None:
    """Acknowledge and print one line for each event; end after `count` of them, 0 for never."""
    client = EventGatewayClient(gateway)
    seen = 0
    with context.use(CallContext(bearer_token=token)):
        async with aclosing(client.subscribe(asked)) as deliveries:
            async for delivery in deliveries:
                event = delivery.event
                data = event.get_data()
                what = encode(data).decode() if isinstance(data, dict) else ""
                sys.stdout.write(f"{event.get_type()}  {event.get_subject()}  {what}\n")
                sys.stdout.flush()
                await delivery.ack()
                seen += 1
                if seen == count:
                    break
    await client.close()


def main() -> None:
    """Read the arguments and follow."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--gateway", default="127.0.0.1:50057", help="host:port of the event-gateway's gRPC")
    parser.add_argument("--token", type=Path, default=Path(".oms/tokens/alice"), help="file of the user's token")
    parser.add_argument("--name", default="example", help="under which the place is kept")
    parser.add_argument("--types", nargs="*", default=[], help="event types, exact or ending in .*; none: all")
    parser.add_argument("--count", type=int, default=0, help="end after so many events; 0: never")
    chosen = parser.parse_args()
    asked = Subscribe(chosen.types, durable_name=chosen.name, start=StartFrom(all=True))
    try:
        asyncio.run(follow(chosen.gateway, chosen.token.read_text(encoding="utf-8"), asked, chosen.count))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
