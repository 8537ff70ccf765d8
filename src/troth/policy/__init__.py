"""We say what we do with your data, in one file that a program can read."""
