"""Runtimes whose services are stand-ins with names of their own, on the servers of the test session."""

from __future__ import annotations

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from reftrack_local import Wanted, paths, topics
from reftrack_local.services import ServiceSpec

STAND_IN = Path(__file__).with_name("stand_in.py")


@dataclass(frozen=True)
class Town:
    """A system with one organisation and two services, all of whose names are its own."""

    organisation: str
    services: tuple[ServiceSpec, ServiceSpec]
    reference: Path

    @property
    def first(self) -> str:
        return self.services[0].name

    def wanted(self, **more: object) -> Wanted:
        return Wanted(services=self.services, reference=self.reference, **more)  # type: ignore[arg-type]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    mark = uuid.uuid4().hex[:10]
    organisation = f"cap-{mark}"
    reference = tmp_path / "reference"
    shutil.copytree(paths.checkout() / "deploy" / "reference", reference)
    (reference / "organisations.yaml").write_text(
        f"organisations:\n  - {{id: {organisation}, kind: ward_police, name: {{vi: Thử, en: Try}}}}\n"
    )
    command = (sys.executable, str(STAND_IN))
    services = (ServiceSpec(f"a{mark}", command), ServiceSpec(f"b{mark}", command, has_log=False))
    return Town(organisation, services, reference)


@pytest.fixture
def given_servers(
    town: Town, postgres_server: str, kafka_bootstrap: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The environment points at the session's servers; what the town made there is removed afterwards."""
    monkeypatch.setenv("REFTRACK_POSTGRES_DSN", postgres_server)
    monkeypatch.setenv("REFTRACK_KAFKA_BOOTSTRAP", kafka_bootstrap)
    yield
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        for service in town.services:
            name = sql.Identifier(service.database)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    made = [topic.name for topic in topics.of_agency(town.organisation)]
    made += [topics.log_of(town.first).name, topics.relay_of(town.first).name]
    with topics.admin(kafka_bootstrap) as admin, suppress(Exception):
        admin.delete_topics(made)


Eventually = Callable[[str, Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds, for at most 90 seconds: machines can be busy."""
    from reftrack_local.processes import await_true

    return lambda what, condition: await_true(what, condition, within=90)
