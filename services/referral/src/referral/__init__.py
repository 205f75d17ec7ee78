"""referral: from sent to closed loop. The log of intake in, operators' commands over gRPC, its own log out."""
