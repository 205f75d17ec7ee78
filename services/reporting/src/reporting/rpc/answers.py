"""What an owner answered to an agency's event, as people read it: the reason filled, codes in words."""

from __future__ import annotations

import string
from collections.abc import Collection

from contracts import catalogue
from contracts.base import Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused


def in_words(data: Payload, path: str, value: object, shown: Collection[str], lang: str) -> str | None:
    """A field of an answer in words (`moves/0` is one of `moves`), none for what is no code. Of the reason
    only what stands in fields `shown` is told."""
    if not isinstance(data, AgencyEventRefused | AgencyEventDeferred):
        return None
    match path.partition("/")[0], value:
        case "code", str():
            return catalogue.text(data.code, lang, **_detail(data, shown))
        case "waiting_for", str():
            return catalogue.awaited(value, lang)
        case ("state" | "moves") as place, str():
            return _in_place(data.code, place, value, lang)
        case "detail", dict():
            return ", ".join(f"{key}: {_in_place(data.code, key, each, lang)}" for key, each in value.items())
    return None


def _detail(data: AgencyEventRefused | AgencyEventDeferred, shown: Collection[str]) -> dict[str, str]:
    """What fills the places of the reason's text."""
    said = {"state": data.state, "moves": ", ".join(data.moves)}
    detail = {name: each for name, each in said.items() if name in shown and each is not None}
    if isinstance(data, AgencyEventRefused):
        return detail | (data.detail if "detail" in shown else {})
    return detail | ({"awaits": data.waiting_for} if data.waiting_for and "waiting_for" in shown else {})


def _in_place(code: str, place: str, value: str, lang: str) -> str:
    """A value as the reason's text says it in that place; by any list where the text has no such place."""
    reason = catalogue.reasons().get(code)
    found = string.Formatter().parse(reason.en) if reason is not None else ()
    form = next((form for _, name, form, _ in found if name == place), "any")
    return catalogue.fill(f"{{value:{form}}}", lang, value=value)
