"""Who calls: tokens that are good, and every way in which one is not."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from chassis.rpc import auth
from chassis.rpc.auth import Authenticator, KeysUnusable, NotAuthenticated
from chassis.rpc.call import Caller, Role
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.unit.chassis.tokens import Issuer


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path)


@pytest.fixture
def known(issuer: Issuer) -> Authenticator:
    return Authenticator(issuer.jwks)


def refusal(authenticator: Authenticator, authorization: str | None) -> str:
    with pytest.raises(NotAuthenticated) as raised:
        authenticator.caller(authorization)
    return str(raised.value)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("role", list(Role))
def test_a_good_token_names_subject_organisation_and_role(
    issuer: Issuer, known: Authenticator, role: Role
) -> None:
    assert known.caller(issuer.bearer(role)) == Caller("hoa", "cap-bo-de", role)


def test_the_scheme_is_written_in_any_case(issuer: Issuer, known: Authenticator) -> None:
    assert known.caller("bearer " + issuer.token()).subject == "hoa"


def test_no_token_says_how_to_get_one(known: Authenticator) -> None:
    assert "reftrack token issue" in refusal(known, None)
    assert "reftrack token issue" in refusal(known, "")


def test_an_expired_token_says_to_get_a_new_one(issuer: Issuer, known: Authenticator) -> None:
    assert "expired" in refusal(known, issuer.bearer(exp=int(time.time()) - 61))


def test_a_minute_of_skew_between_clocks_is_allowed(issuer: Issuer, known: Authenticator) -> None:
    assert known.caller(issuer.bearer(exp=int(time.time()) - 50)).subject == "hoa"


def test_a_token_that_was_good_ends(
    issuer: Issuer, known: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = issuer.bearer(exp=int(time.time()) + 5)
    known.caller(bearer)
    later = time.time() + 5 + auth.SKEW_SECONDS + 2
    monkeypatch.setattr(time, "time", lambda: later)
    assert "expired" in refusal(known, bearer)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"sub": ""},
        {"org": None},
        {"org": ""},
        {"role": "king"},
        {"role": None},
        {"nbf": 4_000_000_000},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(
    issuer: Issuer, known: Authenticator, changes: dict[str, object]
) -> None:
    role = changes.pop("role", "operator")
    assert refusal(known, issuer.bearer(role, **changes))  # type: ignore[arg-type]


def test_a_token_of_another_issuer_is_refused(issuer: Issuer, known: Authenticator, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Issuer(tmp_path / "other")
    assert "not trusted" in refusal(known, stranger.bearer())


def test_a_token_signed_with_another_key_under_our_key_id_is_refused(
    issuer: Issuer, known: Authenticator, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    stranger = Issuer(tmp_path / "other")
    claims = {"iss": "reftrack", "aud": "reftrack", "exp": int(time.time()) + 60, "sub": "x", "org": "y"}
    header = {"alg": "Ed25519", "kid": issuer.keys[0].kid}
    forged = jwt.encode(header, {**claims, "role": "auditor"}, stranger.keys[0], algorithms=["Ed25519"])
    assert "signature" in refusal(known, f"Bearer {forged}")


def test_a_token_that_chooses_its_own_algorithm_is_refused(issuer: Issuer, known: Authenticator) -> None:
    claims = {
        "iss": "reftrack",
        "aud": "reftrack",
        "exp": int(time.time()) + 60,
        "sub": "x",
        "org": "y",
        "role": "auditor",
    }
    none = f"{part({'alg': 'none', 'kid': issuer.keys[0].kid})}.{part(claims)}."
    public = json.dumps(issuer.keys[0].as_dict(private=False))
    header = {"alg": "HS256", "kid": issuer.keys[0].kid}
    mixed = jwt.encode(header, claims, OctKey.import_key(public), algorithms=["HS256"])
    for forged in (none, mixed):
        refusal(known, f"Bearer {forged}")


@pytest.mark.parametrize(
    "sent",
    ["Basic abc", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer " + "x" * 5000, "Bearer é.ü.ñ"],
)
def test_what_is_no_token_is_refused(known: Authenticator, sent: str) -> None:
    refusal(known, sent)


def test_a_refusal_repeats_nothing_of_the_token(issuer: Issuer, known: Authenticator) -> None:
    token = issuer.token(sub="Nguyen-Thi-Canary", aud="other")
    told = refusal(known, f"Bearer {token}")
    assert "Canary" not in told
    assert token[:12] not in told


def test_a_token_is_verified_once(
    issuer: Issuer, known: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    bearer = issuer.bearer()
    first = known.caller(bearer)
    monkeypatch.setattr(jwt, "decode", lambda *_args, **_kwargs: pytest.fail("verified again"))
    assert known.caller(bearer) is first


def test_what_is_remembered_has_a_limit(
    issuer: Issuer, known: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "CACHED_TOKENS", 3)
    for n in range(5):
        known.caller(issuer.bearer(sub=f"s{n}"))
    assert len(known._known) == 3


def test_a_new_key_is_taken_at_once(issuer: Issuer, known: Authenticator) -> None:
    old = issuer.bearer()
    known.caller(old)
    issuer.add_key()
    assert known.caller(issuer.bearer(sub="lan")).subject == "lan"
    assert known.caller(old).subject == "hoa"


def test_a_key_taken_out_is_refused_even_for_remembered_tokens(
    issuer: Issuer, known: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = issuer.bearer()
    known.caller(old)
    issuer.add_key()
    issuer.keys.pop()
    issuer.publish()
    monkeypatch.setattr(auth, "REREAD_SECONDS", 0.0)
    assert "not trusted" in refusal(known, old)


def test_a_broken_file_of_keys_leaves_the_keys_as_they_were(
    issuer: Issuer, known: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "REREAD_SECONDS", 0.0)
    issuer.jwks.write_text("{half")
    assert known.caller(issuer.bearer()).subject == "hoa"


@pytest.mark.parametrize("content", ["", "{}", '{"keys": [{"kty": "oct", "k": "AAAA"}]}', '{"keys": [1]}'])
def test_a_server_does_not_start_without_public_keys(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)
    with pytest.raises(KeysUnusable, match="JWKS"):
        Authenticator(tmp_path / "jwks.json")


def test_a_private_key_among_the_public_ones_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"keys": [issuer.keys[0].as_dict(private=True)]}))
    with pytest.raises(KeysUnusable):
        Authenticator(tmp_path / "bad.json")
