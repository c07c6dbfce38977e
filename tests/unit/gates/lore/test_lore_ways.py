"""Ways and sides: how soon somebody can be there, and what must be crossed."""

import pytest

WAYS = """
entities: [{id: ada, name: Ada Quill, kind: person, pronouns: she}]
places: [{id: ford, name: Ford's End}, {id: gale, name: Gale Castle}, {id: sark, name: Sark}, {id: inn, name: the Blue Inn}]
travel_days: [{id: t1, from: ford, to: gale, days: 4}, {id: t2, from: ford, to: sark, days: 1}]
timeline: [{id: c, chapter: 5, place: inn, event: the wedding}]
"""

SIDES = """# Aldreach
## People
- **Moll Carter** — the wheelwright
- **Tam Reeve** — the ferryman
## Places
- **The Carters' forge** — on the east bank of the Wend
- **The Reeve house**: west bank
- **Saint Anne's Priory**: on the west bank of the Wend
- **Harrow Mill**: on the east bank of the Wend
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("They left Ford's End after supper and were at Gale before breakfast.", True),
        ("They left Ford's End on Monday and came to Gale Castle on Wednesday.", True),
        ("They left Ford's End on Monday and came to Gale Castle on Friday.", False),
        ("They left Ford's End on Monday. On Friday they came to Gale Castle.", False),
        ("She rode from Ford's End to Gale in a morning.", True),
        ("She rode from Ford's End to Gale in four days.", False),
        ("They set out from Ford's End at dawn and saw Gale Castle while the bread was still warm.", True),
        ("They set out from Ford's End at dawn and reached Sark before the lamps were lit.", False),
        ("She saddled the mare at dawn and stood before Gale Castle before the candles were lit.", True),
        ("She left the farm at dawn and stood before Gale Castle before the candles were lit.", False),
        ("She saddled the mare at dawn and stood before Gale Castle four days later.", False),
        ('"I have ridden from Ford\'s End to Gale in two days," said Ada.', False),
        ("It was said that a witch had flown from Ford's End to Gale Castle before breakfast.", False),
        ("She dreamed that she left Ford's End at supper and was at Gale Castle by breakfast.", False),
        ("She had left Ford's End four days ago, and that evening she saw Gale Castle.", False),
        ("If they left Ford's End now they would be at Gale Castle by noon, she lied.", False),
        ("A letter left Ford's End on Monday and was in Gale Castle on Tuesday.", False),
        ("She thought of Ford's End, and by noon she had forgotten Gale Castle.", False),
        ("By noon the same day they were at Gale Castle. They had left Ford's End at dawn.", True),
        ("At Gale Castle that evening there was dancing; at Ford's End they slept.", False),
        ("They could not get from Ford's End to Gale Castle by noon.", False),
    ],
)
def test_nobody_arrives_before_they_can(found, text: str, is_wrong: bool) -> None:
    assert bool(found(WAYS, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("The Priory lay on the same side as always.", False),
        ("Moll went to the Priory every Friday; there was no river to cross, only the lane.", True),
        ("Moll went to Harrow Mill; there was no river to cross, only the lane.", False),
        ("One could walk from the Priory to Harrow Mill without crossing the river.", True),
        ("One could not walk from the Priory to Harrow Mill without crossing the river.", False),
        ("From the forge to the mill one could walk without crossing the river.", False),
        ("Harrow Mill and the Priory stood on the same bank.", True),
        ("Harrow Mill and the Priory did not stand on the same bank.", False),
        ("If Harrow Mill and the Priory stood on the same bank, all would be easy.", False),
        ("Moll kept to her own bank that day, and looked over at the Priory.", False),
        ("The Priory, a short way up their own bank, rang for prayers. Moll listened.", False),
        ("Moll walked up to the Priory, a short way along her own bank.", True),
        ("Tam walked up to the Priory, a short way along his own bank.", False),
        ("Moll dreamed that she walked to the Priory without crossing the river.", False),
        ('"You can get from the Priory to Harrow Mill without a boat," he lied.', False),
        ("Harrow sent flour.", False),
    ],
)
def test_what_lies_across_the_water_is_not_reached_without_crossing_it(found, text: str, is_wrong: bool) -> None:
    assert bool(found(SIDES, text)) is is_wrong


BANKS = """
entities:
  - {id: moll, name: Moll Carter, kind: person, pronouns: she, attributes: {home: the forge}}
  - {id: tam, name: Tam Reeve, kind: person, pronouns: he, attributes: {home: the moon}}
places:
  - {id: forge, name: the forge, attributes: {bank: east}}
  - {id: priory, name: the Priory, attributes: {bank: west}}
  - {id: weir, name: Hob's Weir, attributes: {lies: on the east bank of the Wend}}
  - {id: inn, name: the Blue Inn}
timeline: [{id: c5, chapter: 5, place: forge, event: the fair}]
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("The Priory was a palace, next door, on this same bank.", True),
        ("Hob's Weir was next door, on this same bank.", False),
        ("---\nplace: the Priory\n---\nThe Priory was quiet, and Hob's Weir next door, on this same bank.", True),
        ("---\npov: Moll\n---\nShe went up to the Priory, a short way along her own bank.", True),
        ("---\npov: Tam\n---\nHe went up to the Priory, a short way along his own bank.", False),
        ("She kept to the Blue Inn, on this same bank.", False),
        ("Moll went on. There was no river to cross.", False),
    ],
)
def test_here_is_where_the_chapter_stands(found, text: str, is_wrong: bool) -> None:
    assert bool(found(BANKS, text)) is is_wrong
