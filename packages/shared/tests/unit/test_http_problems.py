import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from shared.errors import TABLE, OmsError, Reason, Unavailable, Violation, from_reason
from shared.http.client import error_from_problem
from shared.http.problems import from_http_exception, problem_response, problem_type

TEXT = st.text(max_size=40)
ERRORS = st.builds(
    from_reason,
    st.sampled_from(Reason),
    TEXT,
    field=st.none() | TEXT,
    violations=st.lists(st.builds(Violation, TEXT, TEXT, TEXT), max_size=3),
    retry_after_s=st.none() | st.integers(1, 100),
)


def same(first: OmsError, second: OmsError) -> bool:
    names = ("reason", "detail", "field", "violations", "retry_after_s")
    return type(first) is type(second) and all(getattr(first, name) == getattr(second, name) for name in names)


@given(error=ERRORS)
def test_every_error_survives_the_way_to_the_caller(error):
    response = problem_response(error)
    assert response.status_code == error.mapping.http_status
    assert same(error_from_problem(response.status_code, response.headers, bytes(response.body)), error)


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_a_type_of_its_own(reason):
    assert problem_type(reason) not in {problem_type(other) for other in Reason if other is not reason}


@pytest.mark.parametrize(("seconds", "header"), [(0.01, "1"), (1, "1"), (1.2, "2"), (30, "30")])
def test_retry_after_is_in_whole_seconds_and_never_now(seconds, header):
    assert problem_response(Unavailable("away", retry_after_s=seconds)).headers["retry-after"] == header


@pytest.mark.parametrize("status", range(400, 600))
def test_what_the_framework_raises_keeps_its_status_where_the_table_has_it(status):
    error = from_http_exception(HTTPException(status, "text"))
    if status in {mapping.http_status for mapping in TABLE.values()}:
        assert error.mapping.http_status == status
    assert ("text" in error.detail) == (status < 500 and status != 405)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"not found", Reason.NOT_FOUND),
        (409, b"", Reason.STALE_HEAD),
        (418, b"", Reason.INVALID_INPUT),
        (502, b"<html>", Reason.INTERNAL),
        (503, b"", Reason.UNAVAILABLE),
        (404, b"[]", Reason.NOT_FOUND),
        (404, b"[" * 200_000, Reason.NOT_FOUND),
        (404, b'{"reason": "NEW_REASON"}', Reason.NOT_FOUND),
        (404, b'{"reason": ["x"]}', Reason.NOT_FOUND),
        (404, b'{"reason": "GONE", "violations": [1, {"path": "p"}], "detail": 7, "field": 7}', Reason.GONE),
    ],
)
def test_any_answer_gives_an_error(status, body, reason):
    error = error_from_problem(status, {"content-type": "application/problem+json", "retry-after": "soon"}, body)
    assert error.reason is reason
    assert error.field is None
