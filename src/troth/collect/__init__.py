"""We take in only what we declared, and only where you let us."""
