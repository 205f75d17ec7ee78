"""Every code that intake answers with has words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import intake
from contracts.catalogue import reasons

CODE = re.compile(r'(?:Refusal\(\s*|NotFound\(|__init__\(|code=|code = .* else )"([a-z_]+)"')


def test_every_code_is_in_the_catalogue() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in Path(intake.__file__).parent.rglob("*.py"))
    codes = set(CODE.findall(sources))
    assert {"source_not_yours", "too_early", "discarded_by_person", "not_found", "not_handled"} <= codes
    assert codes <= reasons().keys()
