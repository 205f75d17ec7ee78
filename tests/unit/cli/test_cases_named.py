"""A case is named in one way after every command: by its id, or by what `case find` finds it by."""

from __future__ import annotations

from typing import get_args

import pytest
from reftrack_cli import helping, main
from reftrack_cli.operators.cases_named import Case, is_id
from typer.main import get_command

COMMANDS = dict(helping.walk(get_command(main.app)))
ID = "8dbf705a-05ce-4ab2-83fa-f43109d4c969"


@pytest.mark.parametrize("text", [ID, ID.upper()])
def test_an_id_is_taken_as_it_is(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "LB-0042", "GT-4F7K-92QX-T6WE-M", ID.replace("-", ""), f"{{{ID}}}"])
def test_anything_else_is_looked_up_also_a_reference_of_hexadecimal_digits(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    "path",
    [
        *("case show", "case timeline", "case history", "case close", "case reopen", "case move"),
        *("case acknowledge", "case revise", "case decline"),
        *("consents list", "clients merges", "identity show", "identity reads"),
    ],
)
def test_every_command_about_a_case_takes_all_that_names_one(path: str) -> None:
    command = next(one for name, one in COMMANDS.items() if name.split()[-2:] == path.split())
    (named,) = (one for one in command.params if one.param_type_name == "argument" and one.name == "case")
    assert named.help == get_args(Case)[1].help
