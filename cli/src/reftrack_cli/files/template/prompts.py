"""What belongs in a cell, in a few words: for the cell's own note, and for docs/files.md."""

from __future__ import annotations

from contracts import catalogue

from reftrack_cli.files.assist import Answered
from reftrack_cli.files.choices import Choice, Commune, Json, Number, Organisation
from reftrack_cli.files.fields import ID, WHEN, Field
from reftrack_cli.files.values import Day, Instant, Text, Whole, YesNo
from reftrack_cli.session import word

_CODES: tuple[tuple[type, str], ...] = (
    (Choice, "takes_choice"),
    (Organisation, "takes_organisation"),
    (Commune, "takes_commune"),
    (YesNo, "takes_yes_no"),
    (Day, "takes_day"),
    (Instant, "takes_instant"),
    (Whole, "takes_whole"),
    (Number, "takes_number"),
    (Json, "takes_json"),
)


def prompt(field: Field, lang: str) -> str:
    """Needed or not, and what the cell takes."""
    needed = word("needed", lang) if field.needed else word("not_needed", lang)
    return f"{needed}. {takes(field, lang)}"


def takes(field: Field, lang: str) -> str:
    """What a cell of the field takes."""
    if field is WHEN:
        return word("takes_when", lang)
    if field is ID:
        return word("takes_id", lang)
    reading = field.reading
    if isinstance(reading, Answered):
        return f"{catalogue.in_lang(reading.asks, lang)} {word('takes_choice', lang)}"
    if isinstance(reading, Text):
        form = reading.form if reading.form not in {None, "printable"} else None
        return catalogue.name_in("Form", form, lang) if form else word("takes_text", lang)
    return word(next(code for kind, code in _CODES if isinstance(reading, kind)), lang)
