"""Lore: where a world's canon is looked for, which texts are held against it, and what a model is asked about them."""

from watchbill.domain.ids import TaskType
from watchbill.domain.tools import ToolSpec

CANON = (
    "canon.yaml",
    "canon.md",
    "canon/**",
    "lore/canon.yaml",
    "lore/canon.md",
    "lore/canon/**",
)
TEXTS = ("**",)  # every Markdown and text file that is none of the repository's own

LORE = TaskType("lore")
CONTINUITY = TaskType("continuity")  # a model reads the task's texts against the canon, and changes nothing
CONTRADICTIONS = "contradictions"
NAMED = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "quote": {"type": "string", "description": "The text's own words, exactly."},
            "canon": {"type": "string", "description": "The canon's own words that it contradicts, exactly."},
            "canon_id": {"type": "string", "description": "The id, name or heading that they stand under."},
            "why": {"type": "string"},
        },
        "required": ["quote", "canon", "canon_id", "why"],
        "additionalProperties": False,
    },
}
TOOL = ToolSpec(
    name=CONTRADICTIONS,
    help="Name everything in the text that the canon contradicts: an empty list where nothing does.",
    schema={
        "type": "object",
        "properties": {CONTRADICTIONS: NAMED},
        "required": [CONTRADICTIONS],
        "additionalProperties": False,
    },
)
