"""referral: from sent to closed loop. Intake in, operators' commands over gRPC, its own log out."""
