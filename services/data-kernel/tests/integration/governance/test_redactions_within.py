"""Redactions as the kernel makes them: over gRPC, again by their key, and to the end after the process has ended."""

import pytest
from data_kernel_testing.callers import ADMIN, ALICE, put

from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.api.grpc.governance import GovernanceServicer
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.governance.certificates import Certificates
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.idempotency import idempotency
from data_kernel.application.planning import PutMode
from data_kernel.application.ports import PurgeOutcome, PurgeRequest
from data_kernel.domain.redaction import Redaction, Selector, Strategy
from shared.context import use
from shared.errors import Forbidden, Gone, InvalidInput, Unavailable
from shared.grpc.generated.data_kernel.v1 import governance_pb2

NOTES = Redaction.of(Selector(type="Movie", path="$.notes"), Strategy.MASK)


async def redact(kernel, context=ALICE, *, strategy=governance_pb2.REDACTION_STRATEGY_MASK, purge: bool = False):
    selector = governance_pb2.RedactionSelector(type="Movie", path="$.notes")
    request = governance_pb2.RedactRequest(database="oms", selector=selector, strategy=strategy, purge=purge)
    with use(context):
        return await GovernanceServicer(kernel).Redact(request, None)


async def notes(kernel, **at: str) -> bytes:
    _, document = await kernel.reads.get_one("oms", NamedRevision(**at), "Movie/Alien", ALICE)
    return document.body


async def test_a_redaction_over_grpc(kernel) -> None:
    old = await put(kernel, "Alien", "Brazil", notes="seen by Ada")
    await put(kernel, "Cube")
    answer = await redact(kernel)
    assert (list(answer.result.ids), answer.result.changed) == (["Movie/Alien", "Movie/Brazil"], True)
    assert (answer.certificate, answer.purged_versions) == ("", 0)
    assert b"*****" in await notes(kernel, branch="main")
    assert b"Ada" in await notes(kernel, commit=old)
    with pytest.raises(Forbidden):
        await redact(kernel, purge=True)
    with pytest.raises(InvalidInput, match="strategy"):
        await redact(kernel, strategy=governance_pb2.REDACTION_STRATEGY_UNSPECIFIED)


async def test_a_purge_over_grpc_has_its_certificate(kernel) -> None:
    old = await put(kernel, "Alien", notes="seen by Ada")
    answer = await redact(kernel, ADMIN, purge=True)
    assert answer.purged_versions == 1
    with pytest.raises(Gone, match=answer.certificate):
        await notes(kernel, commit=old)
    certificate = await kernel.redactions.certificate("oms", answer.certificate, ALICE)
    assert (certificate.documents, certificate.versions) == (("Movie/Alien",), 1)
    assert (certificate.actor, certificate.commit) == ("root@oms", answer.result.commit)
    counts = verify_file(kernel.settings.store_path, lambda *_: None).counts
    assert (counts.purged, counts.attested) == (1, 1), "the version that stays can still be verified"


async def test_a_redaction_is_made_once_by_its_key(kernel) -> None:
    await put(kernel, "Alien", notes="seen by Ada")
    options = WriteOptions(branch="main", idempotency=idempotency("key", "POST", "/r", {}, b"body"))
    first = await kernel.redactions.redact("oms", NOTES, options, ALICE, purges=False)
    await put(kernel, "Alien", notes="seen by Bob")
    again = await kernel.redactions.redact("oms", NOTES, options, ALICE, purges=False)
    assert again.written == first.written
    assert b"Bob" in await notes(kernel, branch="main")


async def test_a_purge_that_was_begun_is_ended_later(kernel, monkeypatch) -> None:
    old = await put(kernel, "Alien", notes="seen by Ada")

    async def broken(request: PurgeRequest) -> PurgeOutcome:
        raise Unavailable("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(kernel.store, "purge", broken)
        with pytest.raises(Unavailable):
            await kernel.redactions.redact("oms", NOTES, WriteOptions(branch="main"), ADMIN, purges=True)
    assert b"Ada" in await notes(kernel, commit=old)
    (begun,) = await Certificates(kernel.store).incomplete()
    await kernel.redactions.complete(kernel.databases.own_attribution())
    with pytest.raises(Gone, match=begun.id):
        await notes(kernel, commit=old)
    assert (await kernel.redactions.certificate("oms", begun.id, ALICE)).versions == 1
    assert await Certificates(kernel.store).incomplete() == []


async def test_raw_documents_are_redacted_without_classes(kernel) -> None:
    options = WriteOptions(branch="main")
    raw = [{"@id": "JSONDocument/1", "who": {"name": "Ada"}}]
    await kernel.writes.put_raw("oms", raw, PutMode.INSERT, options, ALICE, size_bytes=10)
    redaction = Redaction.of(Selector(path="$..name"), Strategy.DROP)
    done = await kernel.redactions.redact("oms", redaction, options, ALICE, purges=False)
    assert done.written.ids == ("JSONDocument/1",)
    _, document = await kernel.reads.get_one("oms", NamedRevision(branch="main"), "JSONDocument/1", ALICE)
    assert document.body == b'{"@id":"JSONDocument/1","who":{}}'
