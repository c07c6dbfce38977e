"""The ledger's stress: our own count and the ledger agree, whatever goes wrong."""

import random

from benchmarks.exact import Stress


def test_stress_finds_a_ledger_that_is_exact() -> None:
    stress = Stress(random.Random(7))

    stress.play(3_000)

    assert (stress.overshoot, stress.misjudged, stress.wrong) == (0, 0, 0)
    assert {"reserved", "sent", "settled", "released", "unknown", "lowered"} <= stress.counts.keys()
