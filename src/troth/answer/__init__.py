"""We answer every right you have, on time, in every place."""
