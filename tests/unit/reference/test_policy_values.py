"""However a value is cut by days and provinces, a day has the one value that was written for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from reference import Policy
from reference.policy.pack import Pack
from reference.policy.statements import REQUIRED_TERMS

BEGINS, SPLIT = date(2010, 1, 1), date(2020, 1, 1)
DAYS = st.dates(date(2009, 1, 1), date(2031, 1, 1))
PROVINCES = ("all", "01", "14")


@st.composite
def written(draw: st.DrawFn, first: date, last: date) -> list[dict[str, Any]]:
    """Stretches of days without overlap for each province that has any, in any order; all has no gap."""
    stretches: list[dict[str, Any]] = []
    for province in PROVINCES:
        if province != "all" and draw(st.booleans()):
            continue
        cuts = sorted(draw(st.sets(st.dates(first + timedelta(days=1), last), max_size=4)))
        for start, end in zip(
            [first, *cuts], [cut - timedelta(days=1) for cut in cuts] + [None], strict=True
        ):
            if province != "all" and draw(st.booleans()):
                continue
            value = {"value": draw(st.integers(0, 99)), "province": province, "confirmed": False}
            stretches.append(value | {"from": start} | ({"until": end} if end else {}))
    return list(draw(st.permutations(stretches)))


def pack(name: str, since: date, until: date | None, stretches: list[dict[str, Any]]) -> Pack:
    terms = {term: {"value": 1, "confirmed": False} for term in REQUIRED_TERMS}
    content = {
        "id": name,
        "version": 1,
        "law": "a law",
        "source": "a source",
        "province": "all",
        "from": since,
    }
    return Pack.model_validate(
        content | {"terms": terms | {"contact_months": stretches}} | ({"until": until} if until else {})
    )


def by_hand(stretches: list[dict[str, Any]], day: date, province: str) -> int:
    """The value of the province's own stretch, else of the one for all."""
    for wanted in (province, "all"):
        for one in stretches:
            if one["province"] == wanted and one["from"] <= day <= one.get("until", date.max):
                return int(one["value"])
    raise AssertionError("a value for all holds on every day")


@given(
    written(BEGINS, SPLIT - timedelta(days=1)),
    written(SPLIT, date(2030, 1, 1)),
    DAYS,
    st.sampled_from(["01", "14", "79"]),
)
def test_a_day_has_the_value_that_was_written_for_it(
    early: list[dict[str, Any]], late: list[dict[str, Any]], day: date, province: str
) -> None:
    older, newer = pack("older", BEGINS, SPLIT - timedelta(days=1), early), pack("newer", SPLIT, None, late)
    policy = Policy([newer, older])
    stretches = early if day < SPLIT else late
    assert policy.on(day, province).contact_months == by_hand(stretches, max(day, BEGINS), province)
    assert policy.on(day, province).version == ("older@1" if day < SPLIT else "newer@1")
    row = next(row for row in policy.show(day, province) if row.name == "terms.contact_months")
    assert row.value == policy.on(day, province).contact_months
    assert row.province in ("all", province)


@given(written(SPLIT, date(2030, 1, 1)), st.data())
def test_content_and_nothing_else_makes_the_digest(
    stretches: list[dict[str, Any]], data: st.DataObject
) -> None:
    one = pack("newer", SPLIT, None, stretches)
    assert (
        pack("newer", SPLIT, None, [dict(reversed(each.items())) for each in stretches]).digest == one.digest
    )
    number = data.draw(st.integers(0, len(stretches) - 1))
    changed = [
        each | {"value": each["value"] + 1} if n == number else each for n, each in enumerate(stretches)
    ]
    assert pack("newer", SPLIT, None, changed).digest != one.digest
