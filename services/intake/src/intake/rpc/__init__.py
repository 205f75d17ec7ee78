"""What strangers call: the front door over gRPC, receipts, and the quarantine."""
