"""Commands about cases, and the work list of screenings: `CaseService`."""
