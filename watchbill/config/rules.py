"""The repository's own rules in watchbill.toml: [[repo.rule]]."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Text
from watchbill.config.recurring import Globs, Pattern
from watchbill.config.section import Section


class OnFail(StrEnum):
    ROLLBACK = "rollback"
    REVIEW = "review"
    WARN = "warn"


class Rule(Section):
    """What changed files must have, must not have, or must keep: exactly one of `require`, `forbid` and `keep`, a regular
    expression that is matched line by line ((?i) in front ignores case). What the base lacks or has already is debt."""

    name: Text
    """How findings call it."""

    require: Pattern | None = None
    """Each file has at least `at_least` matches, for instance "(?i)taste|smell|scent" in every scene."""

    forbid: Pattern | None = None
    """No match is new."""

    keep: Pattern | None = None
    """The matches stay what they were, none less and none more, in any order: for instance the labels and jumps of a scene that
    is only polished, "^\\s*\\*(label|goto|gosub|set)\\b.*"."""

    at_least: Annotated[int, Field(ge=1)] = 1
    """Matches of `require`."""

    each: Pattern | None = None
    """`require` asks for them in each part of a file that begins with a line like this, for instance "^\\*label ". A file
    without such a line has no part."""

    paths: Globs = ("**",)
    """Paths or globs of the files that it holds for."""

    exclude: Globs | None = None
    """Files that it does not hold for, though `paths` names them."""

    types: tuple[Text, ...] = ()
    """Types of the tasks that it holds for, for instance ["polish"]. Default: all."""

    why: str = ""
    """Told to whoever broke it."""

    on_fail: OnFail = OnFail.ROLLBACK
    """`rollback`: a new finding keeps the change from landing. `review`: the same, and you are asked instead of the provider.
    `warn`: it is only reported."""
