"""Every event has its columns, made from the contracts, and every heading leads back to its column."""

from __future__ import annotations

import unicodedata

import pytest
from contracts.registry import POSTABLE
from pydantic import BaseModel
from reftrack_cli.files.choices import Json
from reftrack_cli.files.forms import Form, column_named, form_named, forms, sheet_title

EACH = [pytest.param(form, id=form.code) for form in forms().values()]


def plain(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def test_every_event_that_agencies_may_post_has_a_form() -> None:
    assert forms().keys() == POSTABLE.keys()


@pytest.mark.parametrize("form", EACH)
def test_every_needed_field_of_the_contract_has_a_column(form: Form) -> None:
    model: type[BaseModel] = POSTABLE[form.type_name].model
    needed = {name for name, info in model.model_fields.items() if info.is_required()}
    assert needed <= {one.path[1] for one in form.fields if one.path[0] == "data"}


@pytest.mark.parametrize("form", EACH)
def test_no_field_needs_json_in_a_cell(form: Form) -> None:
    assert [one.name for one in form.fields if isinstance(one.reading, Json)] == []


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("form", EACH)
def test_the_headings_of_a_template_are_understood_in_any_spelling(form: Form, lang: str) -> None:
    for column in form.for_template():
        heading = form.heading(column, lang)
        for spelled in (heading, f"{heading} *", heading.upper(), plain(heading).lower(), column.code):
            assert form.column(spelled) == column, spelled


@pytest.mark.parametrize("form", EACH)
def test_the_headings_of_a_template_differ_from_each_other(form: Form) -> None:
    for lang in ("vi", "en"):
        headings = [form.heading(column, lang) for column in form.for_template()]
        assert len(headings) == len(set(headings))


@pytest.mark.parametrize("form", EACH)
def test_a_form_is_found_by_its_titles_names_and_the_sheet_that_excel_cuts(form: Form) -> None:
    for name in (form.title.vi, form.title.en, form.code, form.type_name, plain(form.title.vi).upper()):
        assert form_named(name) is form
    assert form_named(sheet_title(form.title.vi)) is form


def test_sealed_forms_are_no_columns() -> None:
    names = {one.name for form in forms().values() for one in form.fields}
    assert not {name for name in names if name.startswith("sealed")}
    assert "identity.full_name" in names


def test_a_number_in_a_heading_says_which_of_a_list() -> None:
    plan = forms()["org.reftrack.plan-agreed.v1"]
    for heading in ("Mục 3: Dịch vụ", "dich vu 3", "Service 3", "items.3.service", "Items 3: Service"):
        column = plan.column(heading)
        assert column is not None
        assert column.path == ("data", "items", 3, "service")


def test_a_heading_that_means_several_fields_names_them() -> None:
    screened = forms()["org.reftrack.client-screened.v1"]
    assert screened.column("Chất 1") is None
    assert screened.meant("Chất 1") == ["Điểm 1: Chất", "Trả lời 1: Chất"]


@pytest.mark.parametrize(
    ("pointer", "vi", "en"),
    [
        ("/data/scores/0/score", "Điểm 1: Điểm", "Scores 1: Score"),
        ("/data/scores", "Điểm", "Scores"),
        ("/data/answers/2", "Trả lời 3", "Answers 3"),
        ("/data/answers/2/question", "Trả lời 3: Câu hỏi", "Answers 3: Question"),
        ("/data/injecting", "Mức độ tiêm chích", "Pattern of injecting"),
        ("/by", "Người thực hiện", "Done by"),
        ("/about", "Về ai", "About"),
        ("/data", "Nội dung", "Data"),
        ("/data/no_such", "/data/no_such", "/data/no_such"),
    ],
)
def test_a_field_that_a_receipt_names_and_what_it_lies_in_are_called_as_people_call_them(
    pointer: str, vi: str, en: str
) -> None:
    screened = "org.reftrack.client-screened.v1"
    assert [column_named(screened, pointer, lang) for lang in ("vi", "en")] == [vi, en]
