"""The documents of bulk loads: synsets of WordNet, and their class."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from examples.wordnet.database import INSTALLED, PARTS, read_synsets
from examples.wordnet.make_slice import SLICE
from examples.wordnet.synsets import wider_first
from shared.canonical import Json

CLASSES: list[Json] = [
    {
        "@type": "Class",
        "@id": "Synset",
        "@key": {"@type": "Lexical", "@fields": ["id"]},
        "id": "xsd:string",
        "lemmas": {"@type": "Set", "@class": "xsd:string"},
        "gloss": "xsd:string",
        "category": "xsd:string",
        "hypernym": {"@type": "Set", "@class": "Synset"},
    }
]


def lines(*, whole: bool) -> Iterator[str]:
    """Documents without end, as lines of JSON: all of WordNet first where it is `whole`, then its slice repeated."""
    if whole:
        for part in PARTS:
            for synset in wider_first(read_synsets(INSTALLED, part)):
                yield _document(json.loads(synset.line()), "")
    synsets = [json.loads(line) for line in Path(SLICE).read_text(encoding="utf-8").splitlines()]
    for number in count(1):
        yield from (_document(each, f"~{number}") for each in synsets)


def _document(synset: dict[str, Json], mark: str) -> str:
    """The synset as a document; `mark` makes ids of its own for every repetition."""
    wider = [f"{each}{mark}" for each in synset["hypernym"]]  # type: ignore[union-attr]
    return json.dumps({**synset, "@type": "Synset", "id": f"{synset['id']}{mark}", "hypernym": wider})
