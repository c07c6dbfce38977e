"""The built-in gates, in the order in which they look."""

from collections.abc import Iterable

from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Gate
from watchbill.gates import hygiene, json, markdown, python, toml, xml, yaml
from watchbill.gates.choicescript.gate import GATE as CHOICESCRIPT
from watchbill.gates.lore.gate import LoreGate


def builtin_gates() -> tuple[Gate, ...]:
    return (
        hygiene.GATE,
        python.GATE,
        json.GATE,
        yaml.GATE,
        toml.GATE,
        xml.GATE,
        markdown.GATE,
        CHOICESCRIPT,
        LoreGate(),
    )


def gates_named(names: Iterable[str]) -> tuple[Gate, ...]:
    """The built-in gates of these names, in the registry's order. Raises ConfigError for a name that none has."""
    wanted = set(names)
    known = {gate.name for gate in builtin_gates()}
    if unknown := sorted(wanted - known):
        raise ConfigError(f"no gate is named {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    return tuple(gate for gate in builtin_gates() if gate.name in wanted)
