"""The commands of `kernelctl`."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, BinaryIO, TypeVar, cast

import structlog
import typer

from data_kernel.adapters.embedded import backup as backups
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.kernelctl import telling, transfer
from data_kernel.kernelctl.collecting import collect
from data_kernel.kernelctl.doors import Place, is_owned, migrate_owned, open_door
from data_kernel.settings import KernelSettings
from shared.clients.kernel_http import KernelHttp
from shared.errors import OmsError
from shared.settings import load

app = typer.Typer(
    name="kernelctl",
    help=(
        "Look after the kernel's store. The settings are those of the kernel (ENV, STORE_PATH, HTTP_PORT, …). While a "
        "kernel runs, documents are read and written through it; else kernelctl opens the file itself."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_T = TypeVar("_T")

Database = Annotated[str, typer.Option("--db", help="Database. Empty: the kernel's default one.")]
Branch = Annotated[str, typer.Option(help="Branch, full (dev/oms/main) or short (main).")]
Rev = Annotated[str, typer.Option(help="A commit, a tag, or a time (RFC 3339). Empty: the head.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value a line.")]
File = Annotated[str, typer.Argument(help="A file, or - for standard input or output.")]


@app.callback()
def place(
    context: typer.Context,
    store: Annotated[Path | None, typer.Option(help="The store's file. [default: STORE_PATH]")] = None,
    url: Annotated[str, typer.Option(help="Address of the running kernel. [default: HTTP_PORT on this machine]")] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(envvar="KERNELCTL_TOKEN_FILE", help="A file with the token for the running kernel."),
    ] = None,
) -> None:
    """Where the store and the kernel are."""
    settings = load(KernelSettings)
    if store is not None:
        settings = settings.model_copy(update={"store_path": store})
    token = token_file.read_text(encoding="utf-8").strip() if token_file is not None else ""
    context.obj = Place(settings, url, token)


@app.command()
def log(
    context: typer.Context,
    db: Database = "",
    branch: Branch = "main",
    rev: Rev = "",
    count: Annotated[int, typer.Option(min=1, help="At most so many commits.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show commits, newest first."""

    async def show(kernel: KernelHttp) -> None:
        for commit in await kernel.log(count=count, database=db or None, branch=branch, rev=rev or None):
            if as_json:
                telling.tell_json(telling.commit_json(commit))
            else:
                telling.tell(telling.commit_line(commit))

    _through(context, show)


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="The earlier state: a commit, a time, or a branch.")],
    after: Annotated[str, typer.Argument(help="The later state, likewise.")],
    db: Database = "",
    branch: Branch = "main",
    as_json: AsJson = False,
) -> None:
    """Show what differs between two states."""

    async def show(kernel: KernelHttp) -> None:
        async for change in kernel.diff(before, after, database=db or None, branch=branch):
            if as_json:
                telling.tell_json(telling.change_json(change))
            else:
                telling.tell(telling.change_line(change))

    _through(context, show)


@app.command(name="export")
def export_(
    context: typer.Context,
    target: File = "-",
    db: Database = "",
    branch: Branch = "main",
    rev: Rev = "",
) -> None:
    """Write the classes and documents of one state as lines of JSON."""

    async def run(kernel: KernelHttp) -> None:
        await transfer.export_to(out, kernel, db or None, branch, rev, on_count)

    with _output(target) as out, telling.progress() as on_count:
        _through(context, run)


