"""A shipped schema may grow, and in no other way change."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.documents.growth import narrowings

SHIPPED: dict[str, Any] = {
    "$defs": {"Colour": {"enum": ["red", "blue"], "type": "string"}},
    "properties": {
        "colour": {"$ref": "#/$defs/Colour", "x-labels": ["DRUG"]},
        "name": {"type": "string", "maxLength": 20, "minLength": 2},
        "dates": {"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 1},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
    "required": ["colour", "name"],
    "type": "object",
    "additionalProperties": False,
}


def now(**properties: Any) -> dict[str, Any]:
    return {**SHIPPED, "properties": {**SHIPPED["properties"], **properties}}


@pytest.mark.parametrize(
    "grown",
    [
        now(),
        now(added={"type": "integer", "default": 3}),
        {**SHIPPED, "$defs": {"Colour": {"enum": ["red", "blue", "green"], "type": "string"}}},
        now(name={"type": "string", "maxLength": 40, "minLength": 1}),
        now(dates={"type": "array", "items": {"type": "string", "format": "date"}}),
        now(colour={"$ref": "#/$defs/Colour", "x-labels": ["DRUG", "HIV"]}),
        {**SHIPPED, "required": ["name"]},
        now(name={"anyOf": [{"type": "string", "maxLength": 20, "minLength": 2}, {"type": "null"}]}),
    ],
)
def test_what_only_grew_is_the_same_version(grown: dict[str, Any]) -> None:
    assert narrowings(SHIPPED, grown) == []


@pytest.mark.parametrize(
    ("narrowed", "where"),
    [
        ({**SHIPPED, "$defs": {"Colour": {"enum": ["red"], "type": "string"}}}, "/colour enum"),
        ({**SHIPPED, "required": ["colour", "name", "note"]}, "/note required"),
        (now(name={"type": "string", "maxLength": 10, "minLength": 2}), "/name maxLength"),
        (now(name={"type": "string", "maxLength": 20, "minLength": 3}), "/name minLength"),
        (now(name={"type": "integer", "maxLength": 20, "minLength": 2}), "/name"),
        (now(colour={"$ref": "#/$defs/Colour"}), "/colour x-labels"),
        (now(dates={"type": "array", "items": {"type": "string"}, "minItems": 1}), "/dates/*"),
        (now(note={"type": "string"}), "/note"),
        (now(note={"anyOf": [{"type": "string"}, {"type": "null"}], "default": "x"}), "/note default"),
        (now(name={"type": "string", "maxLength": 20, "minLength": 2, "pattern": "^a"}), "/name"),
        (now(colour={"type": "string", "x-labels": ["DRUG"]}), None),
        (
            {**SHIPPED, "properties": {k: v for k, v in SHIPPED["properties"].items() if k != "name"}},
            "/name gone",
        ),
    ],
)
def test_what_takes_less_or_means_another_thing_is_told_with_its_place(
    narrowed: dict[str, Any], where: str | None
) -> None:
    found = narrowings(SHIPPED, narrowed)
    if where is None:  # a list that became free text takes more
        assert found == []
    else:
        assert where in found
