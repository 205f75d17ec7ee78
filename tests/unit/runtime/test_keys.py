"""Keys and tokens: what the runtime signs is what the services accept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chassis.masterkey import FileMasterKey
from chassis.rpc.auth import Authenticator, NotAuthenticated
from chassis.rpc.call import Caller, Role
from chassis.settings import Secrets
from reftrack_local.keys import Keys
from reftrack_local.roles import ROLES
from reftrack_local.trouble import Trouble


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    made = Keys(tmp_path / "keys")
    made.make(["intake", "referral"])
    return made


@pytest.mark.parametrize("role", list(Role))
def test_a_token_of_each_role_is_accepted_by_the_services(keys: Keys, role: Role) -> None:
    token = keys.token(role=role, org="cap-bo-de", subject="officer-1")
    assert Authenticator(keys.jwks).caller(f"Bearer {token}") == Caller("officer-1", "cap-bo-de", role)


def test_the_roles_are_those_of_the_services() -> None:
    assert set(ROLES) == set(Role)


def test_a_token_ends_when_it_was_told_to(keys: Keys) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    token = keys.token(role="auditor", org="x", subject="y", ttl=timedelta(hours=1), at=yesterday)
    with pytest.raises(NotAuthenticated, match="expired"):
        Authenticator(keys.jwks).caller(f"Bearer {token}")


def test_the_public_file_holds_no_private_part(keys: Keys) -> None:
    (key,) = json.loads(keys.jwks.read_text())["keys"]
    assert "d" not in key
    assert key["kid"]


def test_keys_are_never_replaced_and_differ_by_service(keys: Keys) -> None:
    before = {file.name: file.read_bytes() for file in keys.folder.iterdir()}
    keys.make(["intake", "referral", "followup"])
    assert {name: (keys.folder / name).read_bytes() for name in before} == before
    assert Secrets.read(keys.secrets_of("intake")) != Secrets.read(keys.secrets_of("referral"))
    FileMasterKey(keys.master)


def test_an_unknown_role_and_missing_keys_are_answered_with_the_remedy(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="no role 'king'"):
        keys.token(role="king", org="x", subject="y")
    with pytest.raises(Trouble, match="no keys"):
        Keys(tmp_path / "elsewhere").token(role="auditor", org="x", subject="y")
