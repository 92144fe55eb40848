"""Names of branches and databases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_kernel.domain.branches import (
    BranchName,
    check_database_name,
    check_free_branch_name,
    check_writable,
    is_read_only,
    parse_branch,
)
from data_kernel.domain.databases import Naming
from shared.errors import Forbidden, InvalidInput, Reason


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("main", "dev/oms/main"),
        ("svc-embedding", "dev/embedding/main"),
        ("svc-event-gateway", "dev/event-gateway/main"),
        ("", "dev/scheduler/main"),
        ("prod/oms/snapshot-20261120", "prod/oms/snapshot-20261120"),
        ("staging/oms/proposal-7.a_B", "staging/oms/proposal-7.a_B"),
    ],
)
def test_short_forms_are_answered_in_full(text, full):
    assert BranchName.parse(text, "dev", "scheduler") == full


def test_a_branch_name_tells_its_parts():
    name = BranchName.parse("staging/oms/migration-4", "dev")
    assert (name.env, name.service, name.purpose, name.is_main) == ("staging", "oms", "migration-4", False)
    assert BranchName.parse("main", "prod").is_main


@pytest.mark.parametrize(
    "text",
    [
        "feature",
        "svc-",
        "svc-Upper",
        "test/oms/main",
        "dev/oms",
        "dev/oms/",
        "dev//main",
        "dev/oms/main/extra",
        "dev/oms/..",
        "dev/oms/a b",
        "dev/oms/main\n",
        "dev/-oms/main",
        "dev/oms/é",
        "dev/oms/" + "x" * 193,
    ],
)
def test_a_name_out_of_form_is_refused_with_the_rule(text):
    with pytest.raises(InvalidInput, match="<env>/<service>/<purpose>") as caught:
        BranchName.parse(text, "dev")
    assert caught.value.field == "branch"


@given(st.sampled_from(["dev", "staging", "prod"]), st.from_regex(r"\A[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,2}\Z"))
def test_a_full_name_stays_what_it_is(env, service):
    full = BranchName.parse(f"{env}/{service}/main", "dev")
    assert BranchName.parse(full, "prod") == full


def test_snapshots_and_archives_are_read_only():
    assert is_read_only("dev/oms/snapshot-20261120")
    assert is_read_only("prod/oms/archive-1")
    assert not is_read_only("dev/oms/main-snapshot-1")
    with pytest.raises(Forbidden) as caught:
        check_writable("dev/oms/snapshot-1", Naming.PLATFORM, "dev")
    assert caught.value.reason is Reason.READ_ONLY_BRANCH


def test_a_kernel_writes_only_to_its_own_environment():
    check_writable("dev/oms/main", Naming.PLATFORM, "dev")
    with pytest.raises(Forbidden):
        check_writable("prod/oms/main", Naming.PLATFORM, "dev")


def test_free_names_are_taken_as_they_are():
    assert parse_branch("", Naming.FREE, "dev") == "main"
    assert parse_branch("a b%\n..", Naming.FREE, "dev") == "a b%\n.."
    check_writable("snapshot-1", Naming.FREE, "dev")


@pytest.mark.parametrize("text", ["", "a/b", "é" * 513, "\ud800"])
def test_a_free_name_is_one_segment_of_bounded_length(text):
    with pytest.raises(InvalidInput):
        check_free_branch_name(text)


@pytest.mark.parametrize("name", ["oms", "c_keys_lexical", "A-1", "x" * 100])
def test_database_names(name):
    assert check_database_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a/b", "a b", "x" * 101, "é", "oms\n"])
def test_a_database_name_out_of_form_is_refused(name):
    with pytest.raises(InvalidInput):
        check_database_name(name)


def test_the_kernels_own_database_is_closed():
    with pytest.raises(Forbidden):
        check_database_name("_kernel")
