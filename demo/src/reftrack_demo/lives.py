"""One person's pathway through the pilot, as the events that the agencies around the person post."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from reftrack_demo.agencies import Agencies
from reftrack_demo.people import Person
from reftrack_demo.steps import Step

TREATMENT = {
    "hiv_test": 3,
    "hiv_prevention": 30,
    "methadone": 365,
    "vocational_training": 90,
    "job_placement": 30,
}
"""How many days a service takes, from its start to its end."""


class Life:
    """The steps of one person, in the order in which they happened."""

    def __init__(self, random: Random, person: Person, agencies: Agencies, *, met_at: datetime) -> None:
        self.random, self.person, self.agencies = random, person, agencies
        self.now = met_at
        self.steps: list[Step] = []
        # An office's system sends what it has in the order in which it was written down.
        self._delay = timedelta(minutes=random.randint(1, 300))
        self._ref = f"TV-{person.number:04d}"

    def lead_to_plan(self, services: list[str], *, days: tuple[int, int] = (1, 6)) -> None:
        """Contact and introduction by ward police, then registration to plan at the commune."""
        ward = self.agencies.ward(self.person.ward)
        slip = f"PX-{self.person.number:04d}"
        contact = {"channel": "street", "commune": self.person.ward, "client_group": "drug_user"}
        self._post(ward.police, "client-contacted", contact, about={"agency_ref": slip})
        self._post(
            ward.police,
            "client-introduced",
            {"to_org": ward.social, "instead_of_administrative_file": True},
            about={"agency_ref": slip},
            gives="introduction",
            after=timedelta(hours=1),
        )
        self._later(*days)
        self._post(
            ward.social,
            "client-registered",
            self._registration(),
            about={"agency_ref": self._ref},
            needs={"introduction": "introduction"},
        )
        self._post(ward.social, "consent-given", self._consent(), after=timedelta(minutes=20))
        counselling = {"topic": "treatment_options", "mode": "office", "audience": "client", "minutes": 30}
        self._post(ward.social, "counselling-provided", counselling, after=timedelta(minutes=40))
        self._later(*days)
        self._screen(ward.social)
        self._later(*days)
        items = [
            {"service": service, "goal": "agreed with the client", "due_on": self._day(60)}
            for service in services
        ]
        self._post(ward.social, "plan-agreed", {"items": items})

    def refer(self, service: str, *, completes: bool = True) -> None:
        """A referral sent by the commune and answered by the provider, closed when the outcome is known."""
        ward, provider = (
            self.agencies.ward(self.person.ward),
            self.agencies.provider(service, self.person.ward),
        )
        slip = f"referral:{service}"
        began, self.now = self.now, self.now + timedelta(days=self.random.randint(1, 10))
        self._post(ward.social, "referral-requested", {"service": service, "provider": provider}, gives=slip)
        self._later(0, 2)
        self._answer(provider, "referral-received", slip)
        self._later(1, 3)
        if not completes:
            self._answer(provider, "referral-rejected", slip, {"reason": "client_declined"})
            self.now = began
            return
        self._answer(provider, "referral-accepted", slip)
        self._later(1, 7)
        self._answer(provider, "service-started", slip)
        self.now += timedelta(days=TREATMENT.get(service, 30))
        self._answer(provider, "service-completed", slip, {"outcome": "goal_met"})
        self._later(1, 4)
        self._answer(ward.social, "loop-closed", slip)
        self.now = began

    def detox(self, *, evaluated: bool) -> None:
        """Voluntary detox, handover to the home commune, management there, evaluation after a year."""
        ward, facility = (
            self.agencies.ward(self.person.ward),
            self.agencies.provider("voluntary_detox", self.person.ward),
        )
        slip = "referral:voluntary_detox"
        self._later(1, 5)
        self._post(
            ward.social,
            "referral-requested",
            {"service": "voluntary_detox", "provider": facility},
            gives=slip,
        )
        for step in ("referral-received", "referral-accepted", "service-started"):
            self._later(1, 3)
            self._answer(facility, step, slip)
        admitted = {"kind": "voluntary", "planned_until": self._day(120)}
        self._answer(facility, "detox-admitted", slip, admitted, gives="stay")
        self.now += timedelta(days=self.random.randint(60, 90))
        self._stay(
            facility,
            "handover-notified",
            {"to_org": ward.authority, "to_commune": self.person.ward, "due_on": self._day(30)},
        )
        self.now += timedelta(days=30)
        self._stay(facility, "detox-completed", {"certificate": f"CN-{self.person.number:05d}", "months": 4})
        self._answer(facility, "service-completed", slip, {"outcome": "goal_met"})
        self._later(1, 4)
        self._stay(ward.authority, "handover-received", {})
        self._answer(ward.social, "loop-closed", slip)
        self._later(1, 5)
        self._stay(
            ward.authority,
            "management-started",
            {"model": "volunteer_team", "team": ward.volunteers, "until": self._day(730)},
        )
        self._later(20, 60)
        self._stay(ward.authority, "support-provided", {"kind": "insurance_card"})
        if evaluated:
            self.now += timedelta(days=366)
            self._evaluate(ward.social)

    def methadone(self) -> None:
        """Induction at the clinic that took the referral."""
        clinic = self.agencies.provider("methadone", self.person.ward)
        self.now += timedelta(days=25)
        self._answer(clinic, "methadone-inducted", "referral:methadone")

    def _evaluate(self, org: str) -> None:
        evaluation = {
            "relapsed": self.random.random() < 0.25,
            "employed": self.random.random() < 0.4,
            "evidence": ["home_visit", "urine_test"],
            "checked_by": "pctnxh-ha-noi/03",
            "checked_by_kind": "supervisor",
        }
        self._stay(org, "reintegration-evaluated", evaluation)

    def _screen(self, social: str) -> None:
        score = self.random.randint(4, 38)
        band = "high" if score >= 27 else "moderate"
        data = {
            "instrument": "who_assist",
            "scores": [{"substance": "opioids", "score": score}],
            "risk": band,
        }
        self._post(social, "client-screened", data)
        self._post(
            social,
            "brief-intervention-given",
            {"minutes": 15, "follow_up_on": self._day(30)},
            after=timedelta(minutes=30),
        )

    def _registration(self) -> dict[str, Any]:
        person = self.person
        identity = {
            "full_name": person.full_name,
            "birth_date": person.birth_date.isoformat(),
            "id_number": person.id_number,
            "phone": person.phone,
            "address": None,
        }
        return {
            "identity": identity,
            "client_group": "drug_user",
            "birth_year": person.birth_year,
            "sex": person.sex,
            "residence_commune": person.ward,
            "no_fixed_residence": False,
        }

    def _consent(self) -> dict[str, Any]:
        return {
            "purposes": ["treatment", "coordination"],
            "recipients": [
                "provider",
                "methadone_clinic",
                "detox_facility",
                "health_station",
                "commune_social",
                "commune_authority",
            ],
            "labels": ["DRUG", "HIV", "OST"],
            "expires_on": self._day(1200),
        }

    def _answer(
        self, org: str, kind: str, slip: str, data: dict[str, Any] | None = None, *, gives: str | None = None
    ) -> None:
        self._post(
            org, kind, data or {}, about={}, needs={"referral": slip}, gives=gives, after=timedelta(minutes=5)
        )

    def _stay(self, org: str, kind: str, data: dict[str, Any]) -> None:
        self._post(org, kind, data, about={}, needs={"stay": "stay"}, after=timedelta(minutes=5))

    def _post(
        self,
        org: str,
        kind: str,
        data: dict[str, Any],
        *,
        about: dict[str, str] | None = None,
        needs: dict[str, str] | None = None,
        gives: str | None = None,
        after: timedelta = timedelta(),
    ) -> None:
        self.now += after
        own_slips = {name: f"{self.person.number}:{slip}" for name, slip in (needs or {}).items()}
        self.steps.append(
            Step(
                org=org,
                type=f"org.reftrack.{kind}.v1",
                event_id=f"{self.random.getrandbits(80):020X}",
                occurred_at=self.now,
                post_at=self.now + self._delay,
                data=data,
                about={"agency_ref": self._ref} if about is None else about,
                needs=own_slips,
                gives=f"{self.person.number}:{gives}" if gives else None,
                key=self._ref,
            )
        )

    def _later(self, low: int, high: int) -> None:
        self.now += timedelta(days=self.random.randint(low, high), minutes=self.random.randint(0, 240))

    def _day(self, plus: int = 0) -> str:
        return (self.now + timedelta(days=plus)).date().isoformat()


def in_order(lives: list[Life]) -> Iterator[Step]:
    """All steps of all lives by the time at which they are posted."""
    yield from sorted(
        (step for life in lives for step in life.steps), key=lambda step: (step.post_at, step.event_id)
    )
