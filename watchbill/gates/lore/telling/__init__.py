"""Checks of the telling: names, voices, words, and secrets that are told too soon."""
