"""Likeness of people: who among those known may be the one who is being registered now.

`names` reads a Vietnamese name, `score` says how likely two profiles are one person and why, `keys` gives the
keyed hashes by which candidates are found, `candidates` looks them up, `exact` compares where an ID number is
the same. None of it links anybody: a person decides.
"""
