"""The gRPC services against a real kernel process."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from data_kernel_testing.kernel_process import KernelProcess
from data_kernel_testing.waiting import until
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from shared.grpc.generated import data_kernel_pb2 as facade
from shared.grpc.generated import data_kernel_pb2_grpc as facade_grpc
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import (
    branch_pb2,
    branch_pb2_grpc,
    document_pb2,
    document_pb2_grpc,
    history_pb2,
    history_pb2_grpc,
    query_pb2,
    query_pb2_grpc,
    schema_pb2,
    schema_pb2_grpc,
)

MB = 1024 * 1024
LARGE_BYTES = 20 * MB


@pytest.fixture
def db(kernel: KernelProcess) -> str:
    return kernel.new_database()


@pytest.fixture
def channel(kernel: KernelProcess) -> Iterator[grpc.Channel]:
    with kernel.channel() as opened:
        yield opened


@pytest.fixture
def documents(channel: grpc.Channel) -> Any:
    return document_pb2_grpc.DocumentServiceStub(channel)


@pytest.fixture
def md(kernel: KernelProcess) -> Any:
    return kernel.metadata()


def movie(title: str, **members: object) -> bytes:
    return json.dumps({"@type": "Movie", "title": title, **members}).encode()


def put(documents: Any, md: Any, db: str, *bodies: bytes, **fields: Any) -> document_pb2.WriteResult:
    request = document_pb2.PutDocumentRequest(database=db, documents=bodies, **fields)
    result: document_pb2.WriteResult = documents.PutDocument(request, metadata=md).result
    return result


def code(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as raised:
        list(answer) if hasattr(answer := call(), "__iter__") else answer
    status: grpc.StatusCode = raised.value.code()
    return status


def test_a_document_is_put_read_patched_and_deleted(documents: Any, md: Any, db: str) -> None:
    result = put(documents, md, db, movie("A", year=1))
    assert (list(result.ids), result.branch, result.changed) == (["Movie/A"], "dev/oms/main", True)
    got = documents.GetDocument(document_pb2.GetDocumentRequest(database=db, id="Movie/A"), metadata=md)
    assert got.document.json == b'{"@id":"Movie/A","@type":"Movie","title":"A","year":1}'
    assert (got.commit, got.branch) == (result.commit, "dev/oms/main")
    patch = document_pb2.PatchDocumentRequest(
        database=db, id="Movie/A", merge_patch=b'{"year":2}', if_match=got.document.etag
    )
    patched = documents.PatchDocument(patch, metadata=md).result
    assert patched.changed
    assert code(lambda: documents.PatchDocument(patch, metadata=md)) is grpc.StatusCode.ABORTED
    at_commit = common_pb2.Revision(commit=result.commit)
    old = document_pb2.GetDocumentRequest(database=db, id="Movie/A", revision=at_commit)
    assert b'"year":1' in documents.GetDocument(old, metadata=md).document.json
    several = document_pb2.BatchGetDocumentsRequest(database=db, ids=["Movie/B", "Movie/A"])
    batch = documents.BatchGetDocuments(several, metadata=md)
    assert ([d.id for d in batch.documents], list(batch.missing_ids)) == (["Movie/A"], ["Movie/B"])
    documents.DeleteDocument(document_pb2.DeleteDocumentRequest(database=db, ids=["Movie/A"]), metadata=md)
    assert (
        code(lambda: documents.GetDocument(document_pb2.GetDocumentRequest(database=db, id="Movie/A"), metadata=md))
        is grpc.StatusCode.NOT_FOUND
    )


def test_options_of_a_write_count(kernel: KernelProcess, documents: Any, md: Any, db: str) -> None:
    meta = common_pb2.CommitMeta(commit_msg="why", trace_id="1" * 32, branch="main")
    options = document_pb2.WriteOptions(meta=meta, idempotency_key="k")
    first = put(documents, md, db, movie("A"), options=options)
    assert put(documents, md, db, movie("A"), options=options) == first
    assert code(lambda: put(documents, md, db, movie("B"), options=options)) is grpc.StatusCode.ABORTED
    history = history_pb2_grpc.HistoryServiceStub(
        kernel_channel := grpc.insecure_channel(f"127.0.0.1:{kernel.grpc_port}")
    )
    commit = history.GetLog(history_pb2.GetLogRequest(database=db, page_size=1), metadata=md).commits[0]
    kernel_channel.close()
    assert (commit.author, commit.message, commit.trace_id) == ("alice@oms", "why", "1" * 32)
    assert (commit.method, commit.route) == ("RPC", "/data_kernel.v1.DocumentService/PutDocument")
    stale = document_pb2.WriteOptions(expected_head="0" * 31)
    assert code(lambda: put(documents, md, db, movie("B"), options=stale)) is grpc.StatusCode.ABORTED
    dry = put(documents, md, db, movie("B"), options=document_pb2.WriteOptions(dry_run=True))
    assert (dry.commit, dry.changed) == (first.commit, True)
    other = document_pb2.WriteOptions(meta=common_pb2.CommitMeta(author="bob@oms"))
    assert code(lambda: put(documents, md, db, movie("B"), options=other)) is grpc.StatusCode.PERMISSION_DENIED
    insert = {"mode": document_pb2.PUT_MODE_INSERT}
    assert code(lambda: put(documents, md, db, movie("A"), **insert)) is grpc.StatusCode.ALREADY_EXISTS
    assert code(lambda: put(documents, md, db, b'{"@type":"Movie"}')) is grpc.StatusCode.FAILED_PRECONDITION


def test_a_listing_comes_in_batches_with_a_token_for_the_rest(documents: Any, md: Any, db: str) -> None:
    put(documents, md, db, *[movie(f"{n:03}", notes="x" * 20_000) for n in range(120)])
    request = document_pb2.ListDocumentsRequest(database=db, type="Movie", page_size=100)
    answers = list(documents.ListDocuments(request, metadata=md))
    assert all(answer.ByteSize() <= 1.1 * MB for answer in answers)
    assert len(answers) >= 3
    ids = [document.id for answer in answers for document in answer.batch.documents]
    request.page_token = answers[-1].next_page_token
    rest = list(documents.ListDocuments(request, metadata=md))
    ids += [document.id for answer in rest for document in answer.batch.documents]
    assert ids == [f"Movie/{n:03}" for n in range(120)]
    assert rest[-1].next_page_token == ""


def test_a_document_of_20_mb_goes_in_and_out_in_parts(documents: Any, md: Any, db: str) -> None:
    body = movie("Large", notes="x" * LARGE_BYTES)

    def parts() -> Iterator[document_pb2.WriteDocumentRequest]:
        for offset in range(0, len(body), MB):
            last = offset + MB >= len(body)
            part = document_pb2.DocumentPart(
                offset=offset,
                total_bytes=len(body),
                last=last,
                data=body[offset : offset + MB],
                sha256=hashlib.sha256(body).digest() if last else b"",
            )
            yield document_pb2.WriteDocumentRequest(database=db, part=part)

    result = documents.WriteDocument(parts(), metadata=md).result
    assert list(result.ids) == ["Movie/Large"]
    unary = document_pb2.GetDocumentRequest(database=db, id="Movie/Large")
    with pytest.raises(grpc.RpcError) as refused:
        documents.GetDocument(unary, metadata=md)
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    trailers = dict(refused.value.trailing_metadata())
    assert b"USE_STREAM" in trailers["grpc-status-details-bin"]
    request = document_pb2.ReadDocumentRequest(database=db, id="Movie/Large")
    read = [answer.part for answer in documents.ReadDocument(request, metadata=md)]
    whole = b"".join(part.data for part in read)
    assert json.loads(whole)["notes"] == "x" * LARGE_BYTES
    assert read[-1].sha256 == hashlib.sha256(whole).digest()
    listed = list(documents.ListDocuments(document_pb2.ListDocumentsRequest(database=db), metadata=md))
    assert b"".join(answer.batch.part.data for answer in listed) == whole


def test_parts_that_do_not_fit_together_are_refused(documents: Any, md: Any, db: str) -> None:
    body = movie("Parts")
    good = {"total_bytes": len(body), "last": True, "data": body, "sha256": hashlib.sha256(body).digest()}
    for wrong in ({"sha256": b"0" * 32}, {"offset": 1}, {"total_bytes": len(body) + 1}, {"last": False}):
        part = document_pb2.DocumentPart(**{**good, **wrong})
        request = document_pb2.WriteDocumentRequest(database=db, part=part)
        assert (
            code(lambda r=request: documents.WriteDocument(iter([r]), metadata=md)) is grpc.StatusCode.INVALID_ARGUMENT
        )


def test_a_bulk_load_commits_in_slices_or_at_once(documents: Any, md: Any, db: str) -> None:
    def load(prefix: str, count: int, **first: Any) -> document_pb2.BulkPutDocumentsResponse:
        bodies = [movie(f"{prefix}{n:05}") for n in range(count)]
        messages = [
            document_pb2.BulkPutDocumentsRequest(documents=bodies[at : at + 500]) for at in range(0, count, 500)
        ]
        messages[0].MergeFrom(document_pb2.BulkPutDocumentsRequest(database=db, **first))
        response: document_pb2.BulkPutDocumentsResponse = documents.BulkPutDocuments(iter(messages), metadata=md)
        return response

    sliced = load("s", 2500, options=document_pb2.WriteOptions(idempotency_key="bulk"))
    assert (sliced.documents, sliced.commits, sliced.branch) == (2500, 3, "dev/oms/main")
    again = load("s", 2500, options=document_pb2.WriteOptions(idempotency_key="bulk"))
    assert again == sliced
    atomic = load("a", 2500, atomic=True)
    assert (atomic.documents, atomic.commits) == (2500, 1)
    assert code(lambda: documents.BulkPutDocuments(iter([]), metadata=md)) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_listing_past_its_deadline_ends_and_stops_in_the_store(
    kernel: KernelProcess, documents: Any, md: Any, db: str
) -> None:
    for start in range(0, 80, 5):
        put(documents, md, db, *[movie(f"{n:03}", notes="x" * 500_000) for n in range(start, start + 5)])
    before = kernel.metric("kernel_store_rows_scanned_total")
    stream = documents.ListDocuments(document_pb2.ListDocumentsRequest(database=db), metadata=md, timeout=1)
    assert next(stream).batch.documents
    until(lambda: not stream.is_active(), "the deadline")
    assert stream.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    until(lambda: kernel.metric("kernel_store_scans_in_progress") == 0, "the end of the listing in the store")
    assert kernel.metric("kernel_store_rows_scanned_total") - before < 80


def test_differences_come_in_batches(channel: grpc.Channel, documents: Any, md: Any, db: str) -> None:
    history = history_pb2_grpc.HistoryServiceStub(channel)
    first = put(documents, md, db, movie("A"))
    second = put(documents, md, db, movie("B"))
    diff = history_pb2.DiffCommitsRequest(database=db, to=common_pb2.Revision(commit=second.commit))
    getattr(diff, "from").commit = first.commit
    changes = [change for answer in history.DiffCommits(diff, metadata=md) for change in answer.changes]
    assert [(change.id, change.kind, change.before) for change in changes] == [
        ("Movie/B", history_pb2.CHANGE_KIND_CREATED, b"")
    ]
    halves = [put(documents, md, db, movie(f"H{n}", notes="x" * 1_900_000)) for n in range(2)]
    put(documents, md, db, movie("H0", notes="y" * 1_900_000))
    diff.to.commit = halves[-1].commit
    assert len(list(history.DiffCommits(diff, metadata=md))) == 3
    getattr(diff, "from").commit, diff.to.branch = halves[0].commit, "main"
    assert code(lambda: history.DiffCommits(diff, metadata=md)) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_branch_is_followed(channel: grpc.Channel, documents: Any, md: Any, db: str) -> None:
    history = history_pb2_grpc.HistoryServiceStub(channel)
    first = put(documents, md, db, movie("A"))
    second = put(documents, md, db, movie("B"))
    since = history_pb2.Cursor(incarnation=1, number=2)
    watch = history.Watch(history_pb2.WatchRequest(database=db, branch="main", since=since), metadata=md)
    assert [next(watch).commit.id for _ in range(2)] == [first.commit, second.commit]
    third = put(documents, md, db, movie("C"))
    movement = next(watch)
    assert (movement.commit.id, movement.update.old_head, movement.update.number) == (third.commit, second.commit, 5)
    assert movement.update.traceparent.startswith("00-")
    watch.cancel()


@pytest.mark.parametrize("place", [(1, 1_000_000), (9, 0), (0, 1), (-1, 0)])
def test_following_on_from_a_place_that_the_log_does_not_have_is_refused(
    channel: grpc.Channel, md: Any, db: str, place: tuple[int, int]
) -> None:
    since = history_pb2.Cursor(incarnation=place[0], number=place[1])
    watch = history_pb2_grpc.HistoryServiceStub(channel).Watch
    request = history_pb2.WatchRequest(database=db, branch="main", since=since)
    assert code(lambda: watch(request, metadata=md, timeout=30)) is grpc.StatusCode.NOT_FOUND


def test_branches_and_schema(channel: grpc.Channel, md: Any, db: str) -> None:
    branches = branch_pb2_grpc.BranchServiceStub(channel)
    schema = schema_pb2_grpc.SchemaServiceStub(channel)
    origin = common_pb2.Revision(branch="main")
    made = branches.CreateBranch(
        branch_pb2.CreateBranchRequest(database=db, branch="dev/oms/side", origin=origin), metadata=md
    ).branch
    assert (made.name, made.read_only, made.incarnation) == ("dev/oms/side", False, 1)
    listed = branches.ListBranches(branch_pb2.ListBranchesRequest(database=db), metadata=md).branches
    assert [branch.name for branch in listed] == ["dev/oms/main", "dev/oms/side"]
    got = schema.GetSchema(schema_pb2.GetSchemaRequest(database=db), metadata=md)
    assert [json.loads(text)["@type"] for text in got.classes] == ["@context", "Class"]
    enum = b'{"@type":"Enum","@id":"Genre","@value":["a","b"]}'
    put_schema = schema_pb2.PutSchemaRequest(database=db, classes=[enum])
    assert list(schema.PutSchema(put_schema, metadata=md).result.ids) == ["Genre"]
    delete = schema_pb2.DeleteSchemaRequest(database=db, class_names=["Genre"])
    assert schema.DeleteSchema(delete, metadata=md).result.changed
    branches.DeleteBranch(branch_pb2.DeleteBranchRequest(database=db, branch="dev/oms/side"), metadata=md)
    other = branch_pb2.CreateDatabaseRequest(database=f"{db}x")
    branches.CreateDatabase(other, metadata=md)
    assert code(lambda: branches.CreateDatabase(other, metadata=md)) is grpc.StatusCode.ALREADY_EXISTS
    branches.DeleteDatabase(branch_pb2.DeleteDatabaseRequest(database=f"{db}x"), metadata=md)


def test_the_facade_serves_the_same_documents(kernel: KernelProcess, channel: grpc.Channel, db: str) -> None:
    stub = facade_grpc.DocumentServiceStub(channel)
    md = kernel.metadata(x_database=db)
    assert stub.Put(facade.Document(json=movie("A", year=1)), metadata=md).id == "Movie/A"
    patch = b'{"@id":"Movie/A","year":2}'
    assert stub.Patch(facade.Document(json=patch), metadata=md).id == "Movie/A"
    assert b'"year":2' in stub.Get(facade.DocumentId(id="Movie/A"), metadata=md).json
    assert (
        code(lambda: stub.Get(facade.DocumentId(id="Movie/A"), metadata=kernel.metadata())) is grpc.StatusCode.NOT_FOUND
    )
    assert (
        code(lambda: stub.Patch(facade.Document(json=b'{"year":2}'), metadata=md)) is grpc.StatusCode.INVALID_ARGUMENT
    )


def test_queries_are_unsupported(channel: grpc.Channel, md: Any) -> None:
    queries = query_pb2_grpc.QueryServiceStub(channel)
    old = facade_grpc.QueryServiceStub(channel)
    unsupported = grpc.StatusCode.UNIMPLEMENTED
    assert code(lambda: queries.ExecuteQuery(query_pb2.ExecuteQueryRequest(woql=b"{}"), metadata=md)) is unsupported
    assert code(lambda: old.Execute(facade.WOQL(query="{}"), metadata=md)) is unsupported


def test_health_and_reflection_are_open_and_nothing_else(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    names = ("", "data_kernel.v1.DocumentService", "data_kernel.DocumentService")
    statuses = {health.Check(health_pb2.HealthCheckRequest(service=name)).status for name in names}
    assert statuses == {health_pb2.HealthCheckResponse.SERVING}
    services = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    assert services >= {
        "data_kernel.DocumentService",
        "data_kernel.QueryService",
        *(f"data_kernel.v1.{name}Service" for name in ("Document", "Query", "Branch", "History", "Schema")),
    }
    get = facade_grpc.DocumentServiceStub(channel).Get
    assert code(lambda: get(facade.DocumentId(id="Movie/A"))) is grpc.StatusCode.UNAUTHENTICATED
