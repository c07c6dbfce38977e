"""Company: who is meant in a scene of several, by a pronoun, a rank or "the boy", and what is said of their kin."""

from collections.abc import Callable

import pytest

Found = Callable[..., list[tuple[str, str, str]]]
CANON = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: kit, name: Kit Sallow, kind: person, pronouns: he, attributes: {age: thirteen, swimming: cannot swim, trade: stable boy}, relations: {mother: dead}}
  - {id: orla, name: Orla Brack, kind: person, pronouns: she, attributes: {dress: always grey, siblings: none, trade: glazier, marital: never married, children: three sons, origin: Wexcombe}}
  - {id: penn, name: Rafe Coldham-Penn, aliases: [Major Penn], kind: person, pronouns: he, attributes: {scar: a white scar through the left eyebrow, habit: never rides a horse, missing: the right arm, drinks: never drinks spirits, instrument: flute}}
  - {id: nan, name: Old Nan Teague, kind: person, pronouns: she, attributes: {sight: blind in both eyes}}
  - {id: dun, name: Dun, kind: horse}
  - {id: lyle, name: Lyle Marrow, kind: person, pronouns: he, attributes: {parents: an orphan}}
  - {id: ada, name: Ada Fenwright, aliases: [Starling (used by Orla only)], kind: person, pronouns: she}
  - {id: tove, name: Tove, kind: person, pronouns: she, attributes: {age: eleven, trade: pot girl, parents: an orphan}}
deaths:
  - {id: d_dun, who: dun, chapter: 3}
  - {id: d_lyle, who: lyle, chapter: 3}
voice_rules:
  - {id: v_penn, who: penn, rule: never uses contractions, check: no_contractions}
places:
  - {id: wex, name: Wexcombe}
  - {id: brede, name: Brede Harbour}
"""


@pytest.mark.parametrize(
    "text",
    [
        "Kit and the farrier stood on the quay. The boy went in off the steps and swam to the buoy.",
        'She wore yellow, and the hall fell quiet.\n\n"Good evening," said Orla.',
        'He stood on the step, rubbing the scar that ran through his right eyebrow.\n\n"It is late," said Penn.',
        "Orla had put on scarlet for the dance.",
        '"Good night, *Starling*," said Penn.',
        '"I\'ve a plain answer for you," said Penn.',
        'Orla watched the road. "What is it?" asked Orla.\n\nPenn was at the table, with a face like the moon in a child\'s book.\n\n"What is it?" asked Orla.\n\n"It\'s nothing." He turned the page.',
        '"Ask Penn," said Orla.\n\n"A major?"\n\n"He rode over from the coast on that bay of his."',
        "Penn flexed the fingers of his right hand.",
        "Penn thought of a year that would be longer than this one, took the glass of brandy, and drank it off.",
        "Penn stood by the stove, with the violin tucked under his chin.",
        "Nan put down the spoon and looked her guest up and down.",
        '"I can see perfectly well," said Nan.',
        "Orla has a younger brother in Brede Harbour.",
        '"I\'ve reared two daughters," said Orla.',
        '"I write to my husband, if he will read it," said Orla.',
        '"My mother is in the yard," said Kit.',
        'Tove came in. Lyle waited.\n\n"My mum\'ll be at the window," said the girl.',
        '"Wait," said Orla, the village\'s carpenter.',
        '"I\'m a Brede woman born and bred," said Orla.',
        "Orla rode behind. Now and then she would turn Dun across the track.",
        'Lyle had the fever too. Orla came with the lamp. "Is it late?" he asked her.',
    ],
)
def test_whoever_is_meant_is_held_to_the_canon(found: Found, text: str) -> None:
    assert found(CANON, text), text


@pytest.mark.parametrize(
    "text",
    [
        '"The card says *Good night, Starling*," said Penn.',
        "Kit stood on the quay. A boy came by. The boy swam to the buoy.",
        "Kit stood on the quay. The boy at the steps swam to the buoy.",
        'She wore grey, and the hall fell quiet.\n\n"Good evening," said Orla.',
        "She wore yellow, and the hall fell quiet. Orla sighed.",
        "Orla wore a yellow ribbon in her hair.",
        "Orla had put on scarlet as a disguise.",
        '"Ask Penn," said Orla.\n\n"Is Lyle about?"\n\n"He rode over from the coast on that bay of his."',
        "Penn flexed the fingers of his left hand.",
        "Penn thought of brandy that would be his, if he drank it.",
        "Orla had a brother once, who drowned.",
        "Orla wished that she had a brother.",
        '"I\'ve reared three sons," said Orla.',
        '"Have I a husband? If I had a husband I would know," said Orla.',
        '"My mother was a weaver," said Kit.',
        '"My mother died in the spring," said Kit.',
        'Tove came in. Orla waited.\n\n"My mum\'ll be at the window," said a girl.',
        '"I\'m a Wexcombe woman born and bred," said Orla.',
        '"I\'m an English woman born and bred," said Orla.',
        "Orla would have turned Dun across the track.",
        "Lyle came to her in a fever. He spoke of the sea.",
    ],
)
def test_whoever_else_may_be_meant_is_not(found: Found, text: str) -> None:
    assert found(CANON, text) == []
