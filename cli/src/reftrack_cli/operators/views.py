"""`reftrack views list|rebuild`: the lists that answers come from can be thrown away and built again."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.reporting.v1 import views_pb2, views_pb2_grpc

from reftrack_cli import listing, session
from reftrack_cli.session import As, Json, Language, State, out, say, word

app = typer.Typer(no_args_is_help=True, help="Views of the history.")
Name = Annotated[str, typer.Argument(help="Name of the view, as the list shows it.")]
HEADINGS = ("view", "version", "reached", "of", "rows")


@app.command(name="list")
def list_(state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """List the views and how far each has come."""
    with session.calling(
        "reporting", session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        answer = views_pb2_grpc.ViewsServiceStub(channel).ListViews(views_pb2.ListViewsRequest())
    listing.tell(answer.views, HEADINGS, _row, session.language(lang), json=json)


def _row(view: views_pb2.View, _language: str) -> tuple[str, ...]:
    return view.name, str(view.version), str(view.seq), str(view.head), str(view.rows)


@app.command()
def rebuild(
    name: Name, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """Build a view again beside the live one, compare both, then switch."""
    equal, language = True, session.language(lang)
    with session.calling(
        "reporting", session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        for step in views_pb2_grpc.ViewsServiceStub(channel).RebuildView(
            views_pb2.RebuildViewRequest(name=name)
        ):
            if json:
                session.as_json(step)
            elif step.phase == views_pb2.REBUILD_PHASE_SWITCHED:
                out.print(switched(name, step, language), markup=False)
            equal = equal and (step.equal or step.phase != views_pb2.REBUILD_PHASE_SWITCHED)
    if not equal:
        raise typer.Exit(1)


def switched(name: str, step: views_pb2.RebuildViewResponse, language: str) -> str:
    """What became of a rebuild, in words."""
    differs = say("rebuilt_differs", language, count=step.differing_rows)
    verdict = word("rebuilt_equal", language) if step.equal else differs
    return say("rebuilt", language, name=name, seq=step.seq, head=step.head, verdict=verdict)
