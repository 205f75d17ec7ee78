"""`.env.example` is complete: it has every variable that the code reads, and no other."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from chassis.settings import PREFIX, ServiceSettings

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("libs", "services", "cli", "deploy", "demo", "tests/conftest.py", "tools", "reftrack", "Makefile")
VARIABLE = re.compile(r"\bREFTRACK_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
SERVICES = ("intake", "referral", "followup", "reporting")


def variables(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def settings_of(service: str) -> set[str]:
    module = importlib.import_module(f"{service}.settings")
    classes = [
        each for each in vars(module).values() if isinstance(each, type) and issubclass(each, ServiceSettings)
    ]
    return {f"{PREFIX}{name.upper()}" for each in classes for name in each.model_fields}


def named_in_the_code() -> set[str]:
    files = [ROOT / source for source in SOURCES]
    files = [file for each in files for file in ([each] if each.is_file() else each.rglob("*.py"))]
    return {name for file in files for name in variables(file.read_text())}


EXAMPLE = variables((ROOT / ".env.example").read_text())
ADDRESSES = {f"{PREFIX}{service.upper()}_ADDRESS" for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_stands_in_the_example(service: str) -> None:
    assert settings_of(service) <= EXAMPLE


def test_every_variable_that_the_code_names_stands_in_the_example() -> None:
    assert named_in_the_code() - EXAMPLE == set()


def test_the_example_names_no_variable_that_nobody_reads() -> None:
    read = named_in_the_code() | ADDRESSES
    for service in SERVICES:
        read |= settings_of(service)
    assert EXAMPLE - read == set()
