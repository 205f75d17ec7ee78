"""`AdminService`, the same in every service: parked cases, positions, version."""

from chassis.admin.servicer import ADMIN_RULES, AdminServicer

__all__ = ["ADMIN_RULES", "AdminServicer"]
