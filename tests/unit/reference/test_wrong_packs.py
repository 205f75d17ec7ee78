"""Whatever is wrong with a pack is told with file and line: every node of a pack is spoilt in every way."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Policy, ReferenceInvalid
from reference.policy.statements import REQUIRED_TERMS

PACK, PART = "law.yaml", "parts/common@1.yaml"
TERMS = "".join(f"  {name}: {{value: 3, confirmed: false}}\n" for name in REQUIRED_TERMS[1:])
GOOD = {
    PACK: f"""id: law
version: 1
law: "Law 1"
province: all
from: 2010-01-01
source: "a source"
parts: ["common@1"]
terms:
  {REQUIRED_TERMS[0]}:
    - {{value: 30, until: 2019-12-31, confirmed: true}}
    - {{value: 20, from: 2020-01-01, confirmed: true}}
    - {{value: 10, province: "14", from: 2020-01-01, confirmed: true}}
{TERMS}""",
    PART: """id: common
version: 1
law: "Law 2"
source: "a source"
holidays_announced_until: 2026-12-31
ages:
  adult: {value: 18, article: "Article 20", law: "Law 3", source: "a book", confirmed: true}
instruments:
  screening: {value: "who_assist@3.1", confirmed: true}
may_post:
  client-contacted: {value: [ward_police, club], confirmed: true}
may_know:
  HIV: {value: [provider], confirmed: true}
legal_bases:
  a_ground:
    value:
      title: {vi: "Căn cứ", en: "A ground"}
      recipients: [provider]
      purposes: [treatment]
      labels: [HIV]
    confirmed: true
priorities:
  waiting_list: {value: [[pregnant], [anyone]], confirmed: true}
laws:
  hiv: {value: "Luật 64/2006/QH11", confirmed: true}
swaps:
  - {free: 2019-04-29, worked: 2019-05-04, source: "a dispatch", province: "01", confirmed: true}
""",
}
Where = tuple[str | int, ...]
FREELY_NAMED = {("legal_bases", "a_ground")}
"""What may bear any name: nobody asks for it but who names it."""
FREE_TEXT = {"law", "article", "source", "vi", "en"}
"""What may say anything: only that it says something is asked."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "policy"
    (folder / "parts").mkdir(parents=True)
    for name, text in GOOD.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def loaded(folder: Path, name: str, text: str) -> Policy:
    """The packs with one file spoilt, which is mended again."""
    try:
        (folder / name).write_text(text, "utf-8")
        return Policy.load(folder)
    finally:
        (folder / name).write_text(GOOD[name], "utf-8")


def problem_of(folder: Path, name: str, text: str) -> ReferenceInvalid | None:
    try:
        loaded(folder, name, text)
    except ReferenceInvalid as invalid:
        return invalid
    return None


def nodes(content: Any, at: Where = ()) -> Iterator[Where]:
    """Every place in a file, outermost first."""
    yield at
    if isinstance(content, dict | list):
        for step, one in content.items() if isinstance(content, dict) else enumerate(content):
            yield from nodes(one, (*at, step))


def held(content: Any, at: Where) -> Any:
    for step in at:
        content = content[step]
    return content


def with_value(value: Any) -> Callable[[Any, Where], Any]:
    def spoil(content: Any, at: Where) -> Any:
        if not at:
            return value
        held(content, at[:-1])[at[-1]] = value
        return content

    return spoil


def renamed(content: Any, at: Where) -> Any:
    around = held(content, at[:-1])
    around[f"{at[-1]}x"] = around.pop(at[-1])
    return content


WRONG: dict[str, Any] = {
    "a number": -7,
    "a text": "không có",
    "nothing": None,
    "a list": [],
    "a mapping": {"x": 1},
    "a day": date(1990, 1, 1),
}


def spoilt(name: str) -> Iterator[tuple[str, Where, str]]:
    """How, where, and the text of the file afterwards."""
    content = yaml.safe_load(GOOD[name])
    for at in nodes(content):
        if at[:1] == ("terms",) and at[1:2] and at[1] in REQUIRED_TERMS[2:]:
            continue  # the first two stand for all
        ways = {how: with_value(value) for how, value in WRONG.items() if value != held(content, at)}
        if at and isinstance(at[-1], str):
            ways["another name"] = renamed
        for how, way in ways.items():
            yield how, at, yaml.safe_dump(way(copy.deepcopy(content), at), allow_unicode=True)


def may_be_so(how: str, at: Where) -> bool:
    """Where what was put there is no mistake."""
    last = at[-1] if at else ""
    return (
        (last in FREE_TEXT and how == "a text")
        or (at[:1] == ("laws",) and last == "value" and how == "a text")
        or (last in ("law", "article", "source", "holidays_announced_until") and how == "nothing")
        or (last in ("from", "until") and how == "nothing")
        or (at[:1] in (("may_post",), ("may_know",)) and last == "value" and how == "a list")
        or (last in ("parts", "swaps") and how == "a list")
        or (last in ("holidays_announced_until", "from") and how == "a day")
        or (len(at) == 1 and last not in ("id", "version", "terms") and how in ("nothing",))
        or (at in FREELY_NAMED and how == "another name")
    )


@pytest.mark.parametrize("name", GOOD)
def test_every_place_of_a_pack_spoilt_in_every_way_is_told_with_file_and_line(
    folder: Path, name: str
) -> None:
    silent, unplaced = [], []
    for how, at, text in spoilt(name):
        invalid = problem_of(folder, name, text)
        if invalid is None and not may_be_so(how, at):
            silent.append((how, at))
        if invalid is not None and not 1 <= (invalid.line or 0) <= text.count("\n") + 1:
            unplaced.append((how, at, str(invalid)))
    assert silent == []
    assert unplaced == []


