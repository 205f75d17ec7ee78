"""`python -m followup`: runs until SIGTERM."""

from chassis.service import run

from followup.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
