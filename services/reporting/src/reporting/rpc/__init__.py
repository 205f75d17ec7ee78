"""What strangers call: one module a gRPC service, and the messages that answers are made of."""
