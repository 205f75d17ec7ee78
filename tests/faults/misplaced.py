"""Requests of people that bear a name where none belongs."""

from __future__ import annotations

from typing import Any

from reftrack.admin.v1 import admin_pb2
from reftrack.admin.v1.admin_pb2_grpc import AdminServiceStub
from reftrack.followup.v1 import followup_pb2
from reftrack.followup.v1.followup_pb2_grpc import FollowupServiceStub
from reftrack.intake.v1 import (
    agencies_pb2,
    cases_pb2,
    identity_pb2,
    intake_pb2,
    intake_pb2_grpc,
    matching_pb2,
    policy_pb2,
    territory_pb2,
)
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceStub
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub
from reftrack.intake.v1.identity_pb2_grpc import IdentityServiceStub
from reftrack.intake.v1.matching_pb2_grpc import MatchingServiceStub
from reftrack.intake.v1.policy_pb2_grpc import PolicyServiceStub
from reftrack.intake.v1.territory_pb2_grpc import TerritoryServiceStub
from reftrack.referral.v1 import referral_pb2 as referral
from reftrack.referral.v1.referral_pb2_grpc import ReferralServiceStub
from reftrack.reporting.v1 import consents_pb2
from reftrack.reporting.v1 import report_pb2 as report
from reftrack.reporting.v1 import status_pb2 as status
from reftrack.reporting.v1.consents_pb2_grpc import ConsentServiceStub
from reftrack.reporting.v1.report_pb2_grpc import ReportServiceStub
from reftrack.reporting.v1.status_pb2_grpc import StatusServiceStub

from tests.faults.doors import BIRD

ASKED = f"{BIRD}Asked"
NOBODY = "00000000-0000-4000-8000-000000000000"
MISPLACED: list[tuple[str, Any, str, Any]] = [
    ("reporting", StatusServiceStub, "GetCase", status.GetCaseRequest(case_id=ASKED)),
    ("reporting", StatusServiceStub, "FindCase", status.FindCaseRequest(agency_ref=ASKED)),
    ("reporting", StatusServiceStub, "FindCase", status.FindCaseRequest(introduction=ASKED)),
    ("reporting", StatusServiceStub, "GetReferral", status.GetReferralRequest(number=ASKED)),
    ("reporting", StatusServiceStub, "ListReferrals", status.ListReferralsRequest(page_token=ASKED)),
    ("reporting", ReportServiceStub, "RunReport", report.RunReportRequest(period_from=ASKED)),
    ("referral", ReferralServiceStub, "AcceptReferral", referral.AcceptReferralRequest(referral=ASKED)),
    ("referral", ReferralServiceStub, "RequestReferral", referral.RequestReferralRequest(case_id=ASKED)),
    (
        *("intake", IdentityServiceStub, "ReadIdentity"),
        identity_pb2.ReadIdentityRequest(case_id=ASKED, reason=ASKED),
    ),
    (
        *("intake", IdentityServiceStub, "ReadIdentity"),
        identity_pb2.ReadIdentityRequest(case_id=NOBODY, reason=ASKED),
    ),
    (
        *("intake", IdentityServiceStub, "ReadIdentity"),
        identity_pb2.ReadIdentityRequest(case_id=NOBODY, reason=ASKED, fields=[ASKED]),
    ),
    (
        *("intake", IdentityServiceStub, "ReadIdentity"),
        identity_pb2.ReadIdentityRequest(case_id=NOBODY, reason=ASKED, purpose=ASKED),
    ),
    (
        *("intake", IdentityServiceStub, "ListIdentityReads"),
        identity_pb2.ListIdentityReadsRequest(case_id=NOBODY, page_token=ASKED),
    ),
    ("reporting", StatusServiceStub, "GetTimeline", status.GetTimelineRequest(case_id=ASKED)),
    ("reporting", ConsentServiceStub, "ListConsents", consents_pb2.ListConsentsRequest(case_id=ASKED)),
    ("reporting", ReportServiceStub, "ExplainFigure", report.ExplainFigureRequest(indicator_id=ASKED)),
    ("referral", ReferralServiceStub, "ListDeadlines", referral.ListDeadlinesRequest(page_token=ASKED)),
    ("followup", FollowupServiceStub, "AdmitToDetox", followup_pb2.AdmitToDetoxRequest(case_id=ASKED)),
    ("followup", FollowupServiceStub, "ListDue", followup_pb2.ListDueRequest(page_token=ASKED)),
    ("intake", CaseServiceStub, "VoidEvent", cases_pb2.VoidEventRequest(event_id=ASKED, reason=ASKED)),
    ("intake", CaseServiceStub, "VoidEvent", cases_pb2.VoidEventRequest(posted_id=ASKED, reason="other")),
    ("intake", CaseServiceStub, "CloseCase", cases_pb2.CloseCaseRequest(case_id=ASKED, reason=ASKED)),
    (
        *("intake", CaseServiceStub, "ReviewScreening"),
        cases_pb2.ReviewScreeningRequest(event_id=ASKED, outcome="claim_right"),
    ),
    (
        *("intake", CaseServiceStub, "ListScreeningConflicts"),
        cases_pb2.ListScreeningConflictsRequest(page_token=ASKED),
    ),
    ("intake", MatchingServiceStub, "DecideMatch", matching_pb2.DecideMatchRequest(match_id=ASKED)),
    ("intake", MatchingServiceStub, "MergeClients", matching_pb2.MergeClientsRequest(survivor_case_id=ASKED)),
    ("intake", MatchingServiceStub, "UnmergeClients", matching_pb2.UnmergeClientsRequest(merge_id=ASKED)),
    ("intake", AgencyServiceStub, "GetAgency", agencies_pb2.GetAgencyRequest(org=ASKED)),
    ("intake", PolicyServiceStub, "ShowPolicy", policy_pb2.ShowPolicyRequest(province=ASKED)),
    ("intake", TerritoryServiceStub, "SearchUnits", territory_pb2.SearchUnitsRequest(text=ASKED)),
    (
        *("intake", CaseServiceStub, "ListScreeningConflicts"),
        cases_pb2.ListScreeningConflictsRequest(org=ASKED),
    ),
    (
        *("intake", intake_pb2_grpc.QuarantineServiceStub, "ReleaseQuarantined"),
        intake_pb2.ReleaseQuarantinedRequest(quarantine_id=2**40, reason=ASKED),
    ),
    ("intake", AdminServiceStub, "SkipParked", admin_pb2.SkipParkedRequest(case_key=ASKED, reason=ASKED)),
]
"""Service, stub, method, request: refused, or answered with nothing of it."""
