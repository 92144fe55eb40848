"""The commands of `kernelctl`."""

import asyncio
import logging
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import structlog
import typer

from data_kernel.adapters.embedded import backup as backups
from data_kernel.adapters.embedded.disk.schema import FORMAT_VERSION
from data_kernel.adapters.embedded.verification import verify_file
from data_kernel.kernelctl import files, telling
from data_kernel.kernelctl.catalogue import Catalogue
from data_kernel.kernelctl.collecting import collect
from data_kernel.kernelctl.doors import is_owned, migrate_owned
from data_kernel.kernelctl.exporting import export_to
from data_kernel.kernelctl.importing import Target, import_from
from data_kernel.kernelctl.running import Options, answered, place_of, through
from shared.clients.kernel_http import KernelHttp

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
    context.obj = Options(store, url, token_file)


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

    through(context, show)


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

    through(context, show)


@app.command(name="export")
def export_(
    context: typer.Context,
    target: File = files.STANDARD,
    db: Database = "",
    branch: Branch = "main",
    rev: Rev = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the classes and documents of one state as lines of JSON; the file is there when all of it is."""

    def run() -> None:
        with files.new_file("TARGET", target, force=force) as out, telling.progress() as on_count:
            through(context, lambda kernel: export_to(out, kernel, db or None, branch, rev, on_count))

    answered(run)


@app.command(name="import")
def import_(  # noqa: PLR0913, PLR0917 - each is an argument of the command
    context: typer.Context,
    source: File = files.STANDARD,
    db: Database = "",
    branch: Branch = "main",
    message: Annotated[str, typer.Option(help="Message of the commits.")] = "",
    new_branch: Annotated[bool, typer.Option("--new-branch", help="Make the branch first, without commits.")] = False,
    new_database: Annotated[
        bool,
        typer.Option("--new-database", help="Make the database first, with the branch; the store too where none is."),
    ] = False,
    without_end: Annotated[
        bool, typer.Option("--without-end", help="Take lines without the mark of the end, as other tools write them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write what an export has, new or in place of what is there, each commit checked like any other.

    The export is read through before anything is written. Refused or broken off, what was committed stays, and the same
    import, now without --new-branch and --new-database, goes on after it.
    """

    async def run(export: Catalogue, kernel: KernelHttp) -> int:
        if new_database:
            await kernel.ask("POST", "", database=db or None)
        if new_branch or new_database:
            await kernel.create_branch(branch, database=db or None)
        with telling.progress() as on_count:
            return await import_from(export, kernel, Target(db or None, branch, message), on_count)

    def read_and_run() -> int:
        with files.given_file("SOURCE", source) as lines:
            export = Catalogue(lines, needs_end=not without_end)
            return through(context, lambda kernel: run(export, kernel), makes=new_database, as_json=as_json)

    count = answered(read_and_run, as_json=as_json)
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
        made = answered(lambda: backups.back_up(place_of(context).path, target, on_progress))
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
        made = answered(lambda: backups.restore(source, place_of(context).path, on_progress, force=force))
    came = "" if made.format == FORMAT_VERSION else f", brought from format {made.format} to {FORMAT_VERSION}"
    _tell_manifest(made, as_json, f"restored from {source}{came}")


@app.command()
def migrate(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the store to the format of this version, after a backup of it beside it; no kernel may run."""
    path = place_of(context).path
    with telling.progress() as on_progress:
        done = answered(lambda: migrate_owned(path, on_progress))
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
    path = place_of(context).path
    answered(lambda: is_owned(path))
    with telling.progress() as on_progress:
        report = answered(lambda: verify_file(path, on_progress))
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
    place = place_of(context)
    for name, collected in answered(lambda: asyncio.run(collect(place, db, dry_run=dry_run))):
        if as_json:
            telling.tell_json({"database": name, "dry_run": dry_run, **asdict(collected)})
        else:
            telling.tell(f"{name}: {telling.counts_line(asdict(collected))}")


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
    try:
        app()
    finally:
        telling.let_go()
