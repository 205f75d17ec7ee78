"""What a service says of itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from google.protobuf.message import Message

from chassis.mapper import Mapper
from chassis.relay import Log
from chassis.rpc.errors import Texts, no_texts
from chassis.rpc.rules import Admits, Rules, admits_all
from chassis.rpc.server import Register
from chassis.service.parts import Parts
from chassis.settings import ServiceSettings
from chassis.store.writer import Decider
from chassis.telemetry import Check

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True)
class Consume:
    """Topics that the service takes through its decider: by name, or by a pattern for the whole name.

    `sources`: those of them that are our own services' logs. `group` is the service's name if not given; a
    second `Consume` needs another one.
    """

    topics: Sequence[str] = ()
    pattern: str | None = None
    sources: Sequence[str] = ()
    max_records: int = 1_000
    group: str | None = None


@dataclass(frozen=True)
class Ticker(Generic[S]):
    """Looks every so often for what the clock has made due, and brings it through the writer as commands.

    `due` returns at most a page of messages, [] when nothing is due; each one is decided as a command called
    `name`. Two instances may find the same: the decider refuses what was done meanwhile, which is no error.
    """

    name: str
    seconds: float
    due: Callable[[Parts[S]], Awaitable[Sequence[Message]]]


class Startable(Protocol):
    """A part with a life of its own (`chassis.projector.Projector`). Start and stop may be coroutines."""

    def start(self) -> Any: ...

    def stop(self) -> Any: ...

    def check(self) -> Check: ...


def _none(_parts: Parts[Any]) -> Sequence[Any]:
    return ()


@dataclass(frozen=True)
class Service(Generic[S]):
    """The parts of one service. What is a function is asked once, at start, with the parts that exist then.

    `name` is also the consumers' group, and `package`, whose migrations are applied. `decider` makes the use
    cases that records and commands alike go through. Health, reflection, `AdminService` come by themselves.
    """

    name: str
    settings: type[S]
    decider: Callable[[Parts[S]], Decider]
    package: str = ""
    mappers: Sequence[Mapper[Any]] = ()
    consumers: Sequence[Consume] = ()
    logs: Callable[[Parts[S]], Sequence[Log]] = _none
    servicers: Callable[[Parts[S]], Sequence[Register]] = _none
    rules: Rules = field(default_factory=dict)
    admits: Callable[[Parts[S]], Admits] = lambda _parts: admits_all
    texts: Texts = no_texts
    tickers: Sequence[Ticker[S]] = ()
    others: Callable[[Parts[S]], Sequence[Startable]] = _none
