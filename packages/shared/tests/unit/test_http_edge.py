"""A small application behind the platform's edge."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response, StreamingResponse

from shared import context
from shared.errors import Conflict, OmsError, Reason, Unavailable, ValidationFailed, Violation
from shared.http import read_body
from shared.limits import Limits
from shared.security import build_authenticator
from shared.telemetry import Telemetry

PROBLEM = "application/problem+json"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Film(BaseModel):
    title: str
    year: int


def seen() -> dict[str, object]:
    call = context.current()
    return {
        "actor": call.caller.actor if call.caller else None,
        "method": call.method,
        "route": call.route,
        "trace_id": call.trace_id,
        "request_id": call.request_id,
        "branch": call.branch,
        "message": call.commit_message,
        "author": call.author,
        "database": call.database,
        "key": call.idempotency_key,
        "token": bool(call.bearer_token),
    }


@pytest.fixture
def router() -> APIRouter:
    inner = APIRouter(prefix="/db")

    @inner.get("/{db}/doc/{name:path}")
    async def get(db: str, name: str, count: int = 0) -> dict[str, object]:
        return seen() | {"count": count}

    @inner.get("/{db}/in-a-thread")
    def get_in_a_thread(db: str) -> dict[str, object]:
        return seen()

    @inner.post("/{db}/doc")
    async def post(db: str, film: Film) -> Film:
        return film

    @inner.put("/{db}/raw")
    async def put(db: str, request: Request) -> dict[str, int]:
        return {"bytes": len(await read_body(request, 1000))}

    @inner.get("/{db}/fails/{how}")
    async def fail(db: str, how: str) -> None:
        errors: dict[str, Exception] = {
            "violations": ValidationFailed("refused", violations=[Violation("Movie/1#/year", "type", "not a number")]),
            "stale": Conflict("stale", field="expected_head"),
            "away": Unavailable("the store is away", retry_after_s=2.5),
            "unforeseen": RuntimeError("the secret of the document"),
        }
        raise errors[how]

    @inner.get("/{db}/breaks-off")
    async def break_off(db: str) -> StreamingResponse:
        async def lines() -> AsyncIterator[bytes]:
            yield b"{}\n"
            raise Unavailable("the store is away")

        return StreamingResponse(lines())

    outer = APIRouter()
    outer.include_router(inner)
    return outer


@pytest.fixture
async def client(make_app, open_client, router) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_client(make_app(router)) as opened:
        yield opened


class TestContext:
    async def test_handler_sees_who_calls_what_and_where(self, client):
        headers = {
            "traceparent": TRACEPARENT,
            "x-branch": "dev/oms/main",
            "x-commit-message": "why",
            "x-author": "alice@data-kernel",
            "x-database": "oms",
            "idempotency-key": "k",
            "x-request-id": "r-1",
        }
        answer = await client.get("/db/oms/doc/Movie/1", headers=headers)
        assert answer.json() == {
            "actor": "alice@data-kernel",
            "method": "GET",
            "route": "/db/{db}/doc/{name}",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "request_id": "r-1",
            "branch": "dev/oms/main",
            "message": "why",
            "author": "alice@data-kernel",
            "database": "oms",
            "key": "k",
            "token": True,
            "count": 0,
        }
        assert answer.headers["x-request-id"] == "r-1"

    async def test_handler_in_a_thread_sees_the_same(self, client):
        answer = (await client.get("/db/oms/in-a-thread")).json()
        assert (answer["route"], answer["actor"]) == ("/db/{db}/in-a-thread", "alice@data-kernel")

    async def test_ids_are_made_where_the_caller_has_none(self, client):
        first, second = [(await client.get("/db/oms/doc/1")).json() for _ in range(2)]
        assert len(first["trace_id"]) == 32
        assert first["trace_id"] != second["trace_id"]
        assert first["request_id"] != second["request_id"]

    async def test_requests_at_once_do_not_mix(self, client):
        answers = await asyncio.gather(
            *(client.get(f"/db/oms/doc/{n}", headers={"x-branch": f"dev/oms/b{n}"}) for n in range(20))
        )
        assert [answer.json()["branch"] for answer in answers] == [f"dev/oms/b{n}" for n in range(20)]
        assert context.current().branch == ""

    async def test_bad_header_is_a_problem(self, client):
        answer = await client.get("/db/oms/doc/1", headers={"x-branch": b"\xff"})
        assert (answer.status_code, answer.json()["field"]) == (400, "x-branch")


class TestIdentity:
    async def test_nothing_but_the_open_paths_answers_without_a_token(self, make_app, open_client, router):
        app = make_app(router, open_paths=["/db/{db}/doc/{name}"])
        async with open_client(app) as client:
            del client.headers["authorization"]
            open_paths = {"/healthz", "/readyz", "/liveness", "/metrics", "/docs", "/openapi.json"}
            for path in sorted(open_paths):
                assert (await client.get(path)).status_code == 200, path
            others = {route for route in app.openapi()["paths"] if route not in open_paths}
            assert len(others) == 6
            for path in [*others, "/", "/nowhere", "/docs/", "/healthz/x", "//healthz", "/HEALTHZ", "/redoc"]:
                for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"):
                    if path != "/db/{db}/doc/{name}":
                        assert (await client.request(method, path)).status_code == 401, (method, path)

    async def test_problem_says_how_to_authenticate(self, client):
        del client.headers["authorization"]
        answer = await client.get("/db/oms/doc/1")
        assert answer.headers["www-authenticate"] == 'Bearer realm="oms"'
        assert (answer.headers["content-type"], answer.json()["reason"]) == (PROBLEM, "UNAUTHENTICATED")

    async def test_proof_names_the_calling_service(self, client, identities):
        proof = identities.signer("oms").proof("data-kernel")
        answer = await client.get("/db/oms/doc/1", headers={"x-service-authorization": proof})
        assert answer.json()["actor"] == "alice@oms"
        del client.headers["authorization"]
        answer = await client.get("/db/oms/doc/1", headers={"x-service-authorization": proof})
        assert answer.json()["actor"] == "system@oms"

    async def test_user_alone_in_production_only_below_the_given_prefixes(self, make_app, open_client, identities):
        router = APIRouter()

        @router.get("/api/db")
        @router.get("/apiary")
        async def get() -> dict[str, object]:
            return seen()

        own_key = identities.folder / "data-kernel.key.pem"
        production = identities.settings(
            env="prod", jwt_secret_file=None, jwks_url="https://idp.test/jwks", service_key_file=own_key
        )
        authenticator = build_authenticator(identities.settings())
        authenticator._bare_user_everywhere = False
        app = make_app(router, settings=production, authenticator=authenticator, bare_user_prefixes=["/api"])
        async with open_client(app) as client:
            assert (await client.get("/api/db")).json()["actor"] == "alice@data-kernel"
            assert (await client.get("/apiary")).status_code == 401


class TestProblems:
    async def test_error_of_a_handler(self, client):
        answer = await client.get("/db/oms/fails/violations", headers={"traceparent": TRACEPARENT})
        assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
        assert answer.json() == {
            "type": "urn:oms:error:validation-failed",
            "title": "Validation failed",
            "status": 422,
            "detail": "refused",
            "reason": "VALIDATION_FAILED",
            "violations": [{"path": "Movie/1#/year", "rule": "type", "message": "not a number"}],
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
        }

    async def test_field_and_delay(self, client):
        assert (await client.get("/db/oms/fails/stale")).json()["field"] == "expected_head"
        assert (await client.get("/db/oms/fails/away")).headers["retry-after"] == "3"

    async def test_unforeseen_error_tells_nothing_and_is_logged(self, client):
        with structlog.testing.capture_logs() as logs:
            answer = await client.get("/db/oms/fails/unforeseen")
        assert (answer.status_code, answer.json()["detail"]) == (500, "internal error")
        assert "secret" not in answer.text
        failed = next(entry for entry in logs if entry["event"] == "http_request_failed")
        assert (failed["error"], failed["log_level"]) == ("RuntimeError", "error")

    async def test_unknown_path_and_method(self, client):
        answer = await client.get("/nowhere")
        assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")
        answer = await client.post("/db/oms/doc/1")
        assert (answer.status_code, answer.json()["status"], answer.headers["allow"]) == (405, 405, "GET")

    async def test_misfits_are_invalid_input_with_every_field_and_no_value(self, client):
        answer = await client.post("/db/oms/doc", json={"year": "geheim"})
        assert answer.status_code == 400
        problem = answer.json()
        assert (problem["reason"], problem["field"]) == ("INVALID_INPUT", "body.title")
        assert {violation["path"] for violation in problem["violations"]} == {"body.title", "body.year"}
        assert "geheim" not in answer.text

    @pytest.mark.parametrize("body", [b"{", b"\xff", b'{"title": "a", "year": 1e999}', b"[" * 100_000])
    async def test_body_that_is_no_film(self, client, body):
        answer = await client.post("/db/oms/doc", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_INPUT")

    async def test_parameter_out_of_form(self, client):
        assert (await client.get("/db/oms/doc/1?count=many")).json()["field"] == "query.count"

    async def test_answer_that_breaks_off_is_not_completed(self, make_app, identities, router):
        sent = []
        gone = asyncio.Event()

        async def receive() -> dict[str, object]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/db/oms/breaks-off",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {identities.token()}".encode())],
        }
        with structlog.testing.capture_logs() as logs:
            await make_app(router)(scope, receive, send)
        assert sent[0]["status"] == 200
        assert all(message.get("more_body") for message in sent[1:])
        assert "http_answer_broken_off" in {entry["event"] for entry in logs}

    async def test_a_prefix_may_write_errors_its_own_way(self, make_app, open_client, router):
        def render(_: Request, error: OmsError) -> Response:
            return JSONResponse({"api:message": error.reason.value}, error.mapping.http_status)

        async with open_client(make_app(router, error_renderers={"/db": render})) as client:
            assert (await client.get("/db/oms/fails/stale")).json() == {"api:message": "STALE_HEAD"}
            assert (await client.get("/db/oms/doc/1?count=many")).json() == {"api:message": "INVALID_INPUT"}
            assert (await client.get("/db/nowhere")).json() == {"api:message": "NOT_FOUND"}
            with structlog.testing.capture_logs():
                assert (await client.get("/db/oms/fails/unforeseen")).json() == {"api:message": "INTERNAL"}
            assert (await client.get("/elsewhere")).headers["content-type"] == PROBLEM
            del client.headers["authorization"]
            assert (await client.get("/db/oms/doc/1")).json() == {"api:message": "UNAUTHENTICATED"}
            assert (await client.get("/dbs")).headers["content-type"] == PROBLEM


class TestBodies:
    @pytest.fixture
    async def small(self, make_app, open_client, identities, router) -> AsyncIterator[httpx2.AsyncClient]:
        settings = identities.settings(limits=Limits(request_body_bytes=2000))
        async with open_client(make_app(router, settings=settings)) as opened:
            yield opened

    async def chunks(self, count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 100

    async def test_up_to_the_limit(self, small):
        assert (await small.put("/db/oms/raw", content=b"x" * 1000)).json() == {"bytes": 1000}
        assert (await small.put("/db/oms/raw", content=self.chunks(10))).json() == {"bytes": 1000}

    @pytest.mark.parametrize("size", [1001, 2001])
    async def test_announced_size_above_a_limit(self, small, size):
        answer = await small.put("/db/oms/raw", content=b"x" * size)
        assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
        assert str(size) in answer.json()["detail"]

    @pytest.mark.parametrize("count", [11, 21, 1000])
    async def test_streamed_size_above_a_limit(self, small, count):
        answer = await small.put("/db/oms/raw", content=self.chunks(count))
        assert (answer.status_code, answer.json()["field"]) == (413, "body")

    async def test_a_body_read_by_the_framework_is_bounded_too(self, small):
        answer = await small.post("/db/oms/doc", json={"title": "x" * 3000, "year": 1})
        assert answer.status_code == 413

    @pytest.mark.parametrize("length", ["-1", "1e3", "²"])
    async def test_length_that_is_no_number(self, small, length):
        headers = {"content-length": length.encode()}
        answer = await small.put("/db/oms/raw", content=self.chunks(1), headers=headers)
        assert (answer.status_code, answer.json()["field"]) == (400, "content-length")


class TestRecords:
    async def test_one_line_tells_about_a_request(self, client):
        with structlog.testing.capture_logs() as logs:
            await client.get("/db/oms/doc/Movie/secret-id")
        (line,) = [entry for entry in logs if entry["event"] == "http_request"]
        assert (line["method"], line["route"], line["status"]) == ("GET", "/db/{db}/doc/{name}", 200)
        assert line["duration_ms"] > 0
        assert "secret-id" not in str(line)

    async def test_metrics_know_route_and_status_and_no_id(self, make_app, open_client, router):
        telemetry = Telemetry.off("data-kernel")
        async with open_client(make_app(router, telemetry=telemetry)) as client:
            await client.get("/db/oms/doc/Movie/1")
            await client.request("BREW", "/nowhere")
            text = (await client.get("/metrics")).text
        labels = {"method": "GET", "route": "/db/{db}/doc/{name}", "status": "200"}
        assert telemetry.registry.get_sample_value("http_server_duration_seconds_count", labels) == 1
        other = {"method": "_OTHER", "route": "unmatched", "status": "404"}
        assert telemetry.registry.get_sample_value("http_server_duration_seconds_count", other) == 1
        assert "http_server_in_flight" in text
        assert "Movie" not in text


class TestOpenApi:
    async def test_document_shows_identity_problems_and_limits(self, client):
        document = (await client.get("/openapi.json")).json()
        assert "| document_bytes | 33554432 |" in document["info"]["description"]
        assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
        operation = document["paths"]["/db/{db}/doc"]["post"]
        problems = {"400", "401", "403", "404", "409", "410", "412", "413", "422", "429", "500", "501", "503", "504"}
        assert problems < set(operation["responses"])
        assert operation["responses"]["422"] == {"$ref": "#/components/responses/Problem422"}
        assert "HTTPValidationError" not in str(document)
        assert document["paths"]["/healthz"]["get"]["security"] == []
        assert "security" not in operation

    async def test_reasons_are_those_of_the_table(self, client):
        document = (await client.get("/openapi.json")).json()
        schema = document["components"]["schemas"]["Problem"]
        assert schema["properties"]["reason"]["enum"] == [reason.value for reason in Reason]


async def test_websockets_are_refused(make_app):
    sent = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    await make_app()({"type": "websocket", "path": "/healthz", "headers": [], "query_string": b""}, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
