"""Nobody acts without saying who he is, and nobody acts in another's name."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import grpc
import httpx2
import jwt
import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from support.hostile_platform import DATABASE, FREE_DATABASE, SERVICES, fill, real
from support.openapi import NOT_OFFERED, Operation, operations
from support.platform import Platform
from support.rpcs import rpcs
from support.waiting import wait_until

from shared.grpc.generated.data_kernel.v1 import governance_pb2

OPEN = {"/healthz", "/health", "/readyz", "/liveness", "/metrics", "/api/ok"}
BOB = "bob@oms"
PROCESSES = ["data-kernel", "event-gateway", "oms", "embedding", "scheduler", "scheduler-worker"]
TITLE = {"@type": "Movie", "title": "forged"}
EVENT = {"specversion": "1.0", "id": "forged", "source": "urn:x", "type": "io.oms.hostile.v1"}
MAIN = {"branch": "main"}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/db/{db}/doc"): TITLE,
    ("PUT", "/db/{db}/doc"): TITLE,
    ("PUT", "/db/{db}/doc/{id}"): {"@type": "Movie", "title": "Alien", "year": 1980},
    ("PATCH", "/db/{db}/doc"): {"@id": "Movie/Alien", "year": 1981},
    ("PATCH", "/db/{db}/doc/{id}"): {"year": 1982},
    ("PATCH", "/document"): {"@id": "Movie/Alien", "year": 1983},
    ("DELETE", "/db/{db}/doc"): ["Movie/Alien"],
    ("DELETE", "/db/{db}/doc/{id}"): None,
    ("POST", "/db/{db}/schema"): {"@type": "Class", "@id": "Forged"},
    ("PUT", "/db/{db}/schema"): {"@type": "Class", "@id": "Forged"},
    ("DELETE", "/db/{db}/schema"): ["Forged"],
    ("POST", "/db/{db}/merge"): {"from": {"branch": "main"}},
    ("POST", "/db/{db}/simulate-merge"): {"from": {"branch": "main"}},
    ("POST", "/db/{db}/rebase"): {"onto": {"branch": "main"}},
    ("POST", "/db/{db}/revert"): {"commit": {"branch": "main"}},
    ("POST", "/db/{db}/cherry-pick"): {"commit": {"branch": "main"}},
    ("POST", "/db/{db}/reset"): {"to": {"branch": "main"}},
    ("POST", "/db/{db}/squash"): {},
    ("POST", "/db/{db}/redactions"): {"selector": {"type": "Movie", "path": "$.year"}, "strategy": "null"},
    ("POST", "/api/v1/object-types"): {"name": "Forged", "primaryKey": [], "properties": []},
    ("PUT", "/api/v1/object-types/{name}"): {"name": "Note", "primaryKey": [], "properties": []},
    ("DELETE", "/api/v1/object-types/{name}"): None,
    ("POST", "/api/v1/objects/{type_name}"): {"key": "forged"},
    ("PUT", "/api/v1/objects/{type_name}/{key}"): {"key": "one"},
    ("PATCH", "/api/v1/objects/{type_name}/{key}"): {"count": 3},
    ("DELETE", "/api/v1/objects/{type_name}/{key}"): None,
}
"""A right body for each route that makes commits by the platform's rules: an author in it must be the caller."""
NO_COMMIT = {
    ("POST", "/db/{db}"),
    ("DELETE", "/db/{db}"),
    ("POST", "/db/{db}/branches"),
    ("DELETE", "/db/{db}/branches"),
    ("DELETE", "/db/{db}/branches/{branch}"),
    ("PUT", "/db/{db}/tags/{tag}"),
    ("DELETE", "/db/{db}/tags/{tag}"),
    ("POST", "/admin/outbox"),
    ("POST", "/events"),
    ("POST", "/embedding"),
    ("POST", "/v1/embeddings"),
    ("POST", "/similarity"),
    ("POST", "/jobs"),
    ("PATCH", "/jobs/{id}"),
    ("DELETE", "/jobs/{id}"),
    ("POST", "/jobs/{id}/run"),
    ("POST", "/jobs/{id}/pause"),
    ("POST", "/jobs/{id}/resume"),
    ("POST", "/executions/{id}/cancel"),
    ("POST", "/executions/{id}/retry"),
    ("POST", "/dead-letters/{id}/replay"),
}
"""Routes that write, and whose writes have no author: what they record is the verified caller alone."""
MANY_WRITES = {
    ("POST", "/api/v1/link-types"),
    ("PUT", "/api/v1/link-types/{name}"),
    ("DELETE", "/api/v1/link-types/{name}"),
    ("PUT", "/api/v1/objects/{type_name}/{key}/links/{link}/{target}"),
    ("DELETE", "/api/v1/objects/{type_name}/{key}/links/{link}/{target}"),
    ("POST", "/api/v1/objects/{type_name}/import"),
    ("POST", "/api/v1/jobs"),
    ("DELETE", "/api/v1/jobs/{job_id}"),
    ("POST", "/api/v1/jobs/{job_id}/run"),
}
"""Routes that read first, or leave the writing to another service: the log shows that nobody wrote as somebody else."""
MOVES = ("Merge", "SimulateMerge", "Rebase", "CherryPick", "Revert", "Squash", "Reset")
WRITING_RPCS = {
    f"data_kernel.v1.{name}"
    for name in (
        "DocumentService.PutDocument",
        "DocumentService.BulkPutDocuments",
        "DocumentService.PatchDocument",
        "DocumentService.DeleteDocument",
        "DocumentService.WriteDocument",
        "GovernanceService.Redact",
        "SchemaService.PutSchema",
        "SchemaService.DeleteSchema",
        *(f"VersioningService.{name}" for name in MOVES),
    )
} | {"data_kernel.DocumentService.Put", "data_kernel.DocumentService.Patch"}


