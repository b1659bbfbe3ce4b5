"""Training: the loop, its schedules and augmentation, and the worker process that runs it."""
