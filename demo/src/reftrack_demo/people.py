"""People made from a seed, and marked as such: no name here belongs to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Phan",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
)
MIDDLE_MALE = ("Văn", "Đức", "Quang", "Minh", "Xuân", "Công", "Hữu", "Thanh")
MIDDLE_FEMALE = ("Thị", "Thu", "Ngọc", "Thanh", "Kim", "Hồng")
GIVEN_MALE = (
    "An",
    "Bình",
    "Cường",
    "Dũng",
    "Hải",
    "Hùng",
    "Khánh",
    "Long",
    "Nam",
    "Phúc",
    "Sơn",
    "Tuấn",
    "Việt",
)
GIVEN_FEMALE = (
    "Anh",
    "Chi",
    "Dung",
    "Hà",
    "Hoa",
    "Hương",
    "Lan",
    "Linh",
    "Mai",
    "Nga",
    "Oanh",
    "Thảo",
    "Yến",
)
MARK = "(người giả định)"
"""Stands behind every generated name: “imaginary person”."""


@dataclass(frozen=True)
class Person:
    """One imaginary person of one ward."""

    number: int
    ward: str
    full_name: str
    sex: str
    birth_date: date
    id_number: str
    phone: str

    @property
    def birth_year(self) -> int:
        return self.birth_date.year


def person(random: Random, *, number: int, ward: str) -> Person:
    """Return the next person that `random` gives for a ward."""
    male = random.random() < 0.88
    middle, given = (MIDDLE_MALE, GIVEN_MALE) if male else (MIDDLE_FEMALE, GIVEN_FEMALE)
    name = f"{random.choice(FAMILY)} {random.choice(middle)} {random.choice(given)} {MARK}"
    born = date(1968, 1, 1) + timedelta(days=random.randrange(365 * 31))
    return Person(
        number=number,
        ward=ward,
        full_name=name,
        sex="male" if male else "female",
        birth_date=born,
        # 000 is no province's code, so that no generated number can be a real one.
        id_number=f"000{random.randrange(10**9):09d}",
        phone=f"0000{random.randrange(10**6):06d}",
    )
