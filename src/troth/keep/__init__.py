"""We keep your data no longer than we promised."""
