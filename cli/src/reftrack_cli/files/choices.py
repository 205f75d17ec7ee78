"""Cells that name something of a list: a closed list of the contract, an organisation, a commune, or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from chassis.ids import NotANumber, parse_number
from contracts import catalogue
from pydantic import JsonValue
from pydantic_core import from_json
from territory.names import folded

from reftrack_cli.files.values import Context, Unfit, Value, as_text


@dataclass(frozen=True)
class Choice:
    """A code of a closed list, or what people call it in either language."""

    list_name: str
    codes: tuple[str, ...]

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        found = self._by_name.get(folded(as_text(value)))
        if found is None:
            raise Unfit("cell_not_in_list", {"allowed": ", ".join(self.codes), "list": self.list_name})
        return found

    def named(self, lang: str) -> list[str]:
        """What people call each, in the order of the list."""
        return [catalogue.name_in(self.list_name, code, lang) for code in self.codes]

    @cached_property
    def _by_name(self) -> Mapping[str, str]:
        names = {folded(self._vi_or_en(code, lang)): code for code in self.codes for lang in catalogue.LANGS}
        return names | {folded(code): code for code in self.codes}

    def _vi_or_en(self, code: str, lang: str) -> str:
        return catalogue.name_in(self.list_name, code, lang)


@dataclass(frozen=True)
class Organisation:
    """An organisation of the directory, by id or name; `id – name` as the template's lists have it."""

    def read(self, value: Value, context: Context) -> JsonValue:
        return context.names.organisation(as_text(value))


@dataclass(frozen=True)
class Commune:
    """A commune by code or name; `code – name` as the template's lists have it."""

    def read(self, value: Value, context: Context) -> JsonValue:
        text = as_text(value)
        if text.isascii() and text.isdecimal() and len(text) < 5:
            raise Unfit("cell_zeros_lost", {"form": "commune"})
        return context.names.commune(text, context.on)


@dataclass(frozen=True)
class Json:
    """What has no form that a cell could hold: written as JSON."""

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        if not isinstance(value, str):
            return value if isinstance(value, bool) else as_text(value)
        try:
            read: JsonValue = from_json(value, allow_inf_nan=False)
        except ValueError:
            raise Unfit("cell_not_json") from None
        return read


@dataclass(frozen=True)
class Number:
    """The number of an introduction, referral or stay, as people type it; checked by its last character."""

    prefix: str

    def read(self, value: Value, context: Context) -> JsonValue:  # noqa: ARG002
        try:
            return parse_number(as_text(value), {self.prefix})
        except NotANumber as error:
            raise Unfit(error.reason) from None