@app.command(name="import")
def import_(
    context: typer.Context,
    source: File = "-",
    db: Database = "",
    branch: Branch = "main",
    message: Annotated[str, typer.Option(help="Message of the commits.")] = "",
    new_branch: Annotated[bool, typer.Option("--new-branch", help="Make the branch first, without commits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write what an export has, new or in place of what is there, each commit checked like any other."""

    async def run(kernel: KernelHttp) -> int:
        if new_branch:
            await kernel.create_branch(branch, database=db or None)
        return await transfer.import_from(lines, kernel, db or None, branch, message, on_count)

    with _input(source) as lines, telling.progress() as on_count:
        count = _through(context, run)
    if as_json:
        telling.tell_json({"imported": count})
    else:
        telling.tell(f"{count} classes and documents imported")


@app.command()
def backup(
    context: typer.Context,
    target: Annotated[Path, typer.Argument(help="A new file; its manifest is written beside it.")],
    as_json: AsJson = False,
) -> None:
    """Copy the store, whether or not a kernel runs, with a manifest to check it by."""
    with telling.progress() as on_progress:
        made = _answered(lambda: backups.back_up(_place(context).path, target, on_progress))
    _tell_manifest(made, as_json, f"backed up to {target}")


@app.command()
def restore(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="A backup, with its manifest beside it.")],
    force: Annotated[bool, typer.Option(help="Replace the store that is there; it is gone then.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and put it in the store's place; no kernel may run."""
    with telling.progress() as on_progress:
        made = _answered(lambda: backups.restore(source, _place(context).path, on_progress, force=force))
    came = "" if made.format == FORMAT_VERSION else f", brought from format {made.format} to {FORMAT_VERSION}"
    _tell_manifest(made, as_json, f"restored from {source}{came}")


@app.command()
def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the store to the format of this version, after a backup of it beside it; no kernel may run."""
    path = _place(context).path
    with telling.progress() as on_progress:
        done = _answered(lambda: migrate_owned(path, on_progress))
    if as_json:
        backup_path = None if done.backup is None else str(done.backup)
        telling.tell_json({"before": done.before, "after": done.after, "backup": backup_path})
    elif done.backup is None:
        telling.tell(f"the store has format {done.after} already")
    else:
        telling.tell(f"brought from format {done.before} to {done.after}; as it was: {done.backup}")


@app.command()
def verify(context: typer.Context, as_json: AsJson = False) -> None:
    """Recompute every hash of the store, whether or not a kernel runs; the first fault is told, with status 1."""
    path = _place(context).path
    _answered(lambda: is_owned(path))
    with telling.progress() as on_progress:
        report = _answered(lambda: verify_file(path, on_progress))
    if as_json:
        fault = None if report.fault is None else asdict(report.fault)
        telling.tell_json({"fault": fault, **asdict(report.counts)})
    else:
        telling.tell(telling.counts_line(asdict(report.counts)))
        telling.tell("no fault" if report.fault is None else f"fault: {report.fault}")
    if report.fault is not None:
        raise typer.Exit(1)


@app.command()
def gc(
    context: typer.Context,
    db: Annotated[str, typer.Option("--db", help="Database. Empty: all of them.")] = "",
    dry_run: Annotated[bool, typer.Option(help="Take nothing; tell what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take out what nothing names any more, so many days after anything named it as the settings say."""
    place = _place(context)
    for name, collected in _answered(lambda: asyncio.run(collect(place, db, dry_run=dry_run))):
        if as_json:
            telling.tell_json({"database": name, "dry_run": dry_run, **asdict(collected)})
        else:
            telling.tell(f"{name}: {telling.counts_line(asdict(collected))}")


def _place(context: typer.Context) -> Place:
    return cast("Place", context.obj)


def _output(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdout.buffer) if name == "-" else Path(name).open("wb")


def _input(name: str) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb")


def _through(context: typer.Context, use: Callable[[KernelHttp], Awaitable[_T]]) -> _T:
    async def run() -> _T:
        async with open_door(_place(context)) as kernel:
            return await use(kernel)

    return _answered(lambda: asyncio.run(run()))


def _answered(act: Callable[[], _T]) -> _T:
    """What the action gives; a refusal is one line and status 1."""
    try:
        return act()
    except OmsError as error:
        typer.echo(f"kernelctl: {error.detail}", err=True)
        raise typer.Exit(1) from None


def _tell_manifest(made: backups.Manifest, as_json: bool, what: str) -> None:
    if as_json:
        telling.tell_json(asdict(made))
    else:
        telling.tell(f"{what}: {made.size_bytes} bytes, SHA-256 {made.sha256}")


def main() -> None:
    """Run the command; what the store has to tell meanwhile goes to stderr."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    app()
