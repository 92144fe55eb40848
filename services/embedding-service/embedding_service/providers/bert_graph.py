"""A BERT encoder with mean pooling as a graph of OpenVINO, built from its weights; no other library is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import openvino as ov  # type: ignore[import-untyped]
from openvino import opset15 as ops

from embedding_service.providers.model_folder import ModelError, ModelFolder

Tensor: TypeAlias = "np.ndarray[Any, np.dtype[np.float32]]"
_Node: TypeAlias = Any  # OpenVINO's own stubs leave the operations untyped
_MASKED = np.float32(-1e9)
_TINY = np.float32(1e-9)


@dataclass(frozen=True, slots=True)
class BertConfig:
    """What the graph's shape follows from."""

    hidden: int
    heads: int
    layers: int
    epsilon: float

    @classmethod
    def of(cls, folder: ModelFolder) -> "BertConfig":
        """Read and check the configuration; ModelError for what is no BERT with mean pooling."""
        config, pooling = folder.read("config.json"), folder.read("1_Pooling/config.json")
        if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
            raise ModelError(f"the model {folder.name} is no BERT with GELU, which is all that openvino takes here")
        modes = {name for name, is_on in pooling.items() if name.startswith("pooling_mode_") and is_on}
        if modes != {"pooling_mode_mean_tokens"}:
            raise ModelError(f"the model {folder.name} does not pool by the mean")
        return cls(
            hidden=config["hidden_size"],
            heads=config["num_attention_heads"],
            layers=config["num_hidden_layers"],
            epsilon=config["layer_norm_eps"],
        )


def build_graph(config: BertConfig, weights: Mapping[str, Tensor]) -> ov.Model:
    """From `input_ids` and `attention_mask`, int64 [texts, tokens], to float32 [texts, hidden], rows of length 1."""
    return _Builder(config, weights).build()


class _Builder:
    def __init__(self, config: BertConfig, weights: Mapping[str, Tensor]) -> None:
        self._config = config
        self._weights = weights

    def build(self) -> ov.Model:
        ids = ops.parameter([-1, -1], np.int64, name="input_ids")
        mask = ops.parameter([-1, -1], np.int64, name="attention_mask")
        kept = ops.convert(mask, "f32")
        # [texts, 1, 1, tokens]: added to the attention's scores, so that padding gets no weight.
        bias = ops.multiply(ops.unsqueeze(ops.subtract(_number(1), kept), _axes(1, 2)), ops.constant(_MASKED))
        state = self._embeddings(ids)
        for layer in range(self._config.layers):
            state = self._layer(f"encoder.layer.{layer}", state, bias)
        return ov.Model([_pooled(state, kept)], [ids, mask], "bert")

    def _embeddings(self, ids: _Node) -> _Node:
        words = ops.gather(self._constant("embeddings.word_embeddings.weight"), ids, _axis(0))
        length = ops.gather(ops.shape_of(ids), _axis(1), _axis(0))
        positions = ops.range(_axis(0), length, _axis(1), output_type="i64")
        places = ops.gather(self._constant("embeddings.position_embeddings.weight"), positions, _axis(0))
        segment = ops.constant(self._weights["embeddings.token_type_embeddings.weight"][0])
        return self._norm("embeddings.LayerNorm", ops.add(ops.add(words, places), segment))

    def _layer(self, name: str, state: _Node, bias: _Node) -> _Node:
        attended = self._dense(f"{name}.attention.output.dense", self._attention(f"{name}.attention.self", state, bias))
        state = self._norm(f"{name}.attention.output.LayerNorm", ops.add(attended, state))
        inner = ops.gelu(self._dense(f"{name}.intermediate.dense", state), "erf")
        return self._norm(f"{name}.output.LayerNorm", ops.add(self._dense(f"{name}.output.dense", inner), state))

    def _attention(self, name: str, state: _Node, bias: _Node) -> _Node:
        query, key, value = (self._heads(f"{name}.{part}", state) for part in ("query", "key", "value"))
        mixed = ops.transpose(ops.scaled_dot_product_attention(query, key, value, bias), _axes(0, 2, 1, 3))
        return ops.reshape(mixed, _axes(0, 0, self._config.hidden), special_zero=True)

    def _heads(self, name: str, state: _Node) -> _Node:
        """[texts, heads, tokens, hidden / heads]."""
        heads = self._config.heads
        split = _axes(0, 0, heads, self._config.hidden // heads)
        return ops.transpose(ops.reshape(self._dense(name, state), split, special_zero=True), _axes(0, 2, 1, 3))

    def _dense(self, name: str, state: _Node) -> _Node:
        product = ops.matmul(state, self._constant(f"{name}.weight"), transpose_a=False, transpose_b=True)
        return ops.add(product, self._constant(f"{name}.bias"))

    def _norm(self, name: str, state: _Node) -> _Node:
        centred = ops.mvn(state, _axes(-1), normalize_variance=True, eps=self._config.epsilon, eps_mode="inside_sqrt")
        scaled = ops.multiply(centred, self._constant(f"{name}.weight"))
        return ops.add(scaled, self._constant(f"{name}.bias"))

    def _constant(self, name: str) -> _Node:
        try:
            return ops.constant(self._weights[name])
        except KeyError:
            raise ModelError(f"the model has no weights {name}") from None


def _pooled(state: _Node, kept: _Node) -> _Node:
    """The mean of the tokens that are no padding, scaled to length 1."""
    column = ops.unsqueeze(kept, _axes(2))
    total = ops.reduce_sum(ops.multiply(state, column), _axes(1))
    mean = ops.divide(total, ops.maximum(ops.reduce_sum(column, _axes(1)), ops.constant(_TINY)))
    return ops.normalize_l2(mean, _axes(1), float(_TINY), "max")


def _number(value: float) -> _Node:
    return ops.constant(np.float32(value))


def _axis(value: int) -> _Node:
    return ops.constant(np.int64(value))


def _axes(*values: int) -> _Node:
    return ops.constant(np.array(values, np.int64))
