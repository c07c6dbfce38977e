"""Lore: what a repository knows about its own world, and whether a text contradicts it."""
