"""Which database, branch and revision a call means."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from data_kernel.application.addressing import Addresses, NamedRevision
from data_kernel.domain.databases import Database, Naming, Revision
from shared.context import CallContext, Caller
from shared.errors import Forbidden, InvalidInput, NotFound, OmsError, Unauthenticated

COMMIT = "0123456789abcdefghijklmnopqrstu"
OMS = Database("oms")
FREE = Database("free", naming=Naming.FREE)
CONTEXT = CallContext(caller=Caller("alice", "oms"))


class Databases:
    """Counts how often a database's properties are asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def get_database(self, name: str) -> Database:
        self.asked.append(name)
        return Database(name)


@pytest.fixture
def databases() -> Databases:
    return Databases()


@pytest.fixture
def addresses(databases: Databases) -> Addresses:
    return Addresses(cast("Any", databases), "dev", "oms", "data-kernel")


def service(name: str) -> CallContext:
    return CallContext(caller=Caller("alice", name))


async def test_a_database_is_the_requests_the_contexts_or_the_default(
    addresses: Addresses, databases: Databases
) -> None:
    assert (await addresses.database("", CONTEXT)).name == "oms"
    assert (await addresses.database("a", CONTEXT)).name == "a"
    assert (await addresses.database("", replace(CONTEXT, database="b"))).name == "b"
    with pytest.raises(InvalidInput):
        await addresses.database("a", replace(CONTEXT, database="b"))
    with pytest.raises(Forbidden):
        await addresses.database("_kernel", CONTEXT)
    await addresses.database("a", CONTEXT)
    assert databases.asked == ["oms", "a", "b"]
    addresses.forget("a")
    await addresses.database("a", CONTEXT)
    assert databases.asked[-1] == "a"


def test_a_branch_is_the_requests_the_contexts_or_the_services(addresses: Addresses) -> None:
    assert addresses.branch(OMS, "", service("embedding")) == "dev/embedding/main"
    assert addresses.branch(OMS, "", service("data-kernel")) == "dev/oms/main"
    assert addresses.branch(OMS, "svc-scheduler", CONTEXT) == "dev/scheduler/main"
    assert addresses.branch(OMS, "", replace(CONTEXT, branch="dev/oms/side")) == "dev/oms/side"
    assert addresses.branch(OMS, "main", replace(CONTEXT, branch="dev/oms/main")) == "dev/oms/main"
    assert addresses.branch(FREE, "", CONTEXT) == "main"
    assert addresses.branch(FREE, "Any name", CONTEXT) == "Any name"
    with pytest.raises(InvalidInput):
        addresses.branch(OMS, "main", replace(CONTEXT, branch="svc-x"))
    with pytest.raises(Unauthenticated):
        addresses.branch(OMS, "main", CallContext())


@pytest.mark.parametrize(
    ("rev", "revision"),
    [
        ("", Revision(branch="dev/oms/main")),
        (COMMIT, Revision(commit=COMMIT)),
        ("v1.0", Revision(tag="v1.0")),
        (COMMIT.upper(), Revision(tag=COMMIT.upper())),
        ("2026-01-31T12:00:00Z", Revision("dev/oms/main", at=datetime(2026, 1, 31, 12, tzinfo=UTC))),
        ("2026-01-31T12:00:00.5+02:00", Revision("dev/oms/main", at=datetime(2026, 1, 31, 10, 0, 0, 500000, UTC))),
    ],
)
def test_a_rev_is_a_commit_a_tag_or_a_time(addresses: Addresses, rev: str, revision: Revision) -> None:
    assert addresses.revision(OMS, NamedRevision(rev=rev), CONTEXT) == revision


@pytest.mark.parametrize(
    ("rev", "error"),
    [
        ("2026-01-31", InvalidInput),
        ("2026-01-31T12:00:00", InvalidInput),
        ("2026-01-31T12:00:00 02:00", InvalidInput),
        ("2026-13-31T12:00:00Z", InvalidInput),
        ("0001-01-01T00:00:00+01:00", InvalidInput),
        ("no-tag/1", NotFound),
        ("main", NotFound),
        ("\ud800", NotFound),
    ],
)
def test_another_rev_is_refused(addresses: Addresses, rev: str, error: type[OmsError]) -> None:
    with pytest.raises(error) as refused:
        addresses.revision(OMS, NamedRevision(rev=rev), CONTEXT)
    assert refused.value.field == "rev"
    assert ("blank" in refused.value.detail) == (" " in rev)


def test_a_diff_takes_branches_too(addresses: Addresses) -> None:
    assert addresses.revision_or_branch(OMS, NamedRevision(rev="svc-x"), CONTEXT) == Revision(branch="dev/x/main")
    assert addresses.revision_or_branch(OMS, NamedRevision(rev=COMMIT), CONTEXT) == Revision(commit=COMMIT)
    assert addresses.revision_or_branch(OMS, NamedRevision(branch="main"), CONTEXT) == Revision(branch="dev/oms/main")
    assert addresses.revision_or_branch(OMS, NamedRevision(rev="v1"), CONTEXT) == Revision(tag="v1")
    assert addresses.revision_or_branch(FREE, NamedRevision(rev="v1"), CONTEXT) == Revision(branch="v1")
