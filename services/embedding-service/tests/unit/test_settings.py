"""The service's settings: the branches that follow from the environment, and the bounds."""

import pytest

from embedding_service.settings import EmbeddingSettings
from shared.security import make_user_token_secret
from shared.settings import SettingsError, read


@pytest.fixture
def environ(tmp_path):
    make_user_token_secret(tmp_path / "jwt.secret")
    return {"ENV": "dev", "JWT_SECRET_FILE": str(tmp_path / "jwt.secret")}


def test_the_branches_are_those_of_the_environment(environ):
    settings = read(EmbeddingSettings, environ)

    assert (settings.objects_branch, settings.own_branch) == ("dev/oms/main", "dev/embedding/main")
    assert (settings.http_port, settings.grpc_port, settings.provider) == (8001, 50055, "openvino")
    assert settings.redis_url.endswith("/5")


def test_nested_settings_are_read_and_bounded(environ):
    settings = read(EmbeddingSettings, {**environ, "BATCH__MAX_TEXTS": "8", "CACHE__LOCAL_VECTORS": "0"})
    assert (settings.batch.max_texts, settings.cache.local_vectors) == (8, 0)

    wrong = {"BATCH__MAX_TEXTS": "0", "MAX_TEXTS": "499", "PROVIDER": "tensorflow", "MODEL_PATH": "/nowhere"}
    with pytest.raises(SettingsError) as caught:
        read(EmbeddingSettings, {**environ, **wrong})
    assert {problem.partition(":")[0] for problem in caught.value.problems} == set(wrong)
