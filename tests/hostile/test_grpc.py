"""Any message of any RPC: an answer, or an error of the table with its ErrorInfo."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import grpc
import pytest
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.descriptors import messages_of
from support.hostile_platform import DATABASE, JOB, fill
from support.platform import Platform
from support.rpcs import DOORS, rpcs

from shared.canonical import encode
from shared.errors import TABLE, Reason
from shared.grpc.errors import DETAILS_KEY, DOMAIN
from shared.grpc.generated.data_kernel.v1 import document_pb2

METHODS = [pytest.param(door, method, id=method.full_name) for door, method in rpcs()]
EXAMPLES_SHARE = 4
"""One of so many examples that a property test has is spent on each RPC."""
LONGEST_STREAM = 20
DEADLINE_S = 10.0
ENDLESS_S = 0.3
ENDLESS = {"data_kernel.v1.HistoryService.Watch", "event_gateway.v1.EventGatewayService.Subscribe"}
"""Streams that wait for what comes; they end with their deadline, which is then the right error."""
NOT_OFFERED = {"data_kernel.QueryService.Execute", "data_kernel.v1.QueryService.ExecuteQuery"}
NEVER = {Reason.INTERNAL, Reason.UNAVAILABLE}
NAMING = {Reason.INVALID_INPUT, Reason.VALIDATION_FAILED, Reason.TOO_LARGE}
REAL: dict[str, tuple[Any, ...]] = {
    "database": (DATABASE,),
    "branch": ("main", "dev/oms/main"),
    "name": ("v1",),
    "tag": ("v1",),
    "id": ("Movie/Alien", "Movie", JOB["id"]),
    "job_id": (JOB["id"],),
    "spec": (encode(JOB),),
    "texts": ("alien",),
    "collection": ("hostile",),
    "ids": ("Movie/Alien",),
    "type": ("Movie", "io.oms.test.v1"),
    "source": ("urn:test",),
    "types": ("io.oms.test.v1", "io.oms.*"),
    "durable_name": ("one",),
    "json": (b'{"@type":"Movie","title":"Alien"}',),
    "documents": (b'{"@type":"Movie","title":"Alien"}',),
    "merge_patch": (b'{"year":1979}',),
}


@pytest.fixture
def channels(platform: Platform) -> Iterator[dict[str, grpc.Channel]]:
    opened = {door: grpc.insecure_channel(getattr(platform, door)) for door in DOORS}
    yield opened
    for channel in opened.values():
        channel.close()


@pytest.mark.parametrize(("door", "method"), METHODS)
def test_any_message_is_answered_or_refused_by_the_table(
    platform: Platform, channels: dict[str, grpc.Channel], door: str, method: Any
) -> None:
    fill(platform)
    call = _Call(channels[door], method, platform)
    faults: dict[str, str] = {}

    @settings(
        max_examples=max(1, settings().max_examples // EXAMPLES_SHARE // (5 if method.full_name in ENDLESS else 1)),
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(messages_of(method, lambda name: REAL.get(name, ())), min_size=1, max_size=3))
    def run(messages: list[Message]) -> None:
        fault = call.fault([message.SerializeToString() for message in messages])
        if fault:
            faults.setdefault(fault, str(messages)[:400])

    run()
    assert not faults, "\n".join(f"{fault}\n    {sent}" for fault, sent in faults.items())


@pytest.mark.parametrize(("door", "method"), METHODS)
def test_bytes_that_are_no_message(
    platform: Platform, channels: dict[str, grpc.Channel], door: str, method: Any
) -> None:
    call = _Call(channels[door], method, platform)
    for raw in (b"\xff", b"\x0a\xff", b"\x0a\x02\xff\xfe", b"\x0b" * 200, b"\x0a" * 300):
        assert not call.fault([raw], refused=not _is_message(method, raw)), raw


def _is_message(method: Any, raw: bytes) -> bool:
    """Whether the bytes can be read after all: fields that a message does not have are passed over."""
    try:
        method.input_type._concrete_class.FromString(raw)
    except DecodeError:
        return False
    return True


@pytest.mark.parametrize(
    "metadatum",
    [
        ("author-bin", b"\xff\xfe"),
        ("branch-bin", b"\xed\xa0\x80"),
        ("branch-bin", "dev/öms/main".encode()),
        ("commit-msg-bin", b"x" * 5_000),
        ("author", "bob@oms"),
        ("branch", "prod/oms/main"),
        ("branch", "x" * 3_000),
        ("x-database", "../x"),
        ("x-database", "_kernel"),
        ("idempotency-key", "k" * 1_000),
        ("x-request-id", "r" * 9_000),
        ("authorization", "Bearer x"),
        ("authorization", "Basic eA=="),
        ("x-service-authorization", "x.y.z"),
    ],
    ids=lambda metadatum: metadatum[0],
)
def test_hostile_metadata(platform: Platform, channels: dict[str, grpc.Channel], metadatum: tuple[str, Any]) -> None:
    """On a write, which reads all of it."""
    method = next(each.values[1] for each in METHODS if each.id == "data_kernel.v1.DocumentService.PutDocument")
    call = _Call(channels["kernel_grpc"], method, platform, metadatum)
    request = document_pb2.PutDocumentRequest(database=DATABASE, documents=[b'{"@type":"Movie","title":"M"}'])
    request.options.dry_run = True
    assert not call.fault([request.SerializeToString()], refused=metadatum[0] != "x-request-id")


class _Call:
    """One method, called with serialized messages, whatever they are."""

    def __init__(self, channel: grpc.Channel, method: Any, platform: Platform, *more: tuple[str, Any]) -> None:
        self._method = method
        own = {name.lower(): value for name, value in platform.authorization("admin").items()}
        self._metadata = tuple((own | dict(more)).items())
        make = {
            (False, False): channel.unary_unary,
            (False, True): channel.unary_stream,
            (True, False): channel.stream_unary,
            (True, True): channel.stream_stream,
        }[method.client_streaming, method.server_streaming]
        self._call = make(f"/{method.containing_service.full_name}/{method.name}")
        self._deadline_s = ENDLESS_S if method.full_name in ENDLESS else DEADLINE_S

    def fault(self, messages: list[bytes], *, refused: bool = False) -> str:
        """What is wrong with the answer; empty where nothing is. `refused`: an answer without error is wrong, too."""
        asked = iter(messages) if self._method.client_streaming else messages[0]
        try:
            answer = self._call(asked, timeout=self._deadline_s, metadata=self._metadata)
            _taken(answer if self._method.server_streaming else ())
        except grpc.RpcError as error:
            return _fault_of(error, self._method.full_name)
        return "it was answered" if refused else ""


def _taken(answers: Iterable[bytes]) -> None:
    for _ in islice(answers, LONGEST_STREAM):
        pass
    cancel = getattr(answers, "cancel", None)
    if cancel:
        cancel()


def _fault_of(error: Any, method: str) -> str:
    code = error.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and method in ENDLESS:
        return ""
    info = _info(error)
    if info.domain != DOMAIN or info.reason not in TABLE:
        return f"{code}: no ErrorInfo of the platform: {error.details()}"
    reason = Reason(info.reason)
    if TABLE[reason].grpc_code != code.name:
        return f"{code}: its reason {reason} has another code"
    if reason in NEVER or (reason is Reason.UNSUPPORTED and method not in NOT_OFFERED):
        return f"{reason}: a healthy service has no such answer: {error.details()}"
    if reason in NAMING and not info.metadata.get("field") and "BadRequest" not in _kinds(error):
        return f"{reason}: it names no field: {error.details()}"
    return ""


def _status(error: Any) -> Status:
    raw = next((value for key, value in error.trailing_metadata() or () if key == DETAILS_KEY), b"")
    return Status.FromString(raw)


def _kinds(error: Any) -> set[str]:
    return {detail.type_url.rpartition(".")[2] for detail in _status(error).details}


def _info(error: Any) -> ErrorInfo:
    info = ErrorInfo()
    for detail in _status(error).details:
        detail.Unpack(info)
    return info
