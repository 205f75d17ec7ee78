"""What reporting answers while a view of an older version is still to be built anew."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import psycopg
import pytest
from chassis.projector.place import connect, establish
from psycopg import sql
from reftrack.reporting.v1 import report_pb2, status_pb2, views_pb2
from reporting.settings import ReportingSettings
from reporting.views import CasesView

from tests.integration.owners.world import details
from tests.integration.reporting.conftest import World, eventually
from tests.unit.reporting.pathway import SOCIAL, SUPERVISOR, whole_pathway
from tests.unit.reporting.story import Story

OLDER = CasesView.version - 1


class OlderCases(CasesView):
    """The cases as they were kept before a column came."""

    def create(self, cursor: psycopg.Cursor[object], schema: str) -> None:
        super().create(cursor, schema)
        cursor.execute(sql.SQL("ALTER TABLE {}.cases DROP COLUMN moved_to").format(sql.Identifier(schema)))


@pytest.fixture
def older(settings: ReportingSettings) -> Iterator[psycopg.Connection[object]]:
    """A database as older software left it. Whoever has the connection keeps the view from being rebuilt."""
    with connect(settings.postgres_dsn.get_secret_value()) as connection:
        with connection.transaction():
            establish(connection, OlderCases(version=OLDER), "live")
        connection.execute("SELECT pg_advisory_lock(hashtextextended('rebuild.cases', 0))")
        yield connection


async def test_until_a_view_of_an_older_version_is_rebuilt_nothing_is_answered_from_it_and_all_is_after(
    older: psycopg.Connection[object], world: World
) -> None:
    story = Story()
    whole_pathway(story)
    world.teller.tell(story)
    case_id = (story.records[0].key or b"").decode()
    asked = status_pb2.GetCaseRequest(case_id=case_id)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.status.GetCase(asked, **world.by("operator", SOCIAL))
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    said = details(error.value)
    assert (said["reason"], said["view"]) == ("VIEW_OF_OTHER_VERSION", "cases")
    assert "cases" in (error.value.details() or "")
    ready = world.made.projector.check().ready()
    assert ready == f"view cases is of version {OLDER}, not {CasesView.version}: rebuilding"
    listed = await world.views.ListViews(views_pb2.ListViewsRequest(), **world.by("supervisor", SUPERVISOR))
    assert {one.name: one.version for one in listed.views}["cases"] == OLDER
    await world.report.ListIndicators(report_pb2.ListIndicatorsRequest(), **world.by("operator", SOCIAL))
    older.close()
    await eventually(lambda: world.made.projector.check().ready() is None)
    await world.made.projector.wait_for("cases", len(story.records))
    assert (await world.status.GetCase(asked, **world.by("operator", SOCIAL))).case.stage
