"""`python -m reporting`: run the service until SIGTERM or SIGINT."""

from chassis.service import run

from reporting.application import REPORTING

if __name__ == "__main__":
    run(REPORTING)
