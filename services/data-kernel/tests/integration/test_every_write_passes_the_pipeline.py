"""Every way to write, by REST and by gRPC, passes the commit hooks: routes and RPCs are listed, and each is tried."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from data_kernel_testing.in_process import client_of, open_kernel, settings_in
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.api.grpc.services import registrations
from data_kernel.application.addressing import NamedRevision
from data_kernel.application.hooks import Candidate, WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from data_kernel.main import build
from shared.context import CallContext, Caller, use
from shared.errors import OmsError, Unsupported
from shared.grpc.generated import data_kernel_pb2 as facade
from shared.grpc.generated.common.v1 import common_pb2
from shared.grpc.generated.data_kernel.v1 import (
    branch_pb2,
    document_pb2,
    governance_pb2,
    history_pb2,
    query_pb2,
    schema_pb2,
    versioning_pb2,
)
from shared.security import issue_user_token, make_user_token_secret

SERVICES = [
    facade.DESCRIPTOR,
    *(
        module.DESCRIPTOR
        for module in (branch_pb2, document_pb2, governance_pb2, history_pb2, query_pb2, schema_pb2, versioning_pb2)
    ),
]
BODY = b'{"@type":"Movie","title":"New"}'
MAIN, SIDE = common_pb2.Revision(branch="main"), common_pb2.Revision(branch="dev/oms/side")
FROM_SIDE: dict[str, Any] = {"from": SIDE}
PART = document_pb2.DocumentPart(total_bytes=len(BODY), last=True, data=BODY, sha256=hashlib.sha256(BODY).digest())

# Method and path template → a request that writes; each is tried on a fresh Movie/A, and Movie/Side on a branch.
REST_WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/db/{db}/doc"): {"url": "/db/oms/doc", "json": {"@type": "Movie", "title": "New"}},
    ("PUT", "/db/{db}/doc"): {"url": "/db/oms/doc", "json": {"@type": "Movie", "title": "A", "year": 1}},
    ("PUT", "/db/{db}/doc/{id}"): {"url": "/db/oms/doc/Movie/A", "json": {"@type": "Movie", "title": "A", "year": 1}},
    ("PATCH", "/db/{db}/doc"): {"url": "/db/oms/doc?id=Movie/A", "json": {"year": 1}},
    ("PATCH", "/db/{db}/doc/{id}"): {"url": "/db/oms/doc/Movie/A", "json": {"year": 1}},
    ("PATCH", "/document"): {"url": "/document", "json": {"@id": "Movie/A", "year": 1}},
    ("DELETE", "/db/{db}/doc"): {"url": "/db/oms/doc?id=Movie/A"},
    ("DELETE", "/db/{db}/doc/{id}"): {"url": "/db/oms/doc/Movie/A"},
    ("POST", "/db/{db}/schema"): {"url": "/db/oms/schema", "json": {**MOVIE, "@id": "Other"}},
    ("PUT", "/db/{db}/schema"): {"url": "/db/oms/schema", "json": {**MOVIE, "@id": "Other"}},
    ("DELETE", "/db/{db}/schema"): {"url": "/db/oms/schema?id=Unused"},
    ("POST", "/db/{db}/merge"): {"url": "/db/oms/merge", "json": {"from": {"branch": "dev/oms/side"}}},
    ("POST", "/db/{db}/simulate-merge"): {
        "url": "/db/oms/simulate-merge",
        "json": {"from": {"branch": "dev/oms/side"}},
    },
    ("POST", "/db/{db}/rebase"): {"url": "/db/oms/rebase", "json": {"onto": {"branch": "dev/oms/side"}}},
    ("POST", "/db/{db}/revert"): {"url": "/db/oms/revert", "json": {"commit": {"branch": "main"}}},
    ("POST", "/db/{db}/cherry-pick"): {"url": "/db/oms/cherry-pick", "json": {"commit": {"branch": "dev/oms/side"}}},
    ("POST", "/db/{db}/reset"): {"url": "/db/oms/reset", "json": {"to": {"branch": "dev/oms/side"}}},
    ("POST", "/db/{db}/squash"): {"url": "/db/oms/squash", "json": {}},
    ("POST", "/db/{db}/redactions"): {
        "url": "/db/oms/redactions",
        "json": {"selector": {"type": "Movie"}, "strategy": "drop"},
    },
}
# These make no commit: branches, tags and databases as such, what is refused, and the outbox's desk.
REST_OTHERS = {
    ("POST", "/db/{db}"),
    ("DELETE", "/db/{db}"),
    ("POST", "/db/{db}/branches"),
    ("DELETE", "/db/{db}/branches"),
    ("DELETE", "/db/{db}/branches/{branch}"),
    ("PUT", "/db/{db}/tags/{tag}"),
    ("DELETE", "/db/{db}/tags/{tag}"),
    ("POST", "/db/{db}/woql"),
    ("POST", "/admin/outbox"),
}
RPC_WRITES: dict[str, Any] = {
    "data_kernel.DocumentService/Put": facade.Document(json=BODY),
    "data_kernel.DocumentService/Patch": facade.Document(json=b'{"@id":"Movie/A","year":1}'),
    "data_kernel.v1.DocumentService/PutDocument": document_pb2.PutDocumentRequest(documents=[BODY]),
    "data_kernel.v1.DocumentService/BulkPutDocuments": [document_pb2.BulkPutDocumentsRequest(documents=[BODY])],
    "data_kernel.v1.DocumentService/PatchDocument": document_pb2.PatchDocumentRequest(
        id="Movie/A", merge_patch=b'{"year":1}'
    ),
    "data_kernel.v1.DocumentService/DeleteDocument": document_pb2.DeleteDocumentRequest(ids=["Movie/A"]),
    "data_kernel.v1.DocumentService/WriteDocument": [document_pb2.WriteDocumentRequest(part=PART)],
    "data_kernel.v1.SchemaService/PutSchema": schema_pb2.PutSchemaRequest(
        classes=[b'{"@type":"Enum","@id":"Other","@value":["a"]}']
    ),
    "data_kernel.v1.GovernanceService/Redact": governance_pb2.RedactRequest(
        selector=governance_pb2.RedactionSelector(type="Movie"), strategy=governance_pb2.REDACTION_STRATEGY_DROP
    ),
    "data_kernel.v1.SchemaService/DeleteSchema": schema_pb2.DeleteSchemaRequest(class_names=["Unused"]),
    "data_kernel.v1.VersioningService/Merge": versioning_pb2.MergeRequest(**FROM_SIDE),
    "data_kernel.v1.VersioningService/SimulateMerge": versioning_pb2.SimulateMergeRequest(**FROM_SIDE),
    "data_kernel.v1.VersioningService/Rebase": versioning_pb2.RebaseRequest(onto=SIDE),
    "data_kernel.v1.VersioningService/CherryPick": versioning_pb2.CherryPickRequest(commit=SIDE),
    "data_kernel.v1.VersioningService/Revert": versioning_pb2.RevertRequest(commit=MAIN),
    "data_kernel.v1.VersioningService/Squash": versioning_pb2.SquashRequest(),
    "data_kernel.v1.VersioningService/Reset": versioning_pb2.ResetRequest(to=SIDE),
}
RPC_OTHERS = {
    "data_kernel.DocumentService/Get",
    "data_kernel.QueryService/Execute",
    "data_kernel.v1.QueryService/ExecuteQuery",
    "data_kernel.v1.DocumentService/GetDocument",
    "data_kernel.v1.DocumentService/BatchGetDocuments",
    "data_kernel.v1.DocumentService/ListDocuments",
    "data_kernel.v1.DocumentService/ReadDocument",
    "data_kernel.v1.SchemaService/GetSchema",
    "data_kernel.v1.HistoryService/GetLog",
    "data_kernel.v1.HistoryService/GetDocumentHistory",
    "data_kernel.v1.HistoryService/DiffCommits",
    *(f"data_kernel.v1.VersioningService/{rest}" for rest in ("ListTags", "GetTag", "SetTag", "DeleteTag")),
    "data_kernel.v1.HistoryService/Watch",
    "data_kernel.v1.GovernanceService/CollectGarbage",
    *(f"data_kernel.v1.BranchService/{verb}Database" for verb in ("Create", "Delete")),
    *(f"data_kernel.v1.BranchService/{rest}" for rest in ("ListBranches", "CreateBranch", "DeleteBranch")),
}
RPC_CONTEXT = CallContext(caller=Caller("alice", "oms"), method="RPC", route="/test")


class Refusal:
    """A validator that refuses every write and notes it: what commits in spite of it has gone around the hooks."""

    name = "refusal"

    def __init__(self) -> None:
        self.armed = False
        self.seen: list[Candidate] = []

    async def __call__(self, candidate: Candidate) -> None:
        if self.armed:
            self.seen.append(candidate)
            raise Unsupported("refused by the test")


@pytest.fixture
def refusal() -> Refusal:
    return Refusal()


@pytest.fixture
async def kernel(tmp_path: Path, refusal: Refusal) -> AsyncIterator[Kernel]:
    async with open_kernel(tmp_path, [refusal]) as opened:
        classes = [MOVIE, {**MOVIE, "@id": "Unused"}]
        await opened.writes.put_schema("oms", classes, PutMode.INSERT, WriteOptions(branch="main"), RPC_CONTEXT)
        movies = [{"@type": "Movie", "title": "A"}]
        await opened.writes.put("oms", movies, PutMode.INSERT, WriteOptions(branch="main"), RPC_CONTEXT, size_bytes=0)
        origin = NamedRevision(branch="main")
        await opened.branches.create("oms", "dev/oms/side", origin, RPC_CONTEXT)
        side = [{"@type": "Movie", "title": "Side"}]
        options = WriteOptions(branch="dev/oms/side")
        await opened.writes.put("oms", side, PutMode.INSERT, options, RPC_CONTEXT, size_bytes=0)
        refusal.armed = True
        yield opened


@pytest.fixture
async def http(tmp_path: Path, kernel: Kernel) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(build(settings_in(tmp_path)), {"kernel": kernel}, _bearer(tmp_path)) as client:
        yield client


def _bearer(folder: Path) -> dict[str, str]:
    token = issue_user_token(make_user_token_secret(folder / "jwt.secret"), "alice")
    return {"authorization": f"Bearer {token}"}


async def head(kernel: Kernel) -> str | None:
    return (await kernel.store.get_branch("oms", "dev/oms/main")).head


def rest_writers(app: Any) -> set[tuple[str, str]]:
    paths = app.openapi()["paths"]
    safe = {"get", "head", "options", "parameters"}
    return {
        (method.upper(), path)
        for path, item in paths.items()
        for method in item
        # The TerminusDB-compatible surface has tests of its own.
        if method not in safe and not path.startswith("/api/")
    }


def test_all_routes_are_known_as_writes_or_as_something_else(tmp_path: Path) -> None:
    assert rest_writers(build(settings_in(tmp_path))) == REST_WRITES.keys() | REST_OTHERS


def test_all_rpcs_are_known_as_writes_or_as_something_else() -> None:
    rpcs = {
        f"{service.full_name}/{method.name}"
        for file in SERVICES
        for service in file.services_by_name.values()
        for method in service.methods
    }
    assert rpcs == RPC_WRITES.keys() | RPC_OTHERS


@pytest.mark.parametrize("route", REST_WRITES, ids=" ".join)
async def test_a_rest_write_passes(
    http: httpx2.AsyncClient, kernel: Kernel, refusal: Refusal, route: tuple[str, str]
) -> None:
    before = await head(kernel)
    response = await http.request(route[0], **REST_WRITES[route])
    assert response.status_code == 501, response.text
    assert [candidate.attribution.route for candidate in refusal.seen] == [route[1]]
    assert await head(kernel) == before


@pytest.mark.parametrize("rpc", RPC_WRITES)
async def test_a_grpc_write_passes(kernel: Kernel, refusal: Refusal, rpc: str) -> None:
    before = await head(kernel)
    service, method = rpc.split("/")
    servicer = next(entry.servicer for entry in registrations(kernel) if entry.service_name == service)
    given = RPC_WRITES[rpc]
    request = _stream(given) if isinstance(given, list) else given
    with use(RPC_CONTEXT), pytest.raises(OmsError, match="refused by the test"):
        await getattr(servicer, method)(request, None)
    assert [candidate.branch for candidate in refusal.seen] == ["dev/oms/main"]
    assert await head(kernel) == before


async def _stream(messages: list[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message
