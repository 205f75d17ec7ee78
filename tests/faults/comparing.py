"""Small comparisons whose results are sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)


def each_once(wanted: Iterable[Key], found: Iterable[Key], say: Callable[[Key, str], str]) -> Iterator[str]:
    """What is wanted and not found, found and not wanted, found more than once."""
    there, should = Counter(iter(found)), set(wanted)
    yield from (say(key, "is not there") for key in sorted(should - there.keys(), key=str))
    yield from (say(key, "is there and should not be") for key in sorted(there.keys() - should, key=str))
    yield from (say(key, f"is there {count} times") for key, count in there.items() if count > 1)


def gapless(what: str, numbers: Iterable[int]) -> Iterator[str]:
    """The first place at which 1, 2, 3 … breaks off."""
    for place, number in enumerate(sorted(numbers), start=1):
        if number != place:
            yield f"{what}: {number} stands where {place} should"
            return


def same_sequence(
    what: str, wanted: Sequence[Hashable], found: Sequence[Hashable], names: Sequence[str]
) -> Iterator[str]:
    """Other lengths, and the first place at which two sequences part."""
    if len(wanted) != len(found):
        yield f"{what}: {len(wanted)} should be there, {len(found)} are"
    for place, (one, other) in enumerate(zip(wanted, found, strict=False)):
        if one != other:
            yield f"{what}: at {place} something else stands than {names[place]}"
            return


def rising(what: str, places: Sequence[tuple[Any, str]]) -> Iterator[str]:
    """Pairs of (place, name) whose place does not rise."""
    for (before, earlier), (after, later) in pairwise(places):
        if after <= before:
            yield f"{what}: {later} came before {earlier}"


def same_mapping(what: str, wanted: Mapping[Key, Any], found: Mapping[Key, Any]) -> Iterator[str]:
    """Keys of only one, and keys whose values differ."""
    yield from each_once(wanted, found, lambda key, wrong: f"{what}: {key} {wrong}")
    for key in wanted:
        if key in found and wanted[key] != found[key]:
            yield f"{what}: {key} differs\n    was {wanted[key]!r}\n    is  {found[key]!r}"
