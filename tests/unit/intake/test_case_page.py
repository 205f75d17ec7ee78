"""docs/case.md says what the code decides by."""

from __future__ import annotations

from contracts import catalogue
from contracts.generate import PROTO
from intake.domain.order import Step
from intake.domain_page import page


def test_the_page_of_a_case_is_current() -> None:
    written = (PROTO.parent / "docs" / "case.md").read_text("utf-8")
    assert written == page(), "python -m intake.domain_page > docs/case.md"


def test_every_step_has_its_name_in_both_languages() -> None:
    names = catalogue.lists()["Step"]
    assert {str(step) for step in Step} <= set(names)
