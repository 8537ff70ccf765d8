"""We know every place where your data lives, and can find, change and erase it there."""
