"""Every code that the services can refuse with stands in the catalogue: codes are found in their sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from contracts import catalogue
from contracts.generate import PROTO

ROOT = PROTO.parent
SOURCES = [
    path
    for folder in ("services", "libs", "proto/src/contracts")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
]
CODE_IS_SECOND = {"Violation"}
"""The others have their code first."""


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in SOURCES}


@cache
def refusals() -> frozenset[str]:
    """Refusal and all that derives from it, what names one field, and methods that make refusals."""
    names = {"Refusal", "Problem", "Violation", "NotANumber", "refusal"}
    while found := {name for name, bases in classes() if bases & names} - names:
        names |= found
    return frozenset(names)


def classes() -> Iterator[tuple[str, set[str]]]:
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                yield node.name, {name_of(base) for base in node.bases}


def codes() -> Iterator[tuple[str, str]]:
    """Each code with the place where it stands."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and name_of(node.func) in refusals():
                yield from ((code, f"{path.name}:{node.lineno}") for code in said(node))


def said(call: ast.Call) -> Iterator[str]:
    place = 1 if name_of(call.func) in CODE_IS_SECOND else 0
    given = call.args[place : place + 1] + [word.value for word in call.keywords if word.arg == "code"]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def test_codes_are_found_at_all() -> None:
    assert {"agency_ref_unknown", "too_early", "field_missing", "number_check"} <= {
        code for code, _ in codes()
    }


def test_every_code_in_the_sources_has_words_in_both_languages() -> None:
    without = {code: place for code, place in codes() if code not in catalogue.reasons()}
    assert without == {}, f"add them to {Path(catalogue.__file__).parent}/texts/reasons.yaml"


@pytest.mark.parametrize("code", ["conflict", "busy", "deadline_passed", "unavailable", "invalid_input"])
def test_the_answers_that_any_method_can_give_have_words(code: str) -> None:
    assert catalogue.remedy(code, {}).keys() == set(catalogue.LANGS)
