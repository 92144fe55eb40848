"""Errors survive the wire; what others send is read as well as it can be."""

import grpc
from google.rpc.error_details_pb2 import ErrorInfo
from grpc.aio import AioRpcError, Metadata
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import OmsError, Reason, ValidationFailed, Violation, from_reason
from shared.grpc.errors import DETAILS_KEY, MAX_DETAILS_BYTES, code_of, error_from_rpc, status_from_error

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
violations = st.lists(st.builds(Violation, texts, texts, texts), max_size=5)


def over_the_wire(error: OmsError) -> OmsError:
    raw = status_from_error(error).SerializeToString()
    return error_from_rpc(AioRpcError(code_of(error), Metadata(), Metadata((DETAILS_KEY, raw)), error.detail))


def plain(code: grpc.StatusCode, details: str, *trailing: tuple[str, bytes]) -> OmsError:
    return error_from_rpc(AioRpcError(code, Metadata(), Metadata(*trailing), details))


@given(
    st.sampled_from(Reason),
    texts,
    st.none() | texts,
    violations,
    st.none() | st.floats(0, 86_400).map(lambda seconds: round(seconds, 3)),
)
def test_an_error_comes_back_as_it_was(
    reason: Reason, detail: str, field: str | None, broken: list[Violation], retry_after_s: float | None
) -> None:
    sent = from_reason(reason, detail, field=field, violations=broken, retry_after_s=retry_after_s)
    got = over_the_wire(sent)
    assert type(got) is type(sent)
    assert (got.reason, got.detail, got.field, got.violations) == (reason, detail, field, tuple(broken))
    assert got.retry_after_s == retry_after_s


def test_the_details_are_what_other_libraries_read() -> None:
    status = status_from_error(ValidationFailed("1 violation", violations=[Violation("Movie/1#/a", "type", "wrong")]))
    kinds = [detail.type_url for detail in status.details]
    assert kinds == ["type.googleapis.com/google.rpc.ErrorInfo", "type.googleapis.com/google.rpc.BadRequest"]
    assert status.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert status.message == "1 violation"


def test_details_are_bounded_and_say_what_is_left_out() -> None:
    broken = [Violation("p" * 1000, "rule", "m" * 1000)] * 2_000
    status = status_from_error(ValidationFailed("many", violations=broken))
    assert status.ByteSize() < MAX_DETAILS_BYTES + 1_000
    got = over_the_wire(ValidationFailed("many", violations=broken))
    assert 200 < len(got.violations) < 2_000
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.metadata["violations_left_out"] == str(2_000 - len(got.violations))


def test_a_lone_surrogate_does_not_break_the_answer() -> None:
    assert over_the_wire(OmsError("x \ud800 y", field="\udfff")).detail == "x ? y"


def test_an_error_without_our_details_goes_by_its_code() -> None:
    assert plain(grpc.StatusCode.NOT_FOUND, "no such thing").reason is Reason.NOT_FOUND
    assert plain(grpc.StatusCode.UNKNOWN, "secret").reason is Reason.INTERNAL
    assert "secret" not in plain(grpc.StatusCode.UNKNOWN, "secret").detail
    away = plain(grpc.StatusCode.UNAVAILABLE, "failed to connect to ipv4:10.0.0.1:50051")
    assert away.reason is Reason.UNAVAILABLE
    assert "10.0.0.1" not in away.detail
    assert away.retry_after_s
    for code in grpc.StatusCode:
        if code is not grpc.StatusCode.OK:
            assert isinstance(plain(code, ""), OmsError)


def test_details_that_are_broken_or_of_another_domain_are_passed_over() -> None:
    assert plain(grpc.StatusCode.NOT_FOUND, "x", (DETAILS_KEY, b"\xff\xff")).reason is Reason.NOT_FOUND
    status = status_from_error(OmsError("x", reason=Reason.GONE))
    foreign = status.SerializeToString().replace(b"oms", b"abc")
    assert plain(grpc.StatusCode.NOT_FOUND, "x", (DETAILS_KEY, foreign)).reason is Reason.NOT_FOUND
