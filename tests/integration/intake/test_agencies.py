"""The registry of offices: what is recorded, who may, and that the door goes by it from the next batch on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from chassis.rpc.errors import InvalidInput
from chassis.store.writer import Result
from contracts.catalogue import answer, text
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import StringValue
from intake.agencies.desk import CHANGE, REGISTER, REINSTATE, SUSPEND
from intake.application.decider import RETRY
from intake.application.identity_desk import READ_IDENTITY
from reftrack.intake.v1 import agencies_pb2 as pb
from reftrack.intake.v1.identity_pb2 import ReadIdentityRequest

from tests.integration.intake.case_posts import move
from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import NOW, Post, contact, counselling, introduction, plan
from tests.integration.intake.posts import registration as registered_by

NEW = "cap-sai-dong"
PROVINCE = "pctnxh-ha-noi"


@pytest.fixture
def fed(desk: Desk) -> Iterator[Desk]:
    """A desk whose directory is fed as in a service, and waits for each change to be learnt."""
    desk.offices.feed.start()
    yield desk
    desk.offices.feed.stop()


def registration(org: str = NEW, **more: Any) -> pb.RegisterAgencyRequest:
    said: dict[str, Any] = {
        "org": org,
        "kind": "ward_police",
        "name_vi": "Công an phường Sài Đồng",
        "name_en": "Police of Sai Dong ward",
        "commune": "00142",
        "contact": pb.AgencyContact(phone="02438271234"),
    }
    return pb.RegisterAgencyRequest(**{**said, **more})


def command(desk: Desk, name: str, request: Message, org: str = PROVINCE) -> Result:
    (result,) = desk.writer.run([desk.command(name, request, org)])
    return result


def done(desk: Desk, name: str, request: Message, org: str = PROVINCE) -> pb.Agency:
    """The office after a command that is carried out, when the directory has learnt of it."""
    result = command(desk, name, request, org)
    assert result.refusal is None, result.refusal
    agency = pb.RegisterAgencyResponse.FromString(result.answer or b"").agency
    desk.learnt(agency.org, lambda office: office.suspended == (agency.state == "suspended"))
    return agency


def refused(desk: Desk, name: str, request: Message, org: str = PROVINCE) -> str:
    result = command(desk, name, request, org)
    assert result.refusal is not None
    return result.refusal.code


@contextmanager
def supervised_by(desk: Desk, org: str, **where: str) -> Iterator[str]:
    """A supervising office of a smaller area."""
    done(desk, REGISTER, registration(org, kind="supervisor", **{"commune": "", **where}))
    yield org


def test_an_office_is_recorded_with_its_unit_and_contact_and_stands_in_the_table(fed: Desk) -> None:
    agency = done(fed, REGISTER, registration())
    (event,) = fed.events()
    assert event["type"] == "org.reftrack.agency-registered.v1"
    assert event["data"]["commune"] == "00142"
    assert event["data"]["unit_on"] == fed.clock.now().date().isoformat()
    assert event["data"]["contact"]["phone"] == "02438271234"
    assert (event["meta"]["org"], event["meta"]["actor"]) == (PROVINCE, "nv-07")
    assert (agency.state, agency.version) == ("active", 1)
    assert fed.rows("SELECT org, version, suspended FROM agencies") == [(NEW, 1, None)]


def test_it_posts_from_the_next_batch_on_and_what_it_had_posted_before_is_released(fed: Desk) -> None:
    assert verdicts(fed.post(contact(NEW, "PX-1", commune="00142"))) == ["waiting"]
    done(fed, REGISTER, registration())
    ((key,),) = fed.rows("SELECT key FROM waits")
    fed.offices.releases.ready(NEW)
    assert [one.value for one in fed.offices.releases.due()] == [key]  # type: ignore[attr-defined]
    told = fed.take([fed.command(RETRY, StringValue(value=key), "system:intake")])
    assert verdicts(told) == ["accepted"]
    assert verdicts(fed.post(introduction(NEW, "PX-1", SOCIAL))) == ["accepted"]
    assert fed.count("waits") == 0


def test_a_suspended_office_is_told_so_until_it_is_reinstated(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    done(fed, SUSPEND, pb.SuspendAgencyRequest(org=NEW, reason="misuse", decision="128/QĐ-UBND"))
    (told,) = fed.post(contact(NEW, "PX-1", commune="00142"))
    assert (told["verdict"], told["code"]) == ("rejected", "agency_suspended")
    done(fed, REINSTATE, pb.ReinstateAgencyRequest(org=NEW))
    assert verdicts(fed.post(contact(NEW, "PX-1", commune="00142"))) == ["accepted"]
    assert fed.types()[:3] == ["agency-registered", "agency-suspended", "agency-reinstated"]


def test_a_suspended_office_is_shown_no_identity_until_it_is_reinstated(fed: Desk) -> None:
    fed.post(registered_by(SOCIAL, {"agency_ref": "TV-1"}))
    (case,) = {event["meta"]["subject"] for event in fed.events()}
    look = ReadIdentityRequest(case_id=case, reason="a call")
    done(fed, SUSPEND, pb.SuspendAgencyRequest(org=SOCIAL, reason="misuse"))
    assert refused(fed, READ_IDENTITY, look, SOCIAL) == "case_unknown"
    assert fed.count("identity_reads") == 0
    assert command(fed, READ_IDENTITY, look, "dpv-long-bien").refusal is None, "others of the area go on"
    done(fed, REINSTATE, pb.ReinstateAgencyRequest(org=SOCIAL))
    assert command(fed, READ_IDENTITY, look, SOCIAL).refusal is None
    assert fed.count("identity_reads") == 2


def test_an_office_of_the_reference_data_is_taken_over_with_its_first_change(fed: Desk) -> None:
    agency = done(fed, SUSPEND, pb.SuspendAgencyRequest(org=POLICE, reason="credentials_leaked"))
    registered, suspended = fed.events()
    assert registered["data"]["of_reference_data"] is True
    assert (registered["data"]["commune"], suspended["data"]["reason"]) == ("00139", "credentials_leaked")
    assert (agency.version, agency.suspend_reason) == (2, "credentials_leaked")
    (told,) = fed.post(contact(POLICE, "PX-1"))
    assert told["code"] == "agency_suspended"


def test_a_narrowed_office_posts_only_what_the_registry_leaves_it(fed: Desk) -> None:
    done(fed, REGISTER, registration(may_post=pb.MayPost(events=["client-introduced"])))
    (told,) = fed.post(contact(NEW, "PX-1", commune="00142"))
    assert (told["verdict"], told["code"]) == ("rejected", "not_in_your_registration")
    change = pb.ChangeAgencyRequest(org=NEW, may_post_all=True)
    command(fed, CHANGE, change)
    fed.learnt(NEW, lambda office: office.may_post is None)
    assert verdicts(fed.post(contact(NEW, "PX-2", commune="00142"))) == ["accepted"]


def test_an_office_reports_no_contact_outside_its_territory(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    (told,) = fed.post(contact(NEW, "PX-1", commune="00139"))
    assert (told["verdict"], told["code"], told["field"]) == (
        *("rejected", "outside_territory", "/data/commune"),
    )
    assert "00142" in told["remedy"]["vi"]


def living_in(commune: str | None, about: dict[str, str], agency: str = SOCIAL, **more: Any) -> Post:
    """A registration of somebody who lives there; nowhere: without a fixed residence."""
    post = registered_by(agency, about, **more)
    home = {"residence_commune": commune, "no_fixed_residence": commune is None}
    return Post(post.agency, post.kind, post.about, {**post.data, **home})


ELSEWHERE = "00592"


def test_who_lives_elsewhere_waits_until_the_office_has_met_that_person_in_its_territory(fed: Desk) -> None:
    (told,) = fed.post(living_in(ELSEWHERE, {"agency_ref": "TV-1"}))
    assert (told["verdict"], told["code"], told["field"]) == (
        *("waiting", "lives_outside_territory", "/data/residence_commune"),
    )
    assert "Phường Bồ Đề (00139)" in told["remedy"]["vi"]
    assert "Phường Bồ Đề (00139)" in told["remedy"]["en"]
    assert fed.events() == []
    assert verdicts(fed.post(contact(SOCIAL, "TV-1"))) == ["accepted", "accepted"]
    assert fed.types()[-2:] == ["agency-reference-bound", "client-registered"]
    assert verdicts(fed.post(counselling(SOCIAL, "TV-1"), plan(SOCIAL, "TV-1"))) == ["accepted"] * 2


def test_who_lives_elsewhere_is_taken_up_by_the_number_of_an_introduction(fed: Desk) -> None:
    (_, introduced) = fed.post(contact(POLICE, "PX-1"), introduction(POLICE, "PX-1", SOCIAL))
    about = {"introduction": introduced["numbers"]["introduction"], "agency_ref": "TV-1"}
    assert verdicts(fed.post(living_in(ELSEWHERE, about))) == ["accepted"]


def test_who_lives_nowhere_in_particular_is_registered_by_whoever_is_asked(fed: Desk) -> None:
    assert verdicts(fed.post(living_in(None, {"agency_ref": "TV-1"}))) == ["accepted"]


def test_an_id_number_is_no_way_into_a_case_of_another_commune(fed: Desk) -> None:
    there, number = "ldtbxh-cau-dien", "001090001234"
    fed.post(living_in(ELSEWHERE, {"agency_ref": "CD-1"}, there, id_number=number))
    known, unknown = fed.post(
        living_in(ELSEWHERE, {"agency_ref": "TV-1"}, id_number=number),
        living_in(ELSEWHERE, {"agency_ref": "TV-2"}, id_number="001090004321"),
    )
    assert known["verdict"] == unknown["verdict"] == "waiting"
    assert known["remedy"] == unknown["remedy"]
    assert verdicts(fed.post(plan(SOCIAL, "TV-1"))) == ["waiting"]


def test_whoever_has_moved_away_is_reported_of_by_both_communes(fed: Desk) -> None:
    _, moved = fed.post(living_in("00139", {"agency_ref": "TV-1"}), move(SOCIAL, "TV-1", ELSEWHERE))
    about = {"introduction": moved["numbers"]["introduction"], "agency_ref": "CD-1"}
    there = living_in(ELSEWHERE, about, "ldtbxh-cau-dien")
    later = counselling(SOCIAL, "TV-1", at=NOW)
    assert verdicts(fed.post(counselling(SOCIAL, "TV-1"), there, later)) == ["accepted"] * 3


def test_a_wrong_residence_is_mended_by_a_new_event(fed: Desk) -> None:
    assert verdicts(fed.post(living_in(ELSEWHERE, {"agency_ref": "TV-1"}))) == ["waiting"]
    again = fed.post(living_in("00139", {"agency_ref": "TV-1"}))
    assert [(one["verdict"], one.get("code")) for one in again] == [
        ("accepted", None),
        ("rejected", "already_recorded"),
    ]


def test_nobody_is_handed_over_to_an_office_that_does_not_work_where_the_person_returns_to(fed: Desk) -> None:
    data = {"to_org": "ubnd-bo-de", "to_commune": ELSEWHERE, "due_on": "2019-04-20"}
    (told,) = fed.post(Post("cai-nghien-ha-noi", "handover-notified", {"stay": "LT-1A73-4KGW-YMQD-4"}, data))
    assert (told["verdict"], told["code"], told["field"]) == ("rejected", "to_org_elsewhere", "/data/to_org")


def test_a_stale_command_is_told_what_changed(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    done(fed, CHANGE, pb.ChangeAgencyRequest(org=NEW, name_en="Sai Dong police", expected_version=1))
    stale = pb.SuspendAgencyRequest(org=NEW, reason="misuse", expected_version=1)
    refusal = command(fed, SUSPEND, stale).refusal
    assert refusal is not None
    assert (refusal.code, refusal.state) == ("agency_changed_meanwhile", "active")
    assert refusal.detail["changed"] == "agency-changed.name_en"
    assert refusal.detail["version"] == "2"


def test_of_two_commands_in_one_batch_that_expect_the_same_version_one_is_stale(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    both = [pb.ChangeAgencyRequest(org=NEW, name_en=name, expected_version=1) for name in ("One", "Two")]
    results = fed.writer.run([fed.command(CHANGE, one, PROVINCE) for one in both])
    assert [result.refusal and result.refusal.code for result in results] == [
        *(None, "agency_changed_meanwhile")
    ]


def test_the_same_request_again_gets_the_same_answer_and_registers_nothing_twice(fed: Desk) -> None:
    asked = fed.command(REGISTER, registration(), PROVINCE)
    first, again = fed.writer.run([asked]), fed.writer.run([replace(asked)])
    assert first[0].answer == again[0].answer
    assert len(fed.events()) == 1


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (registration(POLICE), "agency_exists"),
        (registration(commune="99999"), "unit_unknown"),
        (registration(commune="", district="00142"), "unit_of_another_level"),
        (registration(district="004"), "one_territory"),
        (registration(commune=""), "one_territory"),
        (registration(kind="bank"), "not_in_list"),
        (registration(org="Cap Sai Dong"), "not_of_form"),
        (registration(since="2020-01-02", until="2020-01-01"), "ends_before_it_begins"),
        (registration(may_post=pb.MayPost(events=["client-abducted"])), "event_of_no_kind"),
        (registration(may_post=pb.MayPost(events=["plan-agreed"])), "nothing_left_to_post"),
        (registration(services=["methadone"]), "kind_offers_nothing"),
        (registration(name_vi=""), "field_missing"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_and_nothing_recorded(
    fed: Desk, request_: pb.RegisterAgencyRequest, code: str
) -> None:
    refusal = command(fed, REGISTER, request_).refusal
    assert refusal is not None
    codes = {refusal.code, *(found.code for found in getattr(refusal, "violations", ()))}
    assert code in codes
    assert fed.events() == []


def test_everything_that_is_wrong_in_a_registration_is_told_at_once_each_field_once(fed: Desk) -> None:
    wrong = registration(
        district="004",
        services=["nix"],
        may_post=pb.MayPost(events=["client-abducted", "plan-agreed"]),
        contact=pb.AgencyContact(phone="abc", email="x"),
        since="2020-01-02",
        until="2020-01-01",
    )
    refusal = command(fed, REGISTER, wrong).refusal
    assert isinstance(refusal, InvalidInput)
    assert sorted((one.field, one.code) for one in refusal.violations) == [
        ("commune", "one_territory"),
        ("contact.email", "not_of_form"),
        ("contact.phone", "not_of_form"),
        ("may_post.events", "event_of_no_kind"),
        ("services.0", "not_in_list"),
        ("until", "ends_before_it_begins"),
    ]


def test_an_office_is_narrowed_to_what_its_kind_may_post_and_never_to_nothing_by_mistake(fed: Desk) -> None:
    done(fed, REGISTER, registration(may_post=pb.MayPost(events=["plan-agreed", "client-contacted"])))
    narrower = pb.ChangeAgencyRequest(org=NEW, may_post=pb.MayPost(events=["plan-agreed"]))
    refusal = command(fed, CHANGE, narrower).refusal
    assert isinstance(refusal, InvalidInput)
    (violation,) = refusal.violations
    assert (violation.field, violation.code) == ("may_post.events", "nothing_left_to_post")
    assert "client-contacted" in text(violation.code, "en", **violation.detail)


def test_what_an_office_says_of_itself_is_changed_whatever_else_does_not_fit_it(fed: Desk) -> None:
    done(fed, REGISTER, registration(may_post=pb.MayPost(events=[])))
    named = done(fed, CHANGE, pb.ChangeAgencyRequest(org=NEW, name_en="Police, Sai Dong"))
    assert (named.name_en, list(named.may_post.events)) == ("Police, Sai Dong", [])


@pytest.mark.parametrize(
    ("where", "code", "named"),
    [
        ({"commune": "00139"}, "unit_divided", "Phường Bồ Đề (00118), Phường Long Biên (00145)"),
        ({"commune": "00133"}, "unit_followed", "Phường Bồ Đề (00118)"),
        ({"commune": "", "district": "004"}, "unit_ended", "00"),
        ({"commune": "", "province": "00118"}, "unit_of_another_level", "Phường Bồ Đề"),
    ],
)
def test_a_unit_of_another_day_or_level_is_asked_back_by_name_and_in_words_for_a_command(
    fed: Desk, where: dict[str, str], code: str, named: str
) -> None:
    fed.clock.move_to(datetime(2026, 8, 1, 3, tzinfo=UTC))
    refusal = command(fed, REGISTER, registration(**where)).refusal
    assert isinstance(refusal, InvalidInput)
    (violation,) = refusal.violations
    assert (violation.code, violation.field) == (code, next(name for name, one in where.items() if one))
    for lang in ("vi", "en"):
        told = answer(code, violation.detail)[lang]
        assert named in told
        assert "…" not in told
        assert "sự kiện mới" not in told
        assert "new id" not in told
    assert "quận" not in told


@pytest.mark.parametrize("org", [POLICE, SOCIAL, "dpv-long-bien", "thanh-tra-ha-noi", "nobody"])
def test_only_a_supervising_office_keeps_the_registry(fed: Desk, org: str) -> None:
    assert refused(fed, REGISTER, registration(), org) == "supervising_office_only"
    assert refused(fed, SUSPEND, pb.SuspendAgencyRequest(org=POLICE, reason="misuse"), org) == (
        "supervising_office_only"
    )
    assert fed.events() == []


def test_a_supervisor_of_a_district_keeps_that_district_and_no_more(fed: Desk) -> None:
    with supervised_by(fed, "gs-long-bien", district="004") as supervisor:
        assert done(fed, REGISTER, registration(), supervisor).commune == "00142"
        elsewhere = registration("cap-phu-do", commune="00634")
        assert refused(fed, REGISTER, elsewhere, supervisor) == "agency_outside_your_territory"
        wider = registration("dpv-khac", commune="", province="01", kind="district_social")
        assert refused(fed, REGISTER, wider, supervisor) == "agency_outside_your_territory"
        another = registration("gs-khac", kind="supervisor")
        assert refused(fed, REGISTER, another, supervisor) == "kind_needs_the_province"
        suspend = pb.SuspendAgencyRequest(org="cap-me-tri", reason="misuse")
        assert refused(fed, SUSPEND, suspend, supervisor) == "agency_not_found"
        away = pb.ChangeAgencyRequest(org=NEW, commune="00634")
        assert refused(fed, CHANGE, away, supervisor) == "agency_outside_your_territory"


def test_a_suspended_supervisor_keeps_nothing(fed: Desk) -> None:
    with supervised_by(fed, "gs-long-bien", district="004") as supervisor:
        done(fed, SUSPEND, pb.SuspendAgencyRequest(org=supervisor, reason="by_order"))
        assert refused(fed, REGISTER, registration(), supervisor) == "agency_suspended"


def test_what_is_so_already_is_refused_with_the_state_met(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    assert refused(fed, REINSTATE, pb.ReinstateAgencyRequest(org=NEW)) == "agency_not_suspended"
    assert refused(fed, CHANGE, pb.ChangeAgencyRequest(org=NEW, commune="00142")) == "nothing_changed"
    done(fed, SUSPEND, pb.SuspendAgencyRequest(org=NEW, reason="other"))
    refusal = command(fed, SUSPEND, pb.SuspendAgencyRequest(org=NEW, reason="misuse")).refusal
    assert refusal is not None
    assert (refusal.code, refusal.state, refusal.moves) == (
        *("agency_suspended_already", "suspended", ("change", "reinstate")),
    )


def test_a_restarted_intake_knows_the_registry_before_it_decides_anything(fed: Desk) -> None:
    done(fed, REGISTER, registration())
    again = fed.started_again()
    try:
        again.offices.feed.start()
        assert verdicts(again.post(contact(NEW, "PX-1", commune="00142"))) == ["accepted"]
    finally:
        again.offices.feed.stop()
        again.close()
