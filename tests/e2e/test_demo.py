"""`make demo` against the whole platform: it tells the story, tells it again, and says so where it cannot."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support.platform import Platform
from support.waiting import wait_until

from processes import Options

ROOT = Path(__file__).resolve().parents[2]
WORDNET = ROOT / "examples" / "wordnet"
PARAPHRASES = Path(__file__).with_name("paraphrases.json")
OBJECTS = 2_000
SHOWN = "2 000"
FOUND_AT_LEAST = 17
FIRST = 5
LIMIT_S = 240


def command(platform: Platform, *arguments: str) -> list[str]:
    """The demo against this platform."""
    doors = ["--oms", platform.oms_url, "--kernel", platform.kernel_url, "--gateway", platform.gateway_grpc]
    return [sys.executable, "-m", "examples.demo", *doors, "--home", str(platform.home.path), *arguments]


def told(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=LIMIT_S)


@pytest.fixture(scope="module")
def first_run(platform: Platform) -> str:
    """What the first run on a fresh platform has told."""
    done = told(command(platform))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def synsets() -> dict[str, Any]:
    lines = (WORDNET / "nouns.ndjson").read_text(encoding="utf-8").splitlines()
    return {synset["id"]: synset for synset in map(json.loads, lines)}


def test_the_story_is_told_to_its_end(first_run: str) -> None:
    summary = first_run.partition("── Summary")[2]
    assert re.search(r"All (\d) steps went as told", summary)
    assert "4 new" in summary
    assert f"{SHOWN} objects in 2 commits, {SHOWN} events heard" in summary
    assert "FAILED" not in summary
    # The reasons of the refusal and the authors of the trail are shown, not only counted.
    for shown in ("wrong_type", "enum_value", "unknown_property", "reference", "alice@oms"):
        assert shown in first_run


def test_it_can_be_told_again(platform: Platform, first_run: str) -> None:
    again = told(command(platform))
    assert (again.returncode, again.stderr) == (0, ""), first_run + again.stdout + again.stderr
    assert "0 new" in again.stdout
    assert f"{SHOWN} objects, all there already" in again.stdout


@pytest.mark.usefixtures("first_run")
def test_search_finds_what_paraphrases_mean(platform: Platform, synsets: dict[str, Any]) -> None:
    asked = json.loads(PARAPHRASES.read_text(encoding="utf-8"))
    assert len({each["synset"] for each in asked}) == 20
    assert [each["synset"] for each in asked if not in_other_words(each["query"], synsets[each["synset"]])] == []
    missed = [each["query"] for each in asked if f"Synset/{each['synset']}" not in first_hits(platform, each["query"])]
    assert len(asked) - len(missed) >= FOUND_AT_LEAST, missed


def in_other_words(query: str, synset: dict[str, Any]) -> bool:
    """None of the synset's own words, and at most one of its gloss."""
    asked = words(query)
    return not asked & words(*synset["lemmas"]) and len(asked & words(synset["gloss"])) <= 1


