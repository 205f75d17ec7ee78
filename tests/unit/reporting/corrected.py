"""Corrections and merges for stories, as the services record them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from contracts.base import Payload
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import EventVoided
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.vocabulary import CloseReason, MergeGround, ReopenReason, VoidReason
from reporting.pathway.entry import Entry

from tests.unit.reporting.story import Story, named

OFFICE = "pctnxh-ha-noi"


def voided(
    story: Story,
    case: str,
    wrong: Entry,
    right: Payload | None = None,
    *,
    org: str = OFFICE,
    client: UUID | None = None,
    **when: Any,
) -> list[Entry]:
    """The service that recorded an event voids it, and records what is right in its place, if anything is."""
    void = EventVoided(
        event_id=wrong.event_id,
        type=wrong.type,
        reason=VoidReason.WRONG_DATA,
        replaced=right is not None,
    )
    cause = f"correction of {wrong.event_id}"
    by: dict[str, Any] = {"org": org, "causation_id": cause, "client": client}
    told = [story.tell(wrong.source, wrong.stream, case, void, **by)]
    if right is not None:
        told.append(story.tell(wrong.source, wrong.stream, case, right, **by, **when))
    return told


def edge(kept: str, gone: str, times: int = 1) -> dict[str, Any]:
    return {
        "merge": named("merge", f"{kept}+{gone}/{times}"),
        "survivor": named("client", kept),
        "merged": named("client", gone),
        "ground": MergeGround.PAPERS_SEEN,
    }


def merged(
    story: Story, kept: str, gone: str, *, times: int = 1, case: str = "", org: str = OFFICE, **when: Any
) -> None:
    """Two people whose cases bear their names are found to be one; the case of one goes on. `case`: the later
    one that is closed, where the other has several."""
    closes = case or gone
    cases = {"survivor_case": named("case", kept), "merged_case": named("case", closes)}
    told = ClientsMerged(**{**edge(kept, gone, times), **cases})
    closed = CaseClosed(reason=CloseReason.MERGED, into_case=named("case", kept))
    story.intake(kept, told, org=org, **when)
    story.intake(closes, told, closed, org=org, **when)


def unmerged(
    story: Story, kept: str, gone: str, *, times: int = 1, case: str = "", org: str = OFFICE, **when: Any
) -> None:
    """They are found to be two after all."""
    told = ClientsUnmerged(**edge(kept, gone, times))
    story.intake(kept, told, org=org, **when)
    story.intake(case or gone, told, CaseReopened(reason=ReopenReason.UNMERGED), org=org, **when)
