"""The .proto files: a change that breaks callers is found, and the stubs serve what the files say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from contracts.generate import PROTO
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import ServiceDescriptor

BUF = Path(sys.executable).with_name("buf")
SERVICES = {
    "reftrack.intake.v1.intake": ["IntakeService", "QuarantineService"],
    "reftrack.referral.v1.referral": ["ReferralService"],
    "reftrack.followup.v1.followup": ["FollowupService"],
    "reftrack.reporting.v1.status": ["StatusService"],
    "reftrack.reporting.v1.report": ["ReportService"],
    "reftrack.reporting.v1.audit": ["AuditService"],
    "reftrack.reporting.v1.views": ["ViewsService"],
    "reftrack.admin.v1.admin": ["AdminService"],
}


def buf(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BUF, *arguments], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The .proto files in a folder where a test may change them."""
    shutil.copytree(PROTO / "reftrack", tmp_path / "reftrack")
    shutil.copy(PROTO / "buf.yaml", tmp_path)
    return tmp_path


def breaking(folder: Path) -> subprocess.CompletedProcess[str]:
    return buf("breaking", str(folder), "--against", str(PROTO / "image.binpb"))


def test_nothing_has_changed_that_breaks_a_caller() -> None:
    assert breaking(PROTO).stdout == ""


def test_a_field_that_is_taken_away_is_found(copied: Path) -> None:
    proto = copied / "reftrack" / "reporting" / "v1" / "status.proto"
    proto.write_text(proto.read_text("utf-8").replace("  string client_group = 3;\n", ""), "utf-8")
    found = breaking(copied)
    assert found.returncode != 0
    assert "client_group" in found.stdout


def test_a_field_that_is_added_breaks_nobody(copied: Path) -> None:
    proto = copied / "reftrack" / "reporting" / "v1" / "status.proto"
    text = proto.read_text("utf-8")
    changed = text.replace(
        "  string client_group = 3;\n", "  string client_group = 3;\n  string extra = 99;\n"
    )
    assert changed != text
    proto.write_text(changed, "utf-8")
    assert breaking(copied).returncode == 0


@pytest.mark.parametrize("module", SERVICES)
def test_the_stubs_have_every_method_of_their_services(module: str) -> None:
    stubs = import_module(f"{module}_pb2_grpc")
    for service in SERVICES[module]:
        descriptor = described(f"{module.rpartition('.')[0]}.{service}")
        methods = {method.name for method in descriptor.methods}
        assert methods
        assert methods <= set(dir(getattr(stubs, f"{service}Servicer")))


def described(full_name: str) -> ServiceDescriptor:
    found: ServiceDescriptor = descriptor_pool.Default().FindServiceByName(full_name)
    return found
