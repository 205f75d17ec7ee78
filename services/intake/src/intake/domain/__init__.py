"""What intake decides: who may post what, and what may follow what in a case.

No I/O, no clock, no framework.
"""
