"""docs/policy.md tells which values nobody has confirmed, and is held to the packs."""

from __future__ import annotations

from pathlib import Path

import pytest
from reference import Policy
from reference.policy.unconfirmed import in_page, listing

ROOT = Path(__file__).parents[3]
POLICY = Policy.load(ROOT / "deploy" / "reference" / "policy")


def test_the_page_lists_what_the_packs_say_is_unconfirmed_and_nothing_else() -> None:
    page = (ROOT / "docs" / "policy.md").read_text("utf-8")
    remedy = "run python -m reference.policy.unconfirmed deploy/reference/policy docs/policy.md"
    assert in_page(page, POLICY) == page, remedy


def test_every_unconfirmed_value_of_every_pack_in_use_is_named() -> None:
    told = listing(POLICY)
    for pack in POLICY.in_use():
        for said in pack.statements():
            if not said.statement.confirmed and said.section != "may_post":
                assert f"`{said.section}.{said.name}`" in told
    assert "`laws.compulsory_detox`" not in told


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="unconfirmed: begin"):
        in_page("# Policy", POLICY)
