"""Texts as the ids of a model's tokens."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embedding_service.application.ports import TokenizedText
from embedding_service.providers.model_folder import ModelFolder

Ids = NDArray[np.int64]


class TextTokenizer:
    """The tokenizer of a model, which reads the first `max_tokens` of a text."""

    def __init__(self, folder: ModelFolder) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder.tokenizer_file))
        # What the file says of padding and length belongs to training.
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(folder.max_tokens)

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The tokens of each text, and whether there were more. Leaves the interpreter free for other threads."""
        encodings = self._tokenizer.encode_batch_fast(list(texts))
        return [TokenizedText(encoding.ids, bool(encoding.overflowing)) for encoding in encodings]


def padded(texts: Sequence[TokenizedText]) -> tuple[Ids, Ids]:
    """Ids and attention mask, int64 [texts, longest]; padding has id 0 and mask 0."""
    shape = len(texts), max(len(text.ids) for text in texts)
    ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, text in enumerate(texts):
        ids[row, : len(text.ids)] = text.ids
        mask[row, : len(text.ids)] = 1
    return ids, mask