def _tokens(platform: Platform) -> dict[str, dict[str, str]]:
    """Headers that claim an identity without having it."""
    now = int(time.time())
    secret = platform.home.jwt_secret.read_bytes().strip()
    claims = {"sub": "admin", "aud": "oms-platform", "iss": "oms-dev", "exp": now + 60, "roles": ["admin"]}
    public = (platform.home.public_keys / "oms.pem").read_bytes()
    own = (platform.home.keys / "event-gateway.key.pem").read_bytes()
    stranger = generate_private_key(SECP256R1())
    proof = {"iss": "oms", "aud": "data-kernel", "iat": now, "exp": now + 60}

    def bearer(changed: dict[str, Any], key: Any = secret, algorithm: str = "HS256") -> dict[str, str]:
        return {"authorization": f"Bearer {jwt.encode(claims | changed, key, algorithm)}"}

    def service(changed: dict[str, Any], key: Any, algorithm: str = "ES256") -> dict[str, str]:
        return {"x-service-authorization": jwt.encode(proof | changed, key, algorithm)}

    return {
        "nothing": {},
        "no token": {"authorization": "Bearer x"},
        "another scheme": {"authorization": "Basic YWRtaW46YWRtaW4="},
        "no signature": bearer({}, "", "none"),
        "a secret of his own": bearer({}, b"x" * 48),
        "an expired one": bearer({"exp": now - 60}),
        "for another audience": bearer({"aud": "elsewhere"}),
        "not yet": bearer({"nbf": now + 600}),
        "the platform itself": bearer({"sub": "system"}),
        "a subject that is none": bearer({"sub": ""}),
        "a line break in the subject": bearer({"sub": "a\nb"}),
        "roles that are none": bearer({"roles": "admin"}),
        "a stranger's proof": service({}, stranger),
        "another's name on a proof": service({}, own),
        "a proof for another": service({"iss": "event-gateway", "aud": "nobody"}, own),
        "a proof for all": service({"iss": "event-gateway", "aud": ["data-kernel", "oms", "event-gateway"]}, own),
        "a proof that lives on": service({"iss": "event-gateway", "exp": now + 86_400}, own),
        "a service that is none": service({"iss": "../public/oms"}, own),
        "a proof without signature": service({}, "", "none"),
        # PyJWT refuses to sign with a PEM key; whoever forges does it by hand.
        "a public key as a secret": {"x-service-authorization": _hs256(proof, public)},
    }


def _hs256(claims: dict[str, Any], key: bytes) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


@pytest.mark.parametrize("service", SERVICES)
def test_no_route_but_the_open_ones_answers_without_a_token(platform: Platform, service: str) -> None:
    url = getattr(platform, service)
    found = operations(url)
    assert {each.path for each in found if each.is_open} <= OPEN
    with httpx2.Client(base_url=url) as nobody:
        for operation in found:
            answer = nobody.request(operation.method, _target(service, operation))
            assert (answer.status_code == 401) is (operation.path not in OPEN), operation
        assert nobody.get("/nowhere").status_code == 401


@pytest.mark.parametrize("service", SERVICES)
def test_no_forged_token_opens_a_route(platform: Platform, service: str) -> None:
    with httpx2.Client(base_url=getattr(platform, service)) as stranger:
        for claim, headers in _tokens(platform).items():
            for method, path in (("GET", "/db/oms/doc"), ("POST", "/events"), ("GET", "/api/v1/object-types")):
                answer = stranger.request(method, path, headers=headers)
                assert answer.status_code == 401, claim


