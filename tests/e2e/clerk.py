"""A clerk who fills in the workbook of `reftrack template`, under the headings that stand there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import load_workbook


class Clerk:
    """Writes rows below the headings of a sheet; what has no heading there cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = load_workbook(path)

    def write(self, sheet: str, cells: Mapping[str, Any]) -> int:
        """Fill in one row; the number of the row."""
        page = self.book[sheet]
        heads = {str(cell.value).removesuffix(" *"): at for at, cell in enumerate(page[1], 1)}
        row = page.max_row + 1
        for heading, value in cells.items():
            page.cell(row, heads[heading], value)
        return row

    def save(self) -> None:
        self.book.save(self.path)


def registered(ref: str, name: str, **more: Any) -> dict[str, Any]:
    """What a social worker writes of somebody new."""
    return {
        "Mã của cơ quan": ref,
        "Ngày xảy ra": "02/03/2026",
        "Người thực hiện": "nv-07",
        "Nhóm khách hàng": "người sử dụng, nghiện ma túy",
        "Nơi cư trú": "00118 – Phường Bồ Đề, Thành phố Hà Nội",
        "Họ và tên": name,
        **more,
    }
