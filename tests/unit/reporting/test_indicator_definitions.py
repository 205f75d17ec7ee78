from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from reporting.indicators.definitions import UnknownIndicator, parse, published
from reporting.indicators.period import InvalidPeriod, Period

FIRST = """
- id: reached
  version: 1
  valid_from: 2018-01-01
  title: {vi: a, en: a}
  numerator: {vi: a, en: a}
  unit: people
  counting: any
  facts: [contact]
"""
TWO_VERSIONS = FIRST + FIRST.replace("version: 1", "version: 2").replace("2018", "2020")


def test_the_published_definitions_are_whole_and_name_both_languages() -> None:
    definitions = published()
    assert {
        "clients_reached",
        "screened_with_brief_intervention",
        "plans_agreed",
        "referred_to",
        "referred_to_training_or_job",
    } <= set(definitions.ids())
    assert all(each.title.vi and each.title.en for each in definitions.indicators)


def test_the_definition_that_held_on_the_day_is_used() -> None:
    definitions = parse(TWO_VERSIONS)
    assert definitions.holding("reached", date(2019, 12, 31)).version == 1
    assert definitions.holding("reached", date(2020, 1, 1)).version == 2


def test_before_any_version_held_the_indicator_is_unknown_and_the_error_names_what_there_is() -> None:
    with pytest.raises(UnknownIndicator, match="reached"):
        parse(TWO_VERSIONS).holding("reached", date(2017, 12, 31))


def test_the_same_version_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="next number"):
        parse(TWO_VERSIONS.replace("version: 2", "version: 1"))


def test_a_denominator_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody"):
        parse(TWO_VERSIONS.replace("facts: [contact]", "facts: [contact]\n  of: nobody"))


def test_screening_with_brief_intervention_needs_both_facts() -> None:
    assert published().holding("screened_with_brief_intervention", date(2019, 1, 1)).kinds_needed == 2


def test_a_period_begins_and_ends_at_midnight_in_ha_noi() -> None:
    period = Period(date(2018, 12, 15), date(2019, 6, 14))
    assert period.begins == datetime(2018, 12, 14, 17, tzinfo=UTC)
    assert period.ends == datetime(2019, 6, 14, 17, tzinfo=UTC)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidPeriod, match="exchange"):
        Period(date(2019, 1, 2), date(2019, 1, 1))
