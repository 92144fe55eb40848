"""The kernel over its REST interface."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any, Unpack
from urllib.parse import quote

import httpx2

from shared.canonical import Json, encode
from shared.clients.call_scope import call_scope
from shared.clients.json_http import json_of, ndjson
from shared.context import CallContext
from shared.database.collection_methods import CollectionMethods
from shared.database.interfaces import (
    BranchInfo,
    BranchMovement,
    ChangeKind,
    CommitInfo,
    DocumentChange,
    Page,
    ReadOptions,
    WatchCursor,
    WriteOptions,
    WriteResult,
)
from shared.errors import InvalidInput
from shared.http.client import raise_for_problem

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"
_NEXT_PAGE = "x-next-page-token"
_COMMIT = "x-commit"
_Params = dict[str, str]


class KernelHttp(CollectionMethods):
    """`DocumentDatabase` over a client of `shared.http.client.open_http_client`, which it closes in the end.

    The context travels in headers: what a call says about branch, message and idempotency key is put into them.
    """

    def __init__(self, client: httpx2.AsyncClient, *, default_database: str = "oms") -> None:
        self._client = client
        self._default_database = default_database

    async def get_document(self, document_id: str, **at: Unpack[ReadOptions]) -> Json:
        """As `DocumentDatabase.get_document`."""
        with self._scope(at) as context:
            return json_of(await self._send("GET", f"{_db(context)}/doc", _rev(at) | {"id": document_id}))

    async def put_document(
        self, document: Json, *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_document`."""
        return await self._put("doc", document, create, options)

    async def put_raw_json(self, documents: Sequence[Json], **options: Unpack[WriteOptions]) -> WriteResult:
        """Write JSON objects without a class, new or in place of what is there; no schema holds them to anything."""
        asked = {"create": "true", "raw_json": "true"}
        return await self._write("PUT", "doc", asked, options, (_JSON, encode(list(documents))))

    async def patch_document(self, document_id: str, patch: Json, **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.patch_document`."""
        media_type = _JSON_PATCH if isinstance(patch, list) else _MERGE_PATCH
        return await self._write("PATCH", "doc", {"id": document_id}, options, (media_type, encode(patch)))

    async def delete_document(self, document_id: str | Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_document`."""
        if isinstance(document_id, str):
            return await self._write("DELETE", "doc", {"id": document_id}, options)
        return await self._write("DELETE", "doc", {}, options, (_JSON, encode(list(document_id))))

    async def list_documents(self, type_name: str = "", **at: Unpack[ReadOptions]) -> AsyncGenerator[Json, None]:
        """As `DocumentDatabase.list_documents`."""
        with self._scope(at) as context:
            response = await self._stream(f"{_db(context)}/doc", _rev(at) | {"type": type_name})
        try:
            async for document in ndjson(response):
                yield document
        finally:
            await response.aclose()

    async def page_documents(
        self, type_name: str = "", *, page_size: int = 100, page_token: str = "", **at: Unpack[ReadOptions]
    ) -> Page:
        """As `DocumentDatabase.page_documents`."""
        if page_size < 1:
            raise InvalidInput("a page has at least one document", field="page_size")
        asked = {"type": type_name, "count": str(page_size), "page_token": page_token, "as_list": "true"}
        with self._scope(at) as context:
            response = await self._send("GET", f"{_db(context)}/doc", _rev(at) | asked)
        documents: Any = json_of(response)
        return Page(tuple(documents), response.headers.get(_NEXT_PAGE, ""), response.headers.get(_COMMIT, ""))

    async def get_schema(self, class_name: str = "", **at: Unpack[ReadOptions]) -> list[Json]:
        """As `DocumentDatabase.get_schema`."""
        with self._scope(at) as context:
            found = json_of(await self._send("GET", f"{_db(context)}/schema", _rev(at) | {"id": class_name}))
        return found if isinstance(found, list) else [found]

    async def put_schema(
        self, classes: Sequence[Json], *, create: bool | None = None, **options: Unpack[WriteOptions]
    ) -> WriteResult:
        """As `DocumentDatabase.put_schema`."""
        return await self._put("schema", list(classes), create, options)

    async def delete_schema(self, class_names: Sequence[str], **options: Unpack[WriteOptions]) -> WriteResult:
        """As `DocumentDatabase.delete_schema`."""
        return await self._write("DELETE", "schema", {}, options, (_JSON, encode(list(class_names))))

    async def log(self, *, count: int = 100, **at: Unpack[ReadOptions]) -> list[CommitInfo]:
        """As `DocumentDatabase.log`."""
        with self._scope(at) as context:
            page: Any = json_of(await self._send("GET", f"{_db(context)}/log", _rev(at) | {"count": str(count)}))
        return [commit_of(commit) for commit in page["commits"]]

    async def diff(
        self, before: str, after: str, *, database: str | None = None, branch: str | None = None
    ) -> AsyncGenerator[DocumentChange, None]:
        """As `DocumentDatabase.diff`."""
        with self._scope({"database": database, "branch": branch}) as context:
            response = await self._stream(f"{_db(context)}/diff", {"from": before, "to": after})
        try:
            async for change in ndjson(response):
                yield _change(change)
        finally:
            await response.aclose()

    async def watch(
        self, branch: str, since: WatchCursor, *, database: str | None = None
    ) -> AsyncGenerator[BranchMovement, None]:
        """As `TerminusGatewayClient.watch`."""
        place = f"{since.incarnation}.{since.number}" if since.number else ""
        with self._scope({"database": database, "branch": branch}) as context:
            # A branch may rest for as long as it likes: no pause between two movements is too long.
            response = await self._stream(f"{_db(context)}/changes", {"branch": branch, "since": place}, may_rest=True)
        try:
            async for movement in ndjson(response):
                yield _movement(movement)
        finally:
            await response.aclose()

    async def branches(self, *, database: str | None = None) -> list[BranchInfo]:
        """As `DocumentDatabase.branches`."""
        found: list[BranchInfo] = []
        token = ""
        while True:
            with self._scope({"database": database}) as context:
                page: Any = json_of(await self._send("GET", f"{_db(context)}/branches", {"page_token": token}))
            found += [_branch(branch) for branch in page["branches"]]
            token = page.get("next_page_token", "")
            if not token:
                return found

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
        body: dict[str, Json] = {"branch": name}
        if origin_branch or origin_commit:
            body["origin"] = {"branch": origin_branch or "", "rev": origin_commit or ""}
        with self._scope({"database": database, "branch": name}) as context:
            response = await self._send("POST", f"{_db(context)}/branches", {}, (_JSON, encode(body)))
        return _branch(json_of(response))

    async def delete_branch(self, name: str, *, database: str | None = None) -> None:
        """As `DocumentDatabase.delete_branch`."""
        with self._scope({"database": database, "branch": name}) as context:
            await self._send("DELETE", f"{_db(context)}/branches", {"branch": name})

    async def query(self, woql: Json | str) -> list[Json]:
        """As `DocumentDatabase.query`."""
        body = woql.encode() if isinstance(woql, str) else encode(woql)
        with self._scope({}) as context:
            response = await self._send("POST", f"{_db(context)}/woql", {}, (_JSON, body))
        return [binding async for binding in ndjson(response)]

    async def health(self) -> None:
        """As `DocumentDatabase.health`."""
        await self._send("GET", "/readyz", {})

    async def close(self) -> None:
        """As `DocumentDatabase.close`."""
        await self._client.aclose()

    async def post(self, path: str, body: Json, **options: Unpack[WriteOptions]) -> Any:
        """The answer to a write below the database's own path."""
        return await self._asked("POST", path, {}, options, (_JSON, encode(body)))

    async def ask(self, method: str, path: str, body: Json = None, *, database: str | None = None) -> Any:
        """The answer to a request below the database's own path, or to it, that is about no branch."""
        content = None if body is None else (_JSON, encode(body))
        with self._scope({"database": database}) as context:
            return json_of(await self._send(method, f"{_db(context)}/{path}".removesuffix("/"), {}, content))

    async def look_up(self, path: str, params: _Params, **at: Unpack[ReadOptions]) -> Any:
        """The answer to a read below the database's own path."""
        with self._scope(at) as context:
            return json_of(await self._send("GET", f"{_db(context)}/{path}", _rev(at) | params))

    def _scope(self, given: ReadOptions | WriteOptions) -> Any:
        """The context of a call with the database that its path will name."""
        said: dict[str, Any] = dict(given)
        with call_scope(database=said.get("database")) as context:
            database = context.database or self._default_database
        return call_scope(
            database=database,
            branch=said.get("branch"),
            message=said.get("message"),
            idempotency_key=said.get("idempotency_key"),
        )

    async def _put(self, kind: str, body: Json, create: bool | None, options: WriteOptions) -> WriteResult:
        content = (_JSON, encode(body))
        if create:
            return await self._write("POST", kind, {}, options, content)
        return await self._write("PUT", kind, {"create": "true" if create is None else "false"}, options, content)

    async def _write(
        self, method: str, kind: str, params: _Params, options: WriteOptions, body: tuple[str, bytes] | None = None
    ) -> WriteResult:
        answer = await self._asked(method, kind, params, options, body)
        ids = tuple(answer["ids"]) if "ids" in answer else (answer["id"],)
        return WriteResult(ids, answer["commit"] or "", answer["branch"], answer["changed"])

    async def _asked(
        self, method: str, path: str, params: _Params, options: WriteOptions, body: tuple[str, bytes] | None
    ) -> Any:
        headers = {"x-expected-head": options.get("expected_head") or ""}
        asked = params | ({"dry_run": "true"} if options.get("dry_run") else {})
        with self._scope(options) as context:
            return json_of(await self._send(method, f"{_db(context)}/{path}", asked, body, headers))

    async def _send(
        self,
        method: str,
        path: str,
        params: _Params,
        body: tuple[str, bytes] | None = None,
        headers: _Params | None = None,
    ) -> httpx2.Response:
        media_type, content = body or ("", None)
        given = {**(headers or {}), "content-type": media_type}
        response = await self._client.request(
            method, path, params=_given(params), content=content, headers=_given(given)
        )
        raise_for_problem(response)
        return response

    async def _stream(self, path: str, params: _Params, *, may_rest: bool = False) -> httpx2.Response:
        usual = self._client.timeout
        read_s = None if may_rest else usual.read
        timeout = httpx2.Timeout(connect=usual.connect, read=read_s, write=usual.write, pool=usual.pool)
        request = self._client.build_request("GET", path, params=_given(params), timeout=timeout)
        response = await self._client.send(request, stream=True)
        if response.is_error:
            await response.aread()
            raise_for_problem(response)
        return response


def _given(texts: _Params) -> _Params:
    return {name: text for name, text in texts.items() if text}


def _db(context: CallContext) -> str:
    return f"/db/{quote(context.database, safe='')}"


def _rev(at: ReadOptions) -> _Params:
    return {"rev": at.get("rev") or ""}


def _branch(branch: Any) -> BranchInfo:
    return BranchInfo(branch["name"], branch["head"] or "")


def commit_of(commit: Any) -> CommitInfo:
    """A commit as the kernel's JSON tells it."""
    return CommitInfo(**{**commit, "parents": tuple(commit["parents"]), "time": datetime.fromisoformat(commit["time"])})


def _change(change: Any) -> DocumentChange:
    return DocumentChange(**{**change, "kind": ChangeKind(change["kind"])})


def _movement(line: Any) -> BranchMovement:
    incarnation, _, number = line["cursor"].partition(".")
    cursor = WatchCursor(int(incarnation), int(number))
    return BranchMovement(cursor, line["cause"], line["old_head"] or "", line["new_head"] or "")
