"""The kernel's client on both transports: what it sends, and what it does where a document is too large."""

import hashlib
import json

import grpc
import httpx2
import pytest

from shared.canonical import JsonNumber
from shared.clients.kernel_grpc import KernelGrpc
from shared.clients.kernel_http import KernelHttp
from shared.clients.kernel_messages import PART_BYTES, PartReader, branch_movement, document_parts, watch_cursor
from shared.clients.once import once
from shared.context import CallContext, use
from shared.database.interfaces import BranchMovement, WatchCursor
from shared.errors import Internal, InvalidInput, Reason, TooLarge, ValidationFailed
from shared.grpc.generated.data_kernel.v1 import document_pb2, history_pb2
from shared.http.client import open_http_client

RESULT = {"id": "Movie/a", "commit": "c", "branch": "dev/oms/main", "changed": True}


def http_client(answers, seen):
    def handle(request):
        seen.append(request)
        return answers.pop(0)

    client = open_http_client("http://kernel", audience="data-kernel", transport=httpx2.MockTransport(handle))
    return KernelHttp(client)


async def test_what_a_write_says_travels_in_query_and_headers():
    seen = []
    client = http_client([httpx2.Response(201, json=RESULT)], seen)

    with use(CallContext(branch="main")):
        result = await client.put_document(
            {"@type": "Movie", "n": JsonNumber("1.0")},
            create=True,
            branch="dev/oms/x",
            message="w\u00fc",
            idempotency_key="k",
            expected_head="h",
            dry_run=True,
        )

    (request,) = seen
    assert (request.method, request.url.path, dict(request.url.params)) == ("POST", "/db/oms/doc", {"dry_run": "true"})
    assert request.headers["x-branch"] == "dev/oms/x"
    assert "x-commit-message-bin" in request.headers
    assert (request.headers["idempotency-key"], request.headers["x-expected-head"]) == ("k", "h")
    assert request.content == b'{"@type":"Movie","n":1.0}'
    assert (result.ids, result.changed) == (("Movie/a",), True)


@pytest.mark.parametrize(("create", "method", "sent"), [(False, "PUT", "false"), (None, "PUT", "true")])
async def test_a_put_says_whether_it_may_create(create, method, sent):
    seen = []
    client = http_client([httpx2.Response(200, json={**RESULT, "ids": ["a", "b"], "commit": None})], seen)

    result = await client.put_document([{}, {}], create=create)

    assert (seen[0].method, seen[0].url.params["create"]) == (method, sent)
    assert (result.ids, result.commit) == (("a", "b"), "")


async def test_a_patch_is_told_apart_by_its_media_type():
    seen = []
    client = http_client([httpx2.Response(200, json=RESULT), httpx2.Response(200, json=RESULT)], seen)

    await client.patch_document("Movie/a b", {"x": None})
    await client.patch_document("Movie/a b", [{"op": "remove", "path": "/x"}])

    assert [request.headers["content-type"] for request in seen] == [
        "application/merge-patch+json",
        "application/json-patch+json",
    ]
    assert seen[0].url.params["id"] == "Movie/a b"


async def test_a_problem_is_the_error_it_tells():
    problem = {"reason": "VALIDATION_FAILED", "detail": "d", "violations": [{"path": "p", "rule": "r", "message": "m"}]}
    answer = httpx2.Response(
        422, content=json.dumps(problem).encode(), headers={"content-type": "application/problem+json"}
    )

    with pytest.raises(ValidationFailed) as caught:
        await http_client([answer], []).put_document({})

    assert caught.value.violations[0].rule == "r"


async def test_a_page_tells_its_commit_and_the_next_token():
    headers = {"x-commit": "c", "x-next-page-token": "t"}
    seen = []
    client = http_client([httpx2.Response(200, json=[{"@id": "a"}], headers=headers)], seen)

    page = await client.page_documents("Movie", page_size=1)

    assert (page.documents, page.commit, page.next_page_token) == (({"@id": "a"},), "c", "t")
    with pytest.raises(InvalidInput):
        await client.page_documents("Movie", page_size=0)


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_parts_make_the_document_again(size):
    body = json.dumps("x" * size).encode()
    reader = PartReader()

    for part in document_parts("a", body):
        assert not reader.complete
        assert len(part.data) <= PART_BYTES
        reader.add(part)

    assert reader.document() == "x" * size


