"""The folder of instruments: which version holds on a day, and what makes a file unusable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from reference.entries import Lasting, read_entry, read_mapping, wrong
from reference.errors import ReferenceInvalid
from reference.instruments.model import Bands, Instrument, Question

ONE_DAY = timedelta(days=1)


class Instruments:
    """Every version of every instrument, in memory."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_id: dict[str, list[Instrument]] = {}
        for instrument in sorted(instruments, key=lambda one: one.first_day):
            self._by_id.setdefault(instrument.id, []).append(instrument)

    @classmethod
    def load(cls, folder: Path) -> Instruments:
        """Reads `instruments/*.yaml`; raises `ReferenceInvalid` with file, line and remedy."""
        files = {file: read_instrument(file) for file in sorted(folder.glob("*.yaml"))}
        if not files:
            raise ReferenceInvalid(folder, "instruments", "holds no instrument: add at least one .yaml file")
        for identity in {one.id for one in files.values()}:
            _check_versions([(file, one) for file, one in files.items() if one.id == identity])
        return cls(files.values())

    def on(self, day: date, instrument: str) -> Instrument | None:
        """The version of an instrument in force on a day; before its first day the first version, none for an
        instrument that is not here or is no longer in force."""
        versions = self._by_id.get(instrument, [])
        if versions and day < versions[0].first_day:
            return versions[0]
        return next((one for one in versions if one.holds(day)), None)

    def get(self, reference: str) -> Instrument | None:
        """The instrument that an event names as `<id>@<version>`, whenever it held."""
        return next((one for one in self if one.reference == reference), None)

    def __iter__(self) -> Iterator[Instrument]:
        return (one for versions in self._by_id.values() for one in versions)


def read_instrument(file: Path) -> Instrument:
    """One instrument, checked whole: its questions, gates, options and bands fit each other."""
    instrument = read_entry(file, "instrument", Instrument, read_mapping(file))
    _Checker(file, instrument).check()
    return instrument


class _Checker:
    """What the fields of an instrument must be to each other."""

    def __init__(self, file: Path, instrument: Instrument) -> None:
        self._file = file
        self._instrument = instrument

    def check(self) -> None:
        self._once("substances", self._instrument.codes)
        self._once("questions", [question.id for question in self._instrument.questions])
        self._skips()
        seen: list[str] = []
        for number, question in enumerate(self._instrument.questions):
            self._question(number, question, seen)
            seen.append(question.id)
        for code in self._instrument.codes:
            self._bands(code)
        self._rest()

    def _once(self, key: str, names: Sequence[str]) -> None:
        for number, name in enumerate(names):
            if name in names[:number]:
                raise self._wrong(f"{name} stands twice: keep one of the two", key, number)

    def _skips(self) -> None:
        for name, options in self._instrument.options.items():
            if options[0].score:
                raise self._wrong("the first answer must count nothing: a skip means it", "options", name, 0)

    def _question(self, number: int, question: Question, seen: Sequence[str]) -> None:
        at = ("questions", number)
        if question.options not in self._instrument.options:
            raise self._wrong(f"options {question.options} are not under options: add them", *at, "options")
        for code in (*question.only_about, *question.not_about):
            if code not in self._instrument.codes:
                raise self._wrong(f"{code} is not under substances: add or correct it", *at)
        gate = question.asked_if
        if gate is None:
            return
        if gate.question not in seen:
            raise self._wrong(f"question {gate.question} does not come before it", *at, "asked_if")
        options = self._instrument.scores_of(self._instrument.by_id[gate.question])
        if unknown := [answer for answer in gate.answers if answer not in options]:
            raise self._wrong(
                f"question {gate.question} has no answer {unknown[0]}: one of {', '.join(options)}",
                *at,
                "asked_if",
            )

    def _bands(self, code: str) -> None:
        ours = [(n, bands) for n, bands in enumerate(self._instrument.bands) if code in bands.substances]
        if not ours:
            raise self._wrong(f"no bands for {code}: add it to one of them", "bands")
        for number, bands in ours:
            most = self._instrument.most(code)
            if not bands.moderate_from < bands.high_from <= most:
                raise self._wrong(
                    f"{code}: moderate must begin below high, and high at no more than {most}, "
                    "the greatest score that the questions give",
                    "bands",
                    number,
                )
        self._seamless(code, ours)

    def _seamless(self, code: str, ours: Sequence[tuple[int, Bands]]) -> None:
        lives: list[tuple[int, Lasting]] = list(ours)
        if lives[0][1].first_day > self._instrument.first_day:
            raise self._wrong(f"{code} has no bands on the first day of the instrument", "bands", lives[0][0])
        if lives[-1][1].last_day < self._instrument.last_day:
            raise self._wrong(f"{code} has no bands on the last day of the instrument", "bands", lives[-1][0])
        for (_, earlier), (number, later) in pairwise(lives):
            if earlier.until is None or later.first_day != earlier.until + ONE_DAY:
                raise self._wrong(
                    f"{code}: these bands must begin the day after those before them end", "bands", number
                )

    def _rest(self) -> None:
        if missing := {"low", "moderate", "high"} - self._instrument.interventions.keys():
            raise self._wrong(f"no text for {', '.join(sorted(missing))}", "interventions")
        injecting = self._instrument.injecting
        question = self._instrument.by_id.get(injecting.question) if injecting else None
        if injecting and (question is None or injecting.answer not in self._instrument.scores_of(question)):
            raise self._wrong("names no question and answer of this form: correct them", "injecting")

    def _wrong(self, problem: str, *at: int | str) -> ReferenceInvalid:
        entry = f"{self._instrument.reference} {'.'.join(str(step) for step in at)}"
        return wrong(self._file, entry, problem, at=at)


def _check_versions(files: Sequence[tuple[Path, Instrument]]) -> None:
    """Two versions of one instrument may not hold on one day, nor may one version stand twice."""
    ordered = sorted(files, key=lambda pair: pair[1].first_day)
    for (_, earlier), (file, later) in pairwise(ordered):
        if later.reference == earlier.reference:
            raise wrong(file, later.reference, "stands in two files: keep one of the two", at=("version",))
        if later.first_day <= earlier.last_day:
            raise wrong(
                file, later.reference, f"begins before {earlier.reference} ends: end it", at=("from",)
            )
