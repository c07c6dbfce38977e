"""Task types: which kind of work an entry asks for. Rules are data, the first that matches wins, and each has a reason."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from watchbill.domain.ids import TaskType
from watchbill.intake.entries import Entry, fold_key

TYPES: frozenset[TaskType] = frozenset(
    TaskType(word)
    for word in (
        [
            "write",
            "polish",
            "lore",
            "continuity",
            "code",
            "fix",
            "refactor",
            "test",
            "review",
            "docs",
            "analysis",
            "balance",
            "validate",
            "format",
            "lint",
            "qa",
            "simple",
        ]
    )
)

# Words that people and older configurations use, to the types that they mean, the nearest first.
STRENGTH_WORDS: Mapping[str, tuple[TaskType, ...]] = {
    word: tuple(TaskType(meant) for meant in types.split())
    for word, types in {
        "creative_writing": "write",
        "scene_writing": "write",
        "scene_development": "write",
        "content_creation": "write",
        "narrative_tasks": "write",
        "writing": "write",
        "character_voice": "polish",
        "content_polish": "polish",
        "polishing": "polish",
        "editing": "polish",
        "lore_consistency": "lore",
        "lore_check": "lore",
        "continuity_check": "continuity",
        "worldbuilding": "lore",
        "code_tasks": "code",
        "code_completion": "code",
        "coding": "code",
        "feature": "code",
        "code_optimization": "refactor code",
        "code_refactoring": "refactor",
        "refactoring": "refactor",
        "bug_fixing": "fix",
        "debugging": "fix",
        "minor_fixes": "fix simple",
        "bug": "fix",
        "bugfix": "fix",
        "test_generation": "test",
        "test_writing": "test",
        "tests": "test",
        "testing": "qa test",
        "game_testing": "qa",
        "code_review": "review",
        "documentation": "docs",
        "technical_docs": "docs",
        "doc": "docs",
        "research": "analysis",
        "audit": "analysis",
        "stat_balancing": "balance",
        "balancing": "balance",
        "syntax_validation": "validate",
        "validation": "validate",
        "links": "validate",
        "check": "validate",
        "formatting": "format",
        "linting": "lint",
        "quality_assurance": "qa",
        "simple_tasks": "simple",
        "trivial_tasks": "simple",
        "chore": "simple",
    }.items()
}
_TYPES_BY_WORD: Mapping[str, tuple[TaskType, ...]] = {
    **{fold_key(word): types for word, types in STRENGTH_WORDS.items()},
    **{fold_key(word): (word,) for word in TYPES},
}


class Where(StrEnum):
    """In which of an entry's texts a rule looks."""

    TITLE = "title"
    HEADING = "heading"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    type: TaskType
    where: Where
    pattern: re.Pattern[str]
    reason: str


def _rule(type_: str, where: Where, pattern: str, reason: str) -> Rule:
    return Rule(type=TaskType(type_), where=where, pattern=re.compile(pattern, re.IGNORECASE), reason=reason)


_PROSE = r"scenes?|endings?|chapters?|stor(?:y|ies)|prologue|epilogue|passages?|quests?|novel|poem|dialogues?"

