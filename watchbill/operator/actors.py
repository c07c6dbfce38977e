"""Actors: who asks, as the guard before the API found out. A body may name whoever is spoken for."""

from typing import Annotated

from fastapi import Depends, Request


def _actor(request: Request) -> str:
    """ "" where no guard stands before the API."""
    return str(getattr(request.state, "actor", ""))


Actor = Annotated[str, Depends(_actor)]
