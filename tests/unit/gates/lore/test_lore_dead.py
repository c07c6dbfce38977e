"""The dead: what shows them alive, and how people speak of them."""

import pytest

DEAD = """
entities:
 - {id: lyle, name: Lyle Harker, kind: person, pronouns: he, aliases: [the boatman, Gramps]}
 - {id: ada, name: Ada Quill, kind: person, pronouns: she}
 - {id: wren, name: Captain Isa Wren, kind: person, pronouns: she}
 - {id: tib, name: Tib, kind: cat}
 - {id: may, name: Mayor Odell Finch, kind: person}
deaths:
 - {id: d_l, who: lyle, chapter: 3}
 - {id: d_w, who: wren, chapter: 3}
 - {id: d_t, who: tib, chapter: 3}
 - {id: d_m, who: may, chapter: 3}
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Lyle set his hat on the table and laughed.", True),
        ("Lyle Harker put the kettle on.", True),
        ("Lyle shut the door behind them.", True),
        ("The boatman spat in the river.", True),
        ("Gramps let go of the rope.", True),
        ("Captain Wren nodded.", True),
        ("The Captain nodded and went out.", False),
        ("Wren nodded.", True),
        ('"Go," said Wren.', True),
        ('"Go," said the Captain, and Ada went.', False),
        ('"Go," the boatman told her.', True),
        ("Tib jumped onto the sill.", True),
        ("Tib was asleep on the sill.", True),
        ("Tib is purring in her lap.", True),
        ("The Mayor was waiting in the hall.", False),
        ("Ada pushed the door, and Lyle Harker does not put down his mug.", True),
        ("Across the table Lyle was shelling peas.", True),
        ("Lyle is sitting on the step, whittling.", True),
        ("Ada and Lyle walked down to the river together.", True),
        ("Lyle and Ada walked down to the river together.", True),
        ("She walked down to the river with Lyle.", False),
        ("Ada handed the rope to Lyle, who tied it.", True),
        ("There was Lyle on the step.", True),
        ('"Is it cold?" Lyle wanted to know.', True),
        ("Lyle smiled.", True),
        ("Lyle's hand closed on hers.", True),
        ("Lyle's hand was cold.", False),
        ("Lyle, her oldest friend, smiled.", True),
        ("Lyle, Ada and Ben, smiled.", False),
        ("The next morning Lyle came down.", True),
        ("She had found Lyle on the step, whittling.", False),
        ("Ada had handed the rope to Lyle.", False),
        ("Then Lyle came in with the coal.", True),
        ("Ada looked up as Lyle came in with the coal.", True),
        ("Lyle had always put the kettle on.", False),
        ("Ada thought of Lyle.", False),
        ("She remembered how Lyle laughed.", False),
        ("Lyle would have laughed.", False),
        ("Lyle lay under the churchyard wall.", False),
        ("They buried Lyle on Friday.", False),
        ("Lyle was dead.", False),
        ("Lyle was gone.", False),
        ("Lyle was not there.", False),
        ("Lyle used to sit on that step.", False),
        ("That was the step that Lyle built.", False),
        ("Lyle's hat hung on its nail.", False),
        ("It was Lyle who taught her to row.", False),
        ("Lyle taught her to row, years ago.", False),
        ("In the photograph Lyle was shelling peas.", False),
        ("She dreamed that Lyle came in with the coal.", False),
        ("It was as if Lyle came in with the coal.", False),
        ("Nobody sat where Lyle sat.", False),
        ('"Lyle sat there," said Ada.', False),
        ("If Lyle came in now, she would not be surprised.", False),
        ("Lyle Harker's grandson, also Lyle, came in.", False),
        ("The Captain of the ferry nodded.", False),
        ("A captain nodded.", False),
        ("Lyle did not answer; Lyle would never answer again.", False),
        ("Lyle did not laugh any more.", False),
        ("Young Lyle Marsh put the kettle on.", False),
        ("The new boatman spat in the river.", False),
        ("Ada talked to Lyle, as one does, with her hand on the stone.", False),
        ("The old Captain was long dead, and the new Captain nodded.", False),
        ("The Mayor nodded. She had been elected in May.", False),
        ("For a moment Lyle was sitting on the step again.", False),
        ("Lyle was the first to row it.", False),
        ("Lyle was waiting for her in every doorway; that was what grief was.", False),
        ("Lyle was buried beside the river.", False),
        ("Lyle was remembered.", False),
        ("Lyle is missed.", False),
        ("Ada still saw Lyle on the step, whittling.", False),
        ("Lyle haunted the place.", False),
        ("The letter was from Lyle. Lyle wrote that he was well.", False),
        ("Lyle left her the boat.", False),
        ("Lyle gave her that knife.", False),
        ("She used the knife Lyle gave her.", False),
        ("What would Lyle say?", False),
        ('"No," Lyle said, in her head.', False),
        ("Lyle always said that a boat was a promise.", False),
        ("As Lyle said, a boat is a promise.", False),
        ("The chair creaked as it did when Lyle sat in it.", False),
        ("Three weeks earlier Lyle had put the kettle on. He whistled.", False),
    ],
)
def test_the_dead_do_nothing_and_are_remembered(found, text: str, is_wrong: bool) -> None:
    assert bool(found(DEAD, text)) is is_wrong
