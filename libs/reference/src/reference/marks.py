"""YAML read so that an error can name its line: strict about keys that stand twice, lines found afterwards.

PyYAML keeps a mark on every node; the tree of nodes is built once more only when something is wrong.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import yaml

Path_ = Sequence[int | str]


_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""In C where PyYAML was built with it: five times as fast, and each process reads everything at its start."""


class StrictLoader(_SafeLoader):  # type: ignore[misc]
    """`SafeLoader` that names the line of a day that is none, and refuses a key that stands twice in a
    mapping, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                problem = "a list or a mapping cannot be a key: write one word"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key.value} stands twice: keep one of the two", key.start_mark
                )
            seen.add(key.value)
        content: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return content

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """PyYAML raises whatever it stumbles over where a value is not what its tag says (`!!int x`)."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError):
            problem = f"the value is not what {node.tag.rpartition(':')[2]} says: take the tag off"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _day(loader: StrictLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(
            None, None, f"{node.value} is no day of the calendar ({error})", node.start_mark
        ) from None


StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def load(text: str) -> Any:
    """The content of one YAML document; raises `yaml.YAMLError`, with a mark where there is one."""
    try:
        return yaml.load(text, StrictLoader)
    except yaml.reader.ReaderError:
        found = yaml.reader.Reader.NON_PRINTABLE.search(text)
        at = found.start() if found else 0
        mark = yaml.Mark("", at, text.count("\n", 0, at), 0, "", 0)
        problem = f"character U+{ord(text[at]):04X} is not allowed: take it out"
        raise yaml.constructor.ConstructorError(None, None, problem, mark) from None


def line_of(file: Path, path: Path_) -> int | None:
    """The line, from 1, of what `path` leads to, or of the nearest thing around it that is there."""
    return located(file, path)[0]


def located(file: Path, path: Path_) -> tuple[int | None, tuple[int | str, ...]]:
    """The line as `line_of`, and the path as the file has it: without the steps that only a reader's own
    model has (a value that may stand alone or in a list)."""
    node = _tree(file)
    if node is None:
        return None, tuple(path)
    line, kept = int(node.start_mark.line), list[int | str]()
    for number, step in enumerate(path):
        found = _child(node, step)
        if found is not None:
            line, node = found
        elif not isinstance(step, int):
            return line + 1, (*kept, *path[number:])
        kept += [step] if found is not None else []
    return line + 1, tuple(kept)


def _tree(file: Path) -> yaml.Node | None:
    try:
        return yaml.compose(file.read_text(encoding="utf-8"), StrictLoader)
    except (OSError, yaml.YAMLError, UnicodeDecodeError):
        return None


def line_of_error(error: Exception) -> int | None:
    """The line, from 1, that an error of YAML or of UTF-8 points at."""
    if isinstance(error, UnicodeDecodeError):
        return error.object[: error.start].count(b"\n") + 1
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return None if mark is None else int(mark.line) + 1


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child = node.value[step]
        return int(child.start_mark.line), child
    if isinstance(node, yaml.MappingNode):
        return next(
            ((int(key.start_mark.line), value) for key, value in node.value if key.value == str(step)), None
        )
    return None
