"""Secrets and names: who may know what, and who is called how."""

import pytest

SECRETS = """
entities:
 - {id: ada, name: Ada Quill, kind: person, pronouns: she}
 - {id: ben, name: Ben Garrow, kind: person, pronouns: he}
 - {id: rolf, name: Rolf Stane, kind: person, pronouns: he}
 - {id: lou, name: Lou, kind: person, pronouns: she, attributes: {occupation: pupil}}
knowledge:
 - {id: k1, who: ada, what: that Rolf forged the will, chapter: 9}
 - {id: k2, who: ben, what: that Ada has a daughter, chapter: 9}
 - {id: k3, who: the pupils, what: that Ben and not Rolf stole the bell, chapter: 9}
 - {id: k4, who: the player, what: that Lou set fire to the barn, chapter: 9}
"""

NAMES = """
entities:
 - {id: ada, name: Ada Quillfeather, kind: person, pronouns: she, aliases: [Moth (used by Ben only)]}
 - {id: ben, name: Ben Garrow, kind: person, pronouns: he}
 - {id: nell, name: Nelly, kind: person}
 - {id: rod, name: Captain Roderigo Vance, kind: person}
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Ada knew that Rolf had forged the will.", True),
        ("Ada knew that Rolf had signed the will.", False),
        ("Ada knew that the will was lost.", False),
        ('"Rolf forged that will," said Ada.', True),
        ('"Rolf forged that will," said Ben.', False),
        ("Ada wondered whether Rolf had forged the will.", False),
        ('"Did Rolf forge the will?" asked Ada.', False),
        ("Ada did not know that Rolf had forged the will.", False),
        ("---\npov: Ada\n---\nRolf had the will in his pocket. He had forged it himself.", True),
        ("---\npov: Ben\n---\nRolf had the will in his pocket. He had forged it himself.", False),
        ('"And how is your daughter, Ada?" asked Ben.', True),
        ('"Have you a daughter, Ada?" asked Ben.', False),
        ('"And how is your daughter, Lou?" asked Ben.', False),
        ('"Good morning," said Ada.\n\n"And how is your little daughter?" asked Ben.', True),
        ('"And how is your daughter, Ada?" asked Rolf.', False),
        ('"Ada\'s daughter is ill," said Ben.', True),
        ('"Ben stole the bell," said Lou.', True),
        ('"Rolf stole the bell," said Lou.', False),
        ('"Ben never stole the bell," said Lou.', False),
        ('"Somebody stole the bell," said Lou.', False),
        ('"Ben rang the bell," said Lou.', False),
        ("It was Lou who set fire to the barn, and you knew it.", True),
        ("You know exactly how Lou set the barn on fire.", True),
        ("The barn is on fire. You look for Lou.", False),
        ("You wonder who set the barn on fire.", False),
        ("Ada dreamed that Rolf had forged the will.", False),
        ("Ada guessed that Rolf had forged the will.", False),
        ("Ada was sure that Ben had forged the will.", False),
    ],
)
def test_nobody_tells_what_they_do_not_know(found, text: str, is_wrong: bool) -> None:
    assert bool(found(SECRETS, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Ada Quilfeather came in.", True),
        ("Miss Quillfether came in.", True),
        ("Captain Roderigo Vanse came in.", True),
        ("Rodrigo came in and sat.", True),
        ("Nally came in.", False),
        ('"My name is Nally," said the girl.', False),
        ("Two girls came, called Jill and Nally.", False),
        ("Nelyl came in.", True),
        ("Ben Garow came in.", True),
        ("Ben Barrow came in.", False),
        ("They rowed past Barrow.", False),
        ('"Moth," said Ben. "Come here."', False),
        ('"Moth," said Nelly. "Come here."', True),
        ("A moth beat at the lamp.", False),
        ("The Garrows came in.", False),
        ("Nellie came in.", True),
        ("Only Ben ever called her Moth.", False),
        ('"Moth!" cried the Captain. "Come here."', True),
        ("Moth went down the stairs.", True),
        ("Ben looked for Moth everywhere.", False),
    ],
)
def test_a_name_is_its_own_or_a_slip(found, text: str, is_wrong: bool) -> None:
    assert bool(found(NAMES, text)) is is_wrong
