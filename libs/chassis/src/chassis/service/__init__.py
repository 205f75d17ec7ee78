"""How a service is put together: it declares its parts, the chassis starts, watches and stops them."""

from chassis.service.declaration import Consume, Service, Ticker
from chassis.service.parts import Parts
from chassis.service.running import run

__all__ = ["Consume", "Parts", "Service", "Ticker", "run"]
