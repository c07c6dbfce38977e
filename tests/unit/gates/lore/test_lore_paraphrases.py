"""Secrets in other words: by kin, by sayings, by what is denied or planned, and of whom."""

import pytest

PEOPLE = """
entities:
 - {id: ada, name: Ada Quill, kind: person, pronouns: she, relations: {brother: rolf}}
 - {id: ben, name: Ben Garrow, kind: person, pronouns: he}
 - {id: rolf, name: Rolf Stane, kind: person, pronouns: he}
 - {id: you, name: the Courier, kind: person, aliases: [you]}
knowledge:
"""


@pytest.mark.parametrize(
    ("who", "what", "text", "is_wrong"),
    [
        ("ada", "that her son Pip lives", '"My boy is still breathing somewhere," said Ada.', True),
        ("ada", "that her son Pip lives", '"Somewhere a boy is hungry," said Ada.', False),
        ("ada", "that Rolf robbed the bank", '"Rolf cleaned out the bank himself," said Ada.', True),
        ("ada", "that Rolf robbed the bank", "Ada knew that Rolf was the thief.", True),
        ("ada", "that Rolf robbed the bank", '"Ben robbed the bank," said Ada to Rolf.', False),
        ("ada", "that the locked crates hold seed grain", '"There is wheat in those crates," said Ada.', True),
        ("ada", "that the locked crates hold seed grain", '"Those crates are heavy," said Ada.', False),
        ("ada", "that the old lord's will was altered", '"Somebody doctored his last will," said Ada.', True),
        ("ada", "that the old lord's will was altered", '"I will not," said Ada.', False),
        ("rolf", "that Ben is Ada's father", '"Ada is Ben\'s child," said Rolf.', True),
        ("ben", "that Rolf is Ada's father", '"Yes, Father," said Ada to Rolf.', False),
        ("ada", "that Rolf is her father", '"Yes, Father," said Ada to Rolf.', True),
        ("ada", "that Rolf is her father", '"My father is dead," said Ada.', False),
        ("ben", "that Ada is already married", '"You should marry, Ada," said Ben.', False),
        ("ben", "that Ada cannot read", "Ben read it to her, knowing that Ada could not read it.", True),
        ("ben", "that Ada cannot read", '"Read it, Ada," said Ben.', False),
        ("ben", "that the duke means to burn the town", '"The duke is going to burn the town," said Ben.', True),
        ("ben", "that Rolf set the fire", '"Rolf struck the match," said Ben.', True),
        ("ben", "that Rolf set the fire", "Ben saw Rolf sit down by the fire.", False),
        ("ben", "that Rolf is alive", "---\npov: Ben\n---\nRolf lived in the mill.", False),
        ("you", "that Rolf's fall was sabotage", '"They cut the rope before your brother\'s fall," you tell Ada.', True),
        ("you", "that Rolf's fall was sabotage", '"Tell me of your brother\'s fall," you say to Ada.', False),
        ("ben", "that Dora Finch is alive", '"Dora isn\'t dead," said Ben.', True),
        ("ben", "that Dora Finch is alive", '"Rolf isn\'t dead," said Ben.', False),
        ("ben", "that Rolf forged the will", "Ada told Ben that Rolf had forged the will.", True),
        ("ben", "that Rolf forged the will", '"When did Rolf forge the will?" asked Ben.', True),
        ("ben", "that Rolf forged the will", '"Did Rolf forge the will?" asked Ben.', False),
    ],
)  # fmt: skip
def test_a_secret_is_told_in_other_words(found, who: str, what: str, text: str, is_wrong: bool) -> None:
    canon = f'{PEOPLE} - {{id: k, who: {who}, what: "{what}", chapter: 9}}\n'

    assert bool(found(canon, text)) is is_wrong
    assert found(canon, text, "ch09.md") == []


def test_the_teller_whom_the_canon_names_knows_what_is_told_in_their_view(found) -> None:
    canon = """
entities:
 - {id: lo, name: Lo Quill, kind: person, attributes: {role: narrator}}
 - {id: coll, name: Jem Coll, kind: person, pronouns: he}
knowledge:
 - {id: k, who: lo, what: "that Coll is in the duke's pay", chapter: 9}
"""
    told = '"Coll? He takes wages from the duke."'

    assert found(canon, f"{told} I shut the book.")
    assert found(canon, f"{told} The clerk shut the book.") == []
