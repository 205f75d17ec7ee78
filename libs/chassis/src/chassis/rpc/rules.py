"""Who may call what: full method names and roles, data of each service. What is not listed is closed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from chassis.rpc.call import Call, Caller, Role

ANYONE: Final[frozenset[Role]] = frozenset()
"""Without a token. For health alone."""

ANY_ROLE: Final = frozenset(Role)
"""Whoever has a token."""

Rules = Mapping[str, Collection[Role]]
"""Full method name (`reftrack.intake.v1.IntakeService/SubmitEvents`) → roles that may call it."""

OWN_RULES: Final[Rules] = {
    "grpc.health.v1.Health/Check": ANYONE,
    "grpc.health.v1.Health/Watch": ANYONE,
    "grpc.health.v1.Health/List": ANYONE,
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": ANY_ROLE,
}


Admits = Callable[[Call], None]
"""Asked of each call that its rule lets in, and again before each further answer of a stream: raises a
`Refusal` where whoever calls may not, today."""


def admits_all(_call: Call) -> None:
    """Refuse nobody."""


class RuleForNothing(ValueError):
    """A rule names a method that the server does not have."""


class NotAllowed(Exception):
    """The caller is known, and its role may not call this method."""

    def __init__(self, caller: Caller, allowed: Collection[Role]) -> None:
        self.role = str(caller.role)
        self.allowed = ", ".join(sorted(allowed)) or "nobody"
        super().__init__(f"role {self.role} may not call this method; allowed: {self.allowed}")


def check_rules(rules: Rules, methods: Collection[str]) -> list[str]:
    """Return the methods that no rule opens. Raises `RuleForNothing` for a rule without a method."""
    strays = sorted(set(rules) - set(methods))
    if strays:
        raise RuleForNothing(f"no such method: {', '.join(strays)}; mend the rules or serve the method")
    return sorted(set(methods) - set(rules))
