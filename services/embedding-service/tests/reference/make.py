"""Writes `minilm.json` anew: what sentence-transformers answers in float32. Run it where torch is installed:

python services/embedding-service/tests/reference/make.py FOLDER_OF_THE_MODEL
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import sentence_transformers
import torch

TEXTS = [
    "a",
    "The cat sat on the mat.",
    "A feline rested upon a rug.",
    "Stock markets fell sharply on Tuesday after the central bank raised interest rates by half a percentage point.",
    "a warm-blooded vertebrate having feathers and forelimbs modified as wings",
    "Bird",
    "ALIEN (1979): In space no one can hear you scream!",
    "naïve café résumé — déjà vu",
    "Der schnelle braune Fuchs springt über den faulen Hund.",
    "Быстрая коричневая лиса",
    "素早い茶色の狐",
    "مرحبا بالعالم",
    "🙂🙃 emoji only 🚀",
    "1234567890 3.14159 -42 1e-9",
    "   leading,\ttabs and\nnew lines   ",
    "def f(x):\n    return {'a': x, 'b': [1, 2, 3]}",
    "https://example.org/path?query=1&other=two#fragment",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "x" * 150,
    "no no no no no no no",
    "one two three four five six seven eight nine ten " * 4,
    "The quick brown fox jumps over the lazy dog. " * 12,
    "Once upon a time there was a very long text that did not fit into what the model reads at once. " * 40,
    "Movie\nAlien\nA crew meets a creature aboard a spaceship.",
]


def main() -> None:
    torch.manual_seed(0)
    model = sentence_transformers.SentenceTransformer(sys.argv[1], device="cpu").float()
    # One by one: no text's vector depends on its neighbours then.
    vectors = [model.encode(text, normalize_embeddings=True, convert_to_numpy=True) for text in TEXTS]
    rows = [
        {"text": text, "vector": base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()}
        for text, vector in zip(TEXTS, vectors, strict=True)
    ]
    versions = {
        "sentence-transformers": sentence_transformers.__version__,
        "torch": torch.__version__.partition("+")[0],
    }
    body = {"made_by": versions, "dims": len(vectors[0]), "texts": rows}
    Path(__file__).with_name("minilm.json").write_text(json.dumps(body, indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
