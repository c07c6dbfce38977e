"""Scenes as an answer: how far each text is, in words, by its target and its tasks, and how that came about day by day."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from watchbill.domain.ids import RepoName
from watchbill.domain.tasks import Task
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling import progress
from watchbill.scheduling.progress import NO_TASKS, Count
from watchbill.state import progress as rows
from watchbill.state import tasks
from watchbill.state.engine import Connection

_LOOKED_BACK = timedelta(days=31)


def scenes(conn: Connection, outlook: Outlook, since: date, until: date) -> Plain:
    """Every counted text as it stood on the last day counted up to `until`, what it gained since, and all words by day of
    the month before."""
    days = rows.between(conn, since - _LOOKED_BACK, until)
    by_text: defaultdict[tuple[RepoName, str], dict[date, Count]] = defaultdict(dict)
    for each in days:
        by_text[each.repo, each.count.path][each.day] = each.count
    last = {repo: max(each.day for each in days if each.repo == repo) for repo in {each.repo for each in days}}
    known = tasks.all_tasks(conn)
    groups = {repo: progress.groups(known, repo) for repo in last}
    texts = []
    for (repo, path), counts in sorted(by_text.items()):
        if last[repo] in counts:  # else it is gone
            target = progress.target_of(path, outlook.recurring, repo)
            texts.append(_text(repo, counts, since, target, groups[repo].get(path, NO_TASKS)))
    return {
        "texts": texts,
        "groups": [each for repo in last for each in _groups(repo, known, texts)],
        "words": sum(each["words"] for each in texts),
        "gained": _sum([each["gained"] for each in texts]),
        "placeholders": sum(each["placeholders"] for each in texts),
        "by_day": _by_day(days),
    }


def _text(
    repo: RepoName, counts: Mapping[date, Count], since: date, target: progress.Target, group: progress.Group
) -> Plain:
    newest = counts[max(counts)]
    before = [day for day in counts if day < since]
    share = progress.complete(newest, target, group)
    return {
        "repo": repo,
        "path": newest.path,
        "words": newest.words,
        "lines": newest.lines,
        "bytes": newest.bytes,
        "placeholders": newest.placeholders,
        "gained": newest.words - counts[max(before)].words if before else None,  # None: never counted before
        "target_words": target.words,
        "target_bytes": target.bytes,
        "target_said_by": target.said_by,
        "tasks_done": group.done,
        "tasks": group.all,
        "complete": None if share is None else round(share, 4),
    }


def _groups(repo: RepoName, known: Sequence[Task], texts: Sequence[Plain]) -> Iterator[Plain]:
    """Of each group of tasks that names a counted text: how many are done, and the words of its texts and their targets."""
    for name, (group, paths) in progress.by_group(known, repo).items():
        mine = [each for each in texts if each["repo"] == repo and each["path"] in paths]
        if mine:
            targets = [each["target_words"] for each in mine if each["target_words"]]
            yield {
                "repo": repo,
                "group": name,
                "tasks_done": group.done,
                "tasks": group.all,
                "complete": round(group.done / group.all, 4),
                "texts": [each["path"] for each in mine],
                "words": sum(each["words"] for each in mine),
                "target_words": sum(targets) if targets else None,
            }


def _sum(gains: Sequence[int | None]) -> int | None:
    """What all gained; what was never counted before is new, unless everything is."""
    known = [gain for gain in gains if gain is not None]
    return sum(known) if known else None


def _by_day(days: Sequence[rows.Day]) -> list[Plain]:
    """All words of each day that was counted; a repository that was not counted on it stands as on its last day before."""
    words: defaultdict[date, dict[RepoName, int]] = defaultdict(dict)
    for each in days:
        words[each.day][each.repo] = words[each.day].get(each.repo, 0) + each.count.words
    standing: dict[RepoName, int] = {}
    told = []
    for day in sorted(words):
        standing |= words[day]
        told.append({"day": day.isoformat(), "words": sum(standing.values())})
    return told
