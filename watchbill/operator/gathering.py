"""Gathering: what of a repository's tree a provider is told beside its task: rules, canon, the files and their neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from watchbill.domain.brief import estimate
from watchbill.domain.claims import covers
from watchbill.domain.ports import Tree
from watchbill.domain.tasks import Task
from watchbill.domain.wording import Templates
from watchbill.gates.lore.excerpt import excerpt
from watchbill.gates.lore.library import is_canon, open_library

TEMPLATES = ".watchbill/templates"  # where a repository overrides our words
CANON_SHARE = 4  # a canon within this part of the brief is told whole, the same for all tasks, which prompt caches like
EXCERPT = "the canon, as far as it concerns this task"
NEIGHBOURS = 6  # files beside the target files that are offered to the budget

Texts = Sequence[tuple[str, str]]  # path, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    rules: Texts
    canon: Texts
    files: Texts
    templates: Templates


def gather(
    tree: Tree, tasks: Sequence[Task], *, rules: Sequence[str], canon: Sequence[str], brief_tokens: int
) -> Gathered:
    """For the first of the tasks and those that ride with it. Raises OSError, and GitError, for a tree that cannot be read."""
    return Gathered(
        rules=_texts(tree, rules),
        canon=_canon(tree, tasks, canon, brief_tokens),
        files=_texts(tree, _files(tree, tasks[0].reach)),
        templates=Templates(overrides=_templates(tree)),
    )


def _canon(tree: Tree, tasks: Sequence[Task], patterns: Sequence[str], brief_tokens: int) -> Texts:
    """The canon's files; of a canon that would take too much of the brief, the entries that the tasks or their files name."""
    whole = _texts(tree, [path for path in tree.paths() if covers(patterns, path)])
    if sum(estimate(text) for _, text in whole) <= brief_tokens // CANON_SHARE:
        return whole
    known = {path: text for path, text in whole if is_canon(path, patterns)}
    words = [text for task in tasks for text in (task.title, task.requirements, task.success, task.body)]
    claims = tasks[0].claims
    mine = [path for path in _files(tree, claims) if covers(claims, path)]
    words += [text for path, text in _texts(tree, mine) if path not in known]
    found = excerpt(open_library(known).judge, words)
    return [(EXCERPT, found)] if found else whole


def _files(tree: Tree, claims: Sequence[str]) -> list[str]:
    """The claimed files first, then a few of their neighbours."""
    if "**" in claims:
        return []
    targets = [path for path in tree.paths() if covers(claims, path)]
    folders = {PurePosixPath(path).parent for path in targets}
    beside = [path for path in tree.paths() if PurePosixPath(path).parent in folders and path not in targets]
    return [*targets, *beside[:NEIGHBOURS]]


def _templates(tree: Tree) -> Mapping[str, str]:
    return {
        PurePosixPath(path).stem: text
        for path, text in _texts(tree, [path for path in tree.paths() if path.startswith(f"{TEMPLATES}/")])
    }


def _texts(tree: Tree, paths: Sequence[str]) -> list[tuple[str, str]]:
    """Path and text of those that are there and are text."""
    found = []
    for path in paths:
        try:
            found.append((path, tree.read(path).decode("utf-8")))
        except (KeyError, UnicodeDecodeError):
            continue
    return found
