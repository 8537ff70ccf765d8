"""A first policy from what is there: a few answers, the prose of an old policy, or the tables of a database.

Nothing is invented. A line that somebody's words or tables bear out carries them above it; what nobody has said is
TBC, so that a draft can be read and checked, and never be published by mistake.
"""
