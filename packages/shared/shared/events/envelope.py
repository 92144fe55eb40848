"""CloudEvents of the platform: built, read and written in one form.

An event is the SDK's `CloudEvent`. What this module returns is normal: UTC times, extension attributes as texts, JSON
data as exact JSON values, other data as bytes (as a text where the media type is `text/*` in UTF-8), no attribute that
is null. Hence the same event has the same bytes, whichever way it took to the broker.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from cloudevents.core.v1.event import CloudEvent

from shared.canonical import Json, decode, encode
from shared.errors import InvalidInput, TooLarge, ValidationFailed, Violation
from shared.events.schema import violations

CONTENT_TYPE = "application/cloudevents+json"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"
JSON_MEDIA_TYPE = "application/json"
MAX_EVENT_BYTES = 64 * 1024
STANDARD_ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}
)
_PAYLOAD_MEMBERS = frozenset({"data", "data_base64"})
_JSON_TYPE = re.compile(r"^(application|text)/([a-z0-9.!#$&^_-]+\+)?json( *;.*)?$", re.IGNORECASE)


def build(
    attributes: Mapping[str, str | int | bool | datetime | None],
    data: Json | bytes = None,
    *,
    max_bytes: int = MAX_EVENT_BYTES,
) -> CloudEvent:
    """The event with these attributes (by their names in the standard; `specversion` may be left out).

    Bytes are data as they are, for JSON media types JSON text; anything else is a JSON value. ValidationFailed lists
    every bad attribute; TooLarge where the event in JSON exceeds `max_bytes`.
    """
    given = {name: value for name, value in attributes.items() if value is not None}
    if taken := sorted(_PAYLOAD_MEMBERS & given.keys()):
        found = [Violation(f"/{name}", "name", "is where JSON has the data, and no attribute") for name in taken]
        raise ValidationFailed("the event breaks the rules of CloudEvents 1.0", violations=found)
    envelope: dict[str, Json] = {"specversion": "1.0"}
    envelope.update(
        {name: _time_text(value) if isinstance(value, datetime) else value for name, value in given.items()}
    )
    _check(envelope)
    return _bounded(_normal(envelope, data), max_bytes)


def parse(body: bytes | str, *, max_bytes: int = MAX_EVENT_BYTES) -> CloudEvent:
    """The event of a structured JSON text. InvalidInput for what is no JSON object, else as `build`."""
    if len(body) > max_bytes:
        raise _too_large(len(body), max_bytes)
    return from_json(decode(body, field="event"), max_bytes=max_bytes)


def from_json(envelope: Json, *, max_bytes: int = MAX_EVENT_BYTES) -> CloudEvent:
    """The event of a structured JSON value (`shared.canonical`), as `parse`."""
    if not isinstance(envelope, dict):
        raise InvalidInput("an event is a JSON object", field="event")
    present: dict[str, Json] = {name: value for name, value in envelope.items() if value is not None}
    _check(present)
    data: Json | bytes = present.pop("data", None)
    encoded = present.pop("data_base64", None)
    return _bounded(_normal(present, data if encoded is None else _from_base64(cast("str", encoded))), max_bytes)


def to_json(event: CloudEvent) -> dict[str, Json]:
    """The event as a structured JSON value."""
    envelope: dict[str, Json] = {
        name: _time_text(value) if isinstance(value, datetime) else value
        for name, value in event.get_attributes().items()
    }
    data: Any = event.get_data()
    if isinstance(data, bytes):
        envelope["data_base64"] = base64.b64encode(data).decode()
    elif data is not None:
        envelope["data"] = data
    return envelope


def to_bytes(event: CloudEvent) -> bytes:
    """The event as canonical structured JSON."""
    return encode(to_json(event))


def data_bytes(event: CloudEvent) -> bytes:
    """The payload as bytes: canonical JSON for JSON media types, empty where there is none."""
    data: Any = event.get_data()
    if data is None or isinstance(data, bytes):
        return data or b""
    if is_json_type(event.get_datacontenttype()):
        return encode(data)
    return str(data).encode()


def is_json_type(media_type: str | None) -> bool:
    """Whether data of that media type is JSON; no media type means JSON."""
    return not media_type or _JSON_TYPE.match(media_type) is not None


def _check(envelope: dict[str, Json]) -> None:
    if found := violations(envelope):
        raise ValidationFailed("the event breaks the rules of CloudEvents 1.0", violations=found)


def _normal(attributes: dict[str, Json], data: Json | bytes) -> CloudEvent:
    normal: dict[str, Any] = {
        name: value if name in STANDARD_ATTRIBUTES else _extension_text(value) for name, value in attributes.items()
    }
    if "time" in normal:
        normal["time"] = _time(normal["time"])
    event = CloudEvent(normal | ({} if "time" in normal else {"time": datetime.now(UTC)}), _payload(normal, data))
    if "time" not in normal:
        # The SDK fills in the present, which would make two readings of one event differ.
        del event.get_attributes()["time"]
    return event


def _payload(attributes: dict[str, Any], data: Json | bytes) -> Any:
    media_type = attributes.get("datacontenttype")
    if is_json_type(media_type):
        return (decode(data, field="data") if data else None) if isinstance(data, bytes) else data
    if data is not None and not isinstance(data, str | bytes):
        raise InvalidInput("data of a media type other than JSON is a text or bytes", field="data")
    raw = data.encode() if isinstance(data, str) else data
    if raw and str(media_type).lower().startswith("text/"):
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw
    return raw or None


def _extension_text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad_time() from error


def bad_time() -> ValidationFailed:
    """The error for a `time` in the right form that no calendar has."""
    violation = Violation("/time", "form", "is no moment between the years 1 and 9999")
    return ValidationFailed("the event breaks the rules of CloudEvents 1.0", violations=[violation])


def _time_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise InvalidInput("data_base64 is not Base64", field="data_base64") from error


def _bounded(event: CloudEvent, max_bytes: int) -> CloudEvent:
    size_bytes = len(to_bytes(event))
    if size_bytes > max_bytes:
        raise _too_large(size_bytes, max_bytes)
    return event


def _too_large(size_bytes: int, max_bytes: int) -> TooLarge:
    return TooLarge(f"an event has at most {max_bytes} bytes with its attributes, this one {size_bytes}", field="event")
