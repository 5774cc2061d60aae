"""Jobs: a queue on disk, its events, and the scheduler that works it off."""
