"""What a job does, as its specification says it."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from scheduler_service.domain.triggers import Spec, Text

_HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"
_HEADER_TEXT = r"^[\t\x20-\x7e]{0,2000}$"
_OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "idempotency-key", "upgrade", "te", "trailer"}
)
HeaderName = Annotated[str, Field(pattern=_HEADER_NAME)]
HeaderText = Annotated[str, Field(pattern=_HEADER_TEXT)]


class HttpTask(Spec):
    """One HTTP request; an answer of 2xx is success, 408, 425, 429 and 5xx are tried again.

    The execution's id goes along as `Idempotency-Key`; redirects are not followed. `body` is sent as JSON.
    """

    type: Literal["http"] = "http"
    url: Annotated[str, Field(max_length=2000)]
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: Annotated[dict[HeaderName, HeaderText], Field(default_factory=dict, max_length=50)]
    body: Any = None

    @field_validator("url")
    @classmethod
    def _is_absolute(cls, url: str) -> str:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is none
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("an absolute http or https address is needed")
        if parts.username is not None or parts.password is not None:
            raise ValueError("an address holds no credentials")
        if any(ord(char) <= ord(" ") or ord(char) > ord("~") for char in url):
            raise ValueError("an address is ASCII without blanks")
        return url

    @field_validator("headers")
    @classmethod
    def _are_the_callers(cls, headers: dict[str, str]) -> dict[str, str]:
        if own := sorted(name for name in headers if name.lower() in _OWN_HEADERS):
            raise ValueError(f"{own[0]} is set by the scheduler")
        return headers


class EventTask(Spec):
    """One CloudEvent, published by the event gateway; its id is the execution's, so that a repetition is no second."""

    type: Literal["event"] = "event"
    event_type: Annotated[str, Field(pattern=r"^[a-z0-9]+(\.[a-z0-9_]+)*$", max_length=256)]
    subject: Text | None = None
    partition_key: Text | None = None
    data: Any = None


Task = Annotated[HttpTask | EventTask, Field(discriminator="type")]
