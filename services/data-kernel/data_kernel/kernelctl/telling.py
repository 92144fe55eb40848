"""What the commands print: lines for people, or with `--json` one JSON value a line."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from shared.canonical import Json, encode
from shared.database.interfaces import CommitInfo, DocumentChange
from shared.errors import OmsError

_MAX_VIOLATIONS = 20
_SIGNS = {"created": "+", "updated": "~", "deleted": "-"}


def tell_json(value: Json) -> None:
    """One value on a line of its own."""
    sys.stdout.buffer.write(encode(value) + b"\n")
    sys.stdout.buffer.flush()


def tell(line: str) -> None:
    """A line for people."""
    sys.stdout.write(line + "\n")


def let_go() -> None:
    """Send off what is left to be told; ends the process with status 1, without a word, where its reader went away."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python tries again at its end, and complains
        raise SystemExit(1) from None


def commit_json(commit: CommitInfo) -> dict[str, Json]:
    """A commit with all that it says of itself."""
    return {**asdict(commit), "parents": list(commit.parents), "time": commit.time.isoformat()}


def commit_line(commit: CommitInfo) -> str:
    """A commit in one line."""
    return f"{commit.id}  {commit.time:%Y-%m-%d %H:%M:%S}  {commit.author}  {commit.message}"


def change_json(change: DocumentChange) -> dict[str, Json]:
    """A difference with the document before and after."""
    return {**asdict(change), "kind": str(change.kind)}


def change_line(change: DocumentChange) -> str:
    """A difference in one line, without content."""
    return f"{_SIGNS[change.kind]} {change.id}"


def counts_line(counts: Mapping[str, int]) -> str:
    """What was counted, each with its name."""
    return ", ".join(f"{count} {name.removeprefix('size_').replace('_', ' ')}" for name, count in counts.items())


def refusal_json(error: OmsError) -> dict[str, Json]:
    """A refusal with all violations."""
    return {"refused": error.detail, "violations": [asdict(each) for each in error.violations]}


def tell_refusal(error: OmsError) -> None:
    """A refusal on stderr: one line, and one for each of the first violations."""
    sys.stderr.write(f"kernelctl: {error.detail}\n")
    for each in error.violations[:_MAX_VIOLATIONS]:
        sys.stderr.write(f"  {each.path}: {each.rule}: {each.message}\n")
    if (more := len(error.violations) - _MAX_VIOLATIONS) > 0:
        sys.stderr.write(f"  and {more} more\n")


class OnProgress(Protocol):
    """Is told what is under way, how much of it is done, and how much there is (0: nobody knows)."""

    def __call__(self, what: str, done: int, total: int = 0, /) -> None:
        """Move the bar."""


@contextmanager
def progress() -> Iterator[OnProgress]:
    """A bar on stderr; none where nobody looks."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def on_progress(what: str, done: int, total: int = 0) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield on_progress
