"""Every shape and the answer of every route: what docs/openapi.json says, and what its tests hold every answer against.

Read only where somebody asks for the description, so that neither the daemon nor a command pays for it.
"""

from collections.abc import Mapping

from watchbill.operator.shapes import money, planning, providers, reports, reviews, running, runs, tasks
from watchbill.operator.shapes.language import Shape

_SUBJECTS = (running, tasks, runs, reviews, providers, money, planning, reports)

SHAPES: Mapping[str, Shape] = {name: shape for subject in _SUBJECTS for name, shape in subject.SHAPES.items()}
READABLE = reports.READABLE
ANSWERS: Mapping[str, str] = {route: name for subject in _SUBJECTS for route, name in subject.ANSWERS.items()}
