"""The words that packs may use: those that the code asks for. A name that nobody asks for is a slip of the
pen, by which a value would silently be missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated

from contracts import catalogue
from contracts.base import Label as DataLabel
from contracts.registry import POSTABLE
from contracts.vocabulary import OrgKind, PurposeOfUse
from pydantic import AfterValidator, Field

from reference.entries import Word
from reference.rights import event_name
from reference.territory import whole_country

ALL = "all"


def _known(what: str, words: Callable[[], Iterable[str]]) -> AfterValidator:
    def check(word: str) -> str:
        known = list(words())
        if word not in known:
            raise ValueError(f"is no {what} that the programme knows: one of {', '.join(known)}")
        return word

    return AfterValidator(check)


def named(section: str) -> AfterValidator:
    """A name of a value that has its title in the catalogue, as all have that the code asks for."""
    head = f"{section}."

    def names() -> list[str]:
        return [name.removeprefix(head) for name in _titles() if name.startswith(head)]

    return _known(f"value of {section}", names)


def _titles() -> Mapping[str, object]:
    return catalogue.lists()["PolicyValue"]


def _province(code: str) -> str:
    if code != ALL and not any(unit.level == "province" for unit in whole_country().lives(code)):
        raise ValueError("is no province of any time: its two digits, or all")
    return code


Province = Annotated[str, Field(pattern=r"^([0-9]{2}|all)$"), AfterValidator(_province)]
Kind = Annotated[Word, _known("kind of organisation", lambda: map(str, OrgKind))]
Purpose = Annotated[Word, _known("purpose", lambda: map(str, PurposeOfUse))]
Label = Annotated[str, Field(pattern=r"^[A-Z]+$"), _known("label", lambda: map(str, DataLabel))]
EventName = Annotated[
    str,
    Field(pattern=r"^[a-z]+(-[a-z]+)*$"),
    _known("event that agencies post", lambda: map(event_name, POSTABLE)),
]
Class = Annotated[Word, _known("class of a waiting list", lambda: catalogue.lists()["PriorityClass"])]
