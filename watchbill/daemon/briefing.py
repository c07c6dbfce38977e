"""Briefing: gathers from the tree what a provider is told, and keeps it for `run show --prompt`."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from watchbill.daemon.stint import Stint
from watchbill.domain import brief
from watchbill.domain.claims import covers
from watchbill.domain.ports import Tree
from watchbill.domain.questions import QuestionState
from watchbill.domain.questions import told as answer_told
from watchbill.domain.wording import Templates
from watchbill.gates.lore.excerpt import excerpt
from watchbill.gates.lore.library import is_canon, open_library
from watchbill.state import briefs, questions

TEMPLATES = ".watchbill/templates"  # where a repository overrides our words
CANON_SHARE = 4  # a canon within this part of the brief is told whole, the same for all tasks, which prompt caches like
EXCERPT = "the canon, as far as it concerns this task"
NEIGHBOURS = 6  # files beside the target files that are offered to the budget


class Briefer:
    """Assembles the brief of a run from the commit that it starts at."""

    async def brief(self, stint: Stint, frame: str = brief.MODEL_FRAME) -> brief.Brief:
        tree = await stint.repo.vcs.read_tree(stint.tip)
        handoff = stint.session.handoff
        answered = await stint.parts.database.submit(
            lambda conn: questions.listing(conn, task=stint.task.id, state=QuestionState.ANSWERED)
        )
        told = brief.assemble(
            stint.task,
            riders=stint.riders,
            rules=_texts(tree, stint.repo.rules_files),
            handoff=handoff if handoff.why or handoff.summary else None,
            anew=stint.session.checkpoint is None,
            canon=self._canon(tree, stint),
            files=_texts(tree, self._files(tree, stint.task.reach)),
            gates=[
                *(gate.name for gate in stint.repo.gates),
                *(rule.told for rule in stint.repo.own_rules if rule.holds_for(stint.task.type)),
            ],
            claims=stint.task.reach,
            answers=[answer_told(question) for question in answered],
            budget_tokens=stint.repo.brief_tokens,
            templates=Templates(overrides=self._templates(tree)),
            frame=frame,
        )
        await stint.parts.database.submit(lambda conn: briefs.store(conn, stint.run, told.render()))
        return told

    def _canon(self, tree: Tree, stint: Stint) -> list[tuple[str, str]]:
        """The canon's files; of a canon that would take too much of the brief, the entries that the task or its files name."""
        whole = _texts(tree, [path for path in tree.paths() if covers(stint.repo.canon_files, path)])
        if sum(brief.estimate(text) for _, text in whole) <= stint.repo.brief_tokens // CANON_SHARE:
            return whole
        known = {path: text for path, text in whole if is_canon(path, stint.repo.canon_files)}
        tasks = (stint.task, *stint.riders)
        words = [text for task in tasks for text in (task.title, task.requirements, task.success, task.body)]
        mine = [path for path in self._files(tree, stint.task.claims) if covers(stint.task.claims, path)]
        words += [text for path, text in _texts(tree, mine) if path not in known]
        found = excerpt(open_library(known).judge, words)
        return [(EXCERPT, found)] if found else whole

    def _files(self, tree: Tree, claims: Sequence[str]) -> list[str]:
        """The claimed files first, then a few of their neighbours."""
        if "**" in claims:
            return []
        targets = [path for path in tree.paths() if covers(claims, path)]
        folders = {PurePosixPath(path).parent for path in targets}
        beside = [path for path in tree.paths() if PurePosixPath(path).parent in folders and path not in targets]
        return [*targets, *beside[:NEIGHBOURS]]

    def _templates(self, tree: Tree) -> Mapping[str, str]:
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
