"""The closed lists of the domain. What people read for each code stands in the catalogue."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from contracts.base import Label


class Lang(StrEnum):
    VI = "vi"
    EN = "en"


class OrgKind(StrEnum):
    """Kinds of organisation (`domain.md`, Who takes part)."""

    WARD_POLICE = "ward_police"
    DISTRICT_SOCIAL = "district_social"
    COMMUNE_SOCIAL = "commune_social"
    HEALTH_STATION = "health_station"
    PROVIDER = "provider"
    DETOX_FACILITY = "detox_facility"
    METHADONE_CLINIC = "methadone_clinic"
    COMMUNE_AUTHORITY = "commune_authority"
    VOLUNTEER_TEAM = "volunteer_team"
    CLUB = "club"
    BORDER_GUARD = "border_guard"
    HOTLINE = "hotline"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


class SuspendReason(StrEnum):
    """Why an office may not post for the time being."""

    CREDENTIALS_LEAKED = "credentials_leaked"
    MISUSE = "misuse"
    CLOSED_FOR_NOW = "closed_for_now"
    BY_ORDER = "by_order"
    OTHER = "other"


class Owner(StrEnum):
    """The service that decides about an event and is the only writer of it."""

    INTAKE = "intake"
    REFERRAL = "referral"
    FOLLOWUP = "followup"


class Verdict(StrEnum):
    """What became of an agency's event. Waiting and quarantined are not final; one of the others is."""

    WAITING = "waiting"
    QUARANTINED = "quarantined"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISCARDED = "discarded"


class NumberKind(StrEnum):
    INTRODUCTION = "introduction"
    REFERRAL = "referral"
    STAY = "stay"


class PurposeOfUse(StrEnum):
    """Purposes of reading, after HL7 purpose of use."""

    TREATMENT = "treatment"
    COORDINATION = "coordination"
    SUPERVISION = "supervision"
    STATISTICS = "statistics"
    AUDIT = "audit"
    CLIENT_REQUEST = "client_request"


HL7_PURPOSE: MappingProxyType[PurposeOfUse, str] = MappingProxyType(
    {
        PurposeOfUse.TREATMENT: "TREAT",
        PurposeOfUse.COORDINATION: "COC",
        PurposeOfUse.SUPERVISION: "HOPERAT",
        PurposeOfUse.STATISTICS: "HPRGRP",
        PurposeOfUse.AUDIT: "HCOMPL",
        PurposeOfUse.CLIENT_REQUEST: "PATRQT",
    }
)
"""Our purposes in HL7 v3 ActReason: treatment, coordination of care, healthcare operations, health program
reporting, health compliance, patient requested."""


class ClientGroup(StrEnum):
    DRUG_USER = "drug_user"
    SEX_WORKER = "sex_worker"
    TRAFFICKING_VICTIM = "trafficking_victim"
    PERSON_WITH_HIV = "person_with_hiv"
    RELATIVE = "relative"


class Channel(StrEnum):
    STREET = "street"
    OFFICE = "office"
    PHONE = "phone"
    ZALO = "zalo"
    FACEBOOK = "facebook"
    HOTLINE = "hotline"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class CounsellingTopic(StrEnum):
    DRUG_USE = "drug_use"
    TREATMENT_OPTIONS = "treatment_options"
    HARM_REDUCTION = "harm_reduction"
    HIV_PREVENTION = "hiv_prevention"
    MENTAL_HEALTH = "mental_health"
    LEGAL = "legal"
    JOB = "job"
    FAMILY = "family"
    OTHER = "other"


class CounsellingMode(StrEnum):
    OFFICE = "office"
    HOME = "home"
    STREET = "street"
    PHONE = "phone"
    ONLINE = "online"


class Audience(StrEnum):
    CLIENT = "client"
    RELATIVE = "relative"


class Instrument(StrEnum):
    WHO_ASSIST = "who_assist"
    ASSIST_LITE = "assist_lite"


