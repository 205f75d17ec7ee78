"""Logs, metrics and health of a process. Personal data reaches none of them."""

from chassis.telemetry import metrics
from chassis.telemetry.exceptions import safe_text
from chassis.telemetry.health import Check, Health, Report
from chassis.telemetry.http import HealthServer
from chassis.telemetry.logs import allow_keys, configure, get_logger

__all__ = [
    "Check",
    "Health",
    "HealthServer",
    "Report",
    "allow_keys",
    "configure",
    "get_logger",
    "metrics",
    "safe_text",
]
