"""What every provider promises, held to what sentence-transformers made in float32 (`reference/minilm.json`)."""

import base64
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedding_service.providers.choice import load_model
from embedding_service.providers.model_folder import ModelError, find_model
from embedding_service.settings import EmbeddingSettings
from shared.security import make_user_token_secret

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "minilm.json").read_text())
TEXTS = [each["text"] for each in REFERENCE["texts"]]
VECTORS = np.stack([np.frombuffer(base64.b64decode(each["vector"]), "<f4") for each in REFERENCE["texts"]])
LEAST_COSINE = 0.999

PROVIDERS = [
    "openvino",
    pytest.param(
        "sentence-transformers",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("torch") is None, reason="the extra `torch` is not installed here"
        ),
    ),
]


@pytest.fixture(scope="module", params=PROVIDERS)
def model(request, tmp_path_factory):
    secret = tmp_path_factory.mktemp("keys") / "jwt.secret"
    make_user_token_secret(secret)
    return load_model(EmbeddingSettings(env="dev", jwt_secret_file=secret, provider=request.param))


def test_the_card_tells_what_the_vectors_are(model):
    card = model.card
    assert (card.name, card.dims, card.max_tokens) == ("all-MiniLM-L6-v2", 384, 256)
    assert card.version.startswith("all-MiniLM-L6-v2@")


def test_vectors_are_those_of_sentence_transformers(model):
    one_by_one = np.concatenate([model.embed(model.tokenize([text])) for text in TEXTS])
    together = model.embed(model.tokenize(TEXTS))

    for vectors in (one_by_one, together):
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
        assert (vectors * VECTORS).sum(axis=1).min() >= LEAST_COSINE
    assert (one_by_one * together).sum(axis=1).min() >= 0.9999


def test_an_answer_is_not_changed_by_the_next_one(model):
    first = model.embed(model.tokenize(["one"]))
    before = first.copy()
    model.embed(model.tokenize(["another"]))
    assert np.array_equal(first, before)


def test_of_a_long_text_the_beginning_is_read(model):
    short, long = model.tokenize(["word " * 10, "word " * 1000])

    assert (short.is_cut, len(short.ids)) == (False, 12)
    assert (long.is_cut, len(long.ids)) == (True, 256)


@given(st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=6))
@settings(max_examples=25)
def test_every_text_has_a_finite_vector_that_its_neighbours_do_not_change(model, texts):
    together = model.embed(model.tokenize(texts))

    assert np.isfinite(together).all()
    alone = np.concatenate([model.embed(model.tokenize([text])) for text in texts])
    assert (alone * together).sum(axis=1).min() >= 0.9999


def test_a_folder_without_a_model_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"no tokenizer.json"):
        _ = find_model(tmp_path).tokenizer_file
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ModelError, match="no JSON object"):
        find_model(tmp_path).read("config.json")
