"""A line of a file leaves the machine with its identities sealed, and otherwise as it was written."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from contracts.events.sealed import Sealed
from contracts.sealing import Place, SealingKey, key_id, open_sealed
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from reftrack_cli.operators.events import sealed_line

PRIVATE = X25519PrivateKey.generate()
KEY = SealingKey(key_id(PRIVATE.public_key().public_bytes_raw()), PRIVATE.public_key())
WHO = {"full_name": "Nguyễn Văn Thử"}
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/agencies/ldtbxh-bo-de",
    "type": "org.reftrack.client-registered.v1",
    "data": {"about": {"agency_ref": "T-1"}, "by": "nv-07", "data": {"identity": WHO, "sex": "male"}},
}


def opened(line: bytes) -> Any:
    event = json.loads(line)
    box = Sealed.model_validate(event["data"]["data"]["sealed_identity"])
    return open_sealed(PRIVATE, box, Place(EVENT["source"], EVENT["id"], event["type"], "identity"))


@pytest.mark.parametrize("escaped", [True, False])
def test_an_identity_is_sealed_however_its_json_is_written(escaped: bool) -> None:
    line = sealed_line(json.dumps(EVENT, ensure_ascii=escaped).encode(), KEY)
    assert opened(line) == WHO
    assert "Nguy" not in line.decode()
    assert {**json.loads(line), "data": EVENT["data"]} == EVENT


def test_one_in_base64_is_sealed_too() -> None:
    hidden = {name: value for name, value in EVENT.items() if name != "data"}
    data = b64encode(json.dumps(EVENT["data"]).encode()).decode()
    line = sealed_line(json.dumps({**hidden, "data_base64": data}).encode(), KEY)
    assert opened(line) == WHO
    assert "data_base64" not in json.loads(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "torn',
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"data_base64": 7}',
        b'{"data_base64": "!"}',
        b'{"id": 1, "source": 2, "type": 3, "data": {"data": {"identity": {}}}}',
        json.dumps({**EVENT, "type": "org.reftrack.client-contacted.v1"}, indent=None).encode(),
    ],
)
def test_what_bears_none_or_is_no_event_is_sent_as_it_is(line: bytes) -> None:
    assert sealed_line(line, KEY) is line
