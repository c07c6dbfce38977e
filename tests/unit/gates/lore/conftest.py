"""Makers: a judge of a small canon, and what it finds in a text."""

from collections.abc import Callable
from functools import lru_cache

import pytest

from watchbill.gates.lore.checking import Judge
from watchbill.gates.lore.sources import markdown_form, yaml_files, yaml_form

Found = list[tuple[str, str, str]]


@lru_cache(maxsize=16)
def judge(canon: str) -> Judge:
    """Of a canon in YAML, or in Markdown when it begins with a heading."""
    raw = markdown_form.draft(canon).raw if canon.lstrip().startswith("#") else yaml_files.load(canon, "canon.yaml")
    return Judge(yaml_form.canon_of(raw))


@pytest.fixture
def found() -> Callable[..., Found]:
    """Rule, canon id and quote of each finding in a text."""

    def look(canon: str, text: str, path: str = "ch05.md") -> Found:
        return [(one.rule, one.canon_id, one.quote) for one in judge(canon).check(path, text)]

    return look


@pytest.fixture
def judged() -> Callable[[str], Judge]:
    return judge
