"""Consents drawn at random, for properties of what follows from them."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts.base import Label
from contracts.events.consent import ConsentGiven
from contracts.vocabulary import OrgKind, PurposeOfUse
from hypothesis import strategies as st

LABELS = (Label.OST, Label.DRUG)
PURPOSES = (PurposeOfUse.TREATMENT, PurposeOfUse.COORDINATION)
KINDS = (OrgKind.PROVIDER, OrgKind.METHADONE_CLINIC)


def some(of: tuple[Any, ...], least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(of), min_size=least, unique=True).map(tuple)


GIVEN = st.builds(
    ConsentGiven,
    purposes=some(PURPOSES, 1),
    recipients=some(KINDS, 1),
    labels=some(LABELS),
    expires_on=st.none() | st.dates(date(2023, 3, 1), date(2023, 4, 20)),
)
