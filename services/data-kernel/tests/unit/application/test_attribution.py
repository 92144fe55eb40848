"""Who writes, why and by which way."""

from dataclasses import replace

import pytest

from data_kernel.application.attribution import attribute
from data_kernel.application.idempotency import idempotency
from data_kernel.domain.commits import Attribution
from data_kernel.domain.databases import Naming
from shared.context import CallContext, Caller
from shared.errors import Forbidden, InvalidInput, Unauthenticated

CONTEXT = CallContext(caller=Caller("a@b", "oms"), method="POST", route="/db/{db}/doc", trace_id="f" * 32)


def attributed(context: CallContext = CONTEXT, naming: Naming = Naming.PLATFORM, **said: str) -> Attribution:
    return attribute(context, **{"author": "", "message": "", "trace_id": "", **said}, naming=naming)


def test_everything_is_derived_where_nothing_is_said() -> None:
    assert attributed() == Attribution(
        author="a@b@oms",
        actor="a@b@oms",
        message="[oms] POST /db/{db}/doc",
        method="POST",
        route="/db/{db}/doc",
        service="oms",
        trace_id="f" * 32,
    )


def test_what_is_said_counts() -> None:
    assert attributed(message="why").message == "why"
    assert attributed(replace(CONTEXT, commit_message="because")).message == "because"
    assert attributed(trace_id="0" * 32).trace_id == "0" * 32


def test_another_author_is_refused_save_on_a_free_database() -> None:
    assert attributed(author="a@b@oms").author == "a@b@oms"
    with pytest.raises(Forbidden):
        attributed(author="c@oms")
    with pytest.raises(Forbidden):
        attributed(replace(CONTEXT, author="c@oms"))
    free = attributed(author="anyone at all", naming=Naming.FREE)
    assert (free.author, free.actor) == ("anyone at all", "a@b@oms")


def test_contradictions_and_bad_values_are_refused() -> None:
    with pytest.raises(InvalidInput):
        attributed(replace(CONTEXT, commit_message="a"), message="b")
    with pytest.raises(InvalidInput):
        attributed(message="ä" * 2049)
    with pytest.raises(InvalidInput):
        attributed(trace_id="F" * 32)
    with pytest.raises(Unauthenticated):
        attributed(CallContext())


def test_a_fingerprint_covers_the_whole_request() -> None:
    def fingerprint(method: str, route: str, body: bytes, **query: str) -> str:
        made = idempotency("key", method, route, query, body)
        assert made is not None
        return made.fingerprint

    asked = {
        fingerprint("POST", "/r", b"{}"),
        fingerprint("PUT", "/r", b"{}"),
        fingerprint("POST", "/s", b"{}"),
        fingerprint("POST", "/r", b"[]"),
        fingerprint("POST", "/r", b"{}", a="1"),
        fingerprint("POST", "/r", b"{}", a="2"),
    }
    assert len(asked) == 6
    assert fingerprint("POST", "/r", b"", a="1", b="2") == fingerprint("POST", "/r", b"", b="2", a="1")
    assert idempotency("", "POST", "/r", {}, b"") is None
    for key in ("x" * 257, "a\nb"):
        with pytest.raises(InvalidInput):
            idempotency(key, "POST", "/r", {}, b"")
