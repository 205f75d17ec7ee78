"""From how likely on somebody is proposed as a match: data, in `proposing.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Proposing(BaseModel):
    """`likely_from` in percent; `most` candidates of one registration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    likely_from: int = Field(ge=1, le=100)
    most: int = Field(ge=1, le=10)


@cache
def proposing() -> Proposing:
    """What the file says; raises pydantic's `ValidationError` where that is nonsense."""
    text = files("intake.likeness").joinpath("proposing.yaml").read_text(encoding="utf-8")
    return Proposing.model_validate(yaml.safe_load(text))
