"""Who may be shown who a client is: the table, kind by kind, and what ties an organisation to a case."""

from __future__ import annotations

import pytest
from chassis.refusal import Refusal
from contracts.generate import PROTO
from contracts.vocabulary import OrgKind, PurposeOfUse
from intake.domain.identity_readers import NO_READERS, READERS, has_to_do_with, purpose_of, sight_of
from intake.identity_page import page

NOBODY = {"ward_police", "border_guard", "hotline", "volunteer_team", "club"}


class Ward:
    """`office` answers for the ward in which `clinic` works."""

    def within(self, org: str, other: str, /) -> bool:
        return (org, other) == ("office", "clinic")


@pytest.mark.parametrize("kind", OrgKind)
@pytest.mark.parametrize("role", ["agency", "operator", "supervisor", "auditor", "administrator"])
def test_an_identity_is_shown_to_people_of_the_kinds_that_serve_or_oversee_and_to_no_machine(
    kind: OrgKind, role: str
) -> None:
    meant = {"supervisor": "supervisor", "auditor": "auditor"}.get(kind, "operator")
    assert (sight_of(kind, role) is not None) == (kind not in NOBODY and role == meant)


def test_every_kind_reads_or_does_not_on_a_ground_that_is_written_down() -> None:
    assert set(NO_READERS) == NOBODY
    assert READERS.keys() | NO_READERS.keys() == set(OrgKind)
    assert not READERS.keys() & NO_READERS.keys()
    grounds = [*(sight.ground for sight in READERS.values()), *NO_READERS.values()]
    assert all(ground.startswith("domain.md: ") for ground in grounds)
    written = (PROTO.parent / "docs" / "identity.md").read_text("utf-8")
    assert written == page(), "python -m intake.identity_page > docs/identity.md"


def test_nobody_reads_an_identity_for_statistics() -> None:
    assert all(PurposeOfUse.STATISTICS not in sight.purposes for sight in READERS.values())


def test_the_usual_purpose_is_taken_where_none_is_given_and_another_kinds_is_refused() -> None:
    auditor = READERS[OrgKind.AUDITOR]
    assert purpose_of(auditor, "") is PurposeOfUse.AUDIT
    for other in ("treatment", "coordination", "supervision", "statistics", "no such"):
        with pytest.raises(Refusal) as refused:
            purpose_of(auditor, other)
        assert (refused.value.code, refused.value.field) == ("purpose_not_yours", "purpose")


def test_who_answers_for_an_area_reads_of_those_served_there_and_who_serves_only_its_own() -> None:
    area, care = READERS[OrgKind.COMMUNE_SOCIAL], READERS[OrgKind.PROVIDER]
    assert has_to_do_with("office", area, ["clinic"], Ward())
    assert has_to_do_with("clinic", care, ["clinic"], Ward())
    assert not has_to_do_with("office", care, ["clinic"], Ward())
    assert not has_to_do_with("elsewhere", area, ["clinic"], Ward())
    assert not has_to_do_with("office", area, [], Ward())
