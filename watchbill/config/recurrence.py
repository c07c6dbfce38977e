"""Recurring entries between their keys: what each key alone cannot show, and the plain values that they become."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from watchbill.config.lines import Path
from watchbill.config.problems import did_you_mean
from watchbill.config.recurring import Find, Recurring, parse_offset, parse_size
from watchbill.domain.ids import ProviderName, RepoName
from watchbill.domain.money import usd
from watchbill.intake.inference import TYPES, meant_by
from watchbill.scheduling import detection, recurring
from watchbill.scheduling.recurring import TARGET, Timing

Complaint = tuple[Path, str, str]  # where, what is wrong, hint

_BYTES_BY_UNIT: Mapping[str, int] = {"byte": 1, "bytes": 1, "kB": 1000, "MB": 1_000_000}


def checks(entries: Sequence[Recurring], *, repos: Sequence[str], providers: Sequence[str]) -> Iterator[Complaint]:
    """Everything that is wrong between keys."""
    names = [entry.name for entry in entries]
    for place, entry in enumerate(entries):
        at: Path = ("recurring", place)
        if entry.name in names[:place]:
            yield (*at, "name"), "is there twice", ""
        yield from _belongings(at, entry, repos, providers)
        yield from _timing(at, entry, entries)
        yield from _finding(at, entry)


def _belongings(at: Path, entry: Recurring, repos: Sequence[str], providers: Sequence[str]) -> Iterator[Complaint]:
    if entry.repo is None and len(repos) > 1:
        yield (*at, "repo"), "is required where there are several repositories", f"One of {', '.join(repos)}."
    if entry.repo is not None and entry.repo not in repos:
        yield (*at, "repo"), "is not configured here", did_you_mean(entry.repo, repos)
    if not meant_by(entry.type):
        yield (*at, "type"), "is no task type", did_you_mean(entry.type, TYPES) or f"Known: {', '.join(sorted(TYPES))}."
    for field, name in (("provider", entry.provider), *(("fallback", name) for name in entry.fallback)):
        if name is not None and name not in providers:
            yield (*at, field), f"names {name!r}, which is not configured here", did_you_mean(name, providers)
    if entry.fallback and entry.provider is None:
        yield (*at, "fallback"), "is for when provider cannot, and none is named", "Add provider."


def _timing(at: Path, entry: Recurring, entries: Sequence[Recurring]) -> Iterator[Complaint]:
    after = _followed(entry)
    ways = (entry.every is not None, entry.cron is not None, entry.every is None and after != "")
    if sum(ways) != 1:
        yield (
            (*at, "every"),
            "or cron or an offset after another entry is needed: one of them",
            'For instance every = "3h".',
        )
    others = {other.name: other for other in entries}
    if not after:
        return
    if after not in others:
        yield (*at, "offset"), f"names {after!r}, which is no entry", did_you_mean(after, list(others))
    elif _goes_in_a_circle(entry, others):
        yield (*at, "offset"), "comes after itself in a circle", ""
    elif entry.every is not None and others[after].every is None:
        yield (*at, "offset"), f"is after {after}, which has no every to count from", "Leave every out to follow it."


def _followed(entry: Recurring) -> str:
    return parse_offset(entry.offset)[1] if entry.offset else ""


def _goes_in_a_circle(entry: Recurring, others: Mapping[str, Recurring]) -> bool:
    known = {entry.name}
    while (after := _followed(entry)) in others:
        if after in known:
            return True
        known.add(after)
        entry = others[after]
    return False


def _finding(at: Path, entry: Recurring) -> Iterator[Complaint]:
    find = entry.find
    texts = (entry.title or "", entry.prompt, entry.success, *(entry.files or ()))
    if find is None:
        if any(TARGET in text for text in texts):
            yield (*at, "find"), f"is missing: nothing could stand for {TARGET}", ""
        return
    where = (*at, "find")
    if sum(way is not None for way in (find.glob, find.missing, find.command)) != 1:
        yield where, "needs one of glob, missing and command", 'For instance glob = "scenes/*.txt".'
    conditions = [name for name in ("contains", "absent", "smaller_than") if getattr(find, name) is not None]
    if len(conditions) > 1:
        yield where, f"has {' and '.join(conditions)}: one of them at most", "Make two entries."
    if find.glob is None and (conditions or find.changed or find.exclude):
        yield where, "says what files have to be like, and has no glob", ""
    for count, of in (("at_least", "contains"), ("at_most", "absent")):
        if count in find.model_fields_set and getattr(find, of) is None:
            yield (*where, count), f"counts matches of {of}, which is not there", ""
    if find.command is not None and entry.files is None:
        yield (*at, "files"), "is required where a command names the targets", f'For instance files = ["{TARGET}"].'


def values_of(entries: Sequence[Recurring], *, repos: Sequence[str], base: Timing) -> tuple[recurring.Recurring, ...]:
    """The entries as plain values; `base` brings the zone. Checked entries only."""
    others = {entry.name: entry for entry in entries}
    return tuple(_value(entry, place, others, repos, base) for place, entry in enumerate(entries))


def _value(
    entry: Recurring, place: int, others: Mapping[str, Recurring], repos: Sequence[str], base: Timing
) -> recurring.Recurring:
    find = _find(entry.find)
    return recurring.Recurring(
        name=entry.name,
        repo=RepoName(entry.repo or repos[0]),
        timing=_timing_of(entry, others, base),
        find=find,
        type=meant_by(entry.type)[0],
        title=entry.title or (entry.name if find.is_always else f"{entry.name}: {TARGET}"),
        prompt=entry.prompt,
        success=entry.success,
        files=entry.files if entry.files is not None else ("**",) if find.is_always else (TARGET,),
        priority=entry.priority,
        autonomy=entry.autonomy,
        provider=ProviderName(entry.provider) if entry.provider else None,
        fallback=tuple(map(ProviderName, entry.fallback)),
        max_cost=None if entry.max_usd is None else usd(entry.max_usd),
        limit=entry.limit,
        place=place,
    )


def _timing_of(entry: Recurring, others: Mapping[str, Recurring], base: Timing) -> Timing:
    offset, after = parse_offset(entry.offset) if entry.offset else (timedelta(0), "")
    own = replace(base, every=entry.every, cron=entry.cron or "", offset=offset)
    if not after:
        return own
    other = _timing_of(others[after], others, base)
    return replace(own if entry.every is not None else other, offset=other.offset + offset)


def _find(find: Find | None) -> detection.Find:
    if find is None:
        return detection.Find()
    amount, unit = parse_size(find.smaller_than) if find.smaller_than else (None, "")
    is_words = unit.startswith("word")
    return detection.Find(
        globs=find.glob or (),
        exclude=find.exclude or (),
        pattern=find.contains or find.absent or "",
        at_least=find.at_least if find.contains else None,
        at_most=find.at_most if find.absent else None,
        smaller_words=amount if is_words else None,
        smaller_bytes=None if amount is None or is_words else amount * _BYTES_BY_UNIT[unit],
        changed=find.changed,
        missing=find.missing or (),
        command=find.command or (),
        timeout=find.timeout,
    )
