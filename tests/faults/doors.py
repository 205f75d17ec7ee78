"""Every way in which a name can come into the system, each with a canary of its own in the name's place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from reftrack.intake.v1 import intake_pb2

from tests.faults.journal import Sent
from tests.faults.people import MET

AGENCY = "ldtbxh-bo-de"
NUMBERS = ("000777000111", "000777000222", "000777000333")
"""ID numbers; like every generated one they are nobody's."""

PHONE = "00007770044"


@dataclass(frozen=True)
class Door:
    """One way in: the canary, the event that brings it, the verdict that it gets."""

    canary: str
    sent: Sent
    verdict: str

    def attributed(self) -> intake_pb2.Attributed:
        """The same event as an item of SubmitEvents."""
        given = {name.removeprefix("ce_"): (value or b"").decode() for name, value in self.sent.headers}
        given.pop("specversion")
        return intake_pb2.Attributed(data=self.sent.value or b"", **given)


class Doors:
    """The doors for one way of posting; `way` keeps ids, references and canaries apart from another's."""

    def __init__(self, way: str, id_number: str) -> None:
        self._way = way
        self._known = {"agency_ref": f"KN-{way}"}
        self.first = _registration(self._known, _who(self.name("Registered"), id_number))

    def name(self, word: str) -> str:
        return f"Kanari{self._way}{word}"

    def all(self) -> list[Door]:
        """In the order in which they are to be posted."""
        unknown = {"introduction": "GT-QFMZ-RR76-RRYG-3"}
        by_name = {"agency_ref": f"Nguyễn {self.name('Reference')}"}
        return [
            self._door("Registered", self.first, "accepted"),
            self._door("Reused", self._again("Reused"), "rejected", id_="Registered"),
            self._door("Twice", self._again("Twice"), "rejected"),
            self._door("Waiting", _registration(unknown, _who(self.name("Waiting"))), "waiting"),
            self._door("BadJson", self._again("BadJson")[:-3], "quarantined"),
            self._door("TooLong", _registration(self._known, _who("TooLong" * 1_000)), "quarantined"),
            self._door("Misplaced", self._misplaced(), "quarantined"),
            self._door("Reference", _registration(by_name, _who(self.name("Reference"))), "quarantined"),
            self._door("Time", self.first, "quarantined", ce_time=self.name("Time").encode()),
        ]

    def _again(self, word: str) -> bytes:
        return _registration(self._known, _who(self.name(word), NUMBERS[2]))

    def _misplaced(self) -> bytes:
        name = self.name("Misplaced")
        return json.dumps({"about": {"name": name, name: 1}, "by": name, name: name}).encode()

    def _door(self, word: str, value: bytes, verdict: str, *, id_: str | None = None, **more: bytes) -> Door:
        headers = {
            "ce_specversion": b"1.0",
            "ce_id": f"{self._way}-{id_ or word}".encode(),
            "ce_source": f"/agencies/{AGENCY}".encode(),
            "ce_type": b"org.reftrack.client-registered.v1",
            "ce_time": MET.isoformat().encode(),
            **more,
        }
        topic, source = f"agency.{AGENCY}.events.v1", f"/agencies/{AGENCY}"
        sent = Sent(topic, source, headers["ce_id"].decode(), None, value, tuple(headers.items()))
        return Door(self.name(word) if word != "TooLong" else "TooLongTooLong", sent, verdict)


def _who(canary: str, id_number: str | None = None) -> dict[str, Any]:
    return {
        "full_name": f"Nguyễn {canary} Thử",
        "id_number": id_number,
        "phone": PHONE,
        "address": f"12 ngõ {canary}",
    }


def _registration(about: dict[str, str], who: dict[str, Any]) -> bytes:
    data = {"identity": who, "client_group": "drug_user", "sex": "male", "residence_commune": "00139"}
    return json.dumps({"about": about, "by": "nv-07", "data": data}, ensure_ascii=False).encode()
