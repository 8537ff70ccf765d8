"""You can read, choose and ask on plain pages that work for everyone."""
