"""That somebody was shown who a client is changes nothing of the case, and reporting tells it to nobody."""

from __future__ import annotations

import pytest
from contracts.base import Payload
from contracts.events import intake
from contracts.events.vault import IdentityRead
from contracts.vocabulary import Channel, ClientGroup, IdentityField, OrgKind, PurposeOfUse
from reporting.access import Part, Reader, labels_of_kind
from reporting.pathway.cases import CaseStatus
from reporting.pathway.entry import INTAKE, Entry
from reporting.pathway.lookup import reference_in, ties_in
from reporting.rpc.timeline import tell

from tests.unit.reporting.story import Story, named

READ = IdentityRead(purpose=PurposeOfUse.AUDIT, fields=(IdentityField.FULL_NAME,))
GROUP = ClientGroup.DRUG_USER
TOLD: tuple[Payload, ...] = (
    intake.CaseOpened(client_id=named("client", "an"), client_group=GROUP),
    intake.ClientContacted(channel=Channel.STREET, commune="00139", client_group=GROUP),
)


def entries(*, with_a_reading: bool) -> list[Entry]:
    story = Story()
    story.intake("an", *TOLD)
    if with_a_reading:
        story.tell(INTAKE, named("reading", "one"), "an", READ, org="thanh-tra-ha-noi")
    return story.entries()


def status(told: list[Entry]) -> CaseStatus:
    case = CaseStatus(named("case", "an"))
    for entry in told:
        case.fold(entry)
    return case


def test_a_case_is_the_same_whoever_has_read_who_its_client_is() -> None:
    assert status(entries(with_a_reading=True)) == status(entries(with_a_reading=False))


def test_who_has_read_it_is_tied_to_the_case_by_nothing() -> None:
    (reading,) = entries(with_a_reading=True)[len(TOLD) :]
    assert (ties_in(reading), reference_in(reading)) == (frozenset(), None)


@pytest.mark.parametrize("kind", OrgKind)
@pytest.mark.parametrize("org", ["thanh-tra-ha-noi", "ubnd-bo-de"])
def test_no_timeline_tells_of_it_not_even_to_who_looked(kind: OrgKind, org: str) -> None:
    reader = Reader(org, kind, labels=labels_of_kind(kind, ()), area=None)
    types = [entry.type for entry in tell(reader, Part.WHOLE, entries(with_a_reading=True))]
    assert IdentityRead.TYPE not in types
    assert types == [entry.type for entry in tell(reader, Part.WHOLE, entries(with_a_reading=False))]
