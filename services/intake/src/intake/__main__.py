"""`python -m intake`: runs until SIGTERM."""

from chassis.service import run

from intake.service import SERVICE

if __name__ == "__main__":
    run(SERVICE)
