import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, Field

from shared.settings import ServiceSettings, SettingsError, read
from shared.settings_check import FOREIGN_PREFIXES, _within, setting_names


class OmsLike(ServiceSettings):
    service_name: ClassVar[str] = "oms"

    terminusdb_endpoint: str = Field("", validation_alias=AliasChoices("terminusdb_endpoint", "terminus_url"))


@pytest.fixture
def environ(identities) -> dict[str, str]:
    return {"ENV": "dev", "JWT_SECRET_FILE": str(identities.secret_file), "PATH": "/bin"}


def problems(environ: dict[str, str], settings_class: type[ServiceSettings] = OmsLike) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(settings_class, environ)
    return caught.value.problems


def test_defaults_bind_loopback_and_keep_every_flag_off(environ):
    settings = read(OmsLike, environ)
    assert settings.bind_host == "127.0.0.1"
    assert settings.use_grpc is True
    flags = {settings.use_gateway, settings.use_embedding_ms, settings.use_scheduler_ms, settings.use_event_gateway}
    assert flags == {"off"}


def test_values_come_from_the_environment(environ):
    settings = read(
        OmsLike, environ | {"HTTP_PORT": "8123", "USE_GRPC": "false", "LIMITS__DEPTH": "7", "USE_GATEWAY": "25%"}
    )
    assert (settings.http_port, settings.use_grpc, settings.limits.depth) == (8123, False, 7)
    assert settings.use_gateway == "25%"


def test_env_has_no_default(environ):
    del environ["ENV"]
    assert problems(environ) == ["ENV: Field required"]


def test_a_variable_set_to_nothing_counts_as_unset(environ):
    assert problems(environ | {"ENV": ""}) == ["ENV: Field required"]
    assert read(OmsLike, environ | {"JWKS_URL": ""}).jwks_url is None


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("USE_GATWAY", "USE_GATEWAY"),
        ("USE_GATEWAYS", "USE_GATEWAY"),
        ("use_gateway", "USE_GATEWAY"),
        ("JWT_SECERT_FILE", "JWT_SECRET_FILE"),
        ("ENVV", "ENV"),
        ("LIMIT__DEPTH", "LIMITS"),
        ("TERMINUS_ULR", "TERMINUS_URL"),
    ],
)
def test_a_misspelt_variable_stops_the_start(environ, variable, meant):
    (problem,) = problems(environ | {variable: "off"})
    assert problem.startswith(f"{variable}: ")
    assert meant in problem


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "EDITOR", "NO_PROXY", "PWD", "OMS_HTTP_PORT", "LOGNAME"])
def test_variables_of_others_are_left_alone(environ, variable):
    assert read(OmsLike, environ | {variable: "x"}).env == "dev"


def test_a_misspelt_limit_is_named(environ):
    assert problems(environ | {"LIMITS__DEPHT": "5"}) == ["LIMITS__DEPHT: Extra inputs are not permitted"]


def test_bad_values_are_named_each_in_a_line_and_not_shown(environ):
    found = problems(environ | {"HTTP_PORT": "99999", "USE_GRPC": "perhaps", "USE_GATEWAY": "101%", "LOG_LEVEL": "x"})
    assert sorted(problem.split(":")[0] for problem in found) == ["HTTP_PORT", "LOG_LEVEL", "USE_GATEWAY", "USE_GRPC"]
    assert not any("perhaps" in problem or "\n" in problem for problem in found)


def test_alias_is_read(environ):
    del environ["ENV"]
    settings = read(OmsLike, environ | {"DEPLOY_ENV": "dev", "TERMINUS_URL": "http://kernel"})
    assert (settings.env, settings.terminusdb_endpoint) == ("dev", "http://kernel")


def test_setting_and_alias_may_agree_but_not_differ(environ):
    assert read(OmsLike, environ | {"DEPLOY_ENV": "dev"}).env == "dev"
    assert problems(environ | {"DEPLOY_ENV": "prod"}) == ["ENV and DEPLOY_ENV: one setting, set to different values"]


