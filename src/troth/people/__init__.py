"""We know whom the data is about, what they chose, and what is held or restricted."""
