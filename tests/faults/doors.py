"""Every way in which a name can come into the system, each with a canary of its own in the name's place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contracts.sealing import SealingKey, seal_posted
from reftrack.intake.v1 import intake_pb2

from tests.faults.journal import Sent
from tests.faults.people import MET

AGENCY = "ldtbxh-bo-de"
BIRD = "Kanarí"
"""The stem of every canary: whatever is searched is searched for this, without its diacritics too."""

NUMBERS = ("000777000111", "000777000222", "000777000333")
"""ID numbers; like every generated one they are nobody's."""

PHONES = ("00007770044", "00007770055")
"""The client's and the guardian's."""

STEMS = (BIRD, "000777000", "0000777004", "0000777005")
"""What all canaries begin with."""

_ATTRIBUTES = ("ce_id", "ce_source", "ce_type", "ce_time", "traceparent")


@dataclass(frozen=True)
class Door:
    """One way in: the canary, the event that brings it, the verdict that it gets."""

    canary: str
    sent: Sent
    verdict: str

    def attributed(self) -> intake_pb2.Attributed:
        """The same event as an item of SubmitEvents, which has no other attributes than these."""
        given = {name: (value or b"").decode() for name, value in self.sent.headers if name in _ATTRIBUTES}
        named = {name.removeprefix("ce_"): value for name, value in given.items()}
        return intake_pb2.Attributed(data=self.sent.value or b"", **named)

    def structured(self) -> dict[str, Any]:
        """The same event as a line of a file."""
        item = self.attributed()
        attributes = {"id": item.id, "source": item.source, "type": item.type, "time": item.time}
        return {"specversion": "1.0", **attributes, "data": json.loads(item.data)}


