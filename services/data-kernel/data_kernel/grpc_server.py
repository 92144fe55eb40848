"""gRPC alone, without REST: `python -m data_kernel.grpc_server`."""

import asyncio
import signal
import sys

from data_kernel.main import Process
from data_kernel.settings import KernelSettings
from shared.errors import OmsError
from shared.grpc.server import PortTaken
from shared.settings import load


async def run(settings: KernelSettings) -> None:
    """Serve until SIGTERM or SIGINT, then let the calls in progress end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopped.set)
    process = Process(settings)
    async with process.open() as kernel, process.grpc(kernel):
        await stopped.wait()


def main() -> None:
    """Run it in the foreground; what keeps it from starting is told in one line."""
    settings = load(KernelSettings)
    try:
        asyncio.run(run(settings))
    except (OmsError, PortTaken) as error:
        sys.exit(f"{settings.service_name}: {error}")


if __name__ == "__main__":
    main()