def words(*texts: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", " ".join(texts).lower())) - {"that", "with", "into", "when", "where", "what"}


def first_hits(platform: Platform, query: str) -> list[str]:
    answer = httpx2.get(
        f"{platform.oms_url}/api/v1/search",
        params={"q": query, "type": "Synset", "limit": FIRST},
        headers=platform.authorization(),
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()]


def test_it_says_which_step_failed(platform: Platform) -> None:
    argv = command(platform)
    argv[argv.index("--oms") + 1] = "http://127.0.0.1:9"
    done = told(argv)
    assert done.returncode == 1
    assert "'An ontology': oms is away" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_it_says_that_no_platform_has_run(tmp_path: Path) -> None:
    done = told([sys.executable, "-m", "examples.demo", "--home", str(tmp_path)])
    assert (done.returncode, done.stdout) == (1, "")
    assert "start the platform first" in done.stderr


def test_it_ends_cleanly_when_interrupted(platform: Platform, first_run: str, tmp_path: Path) -> None:
    assert first_run
    output = tmp_path / "output"
    with output.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command(platform), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: "1/" in output.read_text(encoding="utf-8"), 60, what="the first step")
            process.send_signal(signal.SIGINT)
            status = process.wait(30)
        finally:
            process.kill()
            process.wait()
    assert status == 130
    text = output.read_text(encoding="utf-8")
    assert "make demo: interrupted" in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("embedding", "── 3/"),
        ("scheduler", "→ POST /api/v1/jobs"),
        ("scheduler-worker", "→ POST /api/v1/jobs"),
        ("redis", "→ POST /api/v1/jobs"),
    ],
)
def test_it_is_told_to_its_end_although_a_process_is_killed(
    platform: Platform, first_run: str, tmp_path: Path, name: str, moment: str
) -> None:
    assert first_run
    output = tmp_path / "output"
    with output.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command(platform), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: moment in output.read_text(encoding="utf-8"), 60, what=moment)
            platform.kill(name)
            assert oms_answers(platform) == 200
            platform.start(name)
            assert oms_answers(platform) == 200
            status = process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()
    text = output.read_text(encoding="utf-8")
    assert status == 0, text
    # The demo itself holds that exactly one event came and that the run is recorded once.
    assert "fired once" in text
    platform.wait_ready()
    assert first_hits(platform, "night bird with big round eyes")[0] == "Synset/owl.n.01"


def oms_answers(platform: Platform) -> int:
    """The status of a request that needs neither search nor jobs."""
    url = f"{platform.oms_url}/api/v1/objects/Synset/owl.n.01"
    return httpx2.get(url, headers=platform.authorization(), timeout=30).status_code


def test_it_is_told_by_the_legacy_classes_alone(tmp_path: Path) -> None:
    names = ["redis", "nats", "data-kernel", "event-gateway", "oms"]
    flags = Options(use_embedding_ms="off", use_scheduler_ms="off")
    with Platform(tmp_path / "oms", only=names, options=flags) as legacy:
        legacy.wait_ready()
        done = told(command(legacy))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def test_the_slice_is_connected_and_small(synsets: dict[str, Any]) -> None:
    assert len(synsets) == OBJECTS
    assert (WORDNET / "nouns.ndjson").stat().st_size <= 1_000_000
    seen: set[str] = set()
    for synset_id, synset in synsets.items():
        assert {each.removeprefix("Synset/") for each in synset["hypernym"]} <= seen
        assert synset["hypernym"] or synset_id == "entity.n.01"
        seen.add(synset_id)
    assert "WordNet 3.0 Copyright 2006 by Princeton University" in (WORDNET / "LICENSE").read_text(encoding="utf-8")


def test_the_slice_is_what_wordnet_gives() -> None:
    if not Path("/usr/share/wordnet/data.noun").exists():
        pytest.skip("WordNet is not installed here (Debian: wordnet-base)")
    done = told([sys.executable, "-m", "examples.wordnet.make_slice", "--check"])
    assert (done.returncode, done.stderr) == (0, "")


def test_the_readme_shows_this_story(first_run: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"## The demo\n.*?```text\n(.*?)```", readme, re.DOTALL)
    assert shown
    titles = re.findall(r"^── (.+?) ─*$", first_run, re.MULTILINE)
    assert re.findall(r"^── (.+?) ─*$", shown[1], re.MULTILINE) == titles
    # Neighbours whose scores are all but equal may change places.
    constant = re.compile(r"^   → .*|^   ✓ (?!Number ).*", re.MULTILINE)
    of_the_moment = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}|\d{8}T\d{6}Z|\d\d:\d\d:\d\d|[0-9a-f]{32}")
    told = {of_the_moment.sub("…", line) for line in constant.findall(first_run)}
    assert [line for line in constant.findall(shown[1]) if of_the_moment.sub("…", line) not in told] == []
