"""Certificates of purges: what was taken out, for whom and when; documents of the kernel's own database."""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from data_kernel.application.ports import DocumentStore, Plan, ScanQuery, WriteRequest, WriterView
from data_kernel.domain.branches import KERNEL_DATABASE
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Database, Naming, Revision
from data_kernel.domain.documents import Change, Graph
from shared.canonical import decode, encode
from shared.errors import AlreadyExists, NotFound

_TYPE = "Certificate"
_BRANCH = "main"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One purge. `commit` is the redaction's, and its documents' versions there are those that stayed.

    `versions` is how many were purged, `None` as long as the purge is not complete. `time` is RFC 3339, UTC.
    """

    id: str
    database: str
    branch: str
    commit: str | None
    type: str
    path: str
    subject: str
    strategy: str
    documents: tuple[str, ...]
    actor: str
    time: str
    versions: int | None = None


class Certificates:
    """Kept in the store itself, in a database that is made with the first of them."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def put(self, certificate: Certificate, attribution: Attribution) -> None:
        """Keep a certificate, or what has changed in it."""
        body = encode(_json(certificate))

        def planner(view: WriterView) -> Plan:
            document_id = _document_id(certificate.id)
            stored = view.get(Graph.INSTANCE, document_id)
            before = None if stored is None else stored.body
            change = Change(Graph.INSTANCE, document_id, _TYPE, before, body)
            return Plan((document_id,), (change,))

        with suppress(AlreadyExists):  # it was made for an earlier one
            await self._store.create_database(Database(KERNEL_DATABASE, naming=Naming.FREE))
        await self._store.write(WriteRequest(KERNEL_DATABASE, _BRANCH, attribution, planner, create_branch=True))

    async def get(self, certificate_id: str) -> Certificate:
        """One certificate; `NotFound`."""
        try:
            state = await self._store.resolve(KERNEL_DATABASE, Revision(branch=_BRANCH))
            (found,) = await self._store.get(KERNEL_DATABASE, state, [_document_id(certificate_id)])
        except NotFound:  # no purge was ever made
            found = None
        if found is None:
            raise NotFound("certificate: there is none of this id", field="certificate")
        return _certificate(found.body)

    async def incomplete(self) -> list[Certificate]:
        """Those whose purge was begun and not ended."""
        return [each for each in await self._all() if each.versions is None]

    async def like(self, certificate: Certificate) -> Certificate | None:
        """One that was given before for the same redaction; id, time and whether it is complete are its own."""
        own: dict[str, Any] = {"id": certificate.id, "time": certificate.time, "versions": certificate.versions}
        return next((each for each in await self._all() if replace(each, **own) == certificate), None)

    async def _all(self) -> list[Certificate]:
        try:
            state = await self._store.resolve(KERNEL_DATABASE, Revision(branch=_BRANCH))
        except NotFound:  # no purge was ever made
            return []
        batches = self._store.scan(KERNEL_DATABASE, state, ScanQuery(type_name=_TYPE))
        return [_certificate(each.body) async for batch in batches for each in batch]


def _document_id(certificate_id: str) -> str:
    return f"{_TYPE}/{certificate_id}"


def _json(certificate: Certificate) -> dict[str, Any]:
    members = asdict(certificate) | {"documents": list(certificate.documents)}
    return {"@id": _document_id(certificate.id), "@type": _TYPE, **members}


def _certificate(body: bytes) -> Certificate:
    stored: Any = decode(body)
    members = {name: value for name, value in stored.items() if not name.startswith("@")}
    return Certificate(**{**members, "documents": tuple(members["documents"])})
