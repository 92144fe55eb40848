"""A synset as the demo stores it: one object of the type `Synset`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.canonical import Json, encode


@dataclass(frozen=True, slots=True)
class Synset:
    """One sense: the words that share it, what it means, and the wider senses that it is a kind of.

    `id` reads like `dog.n.01`: the first word, the part of speech, the number of the sense. `hypernyms` are ids.
    """

    id: str
    lemmas: tuple[str, ...]
    gloss: str
    category: str
    hypernyms: tuple[str, ...]

    def line(self) -> bytes:
        """The object as one line of NDJSON, as the bulk import takes it."""
        document: dict[str, Json] = {
            "id": self.id,
            "lemmas": list(self.lemmas),
            "gloss": self.gloss,
            "category": self.category,
            "hypernym": [f"Synset/{each}" for each in self.hypernyms],
        }
        return encode(document) + b"\n"


def wider_first(synsets: Mapping[str, Synset]) -> Iterator[Synset]:
    """Every synset after those it refers to, so that an import in pieces never refers to what is not there yet.

    Were there a circle, its members would come next to one another. Deterministic in the mapping's order.
    """
    opened: set[str] = set()
    for start in synsets:
        # A path of its own rather than recursion: where it ends in a circle, it simply turns back.
        path = [] if start in opened else [(start, iter(synsets[start].hypernyms))]
        opened.add(start)
        while path:
            here, wider = path[-1]
            next_id = next((each for each in wider if each not in opened), None)
            if next_id is None:
                path.pop()
                yield synsets[here]
            else:
                opened.add(next_id)
                path.append((next_id, iter(synsets[next_id].hypernyms)))
