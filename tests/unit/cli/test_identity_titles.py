"""What the vault keeps is named to people in words, whoever it is of."""

from __future__ import annotations

import pytest
from intake.rpc.identity import FIELDS
from reftrack_cli.operators.identity import title_of_field


@pytest.mark.parametrize("name", [name for names in FIELDS.values() for name in names])
def test_every_field_of_a_client_and_of_a_guardian_has_a_title_in_both_languages(name: str) -> None:
    vi, en = (title_of_field(name, language) for language in ("vi", "en"))
    assert name not in (vi, en)
    assert vi != en
    assert ("giám hộ" in vi) == name.startswith("guardian_")
