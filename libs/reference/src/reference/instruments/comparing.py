"""A claim beside what we compute. Nothing is ever corrected."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from reference.instruments.model import RISKS, Instrument
from reference.instruments.scoring import Score, Screening, screening_of


@dataclass(frozen=True, slots=True)
class Claim:
    """What the event says: a score a substance, and the highest risk (`ClientScreened.scores`, `.risk`)."""

    scores: tuple[tuple[str, int], ...]
    risk: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a claim and the computation differ. `computed` is a score, a range `3-9`, or a band;
    `claimed` none: the claim leaves the substance out. `about`: `score`, `risk`, `impossible` (no answers to
    the form's questions give that score) or `substance` (not on the form, or twice)."""

    about: str
    substance: str | None
    claimed: str | None
    computed: str | None


def compare(screening: Screening, claim: Claim) -> tuple[Difference, ...]:
    """Where a claim differs from what was computed out of the answers; within a range it does not."""
    strange = _strange(claim, {score.substance for score in screening.scores})
    claimed = dict(reversed(claim.scores))
    found = [_score_difference(score, claimed) for score in screening.scores]
    return tuple(one for one in (*strange, *found, _risk_difference(screening, claim)) if one is not None)


def judge(instrument: Instrument, claim: Claim, on: date) -> tuple[Difference, ...]:
    """What can be said of a claim without its answers: scores that cannot be, and a highest risk that is not
    the band of the highest score on that day."""
    if strange := _strange(claim, instrument.codes):
        return strange
    impossible = [
        Difference("impossible", substance, str(score), None)
        for substance, score in claim.scores
        if score not in instrument.attainable[substance]
    ]
    risk = _risk_difference(screening_of(instrument, claim.scores, on), claim)
    return (*impossible, *((risk,) if risk else ()))


def _strange(claim: Claim, known: Collection[str]) -> tuple[Difference, ...]:
    """Scores of a substance that is not on the form, and every score of a substance after its first."""
    named = [substance for substance, _ in claim.scores]
    return tuple(
        Difference("substance", substance, str(score), None)
        for n, (substance, score) in enumerate(claim.scores)
        if substance not in known or substance in named[:n]
    )


def _score_difference(score: Score, claimed: dict[str, int]) -> Difference | None:
    claim = claimed.get(score.substance)
    if score.least <= (claim or 0) <= score.most:
        return None
    computed = str(score.least) if score.value is not None else f"{score.least}-{score.most}"
    return Difference("score", score.substance, None if claim is None else str(claim), computed)


def _risk_difference(screening: Screening, claim: Claim) -> Difference | None:
    least, most = screening.risk_at_least, screening.risk_at_most
    if RISKS.index(least) <= RISKS.index(claim.risk) <= RISKS.index(most):
        return None
    return Difference("risk", None, claim.risk, least if least == most else f"{least}-{most}")
