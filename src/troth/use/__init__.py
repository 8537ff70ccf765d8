"""We use your data only for the purposes we declared."""
