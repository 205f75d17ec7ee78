"""Lists of any length, from all their pages: one way for every command that lists something."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from reftrack_cli import session

PAGE = 200


class Paged:
    """The items of all pages of an answer, the next page asked for when it is wanted, at most so many.

    `more`, once they were gone through: whether others are left.
    """

    def __init__(self, ask: Callable[[Any], Any], request: Any, items: str, most: int | None = None) -> None:
        self._ask, self._request, self._items, self._most = ask, request, items, most
        self.more = False

    def __iter__(self) -> Iterator[Any]:
        left, request = self._most, self._request
        request.page_size = PAGE if left is None else min(left, PAGE)
        while True:
            page = self._ask(request)
            found = getattr(page, self._items)
            yield from found[:left]
            self.more = bool(page.next_page_token) or (left is not None and left < len(found))
            left = None if left is None else max(0, left - len(found))
            request.page_token = page.next_page_token
            if not page.next_page_token or left == 0:
                return


def tell(
    found: Iterable[Message],
    headings: Sequence[str],
    row: Callable[[Any, str], tuple[str, ...]],
    language: str,
    *,
    json: bool,
) -> None:
    """All items: each a row of a table under these headings, or a line of JSON as it comes.

    Then whether others are left.
    """
    table = session.table(*session.words(headings, language))
    for one in found:
        session.as_json(one) if json else table.add_row(*row(one, language))
    if not json:
        session.show(table, language)
    session.tell_more(isinstance(found, Paged) and found.more, language)
