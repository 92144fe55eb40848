"""Makes `nouns.ndjson`: 2 000 noun synsets about animals, things, food, weather and the like, one connected tree.

    .venv/bin/python -m examples.wordnet.make_slice          # write it
    .venv/bin/python -m examples.wordnet.make_slice --check  # say whether it is as it would be written

Needs WordNet's files (Debian: `apt-get install wordnet-base`). The same files give the same bytes.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from examples.wordnet.database import INSTALLED, is_installed, read_counts, read_synsets
from examples.wordnet.synsets import Synset, wider_first

SLICE: Final = Path(__file__).with_name("nouns.ndjson")
SIZE: Final = 2_000
# How many of each kind are taken in one round: what people like to search for comes first.
_SHARES: Final = {
    "animal.n.01": 3,
    "artifact.n.01": 5,
    "food.n.01": 2,
    "food.n.02": 2,
    "natural_phenomenon.n.01": 2,
    "body_part.n.01": 1,
    "plant.n.02": 1,
    "geological_formation.n.01": 1,
    "body_of_water.n.01": 1,
    "musical_instrument.n.01": 1,
}


def choose(synsets: Mapping[str, Synset], counts: Mapping[str, int]) -> dict[str, Synset]:
    """Exactly `SIZE` synsets, with every chosen one all that it is a kind of."""
    chosen: set[str] = set()
    for candidate in _candidates(synsets, counts):
        added = _with_wider(candidate, synsets) - chosen
        if len(chosen) + len(added) <= SIZE:
            chosen |= added
        if len(chosen) == SIZE:
            break
    return {each: synsets[each] for each in synsets if each in chosen}


def _candidates(synsets: Mapping[str, Synset], counts: Mapping[str, int]) -> Iterator[str]:
    """Round by round so many of each kind, those that are met most in texts first, then single words before others."""
    narrower: dict[str, list[str]] = {}
    for synset in synsets.values():
        for wider in synset.hypernyms:
            narrower.setdefault(wider, []).append(synset.id)
    waiting = {root: _ranked(_below(root, narrower), synsets, counts) for root in _SHARES}
    while any(waiting.values()):
        for root, share in _SHARES.items():
            yield from waiting[root][:share]
            del waiting[root][:share]


def _ranked(ids: set[str], synsets: Mapping[str, Synset], counts: Mapping[str, int]) -> list[str]:
    def rank(each: str) -> tuple[int, bool, bool, str]:
        return -counts.get(each, 0), not synsets[each].lemmas[0].islower(), "_" in each, each

    return sorted(ids, key=rank)


def _below(root: str, narrower: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [root]
    while ahead:
        here = ahead.pop()
        if here not in found:
            found.add(here)
            ahead += narrower.get(here, ())
    return found


def _with_wider(synset_id: str, synsets: Mapping[str, Synset]) -> set[str]:
    found = {synset_id}
    for wider in synsets[synset_id].hypernyms:
        found |= _with_wider(wider, synsets)
    return found


def make(folder: Path) -> bytes:
    """The slice as NDJSON, wider senses first."""
    chosen = choose(read_synsets(folder, "n"), read_counts(folder, "n"))
    return b"".join(synset.line() for synset in wider_first(chosen))


def main() -> int:
    """Write the slice, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file differs")
    parser.add_argument("--from", dest="folder", type=Path, default=INSTALLED, help="the folder of WordNet's files")
    chosen = parser.parse_args()
    if not is_installed(chosen.folder):
        sys.stderr.write(f"WordNet's files are not in {chosen.folder}: install Debian's wordnet-base, or say --from\n")
        return 1
    made = make(chosen.folder)
    if not chosen.check:
        SLICE.write_bytes(made)
    elif SLICE.read_bytes() != made:
        sys.stderr.write(f"{SLICE.name} is not what these files give\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
