"""The run directory, the queue in front of the worker, and the launcher that starts it."""
