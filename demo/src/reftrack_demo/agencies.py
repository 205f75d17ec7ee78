"""Who takes part: the reference folder's organisations, read as any agency could read a published list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import territory
import yaml


@dataclass(frozen=True)
class Ward:
    """The offices of one ward, by the id that names their topic."""

    code: str
    district: str
    police: str
    social: str
    authority: str
    volunteers: str


class Agencies:
    """The organisations of a reference folder: offices by ward, providers by service and district."""

    def __init__(self, folder: Path) -> None:
        self.organisations: list[dict[str, Any]] = _read(folder / "organisations.yaml")["organisations"]
        units = territory.load()
        communes = {org["commune"] for org in self.organisations if "commune" in org}
        self._districts = {code: units.first(code).parent for code in communes}
        self.org_names = {org["id"]: org["name"] for org in self.organisations}

    @property
    def ids(self) -> list[str]:
        return [org["id"] for org in self.organisations]

    def wards(self, district: str) -> list[str]:
        """Codes of the wards of a district that have a police office of the pilot."""
        communes = [org["commune"] for org in self.organisations if org["kind"] == "ward_police"]
        return [code for code in communes if self._districts[code] == district]

    def ward(self, code: str) -> Ward:
        by_kind = {org["kind"]: org["id"] for org in self.organisations if org.get("commune") == code}
        return Ward(
            code=code,
            district=str(self._districts[code]),
            police=by_kind["ward_police"],
            social=by_kind["commune_social"],
            authority=by_kind["commune_authority"],
            volunteers=by_kind["volunteer_team"],
        )

    def provider(self, service: str, ward: str) -> str:
        """The organisation that offers a service to a ward: the district's own before the city's."""
        offering = [org for org in self.organisations if service in org.get("services", ())]
        near = [org for org in offering if org.get("district") == self._districts[ward]]
        city = [org for org in offering if "district" not in org and "commune" not in org]
        return str((near or city)[0]["id"])


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
