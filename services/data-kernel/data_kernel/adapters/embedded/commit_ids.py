"""Ids of commits: 160 bits of a digest over everything that a commit says, in base 36."""

import hashlib
from collections.abc import Sequence

from data_kernel.domain.commits import Attribution
from data_kernel.domain.documents import Change
from shared import canonical

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(first + second for first in _DIGITS for second in _DIGITS)
_LENGTH = 31  # 36 ** 31 is the first power above 2 ** 160
_BYTES = 20


def commit_id(
    parents: Sequence[str], branch: str, attribution: Attribution, time_us: int, changes: Sequence[Change]
) -> str:
    """31 of `0-9a-z`; the same for the same record, and no two records of one store have the same time."""
    record = canonical.encode(
        {
            "actor": attribution.actor,
            "author": attribution.author,
            "branch": branch,
            "changes": digest_of(changes),
            "message": attribution.message,
            "method": attribution.method,
            "parents": list(parents),
            "route": attribution.route,
            "service": attribution.service,
            "time": time_us,
            "trace_id": attribution.trace_id,
        }
    )
    return _base36(int.from_bytes(hashlib.sha256(record).digest()[:_BYTES]))


def digest_of(changes: Sequence[Change]) -> str:
    """SHA-256 over the changes in order of graph and id, each part with its length before it; hexadecimal."""
    digest = hashlib.sha256()
    for change in sorted(changes, key=lambda change: (change.graph.value, change.id)):
        for part in (change.graph.value.encode(), change.id.encode(), change.type.encode(), change.after):
            digest.update(b"-" if part is None else b"%d:" % len(part))
            digest.update(part or b"")
    return digest.hexdigest()


def _base36(number: int) -> str:
    # Two digits at a time: every commit's id passes here, and divisions of long numbers are what it costs.
    pairs = []
    for _ in range(_LENGTH // 2 + 1):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))[-_LENGTH:]
