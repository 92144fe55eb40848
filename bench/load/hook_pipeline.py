"""What the commit hooks cost for a document of ten fields, dry runs one after another:
`python -m bench.load.hook_pipeline FOLDER WRITES`."""

import asyncio
import json
import sys
from pathlib import Path
from statistics import median

from bench.rows.documents import CLASSES, document
from data_kernel.adapters.embedded import EmbeddedStore
from data_kernel.application.hooks import WriteOptions
from data_kernel.application.kernel import Kernel
from data_kernel.application.planning import PutMode
from data_kernel.settings import KernelSettings
from shared.canonical import encode
from shared.context import CallContext, Caller

CONTEXT = CallContext(Caller("alice", "oms"), method="RPC", route="/bench", trace_id="0" * 32)


class _Durations:
    """The kernel's metrics, of which the durations of validators are kept."""

    def __init__(self) -> None:
        self.of_write: list[float] = []

    def validator(self, name: str, duration_s: float) -> None:  # noqa: ARG002 - all names count alike
        self.of_write.append(duration_s)

    def collected(self, commits: int, size_bytes: int) -> None:
        """Nothing is collected while this runs."""


def _settings(secret_file: Path) -> KernelSettings:
    """Those of development, which want a secret that nothing here is signed by."""
    secret_file.write_text("0" * 32, encoding="ascii")
    return KernelSettings(env="dev", jwt_secret_file=secret_file)


async def run(file: Path, writes: int) -> dict[str, float]:
    """The median, in milliseconds, of what all validators of a write take together."""
    durations = _Durations()
    store = await EmbeddedStore.open(file)
    try:
        kernel = Kernel.build(store, _settings(file.with_name("secret")), durations)
        await kernel.databases.prepare()
        await kernel.writes.put_schema("oms", CLASSES, PutMode.UPSERT, WriteOptions(), CONTEXT)
        totals_s = []
        for number in range(writes):
            durations.of_write.clear()
            record = document(f"{number:012}")
            size = len(encode(record))
            await kernel.writes.put(
                "oms", [record], PutMode.INSERT, WriteOptions(dry_run=True), CONTEXT, size_bytes=size
            )
            totals_s.append(sum(durations.of_write))
        return {"p50_ms": 1000 * median(totals_s)}
    finally:
        await store.close()


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1]) / "store.db", int(sys.argv[2])))))
