"""The dead among the living: more of what shows somebody alive, and of how people speak of the dead."""

import pytest

DEAD = """
entities:
 - {id: lyle, name: Lyle Harker, kind: person, pronouns: he}
 - {id: ada, name: Ada Quill, kind: person, pronouns: she}
deaths:
 - {id: d_l, who: lyle, chapter: 3}
"""
ALIVE = [
    "Lyle was already in the cellar.", "Behind her she heard Lyle laugh.",
    "Ada took Lyle's arm, and they walked on.", "Lyle's eyes narrowed.", "Out of the fog came Lyle, dripping.", "Lyle, who had been asleep, lifted his head.", "Ada asked Lyle for the key.",
    "It was Lyle who opened the door.", "Lyle would not sit down.", "When Ada came down, Lyle was at the stove.",
    "She had scarcely sat down when the gate creaked and Lyle came in.", "Lyle peels it slowly.", "Ada shook hands with Lyle.",
    "Ada had met the sexton, Lyle, this very morning.", '"Lyle is coming to dinner tonight," said Ada.', '"I saw Lyle this morning," said Ada.',
]  # fmt: skip
GONE = [
    "Once a year Lyle came to her in sleep.", "In the old films Lyle runs down the beach.", 'Ada read the letter. "I am well," Lyle wrote.',
    '"They say Lyle is living in Dorr," said Ada.', "Lyle was in the ground.", "Lyle was at the bar the night it happened.", '"I saw Lyle the day he died," said Ada.', "Without Lyle the house was still.",
    'Lyle leaned on the rail. "You look tired," he said. "You are dead," said Ada, and he was gone.', "It was Lyle who built the mill.", "Lyle left her the boat.",
    "It was the summer they built the boat. Lyle planed the keel.", "She was nine again. Lyle lifted her onto the wall.", "The tape hissed. Then Lyle laughed.", "Once, at the fair, Lyle won a china dog.",
    "Ada told the children about Lyle. Lyle climbed the mast in a gale.", "The bearers stumbled, and Lyle went in at the church door.", "According to the record, Lyle walked to the pier.",
    "Every night Lyle climbed the stairs.", "Lyle smiled from the mantelpiece.",
    "Lyle stood in the hall. It was no ghost, said Ada; it was his brother.", "As Lyle said, a boat is a promise.",
]  # fmt: skip


@pytest.mark.parametrize("text", ALIVE)
def test_who_does_as_the_living_do_is_not_dead(found, text: str) -> None:
    assert found(DEAD, text)
    assert found(DEAD, text, "ch02.md") == []


@pytest.mark.parametrize("text", GONE)
def test_the_dead_are_spoken_of_and_seen_in_sleep(found, text: str) -> None:
    assert found(DEAD, text) == []
