"""What people read of a reason, in both languages: from `texts.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

LANGS = ("vi", "en")
Texts = Mapping[str, Mapping[str, str]]


def say(code: str, lang: str) -> str:
    """The text of a reason's code; a code that has none is its own text."""
    return texts().get(code, {}).get(lang, code)


@cache
def texts() -> Texts:
    """Code → language → text, of every code that `score` gives."""
    data = yaml.safe_load(files("intake.likeness").joinpath("texts.yaml").read_text(encoding="utf-8"))
    found = {code: dict(zip(LANGS, pair, strict=True)) for code, pair in data["others"].items()}
    for part, names in data["parts"].items():
        for level, sentences in data["levels"].items():
            said = [text.format(part=name) for text, name in zip(sentences, names, strict=True)]
            found[f"{part}_{level}"] = dict(zip(LANGS, said, strict=True))
    return found
