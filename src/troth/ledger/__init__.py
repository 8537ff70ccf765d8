"""Everything we do with your data is written down, and what is written cannot be changed unseen."""
