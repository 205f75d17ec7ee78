"""`reftrack policy show`: what the law and the programme lay down on a day, and what nobody has confirmed."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.intake.v1 import policy_pb2, policy_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out, say, word

app = typer.Typer(no_args_is_help=True, help="What the law and the programme lay down.")
HEADINGS = ("value", "", "law", "holds", "source", "")


@app.command()
def show(
    on: Annotated[
        str,
        typer.Option(metavar="YYYY-MM-DD", help="The day; today, or a version's nearest, if left out."),
    ] = "",
    province: Annotated[str, typer.Option(help="Two digits, 01 is Hà Nội.")] = "01",
    version: Annotated[
        str, typer.Option(help="What an event with this policy_version was judged by.", show_default=False)
    ] = "",
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="Only what nobody has confirmed.")
    ] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Show every value that holds, with law and article; what nobody has confirmed is marked."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = policy_pb2.ShowPolicyRequest(on=on, province=province, version=version)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        answer = policy_pb2_grpc.PolicyServiceStub(channel).ShowPolicy(request)
    if json:
        session.as_json(answer)
        return
    said = {"version": answer.version, "on": answer.on, "province": answer.province}
    out.print(say("policy_of", language, **said), markup=False)
    if answer.on < answer.since:
        out.print(say("before_the_first_policy", language, since=answer.since), markup=False)
    table = session.table(*(word(each, language) if each else "" for each in HEADINGS))
    for value in answer.values:
        if not (unconfirmed and value.confirmed):
            table.add_row(*_row(value, language))
    session.show(table, language)
    count = sum(not value.confirmed for value in answer.values)
    out.print(say("count_unconfirmed", language, count=count, all=len(answer.values)), markup=False)


def _row(value: policy_pb2.PolicyValue, language: str) -> tuple[str, ...]:
    vi = language == "vi"
    title, text = (value.title_vi, value.text_vi) if vi else (value.title_en, value.text_en)
    law, article = (value.law_vi, value.article_vi) if vi else (value.law_en, value.article_en)
    source = value.source_vi if vi else value.source_en
    law = ", ".join(filter(None, (law, article)))
    days = f"{value.since or '…'} – {value.until or '…'}" if value.since or value.until else ""
    mark = "" if value.confirmed else word("unconfirmed", language)
    return value.name, f"{title}: {text}", law, days, f"{source} [{value.origin}]", mark
