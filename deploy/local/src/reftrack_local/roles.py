"""What callers are here for; what each may call stands in the rules of each service."""

ROLES = ("agency", "operator", "supervisor", "auditor", "administrator")
