"""docs/gates.md names what there is."""

from pathlib import Path

from watchbill.gates import plugins
from watchbill.gates.choicescript import playtest
from watchbill.gates.registry import gates_wanted

PAGE = (Path(__file__).parents[3] / "docs/gates.md").read_text()


def test_every_gate_stands_in_the_page() -> None:
    assert [name for name in plugins.names() if f"`{name}`" not in PAGE] == []


def test_play_testing_is_a_gate_for_whoever_names_it() -> None:
    assert playtest.GATE not in [gate.name for gate in gates_wanted({})]
    assert playtest.PLAY_GATE in gates_wanted({playtest.GATE: True})