class Doors:
    """The doors for one way of posting; `way` keeps ids, references and canaries apart from another's."""

    def __init__(self, way: str, id_number: str, key: SealingKey) -> None:
        self._way = way
        self._key = key
        self._known = {"agency_ref": f"KN-{way}"}
        self.first = _registration(self._known, _who(self.name("Registered"), id_number))

    def name(self, word: str) -> str:
        return f"{BIRD}{self._way}{word}"

    def all(self) -> list[Door]:
        """In the order in which they are to be posted."""
        return [*self.in_clear(), *self.sealed(), *self.of_the_same_person(), *self.where_none_belongs()]

    def in_clear(self) -> list[Door]:
        """Accepted, rejected, other content under a used id, waiting."""
        unknown = {"introduction": "GT-QFMZ-RR76-RRYG-3"}
        return [
            self._door("Registered", self.first, "accepted"),
            self._door("Reused", self._again("Reused"), "rejected", id_="Registered"),
            self._door("Twice", self._again("Twice"), "rejected"),
            self._door("Waiting", _registration(unknown, _who(self.name("Waiting"))), "waiting"),
        ]

    def sealed(self) -> list[Door]:
        """Opened; opened and other than before; bound to another event; opened and no identity."""
        boxed = {"agency_ref": f"KN-{self._way}-S"}
        torn = _registration(boxed, {"full_name": self.name("SealedTorn"), "id_number": self.name("Torn")})
        return [
            self._sealed("Sealed", _registration(boxed, _who(self.name("Sealed"))), "accepted"),
            self._sealed("SealedAgain", self._again("SealedAgain"), "rejected", id_="Sealed"),
            self._sealed("SealedMoved", self._again("SealedMoved"), "rejected", bound_to="another"),
            self._sealed("SealedTorn", torn, "quarantined"),
        ]

    def of_the_same_person(self) -> list[Door]:
        """Corrected, with a guardian, and somebody who looks like them: a match is proposed."""
        corrected = {"reason": "papers_seen", "identity": {"full_name": f"Nguyễn {self.name('Corrected')}"}}
        guardian = {"full_name": f"Trần {self.name('Guardian')}", "phone": PHONES[1]}
        consent = {"purposes": ["treatment"], "recipients": ["provider"], "guardian": "parent"}
        like = _who(self.name("Registered"))
        return [
            self._door("Corrected", _posted(self._known, corrected), "accepted", "identity-corrected"),
            self._door(
                "Guardian",
                _posted(self._known, {**consent, "guardian_identity": guardian}),
                "accepted",
                "consent-given",
            ),
            self._door("Like", _registration({"agency_ref": f"KN-{self._way}-L"}, like), "accepted"),
        ]

    def where_none_belongs(self) -> list[Door]:
        """In torn bytes, in fields and attributes that are not for names."""
        by_name = {"agency_ref": f"Nguyễn {self.name('Reference')}"}
        aside: dict[str, bytes] = {
            "ce_subject": self.name("Aside").encode(),
            "traceparent": self.name("Trace").encode(),
            "x-name": self.name("Header").encode(),
        }
        return [
            self._door("BadJson", self._again("BadJson")[:-3], "quarantined"),
            self._door("TooLong", _registration(self._known, _who(self.name("TooLong" * 99))), "quarantined"),
            self._door("Misplaced", self._misplaced(), "quarantined"),
            self._door("Reference", _registration(by_name, _who(self.name("Reference"))), "quarantined"),
            self._door("Time", self.first, "quarantined", more={"ce_time": self.name("Time").encode()}),
            self._door("Aside", self._met(), "accepted", "client-contacted", more=aside),
        ]

    def on_kafka_alone(self) -> list[Door]:
        """In what only a record has: its key, attributes of CloudEvents of every kind, a body of any size."""
        met = self._met()
        place = {"source": f"/agencies/{AGENCY}", "specversion": "1.0", "time": MET.isoformat()}
        whole = {**place, "type": _type("client-contacted"), "data": json.loads(met)}
        aside = {"subject": self.name("Subject"), "kanari": self.name("Extension")}
        form = {"content-type": b"application/cloudevents+json; charset=" + self.name("Charset").encode()}
        huge = _registration(self._known, {**_who(self.name("Huge")), "address": self.name("Huge") * 60_000})
        deep = b'{"data": ' + b"[" * 5000 + self.name("Deep").encode()
        number = _registration({"introduction": self.name("Number")}, _who(self.name("Number")))
        return [
            self._door("Key", met, "accepted", "client-contacted", key=self.name("Key").encode()),
            self._structured("Structured", {**whole, **aside}, "accepted", form),
            self._structured("StructuredName", {**whole, self.name("Attribute"): 1}, "accepted", form),
            self._structured("StructuredType", {**whole, "type": self.name("Type")}, "quarantined", form),
            self._door("Huge", huge, "quarantined"),
            self._door("Deep", deep, "quarantined"),
            self._door("Number", number, "quarantined"),
            self._door("Type", met, "quarantined", more={"ce_type": self.name("Type").encode()}),
            self._door("Spec", met, "quarantined", more={"ce_specversion": self.name("Spec").encode()}),
            self._door(
                *("Source", met, "rejected", "client-contacted"),
                more={"ce_source": f"/{self.name('Source')}".encode()},
            ),
        ]

    def _met(self) -> bytes:
        return _posted(self._known, {"channel": "street", "commune": "00139", "client_group": "drug_user"})

    def _structured(
        self, word: str, event: dict[str, Any], verdict: str, headers: Mapping[str, bytes]
    ) -> Door:
        value = json.dumps({**event, "id": f"{self._way}-{word}"}, ensure_ascii=False).encode()
        door = self._door(word, value, verdict)
        return Door(door.canary, door.sent._replace(headers=tuple(headers.items())), verdict)

    def _again(self, word: str) -> bytes:
        return _registration(self._known, _who(self.name(word), NUMBERS[2]))

    def _misplaced(self) -> bytes:
        name = self.name("Misplaced")
        return json.dumps({"about": {"name": name, name: 1}, "by": name, name: name}).encode()

    def _sealed(
        self, word: str, value: bytes, verdict: str, *, id_: str | None = None, bound_to: str = ""
    ) -> Door:
        door = self._door(word, value, verdict, id_=id_)
        place = {"source": door.sent.source, "event_id": bound_to or door.sent.id, "type_name": _type()}
        posted = seal_posted(self._key, json.loads(value), **place)
        return Door(door.canary, door.sent._replace(value=json.dumps(posted).encode()), verdict)

    def _door(
        self,
        word: str,
        value: bytes,
        verdict: str,
        kind: str = "client-registered",
        *,
        id_: str | None = None,
        key: bytes | None = None,
        more: Mapping[str, bytes] = MappingProxyType({}),
    ) -> Door:
        headers = {
            "ce_specversion": b"1.0",
            "ce_id": f"{self._way}-{id_ or word}".encode(),
            "ce_source": f"/agencies/{AGENCY}".encode(),
            "ce_type": _type(kind).encode(),
            "ce_time": MET.isoformat().encode(),
            **more,
        }
        topic, source = f"agency.{AGENCY}.events.v1", f"/agencies/{AGENCY}"
        sent = Sent(topic, source, headers["ce_id"].decode(), key, value, tuple(headers.items()))
        return Door(self.name(word), sent, verdict)


def _type(kind: str = "client-registered") -> str:
    return f"org.reftrack.{kind}.v1"


def _who(canary: str, id_number: str | None = None) -> dict[str, Any]:
    return {
        "full_name": f"Nguyễn {canary} Thử",
        "birth_date": "1990-02-03",
        "id_number": id_number,
        "phone": PHONES[0],
        "address": f"12 ngõ {canary}",
        "aliases": [f"{canary} Còi"],
        "guardian_name": f"Trần {canary} Mẹ",
        "guardian_phone": PHONES[1],
    }


def _registration(about: dict[str, str], who: dict[str, Any]) -> bytes:
    return _posted(
        about, {"identity": who, "client_group": "drug_user", "sex": "male", "residence_commune": "00139"}
    )


def _posted(about: dict[str, str], data: dict[str, Any]) -> bytes:
    return json.dumps({"about": about, "by": "nv-07", "data": data}, ensure_ascii=False).encode()
