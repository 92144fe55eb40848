"""K3: a stream of 100 000 documents of 200 bytes, from the store and from the kernel, and what it costs in memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

import psutil
from support.platform import Platform

from bench.figures import Figure
from bench.load.request import Request
from bench.rows.memory import MIB
from bench.stage import QUIET, folder, run_module, saved, store_file

DOCUMENTS = 100_000
LIST = "/data_kernel.v1.DocumentService/ListDocuments"
READER = "bench.load.grpc_listing"
SLOWER = 100
_SAMPLE_S = 0.02


def run() -> Iterator[Figure]:
    """The store alone, then the kernel with a fast reader, then with one that takes a hundred times as long."""
    with folder() as own:
        alone = run_module("bench.load.store_scan", str(own), str(DOCUMENTS))
    yield Figure("K3", "documents from the store", alone["documents_per_s"], "/s", 300_000)
    with folder() as own:
        platform = Platform(own, only=["data-kernel"], environment={"data-kernel": QUIET}, traces=False)
        store_file(platform).parent.mkdir(parents=True)
        run_module("bench.load.fill", str(store_file(platform)), str(DOCUMENTS))
        with platform:
            platform.wait_ready()
            yield from _through_grpc(platform)


def _through_grpc(platform: Platform) -> Iterator[Figure]:
    fast, growth = _read(platform, wait_s=0.0)
    yield Figure("K3", "documents through gRPC", fast["documents_per_s"], "/s")
    yield Figure("K3", "growth of the kernel's memory", growth, "MiB", 50, at_least=False)
    # A message holds about 1 MB: so many documents a message, each as slow as said.
    message_s = 1_000_000 / 200 / fast["documents_per_s"]
    _, growth = _read(platform, wait_s=SLOWER * message_s)
    yield Figure("K3", "growth with a reader 100 times slower", growth, "MiB", 50, at_least=False)


def _read(platform: Platform, wait_s: float) -> tuple[dict[str, float], float]:
    """What the reader tells, and by how much the kernel's memory grew meanwhile, in MiB."""
    process = psutil.Process(platform.pid("data-kernel"))
    headers = {"authorization": platform.authorization()["Authorization"]}
    before = highest = process.memory_info().rss
    request = Request(platform.kernel_grpc, LIST, "", 1, wait_s, headers)
    with saved(request) as file, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(run_module, READER, file)
        while not wait([reading], timeout=_SAMPLE_S).done:
            highest = max(highest, process.memory_info().rss)
        return reading.result(), (highest - before) / MIB
