"""We give your data only to the recipients we named."""