class ScreeningOccasion(StrEnum):
    """Why somebody is screened: the first time, again, or as agreed after a brief intervention."""

    FIRST = "first"
    REPEATED = "repeated"
    FOLLOW_UP = "follow_up"


class DeclineReason(StrEnum):
    """Why somebody does not want to be screened."""

    NO_TIME = "no_time"
    NO_TRUST = "no_trust"
    SEES_NO_NEED = "sees_no_need"
    NOT_WELL = "not_well"
    OTHER = "other"


class ScreeningDifferenceKind(StrEnum):
    """In what a claim differs from the computation (`reference.instruments.comparing`)."""

    SCORE = "score"
    RISK = "risk"
    IMPOSSIBLE = "impossible"
    SUBSTANCE = "substance"


class InjectingCourse(StrEnum):
    """What a pattern of injecting calls for, whatever the scores (WHO ASSIST, note on question 8)."""

    BRIEF_INTERVENTION = "brief_intervention"
    FURTHER_ASSESSMENT = "further_assessment"


class ScreeningReviewOutcome(StrEnum):
    """What somebody found who looked into a claim that differs from the computation."""

    CLAIM_RIGHT = "claim_right"
    COMPUTATION_RIGHT = "computation_right"
    FORM_WRONG = "form_wrong"
    UNDECIDABLE = "undecidable"


class GuardianRelation(StrEnum):
    """Who agrees for a child, or for an adult whom the law lets a guardian decide for."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    OTHER = "other"


class Substance(StrEnum):
    """The substances of WHO ASSIST 3.1, question 1; `stimulants` is the group of ASSIST-Lite."""

    TOBACCO = "tobacco"
    ALCOHOL = "alcohol"
    CANNABIS = "cannabis"
    COCAINE = "cocaine"
    AMPHETAMINES = "amphetamines"
    INHALANTS = "inhalants"
    SEDATIVES = "sedatives"
    HALLUCINOGENS = "hallucinogens"
    OPIOIDS = "opioids"
    OTHER = "other"
    STIMULANTS = "stimulants"


class RiskBand(StrEnum):
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"


class CloseReason(StrEnum):
    GOALS_MET = "goals_met"
    LOST_CONTACT = "lost_contact"
    MOVED_AWAY = "moved_away"
    CLIENT_DECLINED = "client_declined"
    DIED = "died"
    OTHER = "other"
    MERGED = "merged"


class ReopenReason(StrEnum):
    """Why a closed case goes on; `unmerged` is ours: what merging had closed."""

    CAME_BACK = "came_back"
    RELAPSED = "relapsed"
    CLOSED_IN_ERROR = "closed_in_error"
    OTHER = "other"
    UNMERGED = "unmerged"


class VoidReason(StrEnum):
    """Why a record was wrong."""

    WRONG_PERSON = "wrong_person"
    WRONG_DATA = "wrong_data"
    ENTERED_TWICE = "entered_twice"
    DID_NOT_HAPPEN = "did_not_happen"
    OTHER = "other"


class IdentityField(StrEnum):
    """What is known of who a person is; the values stand in intake's vault only."""

    FULL_NAME = "full_name"
    ALIASES = "aliases"
    BIRTH_DATE = "birth_date"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ADDRESS = "address"
    GUARDIAN = "guardian"
    SEX = "sex"
    BIRTH_YEAR = "birth_year"


class IdentityCorrection(StrEnum):
    """Why an identity is put right."""

    MISSPELT = "misspelt"
    PAPERS_SEEN = "papers_seen"
    NEW_PAPERS = "new_papers"
    CLIENT_SAYS = "client_says"
    OTHER = "other"


class MatchGround(StrEnum):
    """How two records came to be compared."""

    LIKENESS = "likeness"
    ID_NUMBER = "id_number"


