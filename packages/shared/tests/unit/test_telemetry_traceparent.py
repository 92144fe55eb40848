"""Trace context as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import set_span_in_context, use_span

from shared.telemetry import Telemetry, current_trace_id, current_traceparent, span_from_traceparent

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
GOOD = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1), st.booleans())
def test_what_is_written_is_read_again(trace_id: int, span_id: int, sampled: bool) -> None:
    text = f"00-{trace_id:032x}-{span_id:016x}-{'01' if sampled else '00'}"
    span = span_from_traceparent(text, "vendor=1")
    assert span is not None
    with use_span(span):
        assert current_traceparent() == text
        assert current_trace_id() == f"{trace_id:032x}"
        assert span.get_span_context().trace_state.to_header() == "vendor=1"
        assert span.get_span_context().is_remote


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        GOOD.upper(),
        GOOD + "-more",
        "ff" + GOOD[2:],
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        GOOD + "\n",
    ],
)
def test_what_is_not_well_formed_names_no_span(text: str) -> None:
    assert span_from_traceparent(text) is None


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    span = span_from_traceparent("01" + GOOD[2:] + "-more")
    assert span is not None
    assert f"{span.get_span_context().trace_id:032x}" == TRACE_ID


def test_outside_of_a_span_there_is_none() -> None:
    assert current_traceparent() == ""
    assert current_trace_id() == ""


def test_telemetry_that_is_off_still_makes_and_carries_trace_ids() -> None:
    tracer = Telemetry.off("oms").tracer
    with tracer.start_as_current_span("outer") as outer:
        trace_id = current_trace_id()
        assert not outer.is_recording()
        with tracer.start_as_current_span("inner"):
            assert current_trace_id() == trace_id
    assert len(trace_id) == 32
    assert int(trace_id, 16) > 0
    remote = span_from_traceparent(GOOD)
    assert remote is not None
    inner = tracer.start_span("served", set_span_in_context(remote))
    assert f"{inner.get_span_context().trace_id:032x}" == TRACE_ID
