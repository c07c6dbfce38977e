"""How many examples of a rule: as many as find something new in plain pytest, and in `make test` the same few each time."""

from typing import Any

from hypothesis import settings

PART = "part"  # the profile of `make test`
settings.register_profile(PART, settings.get_profile("ci"), max_examples=30)


def examples(many: int, *, part: int, **more: Any) -> settings:
    """For a rule whose examples are dear, or whose few have to be more."""
    is_part = settings.get_current_profile_name() == PART
    return settings(max_examples=part if is_part else many, deadline=None, **more)