class MergeGround(StrEnum):
    """On what somebody rests the decision that two records are one person, or are not."""

    ID_NUMBER = "id_number"
    PAPERS_SEEN = "papers_seen"
    CLIENT_CONFIRMED = "client_confirmed"
    AGENCIES_CONFIRMED = "agencies_confirmed"
    OTHER = "other"


class Deadline(StrEnum):
    """What was due (`domain.md`, deadlines). The terms are values of the policy packs."""

    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    FIRST_APPOINTMENT = "first_appointment"
    INTERIM_REPORT = "interim_report"
    CONFIRM_LOOP = "confirm_loop"
    CONFIRM_CANCELLATION = "confirm_cancellation"
    HANDOVER_NOTICE = "handover_notice"
    HANDOVER_RECEIPT = "handover_receipt"
    MONTHLY_CONTACT = "monthly_contact"
    MOVE_ACKNOWLEDGEMENT = "move_acknowledgement"


class Service(StrEnum):
    """What a client can be referred to (`domain.md`, referral)."""

    METHADONE = "methadone"
    BUPRENORPHINE = "buprenorphine"
    VOLUNTARY_DETOX = "voluntary_detox"
    HOME_COMMUNITY_DETOX = "home_community_detox"
    COMPULSORY_DETOX = "compulsory_detox"
    CEDEMEX = "cedemex"
    HIV_TEST = "hiv_test"
    HIV_PREVENTION = "hiv_prevention"
    HIV_TREATMENT = "hiv_treatment"
    MENTAL_HEALTH = "mental_health"
    TUBERCULOSIS = "tuberculosis"
    HEALTH_INSURANCE_CARD = "health_insurance_card"
    GENERAL_HEALTH = "general_health"
    LEGAL_AID = "legal_aid"
    IDENTITY_PAPERS = "identity_papers"
    VOCATIONAL_TRAINING = "vocational_training"
    JOB_PLACEMENT = "job_placement"
    LOAN = "loan"
    HOUSING = "housing"
    LIVELIHOOD = "livelihood"
    VICTIM_RETURN = "victim_return"


SERVICE_LABELS: MappingProxyType[str, Label] = MappingProxyType(
    {
        Service.METHADONE: Label.OST,
        Service.BUPRENORPHINE: Label.OST,
        Service.VOLUNTARY_DETOX: Label.DRUG,
        Service.HOME_COMMUNITY_DETOX: Label.DRUG,
        Service.COMPULSORY_DETOX: Label.LEGAL,
        Service.CEDEMEX: Label.DRUG,
        Service.HIV_TEST: Label.HIV,
        Service.HIV_PREVENTION: Label.HIV,
        Service.HIV_TREATMENT: Label.HIV,
        Service.MENTAL_HEALTH: Label.PSY,
        Service.TUBERCULOSIS: Label.TB,
        Service.GENERAL_HEALTH: Label.HEALTH,
        Service.LEGAL_AID: Label.LEGAL,
        Service.VICTIM_RETURN: Label.TRAFFICKING,
    }
)
"""The label that the name of a service itself carries; a service that is not here carries none."""

SERVICE_PURPOSE: MappingProxyType[str, PurposeOfUse] = MappingProxyType(
    dict.fromkeys(
        (
            Service.METHADONE,
            Service.BUPRENORPHINE,
            Service.VOLUNTARY_DETOX,
            Service.HOME_COMMUNITY_DETOX,
            Service.COMPULSORY_DETOX,
            Service.CEDEMEX,
            Service.HIV_TEST,
            Service.HIV_PREVENTION,
            Service.HIV_TREATMENT,
            Service.MENTAL_HEALTH,
            Service.TUBERCULOSIS,
            Service.GENERAL_HEALTH,
        ),
        PurposeOfUse.TREATMENT,
    )
)
"""The purpose of a referral to a service; of one that is not here it is coordination."""

