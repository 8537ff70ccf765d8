"""We show, promise by promise, that all this is so."""
