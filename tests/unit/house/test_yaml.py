"""Our YAML: no file says a thing twice, of which only the last would count."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from contracts import catalogue

CHECKOUT = Path(__file__).parents[3]
FILES = subprocess.run(
    ["git", "ls-files", "*.yaml", "*.yml"], cwd=CHECKOUT, capture_output=True, text=True, check=True
).stdout.split()


@pytest.mark.parametrize("name", FILES)
def test_no_key_stands_twice_in_a_file(name: str) -> None:
    list(yaml.load_all((CHECKOUT / name).read_text(encoding="utf-8"), catalogue.OneOfEach))


def test_a_key_that_stands_twice_is_named() -> None:
    with pytest.raises(yaml.YAMLError, match="key b stands twice"):
        yaml.load("a: 1\nb: 2\nb: 3\n", catalogue.OneOfEach)


def test_no_reason_stands_in_two_groups() -> None:
    counted = Counter(code for group in catalogue._read("reasons.yaml").values() for code in group)
    assert [code for code, count in counted.items() if count > 1] == []
