"""Replay: a journaled decision comes out the same from its journaled inputs."""

from watchbill.scheduling.codec import decode_inputs
from watchbill.scheduling.decisions import Plan
from watchbill.scheduling.planner import plan


def replay(inputs: str) -> Plan:
    """What plan() says to the inputs as encode_inputs() wrote them. Raises ValueError where they cannot be read."""
    return plan(*decode_inputs(inputs))
