"""Which provider runs the model."""

from typing import TYPE_CHECKING

from embedding_service.application.ports import EmbeddingModel
from embedding_service.providers.model_folder import find_model

if TYPE_CHECKING:
    from embedding_service.settings import EmbeddingSettings


def load_model(settings: "EmbeddingSettings") -> EmbeddingModel:
    """The model that the settings name, loaded; ModelError. Takes half a second (openvino) or several (torch)."""
    folder = find_model(settings.model_path)
    # Imported when chosen: each brings libraries that the other has no use for.
    if settings.provider == "sentence-transformers":
        from embedding_service.providers.sentence_transformers import SentenceTransformersModel  # noqa: PLC0415 - so

        return SentenceTransformersModel(folder, threads=settings.inference_threads)
    from embedding_service.providers.openvino import OpenVinoModel  # noqa: PLC0415 - likewise

    return OpenVinoModel(folder, threads=settings.inference_threads)
