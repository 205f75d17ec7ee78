"""`python -m referral`: runs until SIGTERM."""

from chassis.service import run

from referral.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
