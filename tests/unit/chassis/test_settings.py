"""Settings: read once, complete, and an error names the variable and what it wants."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from chassis.settings import Secrets, ServiceSettings, SettingsError
from pydantic import ValidationError

NEEDED = {
    "REFTRACK_POSTGRES_DSN": "postgresql://postgres:Canary@127.0.0.1/x",
    "REFTRACK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "REFTRACK_JWKS_PATH": "/keys/jwks.json",
    "REFTRACK_SECRETS_PATH": "/keys/secrets.json",
    "REFTRACK_MASTER_KEY_PATH": "/keys/master.key",
    "REFTRACK_REFERENCE_PATH": "/reference",
}
KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_loopback_unless_told_otherwise() -> None:
    settings = ServiceSettings.read()
    assert (settings.grpc_host, settings.http_host) == ("127.0.0.1", "127.0.0.1")


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_missing_variable_is_named_with_what_it_wants(variables: pytest.MonkeyPatch, name: str) -> None:
    variables.delenv(name)
    with pytest.raises(SettingsError) as raised:
        ServiceSettings.read()
    assert name in str(raised.value)
    assert "wants" in str(raised.value)


def test_all_that_is_wrong_is_told_at_once(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("REFTRACK_GRPC_PORT", "many")
    variables.setenv("REFTRACK_CLOCK", "sundial")
    variables.setenv("REFTRACK_INSTANCE", "a b")
    with pytest.raises(SettingsError) as raised:
        ServiceSettings.read()
    told = str(raised.value)
    assert all(name in told for name in ("REFTRACK_GRPC_PORT", "REFTRACK_CLOCK", "REFTRACK_INSTANCE"))
    assert "Canary" not in told


def test_certificate_and_key_go_together(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("REFTRACK_TLS_CERT", "/tls/cert.pem")
    with pytest.raises(SettingsError, match="REFTRACK_TLS_KEY"):
        ServiceSettings.read()


def test_settings_do_not_change_and_do_not_show_passwords() -> None:
    settings = ServiceSettings.read()
    assert "Canary" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.grpc_port = 1


def test_a_level_is_written_in_any_case(variables: pytest.MonkeyPatch) -> None:
    variables.setenv("REFTRACK_LOG_LEVEL", "warning")
    assert ServiceSettings.read().log_level == "WARNING"


def test_own_keys_are_read_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"ids_key": KEY, "box_key": KEY, "older_box_keys": [KEY]}))
    secrets = Secrets.read(file)
    assert secrets.ids_key == bytes(range(32))
    assert len(secrets.box_keys) == 2
    assert KEY not in repr(secrets)
    assert repr(secrets.ids_key) not in repr(secrets)


def test_each_purpose_has_its_own_key(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(json.dumps({"ids_key": KEY, "box_key": KEY}))
    secrets = Secrets.read(file)
    assert len({secrets.subkey("cursor"), secrets.subkey("blind-index"), secrets.ids_key}) == 3
    assert secrets.subkey("cursor") == secrets.subkey("cursor")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "JSON"),
        ("[1]", "JSON"),
        ("{}", "box_key"),
        (json.dumps({"box_key": KEY}), "ids_key"),
        (json.dumps({"box_key": KEY, "ids_key": "short"}), "ids_key"),
        (json.dumps({"box_key": KEY, "ids_key": 7}), "ids_key"),
    ],
)
def test_own_keys_that_are_wrong_are_named(tmp_path: Path, content: str, named: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match=named) as raised:
        Secrets.read(file)
    assert KEY not in str(raised.value)


def test_a_missing_file_of_own_keys_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="REFTRACK_SECRETS_PATH"):
        Secrets.read(tmp_path / "none.json")
