"""One example file an event version, kept for ever: each is read, and written again it says the same.

An event may have grown since: what an example leaves out is left out of the comparison.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from contracts.documents import frozen
from contracts.documents.schemas import short_name
from contracts.envelope import Recorded
from contracts.generate import FROZEN, PROTO
from contracts.posted import parse_posted
from contracts.receipt import Receipt
from contracts.registry import PAYLOADS, POSTABLE

POSTED = sorted((PROTO / "examples" / "posted").glob("*.json"))
RECORDED = sorted((PROTO / "examples" / "recorded").glob("*.json"))
OF_EVENTS = [path for path in RECORDED if not path.stem.startswith("receipt.")]


@pytest.mark.parametrize("path", POSTED, ids=lambda path: path.stem)
def test_a_posted_example_is_read_and_says_the_same_again(path: Path) -> None:
    value = path.read_bytes()
    posted = parse_posted(f"org.reftrack.{path.stem}", value)
    assert posted.model_dump(mode="json", exclude_unset=True) == json.loads(value)


@pytest.mark.parametrize("path", OF_EVENTS, ids=lambda path: path.stem)
def test_a_recorded_example_is_read_and_says_the_same_again(path: Path) -> None:
    value = path.read_bytes()
    recorded = Recorded.parse(value)
    assert Recorded.payload(value) == recorded.data
    if recorded.type == f"org.reftrack.{path.stem}":
        written = json.loads(recorded.to_bytes())
        said = recorded.data.model_dump(mode="json", exclude_unset=True)
        assert {**written, "data": said} == json.loads(value)
    else:
        assert recorded.type in PAYLOADS


def test_a_receipt_example_is_read_and_says_the_same_again() -> None:
    value = (PROTO / "examples" / "recorded" / f"{short_name(Receipt.TYPE)}.json").read_bytes()
    receipt = Receipt.model_validate_json(value)
    assert receipt.model_dump(mode="json", exclude_unset=True) == json.loads(value)


def test_every_event_of_the_registry_has_its_example() -> None:
    assert {path.stem for path in POSTED} >= {short_name(name) for name in POSTABLE}
    assert {path.stem for path in RECORDED} >= {short_name(name) for name in (*PAYLOADS, Receipt.TYPE)}


def test_every_version_that_has_shipped_has_its_example() -> None:
    shipped = frozen.read(FROZEN)
    for form, paths in (("posted", POSTED), ("recorded", RECORDED)):
        assert {path.stem for path in paths} >= {short_name(name) for name in shipped.get(form, {})}
