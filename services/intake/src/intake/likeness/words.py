"""Lists of words, from `words.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def words(of: str) -> frozenset[str]:
    """One list of the file."""
    data = _data()[of]
    return frozenset(data.split() if isinstance(data, str) else data)


@cache
def _data() -> Any:
    return yaml.safe_load(files("intake.likeness").joinpath("words.yaml").read_text(encoding="utf-8"))
