"""Redaction: taking personal data out of the documents of a branch, and on demand out of everything that was before."""

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from data_kernel.application.addressing import Addresses
from data_kernel.application.attribution import require_caller
from data_kernel.application.document_plans import DocumentPlans
from data_kernel.application.governance.certificates import Certificate, Certificates
from data_kernel.application.governance.operators import require_operator
from data_kernel.application.hooks import Candidate, CommitHookPipeline, WriteOptions
from data_kernel.application.ids import check_id
from data_kernel.application.ports import (
    DocumentStore,
    Plan,
    Planner,
    PurgeRequest,
    ScanQuery,
    WriteOutcome,
    WriterView,
)
from data_kernel.application.schemas import SchemaCache
from data_kernel.application.streams import closing
from data_kernel.application.versioning.moves import Beginning, Moves
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, State
from data_kernel.domain.documents import Change, Graph, StoredDocument
from data_kernel.domain.ids import random_key
from data_kernel.domain.json_paths import Gap
from data_kernel.domain.redaction import Redaction
from data_kernel.domain.schema.model import RAW_CLASS
from data_kernel.domain.times import rfc3339
from shared.canonical import Json, decode, encode
from shared.context import CallContext
from shared.errors import NotFound, TooLarge
from shared.limits import Limits

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class RedactionOutcome:
    """The commit with the ids of the documents, and of a purge its certificate."""

    written: WriteOutcome
    certificate: Certificate | None = None


class Redactions:
    """The use case.

    The values are looked for in the branch's head, and changed in one commit that passes the whole pipeline on that
    very head. Errors: those of `CommitHookPipeline` and `Planners`; `Conflict` (STALE_HEAD) where the branch moves
    meanwhile; `TooLarge` where too many documents have such values; `Forbidden` for a purge by anyone but an admin;
    `Gone` for a subject that was purged.
    """

    def __init__(
        self,
        store: DocumentStore,
        addresses: Addresses,
        moves: Moves,
        pipeline: CommitHookPipeline,
        schemas: SchemaCache,
        certificates: Certificates,
        limits: Limits,
    ) -> None:
        self._store = store
        self._addresses = addresses
        self._moves = moves
        self._pipeline = pipeline
        self._schemas = schemas
        self._certificates = certificates
        self._limits = limits

    async def redact(
        self, database: str, redaction: Redaction, options: WriteOptions, context: CallContext, *, purges: bool
    ) -> RedactionOutcome:
        """Redact on a branch; with `purges` every other version of the documents goes as well, on all branches.

        A dry run tells the documents and whether the change could be made, and purges nothing. What its idempotency key
        answered before is answered again, with the same certificate: what was written since stays.
        """
        if purges:
            require_operator(context, "purging")
        if redaction.selector.subject:
            check_id(redaction.selector.subject, self._limits)
        key = secrets.token_bytes(_KEY_BYTES)  # kept nowhere: nobody can try guesses against the digests

        async def work(beginning: Beginning) -> WriteOutcome:
            found = await self._find(beginning, redaction, key)
            planner = self._planner(beginning.database, redaction, found, key)
            return await self._pipeline.commit(beginning.candidate, planner, head=beginning.head, redacts=True)

        candidate = await self._moves.admit(database, options, context)
        answered = await self._pipeline.answer_of(candidate)
        written = answered if answered is not None else await self._moves.attempt(candidate, work)
        if not purges or options.dry_run:
            return RedactionOutcome(written)
        certificate = _certificate(candidate, redaction, written)
        begun = await self._certificates.like(certificate) if answered is not None else None
        if begun is not None and begun.versions is not None:
            return RedactionOutcome(written, begun)
        return RedactionOutcome(written, await self._purge(begun or certificate, candidate.attribution))

    async def certificate(self, database: str, certificate_id: str, context: CallContext) -> Certificate:
        """The certificate of a purge in the database; `NotFound`."""
        require_caller(context)
        known = await self._addresses.database(database, context)
        found = await self._certificates.get(certificate_id)
        if found.database != known.name:
            raise NotFound("certificate: there is none of this id", field="certificate")
        return found

    async def complete(self, attribution: Attribution) -> None:
        """End the purges that were begun when the process ended."""
        for certificate in await self._certificates.incomplete():
            await self._purge(certificate, attribution)

    async def _purge(self, certificate: Certificate, attribution: Attribution) -> Certificate:
        noted = replace(attribution, message=f"Purge with the certificate {certificate.id}")
        await self._certificates.put(certificate, noted)  # first, so that what was begun is not forgotten
        versions = 0
        if certificate.documents:
            request = PurgeRequest(
                certificate.database, certificate.documents, certificate.id, keeps=certificate.commit
            )
            versions = (await self._store.purge(request)).versions
        complete = replace(certificate, versions=versions)
        await self._certificates.put(complete, noted)
        return complete

    async def _find(self, beginning: Beginning, redaction: Redaction, key: bytes) -> list[str]:
        """Ids of the documents that have such values."""
        state = State(beginning.head, beginning.candidate.branch)
        found: list[str] = []
        async with closing(self._candidates(beginning.database.name, state, redaction)) as batches:
            async for batch in batches:
                found += [each.id for each in batch if _changes(redaction, each, key)]
                if len(found) > self._limits.documents_per_request:
                    raise TooLarge(
                        f"selector: more than {self._limits.documents_per_request} documents have such values; "
                        "redact them by type or by subject",
                        field="selector",
                    )
        return found

    async def _candidates(
        self, database: str, state: State, redaction: Redaction
    ) -> AsyncIterator[Sequence[StoredDocument]]:
        selector = redaction.selector
        if not selector.subject:
            async for batch in self._store.scan(database, state, ScanQuery(type_name=selector.type or None)):
                yield batch
            return
        (document,) = await self._store.get(database, state, [selector.subject])
        if document is not None and selector.type in {"", document.type}:
            yield [document]

    def _planner(self, database: Database, redaction: Redaction, found: list[str], key: bytes) -> Planner:
        def planner(view: WriterView) -> Plan:
            schema = self._schemas.load(database, view)
            plans = DocumentPlans(database.name, schema, view, random_key)
            if not redaction.steps:
                changes = plans.delete(found, None).changes
            else:
                changes = tuple(each for one in found for each in _redacted(plans, view, redaction, one, key))
            return Plan(tuple(each.id for each in changes), changes)

        return planner


