"""How a command runs: its settings, its way to the kernel, and what it says where it is refused."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import typer

from data_kernel.kernelctl import files, telling
from data_kernel.kernelctl.doors import Place, open_door
from data_kernel.settings import KernelSettings
from shared.clients.kernel_http import KernelHttp
from shared.errors import OmsError
from shared.settings import load

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Options:
    """What stands before the command; settings are read when a command runs, so that each can tell its `--help`."""

    store: Path | None
    url: str
    token_file: Path | None

    def place(self) -> Place:
        """Where the store and the kernel are; `InvalidInput` for a token that cannot be read."""
        settings = load(KernelSettings)
        if self.store is not None:
            settings = settings.model_copy(update={"store_path": self.store})
        token = files.token_in("--token-file", self.token_file) if self.token_file is not None else ""
        return Place(settings, self.url, token)


def place_of(context: typer.Context) -> Place:
    """Where the store and the kernel of a command are."""
    options = cast("Options", context.obj)
    return answered(options.place)


def through(
    context: typer.Context, use: Callable[[KernelHttp], Awaitable[_T]], *, makes: bool = False, as_json: bool = False
) -> _T:
    """What is done with a client of the kernel; with `makes` a store that is absent is made."""
    place = place_of(context)

    async def run() -> _T:
        async with open_door(place, makes=makes) as kernel:
            return await use(kernel)

    return answered(lambda: asyncio.run(run()), as_json=as_json)


def answered(act: Callable[[], _T], *, as_json: bool = False) -> _T:
    """What the action gives; a refusal is told on stderr, with `as_json` on stdout too, and is status 1."""
    try:
        return act()
    except OmsError as error:
        if as_json:
            telling.tell_json(telling.refusal_json(error))
        telling.tell_refusal(error)
    except BrokenPipeError:
        raise  # whoever read has enough, which is no refusal
    except OSError as error:
        typer.echo(f"kernelctl: {(error.strerror or 'the system refuses').lower()}", err=True)
    raise typer.Exit(1)
