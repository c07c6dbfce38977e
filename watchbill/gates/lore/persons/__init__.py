"""Checks of people: what they are, bear, can do and are to each other, and whether they live."""
