"""Turns checked events into the broker's messages."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from cloudevents.core.v1.event import CloudEvent

from event_gateway.domain.publication import Message
from shared.errors import InvalidInput, ValidationFailed, Violation
from shared.events.envelope import to_bytes
from shared.events.routing import route

T = TypeVar("T")
_EVENTS_A_TURN = 32


def message_of(event: CloudEvent, traceparent: str) -> Message:
    """The message of a normal event; `traceparent` is the hop that hands it over."""
    target = route(event)
    return Message(target.stream, target.subject, target.message_id, to_bytes(event), traceparent)


async def all_events(items: Iterable[T], read: Callable[[T], CloudEvent]) -> list[CloudEvent]:
    """Every event of a batch, or one ValidationFailed with what is wrong with each of them, by its index.

    An item that is no event at all counts as a violation of its own; TooLarge ends the reading at once. Checking an
    event costs some 0.3 ms, so that other calls get their turn in between.
    """
    events: list[CloudEvent] = []
    found: list[Violation] = []
    for index, item in enumerate(items):
        if index % _EVENTS_A_TURN == 0:
            await asyncio.sleep(0)
        try:
            events.append(read(item))
        except ValidationFailed as error:
            found += [Violation(f"/{index}{broken.path}", broken.rule, broken.message) for broken in error.violations]
        except InvalidInput as error:
            found.append(Violation(f"/{index}", "form", error.detail))
    if found:
        raise ValidationFailed("events of the batch break the rules of CloudEvents 1.0", violations=found)
    return events
