"""Which path serves a call, and what happens where one is away."""

from collections.abc import Collection
from pathlib import Path as File
from typing import Any, cast

import pytest

from oms import main
from oms.core import extra
from oms.providers import embedding, scheduler
from oms.providers.embedding import EmbeddingProvider
from oms.providers.scheduler import SchedulerProvider
from oms.settings import OmsSettings
from shared import context
from shared.clients.embedding_values import Neighbours
from shared.context import CallContext, Caller
from shared.errors import InvalidInput, OmsError, Unavailable
from shared.flags.flags import FLAG_NAMES, USE_EMBEDDING_MS, USE_SCHEDULER_MS, Flags
from shared.flags.value import FlagValue
from shared.telemetry import Telemetry


def flags(name: str, value: str) -> Flags:
    return Flags(
        {**dict.fromkeys(FLAG_NAMES, FlagValue.parse("off")), name: FlagValue.parse(value)}, Telemetry.off("t")
    )


class Search:
    def __init__(self, name: str, error: OmsError | None = None) -> None:
        self.name = name
        self.error = error
        self.fallbacks = 0

    async def search(self, query: str, *, top_k: int, types: Collection[str]) -> Neighbours:
        if self.error is not None:
            raise self.error
        return Neighbours((), self.name, "")

    def count_fallback(self) -> None:
        self.fallbacks += 1


async def served_by(provider: EmbeddingProvider) -> str:
    return (await provider.get_embedding_client().search("x", top_k=1, types=())).model_version


@pytest.mark.parametrize(("value", "expected"), [("off", "legacy"), ("on", "service"), ("100%", "service")])
async def test_the_flag_decides_who_searches(value: str, expected: str) -> None:
    legacy = Search("legacy")
    provider = EmbeddingProvider(flags(USE_EMBEDDING_MS, value), Search("service"), lambda: legacy)
    assert await served_by(provider) == expected


async def test_a_user_stays_on_one_path_and_paths_are_shared_out() -> None:
    legacy = Search("legacy")
    provider = EmbeddingProvider(flags(USE_EMBEDDING_MS, "50%"), Search("service"), lambda: legacy)
    seen: dict[str, set[str]] = {}
    for _ in range(3):
        for user in map(str, range(40)):
            with context.use(CallContext(caller=Caller(user, "oms"))):
                seen.setdefault(user, set()).add(await served_by(provider))
    assert all(len(paths) == 1 for paths in seen.values())
    assert set().union(*seen.values()) == {"legacy", "service"}


async def test_with_the_service_away_the_legacy_class_answers_and_it_is_counted() -> None:
    service, legacy = Search("service", Unavailable("away")), Search("legacy")
    assert await served_by(EmbeddingProvider(flags(USE_EMBEDDING_MS, "on"), service, lambda: legacy)) == "legacy"
    assert service.fallbacks == 1


async def test_without_either_the_caller_is_told_when_to_come_back() -> None:
    provider = EmbeddingProvider(flags(USE_EMBEDDING_MS, "on"), Search("service", Unavailable("away")), None)
    with pytest.raises(Unavailable) as away:
        await served_by(provider)
    assert away.value.retry_after_s


async def test_a_refusal_is_no_reason_to_fall_back() -> None:
    service, legacy = Search("service", InvalidInput("blank", field="q")), Search("legacy")
    with pytest.raises(InvalidInput):
        await served_by(EmbeddingProvider(flags(USE_EMBEDDING_MS, "on"), service, lambda: legacy))
    assert service.fallbacks == 0


def test_a_job_stays_with_one_scheduler() -> None:
    service, legacy = cast("Any", object()), cast("Any", object())
    provider = SchedulerProvider(flags(USE_SCHEDULER_MS, "50%"), service, legacy)
    chosen = {job: provider.get_scheduler_client(job) for job in map(str, range(40))}
    assert all(provider.get_scheduler_client(job) is chosen[job] for job in chosen)
    assert {id(each) for each in chosen.values()} == {id(service), id(legacy)}
    with pytest.raises(Unavailable):
        SchedulerProvider(flags(USE_SCHEDULER_MS, "off"), service, None).get_scheduler_client("x")


def test_the_known_functions_give_what_the_process_installed() -> None:
    service = cast("Any", Search("service"))
    embedding.install(EmbeddingProvider(flags(USE_EMBEDDING_MS, "off"), service, lambda: service))
    assert embedding.get_embedding_client() is service
    scheduler.install(SchedulerProvider(flags(USE_SCHEDULER_MS, "on"), service, None))
    assert scheduler.get_scheduler_client("job") is service


def test_a_position_that_needs_a_missing_extra_stops_the_start(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 32)
    monkeypatch.setattr(extra, "PACKAGES", {USE_EMBEDDING_MS: ("no_such_package",), USE_SCHEDULER_MS: ("json",)})
    with pytest.raises(SystemExit) as stopped:
        main.build(OmsSettings(env="dev", jwt_secret_file=secret, use_embedding_ms="off"))
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("oms: USE_EMBEDDING_MS=off: this position needs the extra oms-monolith[legacy-ml]")
    assert main.build(OmsSettings(env="dev", jwt_secret_file=secret, use_embedding_ms="on")) is not None
