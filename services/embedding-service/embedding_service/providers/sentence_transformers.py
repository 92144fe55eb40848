"""The provider over sentence-transformers and torch, which come with the extra `torch`."""

import importlib
from collections.abc import Sequence
from typing import Any

from embedding_service.application.ports import ModelCard, TokenizedText
from embedding_service.domain.vectors import Matrix
from embedding_service.providers.model_folder import ModelError, ModelFolder
from embedding_service.providers.tokenizer import TextTokenizer, padded


class SentenceTransformersModel:
    """`EmbeddingModel` over a SentenceTransformer, in float32 on the CPU and on a GPU where torch finds one.

    It takes any model of the library's own layout that has a `tokenizer.json`.
    """

    def __init__(self, folder: ModelFolder, *, threads: int) -> None:
        # Imported when wanted: they take seconds, and most installations have neither.
        try:
            self._torch: Any = importlib.import_module("torch")
            library: Any = importlib.import_module("sentence_transformers")
        except ImportError as error:
            raise ModelError("PROVIDER=sentence-transformers needs the extra: embedding-service[torch]") from error
        if threads:
            self._torch.set_num_threads(threads)
        self._model = library.SentenceTransformer(str(folder.path), local_files_only=True).eval()
        self._tokenizer = TextTokenizer(folder)
        dims = self._model.get_embedding_dimension()
        self._card = ModelCard(folder.name, folder.version(), dims, folder.max_tokens, "sentence-transformers")

    @property
    def card(self) -> ModelCard:
        """As `EmbeddingModel.card`."""
        return self._card

    def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """As `EmbeddingModel.tokenize`."""
        return self._tokenizer.tokenize(texts)

    def embed(self, texts: Sequence[TokenizedText]) -> Matrix:
        """As `EmbeddingModel.embed`."""
        torch = self._torch
        ids, mask = (torch.from_numpy(array).to(self._model.device) for array in padded(texts))
        with torch.inference_mode():
            made = self._model({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
            unit: Matrix = torch.nn.functional.normalize(made, dim=1).float().cpu().numpy()
        return unit
