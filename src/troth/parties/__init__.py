"""We tell you who we are, for whom we act, and which edition of this policy is in force."""
