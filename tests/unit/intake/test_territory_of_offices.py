"""What must lie in whose territory: every event that agencies post is decided, and the table of cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.catalogue import text
from contracts.communes import commune_fields
from contracts.events.cases import ClientMovedPosted
from contracts.events.followup import HandoverNotified
from contracts.events.intake import ClientContacted, ClientRegisteredPosted, Identity
from contracts.places import BOUND, FREE
from contracts.registry import POSTABLE
from contracts.vocabulary import Channel, ClientGroup
from intake.domain.places import check_home, check_place
from reference import Organisation, Organisations
from reference.entries import Name

BEFORE, AFTER = date(2019, 3, 2), date(2026, 8, 1)
"""Before communes were merged on 1 July 2025, and after."""


def office(org: str, **more: Any) -> Organisation:
    return Organisation(id=org, kind="commune_social", name=Name(vi=org, en=org), **more)


DIRECTORY = Organisations(
    [
        office("bo-de", commune="00139"),
        office("ngoc-lam", commune="00133"),
        office("bo-de-moi", commune="00118", unit_on=AFTER),
        office("long-bien", district="004"),
        office("ha-noi", province="01"),
        office("khap-noi"),
    ]
)


def lives(commune: str | None) -> ClientRegisteredPosted:
    return ClientRegisteredPosted(
        client_group=ClientGroup.DRUG_USER,
        residence_commune=commune,
        no_fixed_residence=commune is None,
        identity=Identity(full_name="A B"),
    )


def met(commune: str) -> ClientContacted:
    return ClientContacted(channel=Channel.STREET, commune=commune, client_group=ClientGroup.DRUG_USER)


def moved(commune: str, to_org: str | None) -> ClientMovedPosted:
    return ClientMovedPosted(to_commune=commune, to_org=to_org, notified_on=BEFORE)


def handed_over(commune: str, to_org: str) -> HandoverNotified:
    return HandoverNotified(to_commune=commune, to_org=to_org, due_on=BEFORE)


def refusal_of(data: Payload, org: str, day: date) -> Refusal | None:
    try:
        check_place(data, org, DIRECTORY, day)
        check_home(data, org, DIRECTORY, day)
    except Refusal as refusal:
        return refusal
    return None


CASES: list[tuple[str, Payload, date, str | None]] = [
    ("bo-de", met("00139"), BEFORE, None),
    ("bo-de", met("00133"), BEFORE, "outside_territory"),
    ("khap-noi", met("00133"), BEFORE, None),
    ("bo-de", lives("00139"), BEFORE, None),
    ("bo-de", lives("00133"), BEFORE, "lives_outside_territory"),
    ("bo-de", lives(None), BEFORE, None),
    ("long-bien", lives("00133"), BEFORE, None),
    ("long-bien", lives("00592"), BEFORE, "lives_outside_territory"),
    ("ha-noi", lives("00592"), BEFORE, None),
    ("khap-noi", lives("00592"), BEFORE, None),
    ("bo-de", lives("00118"), AFTER, None),  # a part of the old ward lies in the new Bồ Đề
    ("bo-de", lives("00118"), BEFORE, "lives_outside_territory"),  # Ngọc Thụy bore the code then
    ("bo-de-moi", lives("00133"), BEFORE, None),  # all of Ngọc Lâm became the new Bồ Đề
    ("bo-de-moi", lives("00133"), AFTER, None),  # the old code, told today
    ("bo-de-moi", lives("00592"), AFTER, "lives_outside_territory"),
    ("bo-de", moved("00133", None), BEFORE, None),
    ("bo-de", moved("00133", "ngoc-lam"), BEFORE, None),
    ("bo-de", moved("00133", "bo-de"), BEFORE, "to_org_elsewhere"),
    ("cai-nghien", handed_over("00139", "bo-de"), BEFORE, None),
    ("cai-nghien", handed_over("00139", "long-bien"), BEFORE, None),
    ("cai-nghien", handed_over("00139", "ngoc-lam"), BEFORE, "to_org_elsewhere"),
    ("cai-nghien", handed_over("00118", "bo-de"), AFTER, None),
]


@pytest.mark.parametrize(("org", "data", "day", "code"), CASES)
def test_the_table_of_cases(org: str, data: Payload, day: date, code: str | None) -> None:
    found = refusal_of(data, org, day)
    assert (found.code if found else None) == code
    assert found is None or getattr(data, (found.field or "").removeprefix("/data/")) is not None


def test_every_event_that_agencies_post_is_decided_once() -> None:
    models = {postable.model for postable in POSTABLE.values()}
    assert set(BOUND) | set(FREE) == models
    assert not set(BOUND) & set(FREE)


def test_every_field_that_names_a_commune_is_decided() -> None:
    named = {(one.model, field) for one in POSTABLE.values() for field in commune_fields(one.model)}
    assert named == {(model, bound.commune) for model, bound in BOUND.items()}


@pytest.mark.parametrize(
    ("data", "check"), [(met("00133"), check_place), (lives("00133"), check_home)], ids=["met", "lives"]
)
def test_the_office_is_told_its_own_territory_by_name_and_code(data: Payload, check: Any) -> None:
    with pytest.raises(Refusal) as refused:
        check(data, "bo-de", DIRECTORY, BEFORE)
    for lang in ("vi", "en"):
        assert "Phường Bồ Đề (00139)" in text(refused.value.code, lang, **refused.value.detail)
