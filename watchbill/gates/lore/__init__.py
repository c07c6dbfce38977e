"""Lore: a canon, which is what a repository knows of its world, and texts that are held against it.

`gate` and `library` open a canon's files: `sources` reads them into the values of `canon`, `known` says what follows from those. `texts`
reads a text: what of it is told as so, who is named, meant and speaking. `persons`, `world` and `telling` are the checks; each is a class
with `check(reading)`, which yields marks, and `checking.Judge` joins them. `english` knows words, and nothing of canons.
"""
