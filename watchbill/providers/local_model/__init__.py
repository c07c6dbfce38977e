"""A local model: the worker's program, who keeps it, and the provider that asks it."""