def test_no_rpc_answers_without_a_token_or_to_a_forged_one(platform: Platform) -> None:
    for door, method in rpcs():
        with grpc.insecure_channel(getattr(platform, door)) as channel:
            claims = _tokens(platform) if method.name in {"PutDocument", "Publish"} else {"nothing": {}}
            for claim, headers in claims.items():
                code = _code(channel, method, method.input_type._concrete_class(), tuple(headers.items()))
                assert code is grpc.StatusCode.UNAUTHENTICATED, (method.full_name, claim)


@pytest.mark.parametrize("service", SERVICES)
def test_the_author_is_the_caller_on_every_route_that_writes(platform: Platform, service: str) -> None:
    url = getattr(platform, service)
    writing = [each for each in operations(url) if _writes(each)]
    assert {(each.method, each.path) for each in writing} <= BODIES.keys() | NO_COMMIT | MANY_WRITES
    with httpx2.Client(base_url=url, headers=platform.authorization("admin"), timeout=30) as client:
        for operation in writing:
            fill(platform)
            body = BODIES.get((operation.method, operation.path))
            target = _target(service, operation)
            asked: dict[str, Any] = {"headers": {"X-Author": BOB}, "json": body}
            if "author" in operation.named("query"):
                both = client.request(operation.method, f"{target}?author={BOB}", json=body)
                assert both.status_code == 403, operation
            answer = client.request(operation.method, target, **asked)
            if (operation.method, operation.path) in BODIES:
                assert (answer.status_code, answer.json()["field"]) == (403, "author"), operation
    _assert_nobody_wrote_as_bob(platform)


def test_the_actor_is_the_caller_where_an_author_may_be_given(platform: Platform) -> None:
    """TerminusDB's interface stores an author as given, on databases made through it; the actor is never given."""
    fill(platform)
    with httpx2.Client(base_url=platform.kernel_url, headers=platform.authorization("admin"), timeout=30) as client:
        written = client.post(
            f"/api/document/admin/{FREE_DATABASE}",
            params={"author": BOB, "message": "m", "graph_type": "schema"},
            json={"@type": "Class", "@id": "Given"},
        )
        assert written.status_code == 200
        newest = client.get(f"/db/{FREE_DATABASE}/log").json()["commits"][0]
        assert (newest["author"], newest["actor"]) == (BOB, "admin@data-kernel")
        refused = client.post(
            "/api/document/admin/oms", params={"author": BOB, "message": "m"}, json={"@type": "Note", "key": "x"}
        )
        assert refused.status_code == 403


def test_the_author_is_the_caller_on_every_rpc_that_writes(platform: Platform) -> None:
    fill(platform)
    own = tuple((name.lower(), value) for name, value in platform.authorization("admin").items())
    tried = set()
    with grpc.insecure_channel(platform.kernel_grpc) as channel:
        for door, method in rpcs():
            if door != "kernel_grpc" or method.full_name not in WRITING_RPCS:
                continue
            tried.add(method.full_name)
            by_metadata = (*own, ("author", BOB), ("x-database", DATABASE))
            assert _code(channel, method, _right(method), by_metadata) is grpc.StatusCode.PERMISSION_DENIED, method
            message = _right(method)
            if "options" in method.input_type.fields_by_name:
                message.options.meta.author = BOB
                assert _code(channel, method, message, own) is grpc.StatusCode.PERMISSION_DENIED, method.full_name
    assert tried == WRITING_RPCS
    _assert_nobody_wrote_as_bob(platform)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_service_listens_on_loopback_where_nothing_is_said(platform: Platform, tmp_path: Path, name: str) -> None:
    environment = _environment(platform, tmp_path, name)
    del environment["BIND_HOST"]
    with Spawned(platform, name, environment, tmp_path / "log") as process:
        wait_until(lambda: "http_server_started" in (tmp_path / "log").read_text(), 30, what="the start")
        listening = {
            each.laddr.ip.removeprefix("::ffff:")
            for each in psutil.Process(process.pid).net_connections("tcp")
            if each.status == psutil.CONN_LISTEN
        }
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize("name", PROCESSES)
def test_no_service_starts_without_knowing_its_environment(platform: Platform, tmp_path: Path, name: str) -> None:
    environment = _environment(platform, tmp_path, name)
    del environment["ENV"]
    del environment["SETTINGS_FILE"]
    assert "ENV: " in _refusal(platform, name, environment, tmp_path / "log")


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("env", ["staging", "prod"])
def test_no_service_starts_outside_dev_on_a_shared_secret_or_without_identity(
    platform: Platform, tmp_path: Path, name: str, env: str
) -> None:
    environment = _environment(platform, tmp_path, name) | {"ENV": env}
    del environment["SETTINGS_FILE"]
    assert "JWT_SECRET_FILE: " in _refusal(platform, name, environment, tmp_path / "log")
    for bare in ("JWT_SECRET_FILE", "SERVICE_KEY_FILE", "SERVICE_PUBLIC_KEYS"):
        del environment[bare]
    said = _refusal(platform, name, environment, tmp_path / "log")
    for needed in ("JWKS_URL: ", "SERVICE_KEY_FILE: ", "SERVICE_PUBLIC_KEYS: "):
        assert needed in said
    environment["JWKS_URL"] = "http://idp.example/jwks"
    assert "https" in _refusal(platform, name, environment, tmp_path / "log")


