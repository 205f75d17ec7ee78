"""What a step changed in a case: a state is long, a step is short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reftrack_cli.operators import naming
from reftrack_cli.session import word

FIELDS = (
    "client_id",
    "client_group",
    "stage",
    "opened_on",
    "closed_on",
    "commune",
    "district",
    "introduction_number",
    "agency_refs",
    "followup_state",
    "plan",
    "referrals",
    "stays",
    "goes_on_in",
    "merged_cases",
    "moved_to",
)
"""What is shown of a case, in this order; each a word of the list Screen."""


def between(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> list[str]:
    """A line for each thing that differs, in words."""
    lines: list[str] = []
    for name in FIELDS:
        if before.get(name) == after.get(name):
            continue
        if name == "referrals":
            lines += _referrals(_by_number(before, name), _by_number(after, name), language)
        elif name == "stays":
            lines += _stays(_by_number(before, name), _by_number(after, name), language)
        else:
            lines.append(f"{word(name, language)}: {naming.value(name, after.get(name, ''), language)}")
    return lines


def _referrals(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> Iterator[str]:
    for number, referral in after.items():
        state = naming.state(referral["state"], language)
        known = before.get(number)
        if known is None:
            service = naming.service(referral["service"], language)
            yield f"{word('referral', language)} {number}: {service} → {referral['provider']}: {state}"
        elif known["state"] != referral["state"]:
            yield f"{word('referral', language)} {number}: {state}"


def _stays(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> Iterator[str]:
    for number, stay in after.items():
        if before.get(number) != stay:
            until = stay.get("completed_on") or word("now", language)
            yield f"{word('stay', language)} {number}: {stay['facility']}, {stay['admitted_on']} – {until}"


def _by_number(case: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return {one["number"]: one for one in case.get(name, ())}
