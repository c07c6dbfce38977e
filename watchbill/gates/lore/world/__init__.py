"""Checks of the world: how things are, where and when, and the ways between; the variables and scenes of a game."""
