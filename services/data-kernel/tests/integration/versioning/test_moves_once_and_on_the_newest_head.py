"""A move is made once by its idempotency key, and from the head that the branch has when it is made."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from data_kernel_testing.in_process import open_kernel
from data_kernel_testing.kernel_process import MOVIE

from data_kernel.application.hooks import WriteOptions
from data_kernel.application.ports import WriteOutcome
from data_kernel.application.put_mode import PutMode
from data_kernel.application.versioning.moves import ATTEMPTS, Beginning
from data_kernel.domain.commits import Cursor, RefCause
from shared.context import CallContext, Caller
from shared.errors import Conflict, Reason

MAIN, SIDE = "dev/oms/main", "dev/oms/side"
ALICE = CallContext(caller=Caller("alice", "oms"), method="POST", route="/test")
KEY = {"Idempotency-Key": "once"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("merge", {"from": {"branch": SIDE}}),
    ("rebase", {"onto": {"branch": SIDE}}),
    ("cherry-pick", {"commit": {"branch": SIDE}}),
    ("revert", {"commit": {"branch": MAIN}}),
    ("reset", {"to": {"branch": SIDE}}),
    ("squash", {}),
]


async def _two_branches(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A"})
    await desk.side()
    await desk.put(SIDE, {"title": "S"})
    await desk.put(MAIN, {"title": "M"})


@pytest.mark.parametrize(("call", "body"), CALLS, ids=[call for call, _ in CALLS])
async def test_a_repeated_key_is_answered_as_before(desk: Any, call: str, body: dict[str, Any]) -> None:
    await _two_branches(desk)
    first = await desk.ask("POST", call, headers=KEY, json=body)
    assert first["changed"]
    await desk.put(SIDE, {"title": "later"})
    head = await desk.put(MAIN, {"title": "more"})
    assert await desk.ask("POST", call, headers=KEY, json=body) == first
    assert await desk.head() == head
    other = {**body, "strategy": "ours"} if call not in {"reset", "squash"} else {"to": {"rev": head}}
    refused = await desk.ask("POST", "reset" if "to" in other else call, status=409, headers=KEY, json=other)
    assert refused["field"] == "idempotency_key"


async def test_a_move_that_changes_nothing_is_answered_like_that_again(desk: Any) -> None:
    await _two_branches(desk)
    await desk.ask("POST", "merge", json={"from": {"branch": SIDE}})
    nothing = await desk.ask("POST", "merge", headers=KEY, json={"from": {"branch": SIDE}})
    assert not nothing["changed"]
    await desk.put(SIDE, {"title": "later"})
    assert await desk.ask("POST", "merge", headers=KEY, json={"from": {"branch": SIDE}}) == nothing
    assert "later" not in await desk.movies()


async def test_a_refusal_and_a_dry_run_keep_no_answer(desk: Any) -> None:
    await _two_branches(desk)
    body = {"from": {"branch": SIDE}}
    await desk.ask("POST", "merge", headers=KEY, params={"dry_run": True}, json=body)
    await desk.ask("POST", "merge", status=409, headers={**KEY, "X-Expected-Head": "0" * 31}, json=body)
    assert (await desk.ask("POST", "merge", headers=KEY, json=body))["changed"]
    assert set(await desk.movies()) == {"A", "M", "S"}


async def test_two_calls_with_one_key_at_once_are_one_move(desk: Any) -> None:
    await _two_branches(desk)
    calls = [desk.ask("POST", "squash", headers=KEY, json={}) for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert all(answer == answers[0] for answer in answers)
    assert (await desk.log())[0]["parents"] == []


async def test_concurrent_merges_of_different_branches_all_arrive(desk: Any) -> None:
    await desk.put(MAIN, {"title": "A"})
    names = [f"dev/oms/side{number}" for number in range(3)]
    for name in names:
        await desk.ask("POST", "branches", status=201, json={"branch": name, "origin": {"branch": MAIN}})
        await desk.put(name, {"title": name.rpartition("/")[2]})
    merges = [desk.ask("POST", "merge", json={"from": {"branch": name}}) for name in names]
    assert all(answer["changed"] for answer in await asyncio.gather(*merges))
    assert set(await desk.movies()) == {"A", "side0", "side1", "side2"}


@pytest.mark.parametrize(("moves", "expects", "attempts"), [(1, False, 2), (2, False, 3), (3, False, 3), (1, True, 1)])
async def test_a_branch_that_moves_meanwhile(tmp_path: Path, moves: int, expects: bool, attempts: int) -> None:
    async with open_kernel(tmp_path) as kernel:
        on_main = WriteOptions(branch="main")
        await kernel.writes.put_schema("oms", [MOVIE], PutMode.INSERT, on_main, ALICE)
        first = await kernel.writes.put(
            "oms", [{"@type": "Movie", "title": "A"}], PutMode.INSERT, on_main, ALICE, size_bytes=0
        )
        seen: list[str | None] = []

        async def work(beginning: Beginning) -> WriteOutcome:
            seen.append(beginning.head)
            if len(seen) <= moves:
                movie = [{"@type": "Movie", "title": f"M{len(seen)}"}]
                await kernel.writes.put("oms", movie, PutMode.INSERT, on_main, ALICE, size_bytes=0)
            return await kernel.moves.finish(beginning, None, RefCause.RESET)

        expected = WriteOptions(branch="main", expected_head=first.commit or "") if expects else on_main
        candidate = await kernel.moves.admit("oms", expected, ALICE)
        if expects or moves >= ATTEMPTS:
            with pytest.raises(Conflict) as stale:
                await kernel.moves.attempt(candidate, work)
            assert stale.value.reason is Reason.STALE_HEAD
            assert (await kernel.store.get_branch("oms", MAIN)).head is not None
        else:
            assert (await kernel.moves.attempt(candidate, work)).commit is None
        assert len(seen) == len(set(seen)) == attempts


async def test_the_ref_log_names_a_squash(tmp_path: Path) -> None:
    async with open_kernel(tmp_path) as kernel:
        on_main = WriteOptions(branch="main")
        await kernel.writes.put_schema("oms", [MOVIE], PutMode.INSERT, on_main, ALICE)
        await kernel.writes.put("oms", [{"@type": "Movie", "title": "A"}], PutMode.INSERT, on_main, ALICE, size_bytes=0)
        await kernel.moves.squash("oms", None, on_main, ALICE)
        causes = [entry.cause for entry in await kernel.store.ref_log("oms", MAIN, Cursor())]
        assert causes == [RefCause.CREATE, RefCause.COMMIT, RefCause.COMMIT, RefCause.SQUASH]
