"""The built-in gates, in the order in which they look."""

from watchbill.domain.ports import Gate
from watchbill.gates import hygiene, json, markdown, python, toml, xml, yaml
from watchbill.gates.choicescript.gate import GATE as CHOICESCRIPT


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
    )
