"""Redactions over REST: values taken out of a branch, and the certificates of what was purged."""

from dataclasses import asdict

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from data_kernel.api.rest.answers import json_response
from data_kernel.api.rest.inputs import JsonBody, TheKernel, TheWrite
from data_kernel.application.governance.certificates import Certificate
from data_kernel.domain.json_paths import MAX_PATH_CHARS
from data_kernel.domain.redaction import Redaction, Selector, Strategy
from shared.canonical import Json
from shared.context import current

_PATH = "/db/{db}/redactions"


class SelectorBody(BaseModel):
    """Which values; not all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field("", max_length=1024, description="Class of the documents. Empty: any.")
    path: str = Field("", max_length=MAX_PATH_CHARS, description="JSONPath of the values. Empty: the whole document.")
    subject: str = Field("", max_length=1024, description="Id of the only document. Empty: all of the branch.")


class RedactionBody(BaseModel):
    """What is to be redacted, and how."""

    model_config = ConfigDict(extra="forbid")

    selector: SelectorBody
    strategy: Strategy
    purge: bool = Field(False, description="Also out of all history and all branches, for ever. For admins.")


def router() -> APIRouter:
    """The routes."""
    routes = APIRouter(tags=["governance"])
    routes.add_api_route(_PATH, redact, methods=["POST"], response_class=Response)
    routes.add_api_route(f"{_PATH}/{{certificate}}", get_certificate, methods=["GET"], response_class=Response)
    return routes


async def redact(kernel: TheKernel, db: str, body: RedactionBody, write: TheWrite) -> Response:
    """Redact on a branch, in one commit; with `dry_run` tell which documents that would be."""
    redaction = Redaction.of(Selector(**body.selector.model_dump()), body.strategy)
    options = await write.options(_as_json(body))
    outcome = await kernel.redactions.redact(db, redaction, options, current(), purges=body.purge)
    written, certificate = outcome.written, outcome.certificate
    return json_response(
        {
            "ids": list(written.ids),
            "commit": written.commit,
            "branch": written.branch,
            "changed": written.changed,
            "certificate": None if certificate is None else certificate.id,
            "purged_versions": None if certificate is None else certificate.versions,
        }
    )


async def get_certificate(kernel: TheKernel, db: str, certificate: str) -> Response:
    """What a purge took out; `versions` is null as long as it is not complete."""
    return json_response(_shown(await kernel.redactions.certificate(db, certificate, current())))


def _as_json(body: RedactionBody) -> JsonBody:
    text = body.model_dump_json()
    return JsonBody(body.model_dump(mode="json"), len(text))


def _shown(certificate: Certificate) -> Json:
    shown = asdict(certificate) | {"documents": list(certificate.documents)}
    selector: Json = {name: shown.pop(name) for name in ("type", "path", "subject")}
    return {**shown, "selector": selector}
