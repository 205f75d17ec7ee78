"""followup: treatment to reintegration. Intake in, operators' commands over gRPC, its own log out."""
