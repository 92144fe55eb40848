"""The legacy client: documents over TerminusDB's own HTTP interface."""

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from shared.canonical import Json, encode
from shared.clients.call_scope import call_scope
from shared.clients.json_http import json_of, ndjson
from shared.context import CallContext
from shared.database.clients import terminus_wire as wire
from shared.database.clients.terminus_http import TerminusHttp
from shared.database.clients.terminus_settings import TerminusSettings
from shared.database.collection_methods import CollectionMethods
from shared.database.interfaces import (
    BranchInfo,
    CommitInfo,
    DocumentChange,
    Page,
    ReadOptions,
    WriteOptions,
    WriteResult,
)
from shared.database.revisions import named_state
from shared.database.state_diff import compare, document_id_of
from shared.errors import Conflict, InvalidInput, NotFound, Reason, Unsupported
from shared.merge_patch import merge_patch
from shared.telemetry import Telemetry

if TYPE_CHECKING:
    import httpx2

    from shared.security import ServiceSigner

_PATCH_ATTEMPTS = 5
_LOG_PAGE = 100
_MAX_PAGE = 1000
_BASE = "terminusdb:///data/"
_SCHEMA = {"graph_type": "schema"}


class TerminusDBClient(CollectionMethods):
    """Deprecated in favour of `shared.clients.TerminusGatewayClient`, whose methods and answers it has.

    It speaks to TerminusDB or to the kernel's `/api`. What is not given comes from the settings `TERMINUSDB_ENDPOINT`,
    `TERMINUSDB_PASS` and `TERMINUSDB_CLIENT_CERT`. Without a `key` the context's bearer token and the proof of `signer`
    are forwarded. `service` is who writes where no caller is in the context. Ids are short where the databases have
    TerminusDB's usual `@base`.

    The kernel's answers carry `X-Oms-Changed` and `X-Oms-Branch`; TerminusDB's do not, so there a write first reads the
    head, and the branch is told as it was asked for. A dry run and a JSON Patch are Unsupported.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        cert_path: str | Path | None = None,
        *,
        service: str = "oms",
        signer: "ServiceSigner | None" = None,
        telemetry: Telemetry | None = None,
        timeout_s: float = 10.0,
        default_database: str = "oms",
    ) -> None:
        settings = TerminusSettings()
        configured_key = settings.key.get_secret_value() if settings.key and url is None else None
        self._http = TerminusHttp(
            url or settings.url,
            key=key or configured_key,
            cert_path=Path(cert_path) if cert_path else settings.cert_path,
            signer=signer,
            telemetry=telemetry or Telemetry.off(service),
            timeout_s=timeout_s,
        )
        self._service = service
        self._default_database = default_database
        self._tells_changes = False

    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json:
        """As `DocumentDatabase.get_document`."""
        document, _ = await self._read(document_id, at)
        return document

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_document`."""
        return await self._put(document, create, options, {})

    async def patch_document(self, document_id: str, patch: Json, **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.patch_document`: read, merged here, and replaced if the branch has not moved."""
        if not isinstance(patch, dict):
            raise Unsupported("the legacy client takes merge patches alone", field="patch")
        for attempt in range(_PATCH_ATTEMPTS):
            document, head = await self._read(
                document_id, {"database": options.get("database"), "branch": options.get("branch")}
            )
            merged = merge_patch(document, patch)
            expected: WriteOptions = {"expected_head": head, **_told(options)}
            try:
                return await self._put(merged, False, expected, {})
            except Conflict as error:
                was_asked_for = bool(options.get("expected_head"))
                if error.reason is not Reason.STALE_HEAD or was_asked_for or attempt == _PATCH_ATTEMPTS - 1:
                    raise
        raise Conflict("the branch moved during every attempt to patch the document")

    async def delete_document(self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_document`."""
        if isinstance(document_id, str):
            return await self._write("DELETE", {"id": document_id}, None, options, (document_id,))
        ids = list(document_id)
        await self._require(ids, options)
        return await self._write("DELETE", {}, encode([*ids]), options, tuple(ids))

    async def list_documents(self, type_name: str = "", **at: Unpack[ReadOptions]) -> AsyncGenerator[Json, None]:
        """As `DocumentDatabase.list_documents`, in the store's own order."""
        with self._scope(at) as context:
            path = await self._path(context, at)
            response = await self._http.stream(f"document/{path}", {"type": type_name})
        try:
            async for document in ndjson(response):
                yield document
        finally:
            await response.aclose()

    async def page_documents(
        self, type_name: str = "", *, page_size: int = 100, page_token: str = "", **at: Unpack[ReadOptions]
    ) -> Page:
        """As `DocumentDatabase.page_documents`; the token names the commit and how many documents to leave out."""
        if not 1 <= page_size <= _MAX_PAGE:
            raise InvalidInput(f"a page has 1 to {_MAX_PAGE} documents", field="page_size")
        with self._scope(at) as context:
            place = wire.PagePlace(context.database, "", type_name, 0)
            if page_token:
                place = wire.PagePlace.parse(page_token, context.database, type_name)
                path = wire.commit_path(context.database, place.commit)
            else:
                path = await self._path(context, at)
            asked = {"type": type_name, "as_list": "true", "skip": str(place.skip), "count": str(page_size + 1)}
            response = await self._http.send("GET", f"document/{path}", asked)
        found: Any = json_of(response)
        commit = wire.version_of(response.headers) or place.commit
        following = wire.PagePlace(place.database, commit, type_name, place.skip + page_size)
        return Page(tuple(found[:page_size]), following.token() if len(found) > page_size else "", commit)

    async def get_schema(self, class_name: str = "", **at: Unpack[ReadOptions]) -> list[Json]:
        """As `DocumentDatabase.get_schema`."""
        with self._scope(at) as context:
            path = await self._path(context, at)
            if class_name:
                response = await self._http.send("GET", f"document/{path}", {**_SCHEMA, "id": class_name})
                return [wire.document_of(response.content)]
            response = await self._http.send("GET", f"document/{path}", {**_SCHEMA, "as_list": "true"})
        found: Any = json_of(response)
        return list(found)

    async def put_schema(
        self, classes: Sequence[Json], *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_schema`."""
        return await self._put(list(classes), create, options, _SCHEMA)

    async def delete_schema(self, class_names: Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_schema`."""
        for name in class_names:
            await self.get_schema(name, database=options.get("database"), branch=options.get("branch"))
        return await self._write("DELETE", _SCHEMA, encode([*class_names]), options, tuple(class_names))

    async def log(self, *, count: int = 100, **at: Unpack[ReadOptions]) -> list[CommitInfo]:
        """As `DocumentDatabase.log`."""
        with self._scope(at) as context:
            path = await self._path(context, at)
            return await self._log(path, 0, count)

    async def diff(
        self, before: str, after: str, *, database: str | None = None, branch: str | None = None
    ) -> AsyncGenerator[DocumentChange, None]:
        """As `DocumentDatabase.diff`; both states are read in full, and the changes kept in memory."""
        old = self.list_documents(database=database, branch=branch, rev=before)
        new = self.list_documents(database=database, branch=branch, rev=after)
        for change in await compare(old, new):
            yield change

    async def branches(self, *, database: str | None = None) -> list[BranchInfo]:
        """As `DocumentDatabase.branches`."""
        with self._scope({"database": database}) as context:
            path = f"db/{wire.ORGANISATION}/{wire.segment(context.database)}"
            answer: Any = json_of(await self._http.send("GET", path, {"branches": "true"}))
        names = sorted(answer["branches"], key=lambda name: str(name).encode())
        return [BranchInfo(name, await self._head(database, name)) for name in names]

    async def create_branch(
        self,
        name: str,
        *,
        origin_branch: str | None = None,
        origin_commit: str | None = None,
        database: str | None = None,
    ) -> BranchInfo:
        """As `DocumentDatabase.create_branch`."""
        if origin_branch and origin_commit:
            raise InvalidInput("a branch has one origin", field="origin_commit")
        with self._scope({"database": database, "branch": name}) as context:
            body: dict[str, Json] = {}
            if origin_branch:
                body["origin"] = f"/{wire.branch_path(context.database, origin_branch)}"
            elif origin_commit:
                body["origin"] = f"/{wire.commit_path(context.database, origin_commit)}"
            path = f"branch/{wire.branch_path(context.database, name)}"
            response = await self._http.send("POST", path, {}, content=encode(body))
        return BranchInfo(response.headers.get(wire.BRANCH, name), await self._head(database, name))

    async def delete_branch(self, name: str, *, database: str | None = None) -> None:
        """As `DocumentDatabase.delete_branch`."""
        with self._scope({"database": database, "branch": name}) as context:
            await self._http.send("DELETE", f"branch/{wire.branch_path(context.database, name)}", {})

    async def query(self, woql: Json | str) -> list[Json]:
        """As `DocumentDatabase.query`."""
        with self._scope({}) as context:
            path = f"woql/{await self._path(context, {})}"
            body = b'{"query":' + (woql.encode() if isinstance(woql, str) else encode(woql)) + b"}"
            answer: Any = json_of(await self._http.send("POST", path, {}, content=body))
        return list(answer["bindings"])

    async def health(self) -> None:
        """As `DocumentDatabase.health`; asks at once and once, whatever the circuit says."""
        await self._http.ping()

    async def close(self) -> None:
        """As `DocumentDatabase.close`."""
        await self._http.close()

    def _scope(self, given: ReadOptions | WriteOptions) -> Any:
        said: dict[str, Any] = dict(given)
        with call_scope(database=said.get("database")) as context:
            database = context.database or self._default_database
        return call_scope(
            database=database,
            branch=said.get("branch"),
            message=said.get("message"),
            idempotency_key=said.get("idempotency_key"),
        )

    async def _path(self, context: CallContext, at: ReadOptions) -> str:
        """The path of a state; a time is the newest commit of the branch that is not younger."""
        state = named_state(at.get("rev"), at.get("branch") or context.branch)
        if state.commit:
            return wire.commit_path(context.database, state.commit)
        path = wire.branch_path(context.database, state.branch)
        if state.time is None:
            return path
        start = 0
        while commits := await self._log(path, start, _LOG_PAGE):
            for commit in commits:
                if commit.time <= state.time:
                    return wire.commit_path(context.database, commit.id)
            start += len(commits)
        raise NotFound("the branch had no commit at that time", field="rev")

    async def _log(self, path: str, start: int, count: int) -> list[CommitInfo]:
        asked = {"start": str(start), "count": str(count)}
        entries: Any = json_of(await self._http.send("GET", f"log/{path}", asked))
        return [wire.commit_info(entry) for entry in entries]

    async def _read(self, document_id: str, at: ReadOptions) -> tuple[Json, str]:
        """The document, and the commit it was read at."""
        with self._scope(at) as context:
            path = await self._path(context, at)
            response = await self._http.send("GET", f"document/{path}", {"id": document_id})
        return wire.document_of(response.content), wire.version_of(response.headers)

    async def _head(self, database: str | None, branch: str) -> str:
        """The branch's head; empty where it has none, or is not there."""
        with self._scope({"database": database, "branch": branch}) as context:
            path = f"document/{wire.branch_path(context.database, context.branch)}"
            try:
                response = await self._http.send("HEAD", path, {})
            except (NotFound, InvalidInput):
                # TerminusDB answers a HEAD on an unknown branch with 400 and no body that would say so.
                return ""
        return wire.version_of(response.headers)

    async def _require(self, ids: list[str], options: WriteOptions) -> None:
        """NotFound where one is missing: TerminusDB passes over what a list names in vain."""
        with self._scope(options) as context:
            path = f"document/{wire.branch_path(context.database, context.branch)}"
            asked = {"ids": encode([*ids]).decode(), "as_list": "true"}
            found: Any = json_of(await self._http.send("GET", path, asked))
        there = {wire.short_id(document_id_of(one), _BASE) for one in found}
        for one in ids:
            if wire.short_id(one, _BASE) not in there:
                raise NotFound(f"there is no document {one}", field="id")

    async def _put(self, body: Json, create: bool | None, options: WriteOptions, graph: dict[str, str]) -> WriteResult:
        method = "POST" if create else "PUT"
        asked = {**graph, "create": "true" if create is None else ""}
        return await self._write(method, asked, encode(body), options, None)

    async def _write(
        self,
        method: str,
        asked: dict[str, str],
        content: bytes | None,
        options: WriteOptions,
        ids: tuple[str, ...] | None,
    ) -> WriteResult:
        if options.get("dry_run"):
            raise Unsupported("the legacy client has no dry run", field="dry_run")
        expected = options.get("expected_head")
        with self._scope(options) as context:
            before = expected or ("" if self._tells_changes else await self._head(context.database, context.branch))
            said = {
                "author": wire.author_of(context, self._service),
                "message": wire.message_of(context, self._service),
            }
            response = await self._http.send(
                method,
                f"document/{wire.branch_path(context.database, context.branch)}",
                asked | said,
                content=content,
                headers={wire.DATA_VERSION: f"branch:{expected}"} if expected else None,
            )
            branch = response.headers.get(wire.BRANCH) or context.branch or wire.DEFAULT_BRANCH
        return self._result(response, ids, before, branch)

    def _result(
        self, response: "httpx2.Response", ids: tuple[str, ...] | None, before: str, branch: str
    ) -> WriteResult:
        commit = wire.version_of(response.headers)
        told = response.headers.get(wire.CHANGED)
        self._tells_changes = told is not None
        if ids is None:
            answered: Any = json_of(response)
            ids = tuple(wire.short_id(str(one), _BASE) for one in answered)
        return WriteResult(ids, commit, branch, told == "true" if told else commit != before)


def _told(options: WriteOptions) -> WriteOptions:
    """The options that were given a value."""
    told: Any = {name: value for name, value in options.items() if value is not None}
    return told  # type: ignore[no-any-return]
