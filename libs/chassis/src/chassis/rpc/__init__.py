"""gRPC as every service offers it: known callers, rules by role, rich errors, commands that share commits."""
