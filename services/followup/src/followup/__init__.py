"""followup: treatment to reintegration. The log of intake in, operators' commands over gRPC, its own log out."""