def repeated(name: str) -> Iterator[tuple[int, str]]:
    """The text with one key of a mapping written twice, and the line of the second."""
    text = GOOD[name]
    waiting = [yaml.compose(text, yaml.SafeLoader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                waiting.append(value)
                begin, end = key.start_mark, value.end_mark
                entry = text[begin.index : end.index].rstrip()
                between = ", " if node.flow_style else "\n" + " " * begin.column
                line = begin.line + 1 + (0 if node.flow_style else entry.count("\n") + 1)
                yield line, text[: begin.index] + entry + between + text[begin.index :]


@pytest.mark.parametrize("name", GOOD)
def test_every_key_that_stands_twice_is_told_with_file_and_line(folder: Path, name: str) -> None:
    for line, text in repeated(name):
        with pytest.raises(ReferenceInvalid, match="stands twice") as refused:
            loaded(folder, name, text)
        assert (refused.value.file, refused.value.line) == (folder / name, line)


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "says"),
    [
        (PACK, 'province: "14"', 'province: "99"', "10, prov", "is no province"),
        (PACK, "from: 2020-01-01, confirmed", "from: 2019-12-31, confirmed", "value: 20", "two values hold"),
        (PACK, "until: 2019-12-31", "until: 2019-12-30", "wait_term", "has no value on 2019-12-31"),
        (PACK, "until: 2019-12-31", "from: 2020-02-02, until: 2019-12-31", "value: 30", "before from"),
        (PACK, "until: 2019-12-31", "until: 2019-02-29", "value: 30", "no day of the calendar"),
        (PACK, "until: 2019-12-31", "until: 31/12/2019", "value: 30", "valid date"),
        (
            PACK,
            'province: "14", from: 2020',
            'province: "14", until: 2009-01-01, from: 2000',
            "value: 10",
            "no day",
        ),
        (PACK, '["common@1"]', '["common@1", "common@1"]', "adult:", "two values hold"),
        (PART, "adult:", "adlt:", "adlt:", "no value of ages that the programme knows: one of adult"),
        (PART, "screening:", "screning:", "screning:", "one of screening, short_screening"),
        (PART, "waiting_list:", "queue:", "queue:", "one of waiting_list"),
        (PART, "  hiv:", "  hvi:", "hvi:", "no value of laws that the programme knows"),
        (PART, "client-contacted:", "client-contactd:", "client-contactd:", "no event that agencies post"),
        (PART, "[ward_police, club]", "[ward_police, clubs]", "client-contacted", "no kind of organisation"),
        (PART, "HIV: {value: [prov", "HVI: {value: [prov", "HVI:", "no label"),
        (PART, "purposes: [treatment]", "purposes: [cure]", "purposes", "no purpose"),
        (PART, "labels: [HIV]", "labels: []", "labels", "at least 1 item"),
        (
            PART,
            "[[pregnant], [anyone]]",
            "[[pregnant], [aged]]",
            "waiting_list",
            "no class of a waiting list",
        ),
        (PART, "[[pregnant], [anyone]]", "[[anyone], [anyone]]", "waiting_list", "stands twice"),
        (PART, "free: 2019-04-29", "free: 2019-04-28", "2019-04-28", "2019-04-28 is no working day"),
        (PART, "free: 2019-04-29", "free: 2019-04-30", "2019-04-30", "2019-04-30 is no working day"),
        (PART, "worked: 2019-05-04", "worked: 2019-05-03", "2019-05-03", "no Saturday or Sunday"),
    ],
)
def test_what_is_wrong_is_told_in_its_own_file_at_its_own_line(
    folder: Path, name: str, old: str, new: str, line: str, says: str
) -> None:
    assert old in GOOD[name]
    text = GOOD[name].replace(old, new, 1)
    with pytest.raises(ReferenceInvalid, match=says) as refused:
        loaded(folder, name, text)
    if "common@1" in new:
        name, text = PART, GOOD[PART]
    expected = next(number for number, one in enumerate(text.splitlines(), 1) if line in one)
    assert (refused.value.file, refused.value.line) == (folder / name, expected)


def test_a_day_is_not_exchanged_twice(folder: Path) -> None:
    again = '  - {free: 2019-04-26, worked: 2019-05-04, source: "another", confirmed: true}\n'
    with pytest.raises(ReferenceInvalid, match="2019-05-04 is exchanged twice") as refused:
        loaded(folder, PART, GOOD[PART] + again)
    assert (refused.value.file, refused.value.line) == (folder / PART, GOOD[PART].count("\n") + 1)


CHARACTERS = st.sampled_from(
    [*"\t\n :-{}[]\"'#&*!|>%@,?x0", "\x00", "\x85", "\u2028", "\ufeff", "ệ", "\U0001f600"]
)


@given(st.data())
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_slips_of_the_pen_are_told_or_change_what_is_shown_and_nothing_else_is_raised(
    folder: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(GOOD)))
    text = GOOD[name]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.one_of(st.just(""), CHARACTERS)) + text[at + cut :]
    invalid = problem_of(folder, name, text)
    assert invalid is None or invalid.line is not None


def test_bytes_that_are_no_text_are_told_with_their_line(folder: Path) -> None:
    broken = GOOD[PACK].encode().replace(b"a source", b"a \xff source")
    try:
        (folder / PACK).write_bytes(broken)
        with pytest.raises(ReferenceInvalid) as refused:
            Policy.load(folder)
    finally:
        (folder / PACK).write_text(GOOD[PACK], "utf-8")
    assert refused.value.line == 6
