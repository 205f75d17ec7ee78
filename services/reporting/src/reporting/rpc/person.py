"""The cases of one person, each as far as a reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from reporting.access import Part, Reader
from reporting.places import told_on
from reporting.queries import FoundCase


@dataclass(frozen=True)
class Person:
    """What a reader may see of the cases of a person, some of which were found to be of the same one.

    Merging shows nobody a case that it did not see before, save who took the person up: whoever sees the
    whole of one of the cases for what it did in it sees the whole of all. To everybody else each case looks
    as if it stood alone: which other one there is leaves no trace.
    """

    parts: dict[UUID, Part]
    cases: dict[UUID, FoundCase]

    @classmethod
    def of(cls, reader: Reader, asked: FoundCase, found: Sequence[FoundCase]) -> Person:
        """`found`: all cases of the person, the open one first, then the latest; `asked` is one of them."""
        took_up = any(reader.part_by_ties(each.ties) is Part.WHOLE for each in found)
        cases = {each.case.case_id: each for each in found} | {asked.case.case_id: asked}
        parts = {case_id: Part.WHOLE if took_up else part_of(reader, each) for case_id, each in cases.items()}
        return cls(parts, cases)

    @classmethod
    def alone(cls, found: FoundCase, part: Part) -> Person:
        """Somebody who has, as far as the reader may know, this case only."""
        return cls({found.case.case_id: part}, {found.case.case_id: found})

    def part(self, case_id: UUID) -> Part:
        """How much of that case is seen."""
        return self.parts.get(case_id, Part.NOTHING)

    @property
    def linked(self) -> frozenset[UUID]:
        """The cases that are seen whole: of them it is told that they are of one person."""
        return frozenset(case_id for case_id, part in self.parts.items() if part is Part.WHOLE)

    def present(self, found: FoundCase) -> FoundCase:
        """The case to show for one by whose name the person is known: the open one, else that in which it
        goes on."""
        if found.case.case_id not in self.linked:
            return found
        there = [each for case_id, each in self.cases.items() if case_id in self.linked]
        return next((each for each in there if each.case.closed_at is None), self.goes_on_in(found))

    def goes_on_in(self, found: FoundCase) -> FoundCase:
        """The case in which the person goes on, after every merging that closed one: itself, if it is not
        closed by merging, or the other one is not seen whole."""
        passed: set[UUID] = set()
        while found.case.is_merged and found.case.case_id in self.linked - passed:
            passed.add(found.case.case_id)
            into = found.case.merged_into
            if into is None or into not in self.linked:
                return found
            found = self.cases[into]
        return found

    def merged_into(self, found: FoundCase) -> list[FoundCase]:
        """The cases that go on in this one, the oldest first."""
        going_on = (
            each
            for case_id, each in self.cases.items()
            if case_id in self.linked and each is not found and self.goes_on_in(each) is found
        )
        return sorted(going_on, key=lambda each: (str(each.case.opened_at or ""), each.case.case_id))


def part_of(reader: Reader, found: FoundCase) -> Part:
    """How much of a case is seen that stands alone."""
    return reader.part(found.ties, found.case.commune, told_on(found.case))
