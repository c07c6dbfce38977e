"""The gates that there are: the built-in ones in the order in which they look, and those of other distributions by entry point."""

from collections.abc import Iterable, Mapping

from watchbill.domain.errors import ConfigError
from watchbill.domain.ports import Gate
from watchbill.gates import (
    css,
    csv,
    html,
    hygiene,
    ini,
    json,
    markdown,
    plugins,
    python,
    shell,
    sql,
    toml,
    treesitter,
    xml,
    yaml,
)
from watchbill.gates.choicescript.gate import GATE as CHOICESCRIPT
from watchbill.gates.lore.gate import GATE as LORE


def builtin_gates() -> tuple[Gate, ...]:
    return (
        hygiene.GATE,
        python.GATE,
        json.GATE,
        json.LINES,
        yaml.GATE,
        toml.GATE,
        xml.GATE,
        ini.GATE,
        csv.GATE,
        markdown.GATE,
        html.GATE,
        css.GATE,
        shell.GATE,
        sql.GATE,
        *treesitter.GATES,
        CHOICESCRIPT,
        LORE,
    )


def gates_wanted(wishes: Mapping[str, bool]) -> tuple[Gate, ...]:
    """The built-in gates less those wished off, then the plug-ins wished on: code of others runs by the owner's word only.

    Raises ConfigError for a name that is none, and for a plug-in that cannot be loaded or is no gate.
    """
    builtin = builtin_gates()
    names = {gate.name for gate in builtin}
    if unknown := sorted(wishes.keys() - names - set(plugins.names())):
        known = ", ".join(sorted(names | set(plugins.names())))
        raise ConfigError(f"no gate is named {', '.join(unknown)}; there are {known}")
    own = (gate for gate in builtin if wishes.get(gate.name, True))
    return (*own, *(plugins.load(name) for name in sorted(wishes.keys() - names) if wishes[name]))


def unequipped(gates: Iterable[Gate]) -> Mapping[str, str]:
    """Why a gate cannot look here, by its name: a parser that is not installed."""
    found = ((gate.name, getattr(gate, "lacks", None)) for gate in gates)
    return {name: why for name, lacks in found if lacks is not None and (why := lacks())}
