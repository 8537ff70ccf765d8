"""A plan as text that other people and other programs read. One file a form; each takes a plan and nothing else, so
that what is published cannot say anything but what is kept."""
