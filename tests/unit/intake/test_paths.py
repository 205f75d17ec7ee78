"""The paths of the groups, as data: what each has, and who reports contacts with whom."""

from __future__ import annotations

import pytest
from chassis.refusal import Refusal
from contracts.events.intake import ClientContacted
from contracts.events.referral import ReferralRequestedPosted
from contracts.registry import POSTABLE
from contracts.vocabulary import Channel, ClientGroup, OrgKind, Owner, Service
from intake.domain.order import ORDER, Step
from intake.domain.paths import CONTACTS_ONLY, PATHS, check_contact, check_routed, check_step

USES_DRUGS = {
    Service.METHADONE,
    Service.BUPRENORPHINE,
    Service.VOLUNTARY_DETOX,
    Service.HOME_COMMUNITY_DETOX,
    Service.COMPULSORY_DETOX,
    Service.CEDEMEX,
}
HAS_NOT: dict[ClientGroup, tuple[set[Step], set[Service]]] = {
    ClientGroup.DRUG_USER: (set(), {Service.VICTIM_RETURN}),
    ClientGroup.SEX_WORKER: (set(), {Service.VICTIM_RETURN}),
    ClientGroup.PERSON_WITH_HIV: (set(), {Service.VICTIM_RETURN}),
    ClientGroup.TRAFFICKING_VICTIM: ({Step.SCREENED, Step.DECLINED, Step.INTERVENED}, USES_DRUGS),
    ClientGroup.RELATIVE: (
        {Step.SCREENED, Step.DECLINED, Step.INTERVENED},
        USES_DRUGS | {Service.VICTIM_RETURN},
    ),
}
GOES_TO_OTHERS = sorted(name for name, one in POSTABLE.items() if one.owner is not Owner.INTAKE)
AFTER_TREATMENT = {
    f"org.reftrack.{name}.v1"
    for name in (
        "detox-admitted",
        "detox-completed",
        "methadone-inducted",
        "handover-notified",
        "handover-received",
        "management-started",
        "reintegration-evaluated",
    )
}


def refused(group: ClientGroup, *asked: object) -> Refusal | None:
    try:
        check_step(group, asked[0]) if isinstance(asked[0], Step) else check_routed(group, *asked)  # type: ignore[arg-type]
    except Refusal as refusal:
        return refusal
    return None


def allowed(group: ClientGroup, *asked: object) -> bool:
    refusal = refused(group, *asked)
    if refusal is None:
        return True
    assert refusal.code in ("not_in_path", "service_not_in_path")
    assert (refusal.later, refusal.detail) == (False, {})
    return False


@pytest.mark.parametrize("group", ClientGroup)
@pytest.mark.parametrize("step", ORDER)
def test_each_group_has_the_steps_of_its_way(group: ClientGroup, step: Step) -> None:
    assert allowed(group, step) is (step not in HAS_NOT[group][0])


@pytest.mark.parametrize("group", ClientGroup)
@pytest.mark.parametrize("service", Service)
def test_each_group_is_referred_to_the_services_of_its_way(group: ClientGroup, service: Service) -> None:
    data = {"service": str(service)}
    assert allowed(group, ReferralRequestedPosted.TYPE, data) is (service not in HAS_NOT[group][1])


@pytest.mark.parametrize("group", ClientGroup)
@pytest.mark.parametrize("type_name", GOES_TO_OTHERS)
def test_what_follows_treatment_is_reported_of_whom_it_can_follow(group: ClientGroup, type_name: str) -> None:
    treated = group not in (ClientGroup.RELATIVE, ClientGroup.TRAFFICKING_VICTIM)
    assert allowed(group, type_name, {}) is (treated or type_name not in AFTER_TREATMENT)


def test_of_groups_that_others_must_not_notice_nothing_is_ruled_out_that_a_drug_user_has() -> None:
    user = PATHS[ClientGroup.DRUG_USER]
    for group in (ClientGroup.PERSON_WITH_HIV, ClientGroup.SEX_WORKER):
        path = PATHS[group]
        assert (path.no_steps, path.no_services, path.no_reports) == (
            user.no_steps,
            user.no_services,
            user.no_reports,
        )


def test_every_group_has_a_way_with_its_source() -> None:
    assert set(PATHS) == set(ClientGroup)
    assert all(path.goes and path.source for path in PATHS.values())


@pytest.mark.parametrize("kind", OrgKind)
@pytest.mark.parametrize("group", ClientGroup)
def test_border_guards_and_the_hotline_report_contacts_with_victims_of_trafficking_alone(
    kind: OrgKind, group: ClientGroup
) -> None:
    contact = ClientContacted(channel=Channel.PHONE, commune="00139", client_group=group)
    if kind in CONTACTS_ONLY and group is not ClientGroup.TRAFFICKING_VICTIM:
        with pytest.raises(Refusal, match="group_not_yours"):
            check_contact(contact, kind)
    else:
        check_contact(contact, kind)
