"""Worlds of our own with passages: clean ones full of decoys, and ones with one planted contradiction.

A passage begins with a line `## <position> clean`, or `## <position> <class> <canon id> | <words>`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from watchbill.gates.lore.checking import Judge
from watchbill.gates.lore.contradictions import Contradiction
from watchbill.gates.lore.sources import markdown_form, yaml_files, yaml_form
from watchbill.gates.lore.texts.standing import Standing

ROOT = Path(__file__).parent / "worlds"
# A class of contradictions is found when a finding has one of these rules: a lamp of the wrong colour may be an attribute of
# its place, or a fact.
RULES = {
    "attribute": {"attribute", "ability", "relation", "place", "fact"},
    "place": {"place", "fact", "attribute"},
    "fact": {"fact", "place", "attribute", "ability"},
    "relation": {"relation", "attribute"},
    "banned": {"banned-word"},
    "units": {"unit"},
    "death": {"death", "ability"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    world: str
    position: int
    kind: str  # "clean", or the class of what was planted
    text: str

    @property
    def name(self) -> str:
        return "scene.txt" if self.text.startswith("*") else "chapter.md"


def canons() -> list[Path]:
    return sorted(ROOT.glob("*/canon.*"))


@cache
def judge_of(path: Path) -> Judge:
    text = path.read_text("utf-8")
    raw = yaml_files.load(text, path.name) if path.suffix == ".yaml" else markdown_form.draft(text).raw
    return Judge(yaml_form.canon_of(raw))


def passages(world: str) -> Iterator[Passage]:
    text = (ROOT / world / "passages.txt").read_text("utf-8")
    for block in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        position, kind, *_ = head.split()
        yield Passage(world=world, position=int(position), kind=kind, text=f"{body.strip()}\n")


@cache
def judged(canon: Path, passage: Passage) -> list[Contradiction]:
    return judge_of(canon).check(passage.name, passage.text, Standing(position=passage.position))


def is_found(passage: Passage, found: list[Contradiction]) -> bool:
    return any(one.rule in RULES.get(passage.kind, {passage.kind}) for one in found)
