"""The models behind the port `EmbeddingModel`."""
