"""Lore in watchbill.toml: where a world's canon is, which texts are held against it, and what becomes of a contradiction."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Text
from watchbill.config.section import Section
from watchbill.domain.lore import CANON, TEXTS


class LoreMode(StrEnum):
    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"


class Lore(Section):
    """What work may not contradict. Costs nothing where a repository has no canon; `gates = { lore = false }` of a repository
    switches it off there. See docs/lore.md."""

    canon: Annotated[tuple[Text, ...], Field(min_length=1)] = CANON
    """Files or globs of the canon, in YAML or Markdown, for repositories that name none with `canon`."""

    texts: Annotated[tuple[Text, ...], Field(min_length=1)] = TEXTS
    """Files or globs of the texts that are held against it: of these only Markdown and plain text, and never what a repository
    says of itself (README and the like, docs/, the queue)."""

    mode: LoreMode = LoreMode.BLOCK
    """What a new contradiction does: `block` sends the work back to whoever wrote it, `review` waits for you, `warn` only
    reports. `block`: it names both passages, which is what a repair needs."""

    judge: bool = False
    """Whether the second vendor of `[collaboration]` is told the canon and asked for contradictions, in the review that it makes
    anyway. Only what quotes the text exactly, and names an id of the canon, counts. Off: a model's word costs tokens and is not the
    same each time."""
