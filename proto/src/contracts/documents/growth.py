"""Whether a schema still takes everything that it took when it shipped, and demands nothing more.

What may grow: optional fields, codes in lists, lengths and numbers allowed, labels. All else is another
version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_AT_MOST = ("maxLength", "maxItems", "maximum", "maxProperties")
_AT_LEAST = ("minLength", "minItems", "minimum")
_GROWING = {"$ref", "$defs", "properties", "required", "enum", "anyOf", "items", "x-labels"}
_OWN_RULE = _GROWING | {"x-labels-by-value", "default", *_AT_MOST, *_AT_LEAST}


def narrowings(shipped: Schema, now: Schema) -> list[str]:
    """Where `now` refuses or means otherwise what `shipped` took, as paths; empty where it only grew."""
    return sorted(set(_compare(_Place(shipped, shipped), _Place(now, now), "")))


class _Place:
    """A part of a schema, with the whole in which its references are looked up."""

    def __init__(self, part: Any, whole: Schema) -> None:
        self.whole = whole
        while isinstance(part, dict) and "$ref" in part:
            beside = {key: value for key, value in part.items() if key != "$ref"}
            part = {**whole["$defs"][part["$ref"].rpartition("/")[2]], **beside}
        self.part: Schema = part

    def of(self, part: Any) -> _Place:
        return _Place(part, self.whole)


def _compare(old: _Place, new: _Place, path: str) -> Iterator[str]:
    one, other = old.part, new.part
    if "anyOf" in other and "anyOf" not in one:
        beside = {key: value for key, value in other.items() if key not in ("anyOf", "default")}
        if not any(_takes(old, new.of({**beside, **choice})) for choice in other["anyOf"]):
            yield path
        return
    for key in (one.keys() | other.keys()) - _OWN_RULE:
        if one.get(key) != other.get(key):
            yield path or "/"
    yield from _bounds(one, other, path)
    yield from _lists(one, other, path)
    yield from _fields(old, new, path)
    if "items" in one or "items" in other:
        yield from _compare(old.of(one.get("items", {})), new.of(other.get("items", {})), f"{path}/*")
    yield from _choices(old, new, path)


def _bounds(one: Schema, other: Schema, path: str) -> Iterator[str]:
    for key in _AT_MOST:
        if key in other and (key not in one or other[key] < one[key]):
            yield f"{path} {key}"
    for key in _AT_LEAST:
        if key in other and (key not in one or other[key] > one[key]):
            yield f"{path} {key}"


def _lists(one: Schema, other: Schema, path: str) -> Iterator[str]:
    """Codes and labels may come, none may go; a required field may become optional, never the reverse."""
    codes = set(one.get("enum", ()))
    if "enum" in other and not ("enum" in one and codes <= set(other["enum"])):
        yield f"{path} enum"
    if not set(one.get("x-labels", ())) <= set(other.get("x-labels", ())):
        yield f"{path} x-labels"
    if "default" in one and one["default"] != other.get("default"):
        yield f"{path} default"
    by_value = one.get("x-labels-by-value", {})
    if not by_value.items() <= other.get("x-labels-by-value", {}).items():
        yield f"{path} x-labels-by-value"
    for name in set(other.get("required", ())) - set(one.get("required", ())):
        yield f"{path}/{name} required"


def _fields(old: _Place, new: _Place, path: str) -> Iterator[str]:
    before, after = old.part.get("properties", {}), new.part.get("properties", {})
    for name, part in before.items():
        if name in after:
            yield from _compare(old.of(part), new.of(after[name]), f"{path}/{name}")
        else:
            yield f"{path}/{name} gone"


def _choices(old: _Place, new: _Place, path: str) -> Iterator[str]:
    """Each alternative still stands."""
    left = [new.of(choice) for choice in new.part.get("anyOf", [new.part])]
    for choice in old.part.get("anyOf", ()):
        if not any(_takes(old.of(choice), place) for place in left):
            yield path


def _takes(old: _Place, new: _Place) -> bool:
    return next(_compare(old, new, ""), None) is None
