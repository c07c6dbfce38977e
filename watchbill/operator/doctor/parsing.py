"""Whether the gates have the parsers that the repositories' files ask for."""

import asyncio
from collections.abc import Iterator

from watchbill.config.repo_values import RepoSettings
from watchbill.domain.errors import ConfigError
from watchbill.gates import registry
from watchbill.operator.doctor.findings import Found, fail, ok, warn
from watchbill.operator.doctor.patient import Patient
from watchbill.workspace.trees import FolderTree


async def parsers(patient: Patient) -> Iterator[Found]:
    return iter([await asyncio.to_thread(_parsers, repo) for repo in patient.repos])


def _parsers(repo: RepoSettings) -> Found:
    name = repo.terms.name
    try:
        gates = registry.gates_wanted(repo.gates)
    except ConfigError as error:
        return fail(str(error), "Mend gates in watchbill.toml, or install what brings that gate", subject=name)
    lacks = registry.unequipped(gates)
    lacking = [gate for gate in gates if gate.name in lacks]
    try:
        paths = FolderTree(repo.path).paths() if lacking else ()
    except OSError:
        paths = ()  # another check says so
    blind = [gate.name for gate in lacking if any(map(gate.applies, paths))]
    if not blind:
        return ok(f"{len(gates)} gates, and a parser for each kind of file", subject=name)
    why = "; ".join(dict.fromkeys(lacks[one] for one in blind))
    return warn(f"files pass unchecked by {', '.join(blind)}: {why}", "pip install 'watchbill[syntax]'", subject=name)
