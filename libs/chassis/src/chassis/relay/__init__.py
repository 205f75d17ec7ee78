"""The relay: from a service's own tables to Kafka, in order, each message once."""

from chassis.relay.events import EventsLog
from chassis.relay.log import Connection, Log, Outgoing
from chassis.relay.relay import Relay

__all__ = ["Connection", "EventsLog", "Log", "Outgoing", "Relay"]
