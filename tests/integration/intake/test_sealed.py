"""What an agency seals to intake's public key: opened for its event alone, and then like any other."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from contracts.sealing import SealingKey, key_id
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from google.protobuf.wrappers_pb2 import StringValue
from intake.application import sealing_keys
from intake.application.decider import RETRY

from tests.integration.intake.desk import POLICE, REFERENCE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import Post, contact, introduction, registration
from tests.integration.intake.sealed_posts import Exactly, key_of, keys_of, sealed

NAME, NUMBER = "Nguyễn Kanarienvogel", "009912345678"


def a_registration(ref: str = "TV-1", **more: str) -> Exactly:
    return registration(SOCIAL, {"agency_ref": ref}, name=NAME, id_number=NUMBER, **more)  # type: ignore[return-value]


def test_a_sealed_identity_opens_into_the_vault_like_one_in_clear(desk: Desk) -> None:
    (receipt,) = desk.post(sealed(a_registration(), key_of(desk)))
    assert receipt["verdict"] == "accepted"
    client = desk.events()[0]["data"]["client_id"]
    assert set(desk.identity(client).values()) == {NAME, NUMBER, "12 ngõ Thử"}
    told = json.dumps(desk.events(), ensure_ascii=False)
    assert "sealed" not in told
    assert "Kanarienvogel" not in told


def test_a_sealed_id_number_links_as_one_in_clear_does(desk: Desk) -> None:
    desk.post(a_registration())
    other = registration("ldtbxh-ngoc-lam", {"agency_ref": "NL-1"}, name=NAME, id_number=NUMBER)
    desk.post(sealed(other, key_of(desk)))
    assert len(set(desk.rows("SELECT holder FROM claims WHERE kind = 'ref'"))) == 1


def test_the_same_identity_sealed_anew_is_a_repetition_though_its_bytes_differ(desk: Desk) -> None:
    post, key = a_registration(), key_of(desk)
    first, second = sealed(post, key), sealed(post, key)
    assert first.value() != second.value()
    told = desk.post(first, second, post)
    assert [(one["verdict"], one["repetition"]) for one in told] == [
        ("accepted", False),
        ("accepted", True),
        ("accepted", True),
    ]
    assert desk.count("other_contents") == 0


def test_one_in_clear_is_repeated_by_the_same_one_sealed(desk: Desk) -> None:
    post = a_registration()
    told = desk.post(post, sealed(post, key_of(desk)))
    assert [one["repetition"] for one in told] == [False, True]


def test_another_identity_sealed_under_a_used_id_is_other_content(desk: Desk) -> None:
    post, key = a_registration(), key_of(desk)
    other = registration(SOCIAL, {"agency_ref": "TV-1"}, name="Tên Khác", id=post.id)
    (_, told) = desk.post(sealed(post, key), sealed(other, key))
    assert (told["verdict"], told["code"]) == ("rejected", "id_reused")


@pytest.mark.parametrize(
    "bound_to",
    [
        {"event_id": "another"},
        {"source": "/agencies/ldtbxh-ngoc-lam"},
        {"type_name": "org.reftrack.identity-corrected.v1"},
    ],
    ids=["id", "agency", "type"],
)
def test_what_was_sealed_for_another_event_is_rejected(desk: Desk, bound_to: dict[str, str]) -> None:
    (told,) = desk.post(sealed(a_registration(), key_of(desk), **bound_to))
    assert (told["verdict"], told["code"], told["field"]) == (
        "rejected",
        "sealed_not_opened",
        "/data/sealed_identity",
    )
    assert desk.events() == []


@pytest.mark.parametrize("part", ["enc", "ciphertext"])
def test_what_was_changed_on_its_way_is_rejected(desk: Desk, part: str) -> None:
    post = sealed(a_registration(), key_of(desk))
    assert post.posted is not None
    box = post.posted["data"]["sealed_identity"]
    box[part] = box[part][:-5] + ("AAAAA" if box[part][-5:] != "AAAAA" else "BBBBB")
    (told,) = desk.post(post)
    assert (told["verdict"], told["code"]) == ("rejected", "sealed_not_opened")


def test_a_key_that_nobody_knows_is_rejected_and_not_repeated(desk: Desk) -> None:
    key_of(desk)
    private = X25519PrivateKey.generate()
    stranger = SealingKey(key_id(private.public_key().public_bytes_raw()), private.public_key())
    (told,) = desk.post(sealed(a_registration(), stranger))
    assert (told["verdict"], told["code"]) == ("rejected", "sealed_key_unknown")
    assert stranger.key_id not in json.dumps(told)


def test_what_is_sealed_and_is_no_identity_is_quarantined_without_its_content(desk: Desk) -> None:
    post = registration(SOCIAL, {"agency_ref": "TV-1"}, name=NAME, id_number="Kanarienvogel")
    (told,) = desk.post(sealed(post, key_of(desk)))
    assert (told["verdict"], told["code"]) == ("quarantined", "not_of_form")
    assert told["field"] == "/data/identity/id_number"
    assert "Kanarienvogel" not in json.dumps(told)


@pytest.mark.parametrize("both", [True, False], ids=["both", "neither"])
def test_an_identity_comes_in_clear_or_sealed_and_not_twice(desk: Desk, both: bool) -> None:
    post = sealed(a_registration(), key_of(desk))
    assert post.posted is not None
    if both:
        post.posted["data"]["identity"] = {"full_name": NAME}
    else:
        del post.posted["data"]["sealed_identity"]
    (told,) = desk.post(post)
    assert (told["verdict"], told["code"], told["field"]) == ("quarantined", "identity_once", "/data")


def test_an_older_key_opens_what_came_while_it_was_valid_and_nothing_that_comes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing_keys, "LOOKED_UP_AGAIN", 0.0)
    keys, old = keys_of(desk), key_of(desk)
    _, introduced = desk.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    number = introduced["numbers"]["introduction"]
    (case_id,) = desk.rows("DELETE FROM claims WHERE kind = 'number' RETURNING holder")[0]
    early = sealed(registration(SOCIAL, {"introduction": number, "agency_ref": "TV-1"}, name=NAME), old)
    assert verdicts(desk.post(early)) == ["waiting"]
    new = keys.rotate(desk.clock.now(), timedelta(days=10))
    assert [one.key.key_id for one in keys.public(desk.clock.now())] == [new.key.key_id, old.key_id]
    assert verdicts(desk.post(sealed(a_registration("TV-2"), old))) == ["accepted"]
    desk.clock.move_to(desk.clock.now() + timedelta(days=11))
    (told,) = desk.post(sealed(a_registration("TV-3"), old))
    assert (told["verdict"], told["code"]) == ("rejected", "sealed_key_expired")
    other = registration("ldtbxh-ngoc-lam", {"agency_ref": "NL-1"})
    assert verdicts(desk.post(sealed(other, new.key))) == ["accepted"]
    desk.execute("INSERT INTO claims VALUES ('number', %s, %s)", f"introduction/{number}", case_id)
    key = StringValue(value=f"number:introduction/{number}")
    told = desk.take([desk.command(RETRY, key, "system:intake")])[-1]
    assert (told["id"], told["verdict"]) == (early.id, "accepted"), "it came while its key was valid"


def test_a_private_key_stands_nowhere_in_clear(desk: Desk) -> None:
    key_of(desk)
    with desk.connect() as connection, connection.cursor() as cursor:
        ring = desk.vault.keyring(cursor, [row[0] for row in desk.rows("SELECT person FROM vault_keys")])
    (key,) = ring.keys
    for (table,) in desk.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        assert key.plain is not None
        assert key.plain.hex() not in repr(desk.rows(f'SELECT t::text FROM "{table}" AS t'))


def test_of_two_instances_that_make_the_first_key_at_once_both_serve_the_same(desk: Desk) -> None:
    one, other = keys_of(desk), keys_of(desk)
    first = one.public(desk.clock.now())
    assert [key.key.key_id for key in other.public(desk.clock.now())] == [key.key.key_id for key in first]
    assert desk.count("vault_keys") == 1


def test_an_office_told_to_seal_is_taken_at_its_word(desk: Desk, tmp_path: Path) -> None:
    strict = desk.started_again(reference_path=told_to_seal(tmp_path, SOCIAL))
    in_clear, boxed = strict.post(a_registration("TV-1"), sealed(a_registration("TV-2"), key_of(strict)))
    assert (in_clear["verdict"], in_clear["code"]) == ("rejected", "identity_not_sealed")
    assert in_clear["field"] == "/data/identity"
    assert boxed["verdict"] == "accepted"
    assert verdicts(strict.post(contact(SOCIAL, "TV-3"))) == ["accepted"], "nothing in it could be sealed"
    other = registration("ldtbxh-ngoc-lam", {"agency_ref": "NL-1"})
    assert verdicts(strict.post(other)) == ["accepted"], "another office was not told"
    strict.close()


CORRECTED = Post(
    SOCIAL,
    "identity-corrected",
    {"agency_ref": "TV-1"},
    {"reason": "papers_seen", "identity": {"full_name": "Nguyễn Sửa Rồi", "phone": "0900000018"}},
)
CONSENT = Post(
    SOCIAL,
    "consent-given",
    {"agency_ref": "TV-1"},
    {
        "purposes": ["treatment"],
        "recipients": ["provider"],
        "guardian": "parent",
        "guardian_identity": {"full_name": "Trần Giám Hộ"},
    },
)


@pytest.mark.parametrize(
    ("post", "values"),
    [(CORRECTED, {"Nguyễn Sửa Rồi", "0900000018"}), (CONSENT, {"Trần Giám Hộ"})],
    ids=["correction", "guardian"],
)
def test_corrections_and_guardians_are_sealed_as_registrations_are(
    desk: Desk, tmp_path: Path, post: Post, values: set[str]
) -> None:
    strict = desk.started_again(reference_path=told_to_seal(tmp_path, SOCIAL))
    key = key_of(strict)
    in_clear = replace(post, id="in clear")
    told = strict.post(sealed(a_registration(), key), sealed(post, key), sealed(post, key), in_clear)
    assert [(one["verdict"], one["repetition"], one.get("code")) for one in told] == [
        ("accepted", False, None),
        ("accepted", False, None),
        ("accepted", True, None),
        ("rejected", False, "identity_not_sealed"),
    ]
    assert values <= set(strict.identity(strict.events()[0]["data"]["client_id"]).values())
    assert not any(value in json.dumps(strict.events(), ensure_ascii=False) for value in values)
    strict.close()


def told_to_seal(folder: Path, org: str) -> Path:
    """The reference data, with `sealed_only` for one office."""
    shutil.copytree(REFERENCE, folder / "reference")
    file = folder / "reference" / "organisations.yaml"
    data = yaml.safe_load(file.read_text("utf-8"))
    next(one for one in data["organisations"] if one["id"] == org)["sealed_only"] = True
    file.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return folder / "reference"
