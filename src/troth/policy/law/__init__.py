"""We keep the law beside our promises as dated data: what it asks, by when, and which days it counts."""
