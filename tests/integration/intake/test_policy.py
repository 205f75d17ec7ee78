"""What holds on a day, over gRPC; and a service that does not start with packs that are wrong."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack.intake.v1 import policy_pb2 as pb

from tests.integration.intake.desk import POLICE, REFERENCE, SOCIAL, as_item, settings
from tests.integration.intake.posts import contact
from tests.integration.intake.serving import Serving, bearer
from tests.integration.intake.test_rpc import submit


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


async def shown(serving: Serving, **asked: str) -> Any:
    request = pb.ShowPolicyRequest(**asked)
    return await serving.policy.ShowPolicy(request, metadata=bearer(serving, POLICE))


async def values(serving: Serving, **asked: str) -> dict[str, Any]:
    return {value.name: value for value in (await shown(serving, **asked)).values}


async def test_every_value_is_shown_with_its_law_its_source_and_whether_anybody_confirmed_it(
    serving: Serving,
) -> None:
    found = await values(serving, on="2026-07-01", province="01")
    assert all(value.law and value.source and value.origin for value in found.values())
    detox = found["terms.compulsory_detox_first_months"]
    assert (detox.value_json, detox.law, detox.confirmed) == ("24", "Law 120/2025/QH15", False)
    assert found["laws.compulsory_detox"].confirmed
    assert found["may_know.HIV"].article.startswith("Article 30(1)")


async def test_a_value_changes_on_the_day_its_law_does(serving: Serving) -> None:
    before = await values(serving, on="2026-06-30")
    after = await values(serving, on="2026-07-01")
    assert "terms.move_notice_hours" not in before
    assert json.loads(after["terms.move_notice_hours"].value_json) == 24
    old = await values(serving, on="2024-12-14")
    new = await values(serving, on="2024-12-15")
    assert old["laws.opioid_substitution"].value_json != new["laws.opioid_substitution"].value_json


async def test_bands_of_risk_are_shown_with_the_form_of_the_day(serving: Serving) -> None:
    then, now = await values(serving, on="2009-12-31"), await values(serving, on="2026-07-01")
    assert now["bands.who_assist@3.1.alcohol"].text_en == "low 0–10, moderate 11–26, high 27+"
    assert now["bands.who_assist@3.1.tobacco"].text_vi == "thấp 0–3, trung bình 4–26, cao 27+"
    assert not now["bands.assist_lite@1.alcohol"].confirmed
    assert {name for name in then if name.startswith("bands.who")} == {
        "bands.who_assist@3.0.alcohol",
        "bands.who_assist@3.0.tobacco",
    }


async def test_titles_and_values_are_in_both_languages(serving: Serving) -> None:
    found = await values(serving, on="2026-07-01")
    assert "công an phường, xã" in found["may_post.client-contacted"].text_vi.lower()
    assert found["may_post.client-contacted"].title_en == "Client contacted"
    order = found["priorities.waiting_list"]
    assert order.text_vi.split(" > ")[0] == "phụ nữ mang thai"
    assert order.text_en.split(" > ")[0] == "pregnant women"
    assert found["legal_bases.detox_file"].title_vi == "Lập hồ sơ, đưa vào cơ sở cai nghiện"
    untitled = [
        n for n, value in found.items() if not value.title_vi or not value.text_vi or not value.text_en
    ]
    assert untitled == []


@pytest.mark.parametrize("on", ["2019-03-20", "2024-12-20", "2026-07-01"])
async def test_laws_articles_and_sources_are_in_the_language_asked_for(serving: Serving, on: str) -> None:
    found = (await values(serving, on=on)).values()
    said = {
        lang: " · ".join(
            getattr(value, f"{name}_{lang}")
            for value in found
            for name in ("title", "text", "law", "article", "source")
        )
        for lang in ("vi", "en")
    }
    assert not re.search(r"\b(Law|Decree|Article|from|our|the|of|as)\b", said["vi"])
    assert not re.search(r"\b(Luật|Nghị định|Điều|ngày|của|theo)\b", said["en"])
    assert "Luật 64/2006/QH11" in said["vi"]
    assert "Law 64/2006/QH11" in said["en"]


async def test_today_and_ha_noi_are_meant_where_nothing_is_said(serving: Serving) -> None:
    answer = await shown(serving)
    assert (answer.on, answer.province) == ("2019-03-20", "01")
    assert answer.version.startswith("vn-law-2008@")


async def test_what_an_event_was_judged_by_can_be_shown_by_the_version_that_it_keeps(
    serving: Serving,
) -> None:
    await submit(serving, SOCIAL, [[as_item(contact(SOCIAL, "TV-1"))]], role="operator")
    ((version,),) = await serving.rows(
        "SELECT DISTINCT convert_from(state, 'UTF8')::jsonb->'meta'->>'policy_version' FROM stored_events"
    )
    answer = await shown(serving, on="2019-03-10", version=version)
    assert answer.version == version
    superseded = await shown(serving, on="2019-03-10", version="vn-law-2008@1")
    assert superseded.version == "vn-law-2008@1"
    assert {value.origin for value in superseded.values if value.name.startswith("may_post.")} == {"roles@1"}


@pytest.mark.parametrize(
    ("version", "on"),
    [("vn-law-2008@1", "2019-03-20"), ("vn-law-2021@2", "2022-01-01"), ("vn-law-2025@2", "2026-07-01")],
)
async def test_a_version_is_shown_on_the_day_of_its_life_that_is_nearest_to_today(
    serving: Serving, version: str, on: str
) -> None:
    answer = await shown(serving, version=version)
    assert (answer.version, answer.on) == (version, on)
    assert answer.since <= answer.on <= (answer.until or "9999")


async def test_a_version_on_a_day_outside_its_life_is_refused_with_the_days_that_it_had(
    serving: Serving,
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await shown(serving, version="vn-law-2021@2", on="2019-01-01")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(refused.value)  # type: ignore[arg-type]
    assert status is not None
    told = [error_details_pb2.LocalizedMessage() for part in status.details]
    read = [one.message for one, part in zip(told, status.details, strict=True) if part.Unpack(one)]
    days = ("vn-law-2021@2", "2022-01-01", "2026-06-30")
    assert len(read) == 2
    assert all(part in message for message in read for part in days)


@pytest.mark.parametrize("version", ["", "vn-law-2008@1"])
async def test_a_day_before_the_first_pack_is_told_with_the_day_on_which_that_begins(
    serving: Serving, version: str
) -> None:
    answer = await shown(serving, on="1999-01-01", version=version)
    assert (answer.on, answer.since) == ("1999-01-01", "2001-06-01")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"on": "2019-02-30"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"province": "99"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"province": "004"}, grpc.StatusCode.INVALID_ARGUMENT),
        ({"version": "vn-law-1800@1"}, grpc.StatusCode.NOT_FOUND),
    ],
)
async def test_a_question_that_is_none_is_answered_with_what_is_wrong(
    serving: Serving, asked: dict[str, str], code: grpc.StatusCode
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await shown(serving, **asked)
    assert refused.value.code() is code


def starts(folder: Path, dsn: str) -> subprocess.CompletedProcess[str]:
    """`python -m intake` with the reference data in `folder`, as the runtime starts it."""
    given = settings(folder, dsn)
    environment = {
        **os.environ,
        "REFTRACK_POSTGRES_DSN": dsn,
        "REFTRACK_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "REFTRACK_JWKS_PATH": str(given.jwks_path),
        "REFTRACK_SECRETS_PATH": str(given.secrets_path),
        "REFTRACK_MASTER_KEY_PATH": str(given.master_key_path),
        "REFTRACK_REFERENCE_PATH": str(folder / "reference"),
    }
    return subprocess.run(
        [sys.executable, "-m", "intake"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("old", "new", "line_of", "problem"),
    [
        ("wait_term_days: {value: 30,", "wait_term_days: {value: a month,", "wait_term_days", "integer"),
        ("from: 2026-07-01", "from: 2026-07-02", "from:", "leaves a gap"),
        ("answer_working_days: {value: 3,", "answer_working_days: {value: 4,", "version:", "was released"),
    ],
    ids=["a value of the wrong kind", "a day that no pack holds", "a released pack that was changed"],
)
def test_a_service_does_not_start_with_wrong_packs_and_names_file_and_line(
    tmp_path: Path, postgres_dsn: str, old: str, new: str, line_of: str, problem: str
) -> None:
    shutil.copytree(REFERENCE, tmp_path / "reference")
    file = tmp_path / "reference" / "policy" / "vn-law-2025.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    lines = file.read_text("utf-8").splitlines()
    place = next(n for n, line in enumerate(lines, 1) if line.strip().startswith(line_of))
    ended = starts(tmp_path, postgres_dsn)
    assert ended.returncode != 0
    assert f"vn-law-2025.yaml:{place}:" in ended.stdout + ended.stderr
    assert problem in ended.stdout + ended.stderr