def _writes(operation: Operation) -> bool:
    by_terminusdb = operation.path.startswith("/api/") and not operation.path.startswith("/api/v1/")
    reads = operation.method in {"GET", "HEAD", "OPTIONS"} or (operation.method, operation.path) in NOT_OFFERED
    return not (by_terminusdb or reads)


def _target(service: str, operation: Operation) -> str:
    target, known = operation.path, real(service)
    for name in operation.named("path"):
        target = target.replace(f"{{{name}}}", known.get(name, "main"))
    return target


def _assert_nobody_wrote_as_bob(platform: Platform) -> None:
    with httpx2.Client(base_url=platform.kernel_url, headers=platform.authorization("admin")) as kernel:
        for database in (DATABASE, "oms"):
            commits = kernel.get(f"/db/{database}/log", params={"count": 1000}).json()["commits"]
            assert commits
            assert not [each for each in commits if "bob" in each["author"] + each["actor"]]


def _right(method: Any) -> Any:
    """A request that would write, were it not for its author."""
    message = method.input_type._concrete_class()
    movie = b'{"@type":"Movie","title":"forged"}'
    values: dict[str, Any] = {
        "database": DATABASE,
        "documents": [movie],
        "json": b'{"@id":"Movie/Alien","@type":"Movie","title":"Alien","year":1}',
        "id": "Movie/Alien",
        "ids": ["Movie/Alien"],
        "merge_patch": b'{"year":1}',
        "classes": [b'{"@type":"Class","@id":"Forged"}'],
        "class_names": ["Movie"],
    }
    for name, value in values.items():
        field = method.input_type.fields_by_name.get(name)
        if field is None:
            continue
        if field.is_repeated:
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
    if "part" in method.input_type.fields_by_name:
        part = message.part
        part.data, part.total_bytes, part.last = movie, len(movie), True
        part.sha256 = hashlib.sha256(movie).digest()
    if "selector" in method.input_type.fields_by_name:
        message.selector.path, message.strategy = "$.year", governance_pb2.REDACTION_STRATEGY_NULL
    return message


def _code(channel: grpc.Channel, method: Any, message: Any, metadata: tuple[tuple[str, str], ...]) -> grpc.StatusCode:
    make = {
        (False, False): channel.unary_unary,
        (False, True): channel.unary_stream,
        (True, False): channel.stream_unary,
        (True, True): channel.stream_stream,
    }[method.client_streaming, method.server_streaming]
    call = make(f"/{method.containing_service.full_name}/{method.name}")
    raw = message.SerializeToString()
    try:
        answer = call(iter([raw]) if method.client_streaming else raw, timeout=10, metadata=metadata)
        if method.server_streaming:
            list(answer)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def _environment(platform: Platform, folder: Path, name: str) -> dict[str, str]:
    """That of the platform's own process, with ports and files of its own."""
    start = json.loads((platform.home.run / f"{name}.json").read_text(encoding="utf-8"))
    own = {"HTTP_PORT": "0", "STORE_PATH": str(folder / "store.db"), "SPOOL_FILE": str(folder / "spool.db")}
    environment: dict[str, str] = start["environment"]
    kept = {key: value for key, value in own.items() if key in environment}
    if "GRPC_PORT" in environment:
        kept["GRPC_PORT"] = "0"
    return environment | kept


class Spawned:
    """A process of the service, ended with the block."""

    def __init__(self, platform: Platform, name: str, environment: dict[str, str], log: Path) -> None:
        start = json.loads((platform.home.run / f"{name}.json").read_text(encoding="utf-8"))
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                start["argv"], env={"PATH": os.environ["PATH"], **environment}, stdout=output, stderr=output
            )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def _refusal(platform: Platform, name: str, environment: dict[str, str], log: Path) -> str:
    """What it says when it does not start."""
    with Spawned(platform, name, environment, log) as process:
        assert process.wait(30) == 2
    return log.read_text(encoding="utf-8")
