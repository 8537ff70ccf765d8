"""What is still to be done for you waits in one queue and is never forgotten."""