def _changes(redaction: Redaction, document: StoredDocument, key: bytes) -> bool:
    before = decode(document.body)
    after = redaction.apply(before, key)
    return isinstance(after, Gap) or encode(after) != document.body


def _redacted(
    plans: DocumentPlans, view: WriterView, redaction: Redaction, document_id: str, key: bytes
) -> tuple[Change, ...]:
    def change(document: Json) -> Json:
        redacted = redaction.apply(document, key)
        return None if isinstance(redacted, Gap) else redacted  # a path with steps leads below the document

    stored = view.get(Graph.INSTANCE, document_id)
    if stored is not None and stored.type == RAW_CLASS:  # no class holds it to anything
        after = encode(change(decode(stored.body)))
        return (Change(Graph.INSTANCE, document_id, RAW_CLASS, stored.body, after),)
    return plans.patch(document_id, change, None).changes


def _certificate(candidate: Candidate, redaction: Redaction, written: WriteOutcome) -> Certificate:
    selector = redaction.selector
    documents = dict.fromkeys([*written.ids, *([selector.subject] if selector.subject else [])])
    return Certificate(
        id=random_key(),
        database=candidate.database,
        branch=candidate.branch,
        commit=written.commit,
        type=selector.type,
        path=selector.path,
        subject=selector.subject,
        strategy=redaction.strategy.value,
        documents=tuple(documents),
        actor=candidate.attribution.actor,
        time=rfc3339(datetime.now(UTC)),
    )