class TestFile:
    def test_values_come_from_the_file_and_the_environment_wins(self, environ, tmp_path):
        path = tmp_path / "dev.env"
        path.write_text("# shared by all services\nHTTP_PORT=1234\nLOG_LEVEL=DEBUG\nKERNEL_DEFAULT_DB=oms\n")
        settings = read(OmsLike, environ | {"SETTINGS_FILE": str(path), "LOG_LEVEL": "ERROR"})
        assert (settings.http_port, settings.log_level) == (1234, "ERROR")

    def test_unknown_key_stops_the_start(self, environ, tmp_path):
        path = tmp_path / "dev.env"
        path.write_text("COLOUR=red\nHTTP_PRT=8000\nNO_VALUE\n")
        found = problems(environ | {"SETTINGS_FILE": str(path)})
        assert [problem.split(":")[0] for problem in found] == ["SETTINGS_FILE", "COLOUR", "HTTP_PRT"]

    def test_setting_in_the_file_and_alias_in_the_environment_must_agree(self, environ, tmp_path):
        path = tmp_path / "dev.env"
        path.write_text("TERMINUSDB_ENDPOINT=http://a\n")
        found = problems(environ | {"SETTINGS_FILE": str(path), "TERMINUS_URL": "http://b"})
        assert found == ["TERMINUSDB_ENDPOINT and TERMINUS_URL: one setting, set to different values"]

    def test_nothing_is_interpolated(self, environ, tmp_path):
        path = tmp_path / "dev.env"
        path.write_text("NATS_URL=nats://${HOME}:4222\n")
        assert read(OmsLike, environ | {"SETTINGS_FILE": str(path)}).nats_url == "nats://${HOME}:4222"

    def test_missing_file_stops_the_start(self, environ, tmp_path):
        (problem,) = problems(environ | {"SETTINGS_FILE": str(tmp_path / "none.env")})
        assert problem.startswith("SETTINGS_FILE: no readable file")

    @pytest.mark.parametrize("prefix", FOREIGN_PREFIXES)
    def test_keys_of_other_services_are_known_by_their_beginning(self, environ, tmp_path, prefix):
        path = tmp_path / "dev.env"
        path.write_text(f"{prefix}SOMETHING_OF_ANOTHER_SERVICE=1\n")
        assert read(OmsLike, environ | {"SETTINGS_FILE": str(path)}).env == "dev"


class TestIdentity:
    def test_dev_needs_a_secret(self, environ):
        del environ["JWT_SECRET_FILE"]
        (problem,) = problems(environ)
        assert problem.startswith("JWT_SECRET_FILE: required in dev")

    def test_production_needs_keys_by_https_and_takes_no_shared_secret(self, environ):
        found = problems(environ | {"ENV": "prod", "JWKS_URL": "http://idp/jwks"})
        assert [problem.split(":")[0] for problem in found] == [
            "JWT_SECRET_FILE",
            "JWKS_URL",
            "SERVICE_PUBLIC_KEYS",
            "SERVICE_KEY_FILE",
        ]

    def test_production_starts_with_all_of_them(self, identities):
        settings = read(
            OmsLike,
            {
                "ENV": "prod",
                "JWKS_URL": "https://idp/jwks",
                "SERVICE_KEY_FILE": str(identities.folder / "oms.key.pem"),
                "SERVICE_PUBLIC_KEYS": str(identities.public),
            },
        )
        assert settings.env == "prod"

    def test_short_secret_is_refused(self, environ, tmp_path):
        path = tmp_path / "secret"
        path.write_text("x" * 31 + "\n")
        (problem,) = problems(environ | {"JWT_SECRET_FILE": str(path)})
        assert problem == "JWT_SECRET_FILE: the secret has 31 bytes, at least 32 are needed"

    def test_unfit_key_files_are_named(self, environ, tmp_path):
        (tmp_path / "oms.pem").write_text("no key")
        found = problems(
            environ | {"SERVICE_KEY_FILE": str(tmp_path / "oms.pem"), "SERVICE_PUBLIC_KEYS": str(tmp_path)}
        )
        assert found == [
            "SERVICE_KEY_FILE: no private key in PEM without a password",
            "SERVICE_PUBLIC_KEYS: oms.pem holds no public key in PEM",
        ]


def test_construction_ignores_the_environment(identities, monkeypatch):
    monkeypatch.setenv("HTTP_PORT", "1234")
    assert identities.settings().http_port == 0


def test_a_bad_setting_ends_the_process_with_one_line_and_status_2():
    program = "from shared.settings import ServiceSettings, load; load(ServiceSettings)"
    ended = subprocess.run(
        [sys.executable, "-c", program], env={"USE_GATWAY": "on"}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr == "settings: USE_GATWAY: no setting has this name; USE_GATEWAY is meant?\n"
    assert ended.stdout == ""


def test_names_know_aliases():
    names = setting_names(OmsLike)
    assert names["DEPLOY_ENV"] == names["ENV"] == "ENV"
    assert names["TERMINUS_URL"] == "TERMINUSDB_ENDPOINT"


@given(st.text("ABC_", max_size=8), st.lists(st.tuples(st.integers(0, 8), st.sampled_from("ABC_-")), max_size=2))
def test_two_edits_are_always_found(word, edits):
    edited = word
    for position, letter in edits:
        edited = edited[:position] + ("" if letter == "-" else letter) + edited[position + 1 :]
    assert _within(edited, word, 2)
    assert _within(word, edited, 2)


@pytest.mark.parametrize(("first", "second"), [("ABCDEF", "ABC"), ("ABCDEF", "FEDCBA"), ("", "ABC")])
def test_three_edits_are_too_many(first, second):
    assert not _within(first, second, 2)


def test_files_are_paths(environ, tmp_path):
    settings = read(OmsLike, environ | {"TRACES_FILE": str(tmp_path / "traces.jsonl")})
    assert settings.traces_file == Path(tmp_path / "traces.jsonl")
