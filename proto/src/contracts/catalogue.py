"""Every text that people read, in both languages: from `contracts/texts/*.yaml` and the events' titles.

Both languages stand beside each other in the data, so neither can be forgotten; a test finds codes without.
"""

from __future__ import annotations

import string
from collections.abc import Hashable, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from contracts.base import Title, title_of
from contracts.registry import PAYLOADS

Texts = Mapping[str, Title]
LANGS = ("vi", "en")


def name(code: StrEnum, lang: str) -> str:
    """What people call a code of a closed list: `name(Service.METHADONE, "vi")`."""
    return name_in(type(code).__name__, code, lang)


def name_in(list_name: str, code: str, lang: str) -> str:
    """The same by the list's name; a code that the list does not have is its own name."""
    title = lists().get(list_name, {}).get(code)
    return code if title is None else in_lang(title, lang)


def in_words(list_name: str, codes: str, lang: str) -> str:
    """What a `CodeOf` holds: the name of one code, or of two with `-` between (`low-high`); other text as it
    stands."""
    return " – ".join(name_in(list_name, code, lang) for code in codes.split("-"))


def text(code: str, lang: str, /, **detail: str) -> str:
    """Why something was refused and what to do: the text of a refusal code, filled from its detail.

    `again`: a code of the list `Again`, what sending it again means to who reads this; an event if left out.
    Never raises: an unknown code speaks for itself, a detail that is lacking leaves `…`.
    """
    title = reasons().get(code)
    return code if title is None else fill(in_lang(title, lang), lang, **detail)


def fill(template: str, lang: str, /, **detail: object) -> str:
    """A text with its places filled: `{name}` as it is, `{name:List}` in words, `{n:row/rows}` counted.

    Never raises for what is lacking.
    """
    return _Filled(lang).vformat(template, (), detail)


def awaited(waiting_for: str, lang: str) -> str:
    """What an event waits for, in words: a step or several (`consent_given`), or what is named by an id
    (`agency_ref LB-0042`). Empty for none; a code that the catalogue does not have stands for itself."""
    kind, _, named = waiting_for.partition(" ")
    title = lists()["Awaited"].get(kind)
    if title is not None:
        return in_lang(title, lang).replace("{id}", named)
    return fill("{awaits:any}", lang, awaits=waiting_for) if waiting_for else ""


def remedy(code: str, detail: Mapping[str, str]) -> dict[str, str]:
    """`text` in both languages, `{"vi": …, "en": …}`; empty for a code that the catalogue does not have."""
    return {lang: text(code, lang, **detail) for lang in LANGS} if code in reasons() else {}


def answer(code: str, detail: Mapping[str, str]) -> dict[str, str]:
    """The same for who gave a command, which bears no id that must be a new one."""
    return remedy(code, {"again": "command", **detail})


def event_title(type_name: str, lang: str) -> str:
    """The title of an event type; a type that does not exist is its own title."""
    model = PAYLOADS.get(type_name)
    return type_name if model is None else in_lang(model.TITLE, lang)


def _event(name: str, lang: str) -> str:
    """Of an event (`agency-changed`), or of one of its fields too (`agency-changed.name_en`)."""
    event, of_field, field = name.partition(".")
    type_name = f"org.reftrack.{event}.v1"
    if type_name not in PAYLOADS:
        return name
    told = event_title(type_name, lang)
    return f"{told}: {field_title(type_name, field, lang)}" if of_field else told


def field_title(type_name: str, field: str, lang: str) -> str:
    """The title of a field of a recorded event; a field that it does not have is its own title."""
    model = PAYLOADS.get(type_name)
    info = None if model is None else model.model_fields.get(field)
    title = None if info is None else title_of(info)
    return field if title is None else in_lang(title, lang)


def in_lang(title: Title, lang: str) -> str:
    return title.vi if lang == "vi" else title.en


@cache
def lists() -> Mapping[str, Texts]:
    """List name → code → names."""
    return {name: _titles(codes) for name, codes in _read("lists.yaml").items()}


@cache
def reasons() -> Texts:
    """Refusal code → texts with places to fill."""
    return {code: title for group in _read("reasons.yaml").values() for code, title in _titles(group).items()}


@cache
def usage() -> Mapping[str, Texts]:
    """Group → code → what the command line says of its own use; the English as its libraries write it."""
    return {group: _titles(codes) for group, codes in _read("usage.yaml").items()}


@cache
def messages() -> Mapping[str, Texts]:
    """Group → code → what the runtime's and the demo's commands say."""
    return {group: _titles(codes) for group, codes in _read("messages.yaml").items()}


@cache
def helps() -> Mapping[str, Texts]:
    """Group → code → what `--help` says."""
    return {group: _titles(codes) for group, codes in _read("help.yaml").items()}


@cache
def glossary() -> Mapping[str, Mapping[str, list[str]]]:
    """Group → word → Vietnamese, English, name in the code, meaning."""
    return _read("glossary.yaml")


@cache
def _any_name() -> Texts:
    """Every code of every list; where lists share a code, the later list has it."""
    return {code: title for codes in lists().values() for code, title in codes.items()}


def _read(file_name: str) -> dict[str, dict[str, list[str]]]:
    text = (files("contracts") / "texts" / file_name).read_text("utf-8")
    content: dict[str, dict[str, list[str]]] = yaml.load(text, OneOfEach)
    return content


class OneOfEach(yaml.SafeLoader):
    """Refuses a key that stands twice in a mapping, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                told = f"key {key.value} stands twice: keep one of the two"
                raise yaml.constructor.ConstructorError(None, None, told, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _titles(texts: Mapping[str, list[str]]) -> Texts:
    return {code: Title(vi, en) for code, (vi, en) in texts.items()}


class _Filled(string.Formatter):
    """Fills `{name}`; with `{name:List}` codes of that list become names, with `{name:any}` of any list, with
    `{name:event}` those of events (`client-moved`); with `{n:row/rows}` the number with its noun, 1 row."""

    def __init__(self, lang: str) -> None:
        self._lang = lang

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        return kwargs.get(str(key), "event" if key == "again" else "…")

    def format_field(self, value: Any, format_spec: str) -> str:
        if not format_spec:
            return str(value)
        one, of_nouns, many = format_spec.partition("/")
        if of_nouns:
            return f"{value} {one if str(value) == '1' else many}"
        if value == "":
            return "không có" if self._lang == "vi" else "none"
        codes = str(value).split(", ")
        if format_spec == "event":
            return "; ".join(_event(code, self._lang) for code in codes)
        known = _any_name() if format_spec == "any" else lists().get(format_spec, {})
        return "; ".join(in_lang(known[code], self._lang) if code in known else code for code in codes)