RULES: tuple[Rule, ...] = (
    _rule("validate", Where.TITLE, r"\bquick ?test\b|\b(?:validate|syntax check)\b", "it asks for a check of the form"),
    _rule("lint", Where.TITLE, r"\blint(?:ing|er)?\b", "it asks for linting"),
    _rule("format", Where.TITLE, r"^(?:re)?format\b|\b(?:auto|code) ?format", "it asks for formatting"),
    _rule("qa", Where.TITLE, r"\brandom ?test\b|\bplay(?:through|test)", "it asks for trying the whole out"),
    _rule(
        "continuity",
        Where.TITLE,
        r"^check (?:the )?continuity\b|^continuity (?:check|pass|read)\b",
        "it asks to read texts against the canon",
    ),
    _rule(
        "qa",
        Where.TITLE,
        r"^(?:run|check|verify|test that|smoke|make sure|ensure)\b",
        "it begins with a verb of checking",
    ),
    _rule(
        "docs",
        Where.TITLE,
        r"\b(?:readme|changelog|docs?|documentation|(?:\w+ )?guide|manual|tutorial|docstrings?|faq)\b",
        "it is about documentation",
    ),
    _rule("docs", Where.TITLE, r"^document\b", "it asks to document"),
    _rule("review", Where.TITLE, r"^(?:review|proofread)\b|\b(?:code review|pull request)\b", "it asks for a review"),
    _rule(
        "analysis",
        Where.TITLE,
        r"^(?:analy[sz]e|investigate|research|audit|assess|compare|explore|evaluate|profile)\b|\b(?:audit|analysis|assessment)\b",
        "it asks to find something out",
    ),
    _rule(
        "balance",
        Where.TITLE,
        r"\b(?:re)?balanc(?:e|ing)\b|\bstat (?:adjustment|progression|tuning)",
        "it asks for balance",
    ),
    _rule("polish", Where.TITLE, r"\b(?:polish|rewrite|reword|tighten|proofread|copy-?edit)\b", "it asks for polish"),
    _rule(
        "polish",
        Where.TITLE,
        rf"\b(?:enhance|improve|smooth|enrich|deepen)\b.*\b(?:{_PROSE}|voice|prose|consistency|descriptions?)\b",
        "it improves prose that exists",
    ),
    _rule(
        "polish",
        Where.TITLE,
        r"\b(?:sensory details?|typos?|grammar|voice)\b",
        "it is about the wording of what exists",
    ),
    _rule(
        "fix",
        Where.TITLE,
        r"\b(?:fix(?:es|ed)?|bugs?|crash(?:es)?|regression|broken|repair|hotfix|debug)\b",
        "it mends something broken",
    ),
    _rule(
        "test",
        Where.TITLE,
        r"\b(?:unit |integration |regression |property )?tests?\b|\btest coverage\b",
        "it is about tests",
    ),
    _rule(
        "refactor",
        Where.TITLE,
        r"\b(?:refactor|clean ?up|simplify|restructur|extract|rename|deduplicate|optimi[sz]e|migrate|modernize)",
        "it changes the form of code",
    ),
    _rule(
        "lore", Where.TITLE, r"\b(?:lore|canon|worldbuilding|glossary|encyclopedia|codex entr)", "it is about the lore"
    ),
    _rule("write", Where.TITLE, rf"^(?:{_PROSE})\s+[\d#IVX]", "its title names a scene or chapter by number"),
    _rule(
        "write",
        Where.TITLE,
        rf"^(?:write|draft|compose|narrate)\b|\b(?:add|implement|create|finish|complete|continue|extend)\b.*\b(?:{_PROSE})\b",
        "it asks for new scenes, endings or the like",
    ),
    _rule(
        "code",
        Where.TITLE,
        r"\b(?:implement|build|add|create|support|integrate|wire|introduce|expose)\b.*\b(?:systems?|triggers?|api|endpoints?|commands?|functions?|class(?:es)?|modules?|options?|flags?|support|button|page|parser|script|handlers?|logic|mechanics?|config(?:uration)?|panels?|features?)\b",
        "it builds a mechanism",
    ),
    _rule("qa", Where.HEADING, r"\bquality assurance\b|\bqa\b", "it stands under quality assurance"),
    _rule("docs", Where.HEADING, r"\bdocs?\b|\bdocumentation\b", "it stands under documentation"),
    _rule("fix", Where.HEADING, r"\bbugs?\b|\bfixes\b", "it stands under bugs"),
    _rule("test", Where.HEADING, r"\btests?\b", "it stands under tests"),
    _rule("polish", Where.HEADING, r"\bpolish|\bcontent enhancement", "it stands under polish"),
    _rule("lore", Where.HEADING, r"\blore\b|\bcanon\b", "it stands under lore"),
    _rule("write", Where.HEADING, rf"\b(?:{_PROSE}|expeditions?|writing)\b", "it stands under writing"),
    _rule("docs", Where.FILES, r"(?:^|[\s`/])(?:docs/|readme|changelog|contributing)", "its files are documentation"),
    _rule("test", Where.FILES, r"(?:^|[\s`/])tests?/|_test\.|\btest_", "its files are tests"),
    _rule("lore", Where.FILES, r"(?:^|[\s`/])(?:lore|canon)/", "its files are lore"),
    _rule("write", Where.FILES, r"\bscenes?/|\bchapters?/", "its files are scenes or chapters"),
    _rule(
        "code",
        Where.FILES,
        r"\.(?:py|js|ts|tsx|jsx|go|rs|java|kt|c|h|cc|cpp|cs|rb|php|swift|sh|ps1|sql|html|css)\b",
        "its files are code",
    ),
    _rule("docs", Where.FILES, r"\.(?:md|markdown|rst|adoc)\b", "its files are documents"),
)

FALLBACK = TaskType("simple")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inferred:
    type: TaskType
    reason: str  # for people: `task show` prints it
    unknown: str = ""  # a type that was stated and that nobody knows


def meant_by(word: str) -> tuple[TaskType, ...]:
    """The types that a word means, nearest first; empty when it is no word of ours.

    >>> meant_by("bug_fixing"), meant_by("polish"), meant_by("juggling")
    (('fix',), ('polish',), ())
    """
    return _TYPES_BY_WORD.get(fold_key(word), ())


def infer(entry: Entry, *, default: str = "", rules: Sequence[Rule] = RULES) -> Inferred:
    """The entry's type: its field, then a tag, then the rules, then the file's default."""
    stated = next((item.value for item in entry.values("type", "task type") if item.value), "")
    if types := meant_by(_word(stated)):
        return Inferred(type=types[0], reason="its type field says so")
    found = _tagged(entry) or _ruled(entry, rules) or _defaulted(default)
    if not stated:
        return found
    return Inferred(type=found.type, reason=f"its type field is not known; {found.reason}", unknown=stated)


def _word(stated: str) -> str:
    return stated.split(",", 1)[0].strip(" `#*").lower()


def _tagged(entry: Entry) -> Inferred | None:
    for tag in entry.tags:
        if types := meant_by(tag):
            return Inferred(type=types[0], reason=f"its tag #{tag} says so")
    return None


def _ruled(entry: Entry, rules: Sequence[Rule]) -> Inferred | None:
    texts = _texts(entry)
    for rule in rules:
        for text in texts[rule.where]:
            if found := rule.pattern.search(text):
                return Inferred(type=rule.type, reason=f"{rule.reason} ({rule.where}: “{found[0].strip()[:60]}”)")
    return None


def _texts(entry: Entry) -> Mapping[Where, Sequence[str]]:
    files = [item.value[:2000] for item in entry.values("files", "file")]
    return {
        Where.TITLE: [entry.title[:300]],
        Where.HEADING: [heading[:300] for heading in reversed(entry.trail)],
        Where.FILES: files,
    }


def _defaulted(default: str) -> Inferred:
    if types := meant_by(default):
        return Inferred(type=types[0], reason="the default where nothing else says it")
    return Inferred(type=FALLBACK, reason="no rule says what it is", unknown=default)