def test_parts_that_do_not_fit_are_refused():
    first, last = document_parts("a", b'"' + b"x" * PART_BYTES + b'"')
    with pytest.raises(Internal, match="follow"):
        PartReader().add(last)
    incomplete = PartReader()
    incomplete.add(first)
    with pytest.raises(Internal, match="last part"):
        incomplete.document()
    last.sha256 = hashlib.sha256(b"other").digest()
    with pytest.raises(Internal, match="whole"):
        incomplete.add(last)


async def test_a_document_too_large_for_one_message_goes_and_comes_in_parts():
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        client = KernelGrpc(channel)
        stub = _StreamingStub()
        client._documents = stub
        document = {"@id": "Blob/1", "data": "x" * 4_000_000}

        result = await client.put_document(document, create=True, expected_head="h")
        found = await client.get_document("Blob/1")

    assert result.ids == ("Blob/1",)
    assert found == document
    assert (stub.first.options.expected_head, stub.first.mode) == ("h", document_pb2.PUT_MODE_INSERT)


async def test_another_limit_is_not_taken_for_the_word_to_stream():
    async with grpc.aio.insecure_channel("127.0.0.1:1") as channel:
        client = KernelGrpc(channel)
        client._documents = _StreamingStub(Reason.TOO_LARGE)

        with pytest.raises(TooLarge):
            await client.get_document("Blob/1")


class _StreamingStub:
    """The kernel's answers to documents above 3 MB."""

    def __init__(self, reason=Reason.USE_STREAM):
        self.reason = reason
        self.first = None
        self.parts = []

    async def GetDocument(self, request):  # noqa: N802 - the contract's name
        raise TooLarge("too large", reason=self.reason)

    async def WriteDocument(self, requests):  # noqa: N802 - the contract's name
        for request in requests:
            self.first = self.first or request
            self.parts.append(request.part)
        return document_pb2.WriteDocumentResponse(result=document_pb2.WriteResult(ids=["Blob/1"], changed=True))

    async def ReadDocument(self, request):  # noqa: N802 - the contract's name
        for part in self.parts:
            yield document_pb2.ReadDocumentResponse(part=part)


def test_a_write_without_a_key_gets_one_of_its_own():
    assert once({})["idempotency_key"] != once({})["idempotency_key"]
    assert once({"idempotency_key": "k", "branch": "b"}) == {"idempotency_key": "k", "branch": "b"}
    with use(CallContext(idempotency_key="of-context")):
        assert once({})["idempotency_key"] == "of-context"


async def test_a_branch_is_watched_from_a_cursor_without_end_to_its_pauses():
    lines = [
        {"cursor": "1.4", "cause": "commit", "old_head": "a", "new_head": "b", "branch": "dev/oms/main"},
        {"cursor": "1.5", "cause": "delete", "old_head": "b", "new_head": None, "branch": "dev/oms/main"},
    ]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    seen = []
    client = http_client([httpx2.Response(200, content=body), httpx2.Response(200)], seen)

    found = [each async for each in client.watch("main", WatchCursor(1, 3))]
    assert [each async for each in client.watch("main", WatchCursor())] == []

    assert found == [
        BranchMovement(WatchCursor(1, 4), "commit", "a", "b"),
        BranchMovement(WatchCursor(1, 5), "delete", "b", ""),
    ]
    assert (seen[0].url.path, dict(seen[0].url.params)) == ("/db/oms/changes", {"branch": "main", "since": "1.3"})
    assert "since" not in seen[1].url.params
    assert seen[0].extensions["timeout"]["read"] is None
    assert seen[0].extensions["timeout"]["connect"]


def test_a_movement_keeps_all_that_the_message_tells():
    message = history_pb2.RefUpdate(
        incarnation=2,
        number=7,
        cause=history_pb2.REF_CAUSE_CREATE,
        new_head="h",
        traceparent="00-1-2-01",
    )
    assert branch_movement(message) == BranchMovement(WatchCursor(2, 7), "create", "", "h", "00-1-2-01")
    assert watch_cursor(WatchCursor(2, 7)) == history_pb2.Cursor(incarnation=2, number=7)
