"""Bands of risk of the screening instruments in force, as values that hold beside those of the packs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts.catalogue import name_in
from reference.instruments import Instrument, Instruments
from reference.instruments.model import Bands
from reference.policy.texts import Texts
from reftrack.intake.v1 import policy_pb2 as pb

ALL = "all"


def bands_in_force(instruments: Instruments, on: date, texts: Texts) -> Iterator[pb.PolicyValue]:
    """The bands of each instrument's version of that day, by substance: instruments in order of their names.

    Every screening of that day is judged by them, unless the office names another version of its form.
    """
    for name in sorted({one.id for one in instruments}):
        if (instrument := instruments.on(on, name)) is not None:
            yield from (_value(instrument, bands, texts) for bands in _of_the_day(instrument, on))


def _of_the_day(instrument: Instrument, on: date) -> list[Bands]:
    return list(dict.fromkeys(instrument.bands_of(code, on) for code in instrument.codes))


def _value(instrument: Instrument, bands: Bands, texts: Texts) -> pb.PolicyValue:
    source = {f"source_{lang}": texts.said(bands.source, lang) for lang in ("vi", "en")}
    life = bands if bands.since or bands.until else instrument
    return pb.PolicyValue(
        name=f"bands.{instrument.reference}.{bands.substances[0]}",
        title_vi=_title(instrument, bands, "vi"),
        title_en=_title(instrument, bands, "en"),
        value_json=bands.model_dump_json(include={"substances", "moderate_from", "high_from"}),
        text_vi=_text(bands, "vi"),
        text_en=_text(bands, "en"),
        law=instrument.title.en,
        law_vi=instrument.title.vi,
        law_en=instrument.title.en,
        since=life.since.isoformat() if life.since else "",
        until=life.until.isoformat() if life.until else "",
        province=ALL,
        source=bands.source,
        confirmed=bands.confirmed,
        origin=instrument.reference,
        **source,
    )


def _title(instrument: Instrument, bands: Bands, lang: str) -> str:
    covered: dict[str, Any] = {one.code: one.covers for one in instrument.substances}
    substances = [name_in("Substance", each, lang) for one in bands.substances for each in covered[one]]
    return f"{name_in('PolicyValue', 'bands', lang)}, {', '.join(substances)}"


def _text(bands: Bands, lang: str) -> str:
    low, moderate, high = (name_in("RiskBand", band, lang) for band in ("low", "moderate", "high"))
    ends = f"{bands.moderate_from}–{bands.high_from - 1}"
    return f"{low} 0–{bands.moderate_from - 1}, {moderate} {ends}, {high} {bands.high_from}+"
