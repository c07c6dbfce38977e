"""Precision and recall on the worlds: the floors under what docs/lore.md reports."""

from collections import Counter

import pytest

from tests.unit.gates.lore import lore_worlds as worlds

CANONS = [pytest.param(path, id=f"{path.parent.name}-{path.suffix[1:]}") for path in worlds.canons()]


@pytest.mark.parametrize("canon", CANONS)
def test_clean_passages_raise_no_alarm(canon) -> None:
    clean = [one for one in worlds.passages(canon.parent.name) if one.kind == "clean"]

    alarms = [(found, one.text) for one in clean if (found := worlds.judged(canon, one))]

    assert len(clean) >= 5
    assert alarms == []


@pytest.mark.parametrize("canon", CANONS)
def test_planted_contradictions_are_found_and_nothing_beside_them(canon) -> None:
    planted = [one for one in worlds.passages(canon.parent.name) if one.kind != "clean"]
    counted = Counter()
    for one in planted:
        found = worlds.judged(canon, one)
        counted[worlds.is_found(one, found)] += 1
        assert not found or worlds.is_found(one, found), (found, one.text)

    assert counted[True] / len(planted) >= 0.82


@pytest.mark.parametrize("canon", CANONS)
def test_every_quote_is_an_exact_part_of_its_text_and_every_finding_has_the_canons_words(canon) -> None:
    for one in worlds.passages(canon.parent.name):
        for found in worlds.judged(canon, one):
            assert found.quote in one.text
            assert found.quote
            assert found.canon
            assert found.canon_id
            assert one.text.split("\n")[found.line - 1 :][0].count(found.quote.split("\n")[0].split()[0])
            assert 0 < found.confidence <= 1
