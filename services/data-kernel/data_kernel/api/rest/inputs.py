"""What many routes take: the use cases, a revision, the conditions and attribution of a write, a body."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Header, Query, Request

from data_kernel.application.addressing import NamedRevision
from data_kernel.application.bodies import decode_body, encode_body
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.idempotency import idempotency
from data_kernel.application.kernel import Kernel
from shared.canonical import Json
from shared.context import current
from shared.errors import InvalidInput
from shared.grpc.metadata import merge_field
from shared.http import read_body

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
# Neither attribution nor the key itself is part of what a repeated key must repeat.
_NOT_FINGERPRINTED = {"author", "message", "trace_id"}

BranchParameter = Annotated[
    str,
    Query(description="Branch, full (`dev/oms/main`) or short (`main`, `svc-x`). Empty: the calling service's own."),
]
RevParameter = Annotated[
    str, Query(description="A commit, a tag, or a time in RFC 3339 with an offset: the head that the branch had then.")
]


def kernel_of(request: Request) -> Kernel:
    """The use cases, which the application's lifespan holds."""
    return cast("Kernel", request.state.kernel)


TheKernel = Annotated[Kernel, Depends(kernel_of)]


def revision_of(
    branch: BranchParameter = "",
    rev: RevParameter = "",
    revision: Annotated[str, Query(description="Alias of `rev`.")] = "",
) -> NamedRevision:
    """The state that a request names."""
    return NamedRevision(branch=branch, rev=merge_field("rev", rev, revision))


TheRevision = Annotated[NamedRevision, Depends(revision_of)]


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body's value, with its size as it came."""

    value: Json
    size_bytes: int

    def as_list(self) -> list[Json]:
        """The elements of an array, else the one value."""
        return self.value if isinstance(self.value, list) else [self.value]


async def body_of(request: Request) -> JsonBody:
    """The request's JSON; `TooLarge` before more than the limit is read."""
    text = await read_body(request, kernel_of(request).settings.limits.request_body_bytes)
    return JsonBody(await decode_body(text), len(text))


TheBody = Annotated[JsonBody, Depends(body_of)]


class WriteInput:
    """What a write says beside its content."""

    def __init__(
        self,
        request: Request,
        branch: BranchParameter = "",
        author: Annotated[str, Query(description="`<sub>@<service>`; derived, and refused where it differs.")] = "",
        message: Annotated[str, Query(description="Why. Empty: `[<service>] <METHOD> <route template>`.")] = "",
        dry_run: Annotated[bool, Query(description="Run the whole pipeline and commit nothing.")] = False,
        x_expected_head: Annotated[
            str, Header(description="The commit that the branch's head must be; 409 otherwise.")
        ] = "",
        if_match: Annotated[str, Header(description="The tag that the document must have; 412 otherwise.")] = "",
    ) -> None:
        self.dry_run = dry_run
        self._request = request
        self._options = WriteOptions(
            branch=branch, author=author, message=message, expected_head=x_expected_head, dry_run=dry_run
        )
        self._if_match = if_match

    @property
    def if_match(self) -> str | None:
        """The only tag asked for; `None` for any. `InvalidInput` for a list of tags."""
        tag = self._if_match.strip()
        if "," in tag:
            raise InvalidInput("If-Match: one tag is taken, not a list", field="If-Match")
        return None if tag in {"", "*"} else tag

    async def options(self, body: JsonBody | None = None) -> WriteOptions:
        """The write's options, with the fingerprint of the whole request where it has an idempotency key."""
        context, given = current(), self._options
        if not context.idempotency_key:
            return given
        content = b"" if body is None else await encode_body(body.value, body.size_bytes)
        own = idempotency(context.idempotency_key, context.method, context.route, self._asked(), content)
        return WriteOptions(
            branch=given.branch,
            author=given.author,
            message=given.message,
            expected_head=given.expected_head,
            idempotency=own,
            dry_run=given.dry_run,
        )

    def _asked(self) -> Mapping[str, str]:
        query = self._request.query_params
        asked = {name: "\0".join(query.getlist(name)) for name in query if name not in _NOT_FINGERPRINTED}
        return asked | {
            "branch": self._options.branch or current().branch,
            # Among the bodies' types this one alone gives the same content another meaning.
            "json_patch": str(self._request.headers.get("content-type", "").startswith(JSON_PATCH)),
            "expected_head": self._options.expected_head,
            "if_match": self._if_match,
            **{f"path.{name}": str(value) for name, value in self._request.path_params.items()},
        }


TheWrite = Annotated[WriteInput, Depends()]


def json_request(description: str, *media_types: str) -> dict[str, object]:
    """How OpenAPI shows a body that a handler reads by itself."""
    content: dict[str, object] = {media_type: {"schema": {}} for media_type in media_types or ("application/json",)}
    return {"requestBody": {"required": True, "description": description, "content": content}}
