"""Style sheets: words, measures and voices, in the ways in which authors forbid them."""

from functools import lru_cache

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.checking import Judge

W1 = """# Marl

## Style sheet
- We spell it "gaol", not "jail".
- Write "connexion" (never "connection").
- -ise endings: realise, organise.
- No "gotten".
- Avoid: whilst, amongst, upon.
- Banned: reckon; fetch up; "at the end of the day".
- Nobody in Marl says "hello"; they say "well met".
- The word "magic" is not used. Say "the craft".
- Distances are in chains and furlongs, never miles or kilometres.
- Weights in stones. No kilos.
- Coins: florins and groats (no pounds, no pence).
- Temperatures are never given in degrees.
- Do not use the words robot, android or cyborg.
- "Steamship" is one word.
- Hyphenate "sea-boots".
- Never "Mr." with a full stop.
- Names: it's Kathryn, not Katherine.

## Voices
- Odo Pratt never says "please" or "thank you".
- Wren speaks only in questions.
- Sister Agnes does not swear. She never uses contractions either.
- The Duke always calls himself "we", never "I".
- Tam: no contractions, ever; short sentences (eight words at most).
- Hob says "aye", never "yes".
"""
W2 = """entities:
  - {id: odo, name: Odo Pratt, kind: person}
  - {id: wren, name: Wren, kind: person, attributes: {voice: never shouts}}
  - {id: lis, name: Lis, kind: person, attributes: {speech: "no contractions"}}
banned_words:
  - {id: b1, word: okay}
  - {id: b2, words: [smartphone, "cell phone"], because: it is 1890}
  - {id: b3, never: [zombie, undead], use: the returned}
  - guys
spelling:
  - {id: s1, right: storey, wrong: story}
  - {id: s2, use: "aeroplane", avoid: [airplane, plane]}
  - {id: s3, use: Katharine, not: [Katherine, Catherine]}
  - 'whisky, not whiskey'
units:
  - {id: u1, use: [league], forbidden: [mile, kilometer]}
  - {id: u2, allowed: crown, never: [dollar, euro, pound]}
voice_rules:
  - {id: v1, who: odo, check: 'max_words: 6'}
  - {id: v2, who: odo, check: no_questions}
  - {id: v3, who: wren, rule: never says sorry, check: 'never_says: [sorry, forgive]'}
  - {id: v4, who: lis, check: {never_says: [the Queen]}}
  - {id: v5, character: Lis, rule: Lis never swears}
"""


@lru_cache
def _judge(canon: str) -> Judge:
    return judge(canon)


@pytest.mark.parametrize(
    ("canon", "text", "is_wrong"),
    [
        (W1, "He was sent to jail.", True),
        (W1, "He had jailed three men.", True),
        (W1, "There was no connection between them.", True),
        (W1, "He had gotten wet.", True),
        (W1, "Whilst he waited, it rained.", True),
        (W1, "They reckoned it was late.", True),
        (W1, "He fetched up in a ditch. It was fetch up or die.", True),
        (W1, '"Hello," she said.', True),
        (W1, "It was pure magic.", True),
        (W1, "Six miles off.", True),
        (W1, "He was ten kilos lighter.", True),
        (W1, "It cost four pounds.", True),
        (W1, "It was forty degrees in the shade.", True),
        (W1, "The androids stood in rows.", True),
        (W1, "Katherine was tired.", True),
        (W1, '"Please sit down," said Odo Pratt.', True),
        (W1, '"Thank you," said Odo Pratt.', True),
        (W1, '"Damn it," said Sister Agnes.', True),
        (W1, '"It\'s late," said Sister Agnes.', True),
        (W1, '"I am tired," said the Duke.', True),
        (W1, '"I can\'t," said Tam.', True),
        (W1, '"The road to the mill is closed and the river is very high," said Tam.', True),
        (W1, '"Yes," said Hob.', True),
        (W1, "He walked six furlongs to the gaol.", False),
        (W1, '"Well met," she said, and paid a groat.', False),
        (W1, '"We are tired," said the Duke. "Aye," said Hob.', False),
        (W2, '"Okay then."', True),
        (W2, "Two cell phones lay there.", True),
        (W2, "The zombies came on.", True),
        (W2, "Hey, guys.", True),
        (W2, "An airplane passed.", True),
        (W2, "Catherine came.", True),
        (W2, "He drank whiskey.", True),
        (W2, "Ten miles away.", True),
        (W2, "Three kilometers on.", True),
        (W2, "It cost nine dollars.", True),
        (W2, '"I would rather not go down to the river today," said Odo Pratt.', True),
        (W2, '"Where?" said Odo Pratt.', True),
        (W2, '"I am sorry," said Wren.', True),
        (W2, '"Forgive me," said Wren.', True),
        (W2, '"Go away!" Wren shouted.', True),
        (W2, '"I don\'t know," said Lis.', True),
        (W2, '"God save the Queen," said Lis.', True),
        (W2, '"Bloody fool," said Lis.', True),
        (W2, '"I do not know," said Lis.', False),
        (W2, "A league off, an aeroplane passed.", False),
    ],
)
def test_a_style_sheet_is_kept(canon: str, text: str, is_wrong: bool) -> None:
    assert bool(_judge(canon).check("x.md", text)) is is_wrong
