"""CloudEvents over HTTP: binary, structured and batch mode, in JSON.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from collections.abc import Mapping
from urllib.parse import unquote

from cloudevents.core.v1.event import CloudEvent

from shared.canonical import Json, decode, encode
from shared.errors import InvalidInput, TooLarge
from shared.events.envelope import (
    BATCH_CONTENT_TYPE,
    CONTENT_TYPE,
    MAX_EVENT_BYTES,
    build,
    from_json,
    parse,
    to_bytes,
    to_json,
)

_PREFIX = "ce-"
MAX_BATCH_EVENTS = 1000


def from_http(headers: Mapping[str, str], body: bytes, *, max_bytes: int = MAX_EVENT_BYTES) -> list[CloudEvent]:
    """The events of a request: one in binary and structured mode, in batch mode as many as there are.

    Header names in any case. `max_bytes` bounds each event. InvalidInput where the request is in none of the modes or
    is no JSON; ValidationFailed and TooLarge as `envelope.build`.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    content_type = lower.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == BATCH_CONTENT_TYPE:
        return [from_json(item, max_bytes=max_bytes) for item in batch_items(body)]
    if media_type == CONTENT_TYPE:
        return [parse(body, max_bytes=max_bytes)]
    if media_type.startswith("application/cloudevents"):
        raise InvalidInput("the only format of structured events here is JSON", field="content-type")
    attributes = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in lower.items() if name.startswith(_PREFIX)
    }
    if not attributes:
        raise InvalidInput("neither ce-* headers nor the content type of a CloudEvent", field="content-type")
    return [
        build(
            {"specversion": ""} | attributes | {"datacontenttype": content_type or None},
            body or None,
            max_bytes=max_bytes,
        )
    ]


def batch_items(body: bytes) -> list[Json]:
    """The unchecked events of a batch, so that each may be accepted or refused by itself; at most 1 000."""
    items = decode(body, field="events")
    if not isinstance(items, list):
        raise InvalidInput("a batch is a JSON array of events", field="events")
    if len(items) > MAX_BATCH_EVENTS:
        raise TooLarge(f"a batch has at most {MAX_BATCH_EVENTS} events, this one {len(items)}", field="events")
    return items


def to_http(event: CloudEvent) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request in structured mode."""
    return {"content-type": CONTENT_TYPE}, to_bytes(event)


def to_http_batch(events: list[CloudEvent]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request in batch mode."""
    return {"content-type": BATCH_CONTENT_TYPE}, encode([to_json(event) for event in events])
