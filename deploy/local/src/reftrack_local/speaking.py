"""In which language people are spoken to: what `--lang` says, else the locale. English stands in the code."""

from __future__ import annotations

import os
from typing import Any

from contracts import phrases
from rich.console import Console

LANGS = ("vi", "en")
_chosen: list[str] = []


def choose(lang: str | None) -> None:
    """Speak this language from now on; None: that of the locale."""
    _chosen[:] = [lang] if lang else []


def language() -> str:
    """`vi` or `en`: as chosen, else by the first set of `LC_ALL`, `LC_MESSAGES`, `LANG`, else English."""
    if _chosen:
        return _chosen[0]
    set_ = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "vi" if next(filter(None, set_), "").startswith("vi") else "en"


def told(english: str) -> str:
    """A message in the language spoken; as it is if the catalogue does not have it."""
    if language() == "en":
        return english
    return phrases.messages().instead_of(english) or english


class Speaking(Console):
    """A console that says its texts in the language spoken. Tables and the like come in it already."""

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich's, with every text translated."""
        super().print(*(told(each) if isinstance(each, str) else each for each in objects), **options)
