"""Lore: where a world's canon is looked for, and which texts are held against it, as long as nobody says otherwise."""

CANON = (
    "canon.yaml",
    "canon.md",
    "canon/**",
    "lore/canon.yaml",
    "lore/canon.md",
    "lore/canon/**",
)
TEXTS = ("**",)  # every Markdown and text file that is none of the repository's own