GROUP_LABELS: MappingProxyType[str, Label] = MappingProxyType(
    {
        ClientGroup.DRUG_USER: Label.DRUG,
        ClientGroup.PERSON_WITH_HIV: Label.HIV,
        ClientGroup.TRAFFICKING_VICTIM: Label.TRAFFICKING,
    }
)

TOPIC_LABELS: MappingProxyType[str, Label] = MappingProxyType(
    {
        CounsellingTopic.DRUG_USE: Label.DRUG,
        CounsellingTopic.HARM_REDUCTION: Label.DRUG,
        CounsellingTopic.TREATMENT_OPTIONS: Label.DRUG,
        CounsellingTopic.HIV_PREVENTION: Label.HIV,
        CounsellingTopic.MENTAL_HEALTH: Label.PSY,
        CounsellingTopic.LEGAL: Label.LEGAL,
    }
)


class MissedReason(StrEnum):
    UNKNOWN = "unknown"
    ILL = "ill"
    WORK = "work"
    NO_TRANSPORT = "no_transport"
    CLIENT_DECLINED = "client_declined"
    OTHER = "other"


class Progress(StrEnum):
    IMPROVING = "improving"
    STABLE = "stable"
    WORSE = "worse"


class HoldReason(StrEnum):
    CLIENT_ABSENT = "client_absent"
    CLIENT_ILL = "client_ill"
    PAPERS_MISSING = "papers_missing"
    PROVIDER_CLOSED = "provider_closed"
    OTHER = "other"


class ServiceOutcome(StrEnum):
    GOAL_MET = "goal_met"
    GOAL_PARTLY_MET = "goal_partly_met"
    CONTINUES_ELSEWHERE = "continues_elsewhere"


class FailReason(StrEnum):
    NEVER_CAME = "never_came"
    CLIENT_STOPPED = "client_stopped"
    CLIENT_MOVED = "client_moved"
    CLIENT_DIED = "client_died"
    PROVIDER_STOPPED = "provider_stopped"
    OTHER = "other"


class RejectReason(StrEnum):
    CAPACITY = "capacity"
    NOT_ELIGIBLE = "not_eligible"
    CLIENT_DECLINED = "client_declined"
    WRONG_SERVICE = "wrong_service"
    OTHER = "other"


class ConsentEnd(StrEnum):
    """Why a consent, or the part of it on which something rests, holds no more."""

    WITHDRAWN = "consent_withdrawn"
    EXPIRED = "consent_expired"
    VOIDED = "consent_voided"
    NARROWED = "consent_narrowed"


class ReadRefusal(StrEnum):
    """Why somebody was not shown who a client is: the codes of the refusals."""

    NOT_FOR_YOU = "identity_not_for_you"
    PURPOSE = "purpose_not_yours"
    CASE = "case_unknown"


class DetoxKind(StrEnum):
    VOLUNTARY = "voluntary"
    COMPULSORY = "compulsory"
    NO_FIXED_RESIDENCE = "no_fixed_residence"
    HOME_COMMUNITY = "home_community"
    CEDEMEX = "cedemex"


class ManagementModel(StrEnum):
    CLUB = "club"
    VOLUNTEER_TEAM = "volunteer_team"
    COUNSELLING_POINT = "counselling_point"


class SupportKind(StrEnum):
    LOAN = "loan"
    VOCATIONAL_CERTIFICATE = "vocational_certificate"
    JOB = "job"
    INSURANCE_CARD = "insurance_card"
    PAPERS = "papers"
    HOUSING = "housing"


class Evidence(StrEnum):
    """On what an evaluation rests."""

    URINE_TEST = "urine_test"
    HOME_VISIT = "home_visit"
    INTERVIEW = "interview"
    FAMILY_STATEMENT = "family_statement"
    EMPLOYER_STATEMENT = "employer_statement"
    RECORDS = "records"


LISTS: tuple[type[StrEnum], ...] = tuple(
    value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, StrEnum) and value is not StrEnum
)
"""Every closed list, for the catalogue and the documents."""
