"""Batches in watchbill.toml: which work may wait up to a day, for half the price."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from watchbill.config.forms import Name, Span, Text
from watchbill.config.section import Section


class Batch(Section):
    """Work that may wait is asked for in batches (Anthropic's Message Batches, OpenAI's Batch API): half the price, an
    answer within the hour most often and within a day at the latest. Each turn of such a task waits for a batch of its own."""

    types: tuple[Text, ...] = ()
    """Task types that may wait, for instance ["polish"]. A task's own `[batch:: yes]` or `[batch:: no]` goes before it. None
    by default: a task of ten turns can take days."""

    window: Span = timedelta(minutes=30)
    """How long requests are collected before a batch goes. Half an hour: little beside what the vendor takes."""

    most: Annotated[int, Field(ge=1, le=10_000)] = 100
    """As soon as so many wait, a batch goes at once."""

    providers: tuple[Name, ...] = ()
    """Providers with a `base_url` of their own that have their vendor's batches too. Those at the vendor's own address are
    always in."""
