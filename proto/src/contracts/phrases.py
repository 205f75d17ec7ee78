"""What programs say in English, found again in the catalogue and said in Vietnamese.

For texts that stand in the code, or that libraries write: the help of commands, the messages of runtime and
demo, wrong use of the command line. Places are filled from what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from contracts import catalogue
from contracts.base import Title


@dataclass(frozen=True)
class Phrases:
    """Phrases (`en`), each with what is said in its place (`vi`): whole texts first, then patterns."""

    titles: tuple[Title, ...]
    inner: Phrases | None = field(default=None, repr=False)

    def instead_of(self, english: str) -> str | None:
        """What is said in its place, mostly its Vietnamese; none if the catalogue does not have it.

        What fills a place is looked up too (among the same phrases, or `inner`).
        """
        if english in self._whole:
            return self._whole[english]
        for pattern, vi in self._patterns:
            if (found := pattern.fullmatch(english)) is not None:
                within = self.inner or self
                parts = {name: within.instead_of(text) or text for name, text in found.groupdict().items()}
                return vi.format(**parts)
        return None

    @cached_property
    def _whole(self) -> Mapping[str, str]:
        return {title.en: title.vi for title in self.titles if not _PLACE.search(title.en)}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        return [
            (re.compile(_pattern(title.en), re.DOTALL), title.vi)
            for title in self.titles
            if _PLACE.search(title.en)
        ]


_PLACE = re.compile(r"\{(\w+)\}")


def _pattern(template: str) -> str:
    """Each place takes anything; a name that stands twice takes the same both times."""
    pattern, seen = "", set[str]()
    for n, part in enumerate(_PLACE.split(template)):
        if n % 2 == 0:
            pattern += re.escape(part)
        else:
            pattern += f"(?P={part})" if part in seen else f"(?P<{part}>.+)"
            seen.add(part)
    return pattern


@cache
def usage() -> Phrases:
    """What Typer, Click and Pydantic say of wrong use."""
    return Phrases(tuple(_of(catalogue.usage(), "messages", "words")))


@cache
def usage_plainly() -> Phrases:
    """What Pydantic says of wrong values, in the plain English that `usage` has the Vietnamese of."""
    return Phrases(tuple(_of(catalogue.usage(), "plainly")))


@cache
def messages() -> Phrases:
    """What runtime and demo say."""
    groups = catalogue.messages()
    return Phrases(tuple(_of(groups, *groups)), inner=_NOTHING)


@cache
def helps() -> Mapping[str, str]:
    """What `--help` says, by its English."""
    return {_one_line(title.en): title.vi for title in _of(catalogue.helps(), "help", "frame")}


def help_in_vietnamese(english: str) -> str | None:
    """The same in Vietnamese; line breaks and indents within a paragraph do not matter."""
    return helps().get(_one_line(english))


def _one_line(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


def _of(groups: Mapping[str, catalogue.Texts], *names: str) -> Iterable[Title]:
    return (title for name in names for title in groups[name].values())


_NOTHING = Phrases(())
