"""Places, dates and voices: what a place has and lacks, which day it is, and who says what."""

from functools import lru_cache

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.checking import Judge

FERREN = """entities:
  - {id: jan, name: Jan Ostry, kind: person, attributes: {sex: male}}
  - {id: kite, name: the Red Kite, kind: ship, attributes: {masts: three, hull: black, guns: twelve}}
places:
  - {id: orm, name: Orm Abbey, attributes: {tower: square; no spire, bells: three, roof: lead, bank: north bank of the Sill, cloister: none, well: dry}}
  - {id: dask, name: Dask, attributes: {walls: none, gates: two, streets: unpaved, kind: fishing village, looks_out_on: the sea}}
  - {id: hob, name: the Hob Inn, attributes: {storeys: two, sign: a white hart, door: green, cellar: none, windows: four}}
  - {id: moor, name: Crow Moor, attributes: {trees: none, weather: always wind}}
  - {id: lib, name: the Long Library, attributes: {lamps: none allowed, floors: three, ceiling: painted with stars, location: on the hill above Dask}}
"""
QUARN = """# Quarn

## Places

### The Lamp House
A narrow house of four floors on the east side of Fell Street. Yellow door. No garden. It has one chimney, and a weathercock in the shape of a whale.

### Fell Street
- cobbled
- seven houses
- runs down to the harbour

### Saint Brannoc's
- church of flint, with a round tower
- stands on a hill
- has no clock

### The Pool
Green, bottomless, and never freezes.
"""
BIRCH = """entities:
  - {id: ott, name: Ott Larch, kind: person, attributes: {sex: male}}
places:
  - {id: mere, name: Black Mere, attributes: {fish: none, colour: black, depth: unknown}}
  - {id: steps, name: the Giant's Steps, attributes: {number: nine, stone: basalt}}
  - {id: isle, name: Fern Isle, attributes: {trees: none, beasts: "goats, no cattle", kind: island, landing: on the north side only, lamp_colour: red, lighthouse_steps: 140}}
  - {id: toft, name: Toft, attributes: {palisade: pine, wells: two, gates: only one, kind: market town, church: none}}
  - {id: hall, name: Birch Hall, attributes: {front_door: green, storeys: four, roof: turf, staircase: stone, clock: stopped at noon, lift: none, railway: none}}
  - {id: bridge, name: the Bridge of Sighs, attributes: {arches: seven, toll: a penny}}
  - {id: school, name: the Mill School, attributes: {dormitories: "Ash, Elm and Oak (three, no more)", bell: "one, called Old Meg"}}
"""
VARR = """# Varr

| Place | What is known of it |
|---|---|
| The granary | one gate; two lofts |
| Ostle | famous for eels; it has no walls |

### Cold Mill
- door: faces east
"""
HASK = """# Hask

## Calendar
Five months of 24 days: Rime, Sprout, Blaze, Husk, Dark. Six weekdays: Ash-day, Bone-day, Coal-day, Dew-day, Elm-day, Fire-day. The first of each month is an Ash-day.

## Timeline
| Chapter | Date | Weekday | Event |
|---|---|---|---|
| 2 | 9 Rime | Coal-day | the bridge opens |
| 4 | 3 Husk | Coal-day | Orla is wed |
"""
TARRY = """calendar: {kind: gregorian}
year: 1923
entities:
  - {id: una, name: Una Crabbe, kind: person, attributes: {born: '1899-02-03'}}
timeline:
  - {id: c1, chapter: 1, date: '1923-04-03', event: the ferry sinks}
  - {id: c2, chapter: 5, date: '1923-06-21', weekday: Thursday, place: quay, event: the regatta}
"""
DRUM = """entities:
  - {id: pell, name: Pell Arkwright, kind: person, attributes: {sex: male}}
  - {id: quist, name: Mother Quist, kind: person}
  - {id: echo, name: ECHO, kind: "ship's mind"}
  - {id: dunn, name: Dunn, kind: person, attributes: {sex: male}}
voice_rules:
  - {id: v1, who: pell, rule: Pell never uses contractions}
  - {id: v2, who: quist, rule: never asks a question}
  - {id: v3, who: echo, rule: never uses contractions}
  - {id: v4, who: dunn, rule: never swears}
"""
DELL = """entities:
  - {id: ott, name: Ott Larch, kind: person, attributes: {sex: male}}
  - {id: una, name: Una Dell, kind: person, attributes: {sex: female}}
places:
  - {id: toft, name: Toft, attributes: {wells: two, door: red, church: none, trees: none, bank: west bank of the Wend, bells: three}}
  - {id: hob, name: the Hob Inn, attributes: {door: red, storeys: two, cellar: none}}
  - {id: mere, name: Long Mere}
travel_days:
  - {id: t, from: toft, to: mere, days: 5}
voice_rules:
  - {id: v1, who: ott, rule: never uses contractions}
"""


@lru_cache
def _judge(canon: str) -> Judge:
    return judge(canon)


@pytest.mark.parametrize(
    ("canon", "text", "is_wrong"),
    [
        (FERREN, "The spire of Orm Abbey rose over the mist.", True),
        (FERREN, "They rang all five bells of Orm Abbey.", True),
        (FERREN, "---\nscene: moor\n---\nHe sat down by the tree and ate.", True),
        (FERREN, "---\nscene: dask\n---\nHe sat down by the tree and ate.", False),
        (FERREN, "---\nscene: moor\n---\nHe looked from the tree in Dask to the hill.", False),
        (VARR, '"There are three gates to this granary," said Ama.', True),
        (VARR, '"There is one gate to this granary," said Ama.', False),
        (VARR, '"There are three gates to this city," said Ama.', False),
        (VARR, "They climbed the walls of Ostle.", True),
        (VARR, "The door of Cold Mill faced west.", True),
        (VARR, "The door of Cold Mill faced east.", False),
        (FERREN, "The slate roof of Orm Abbey shone with rain.", True),
        (FERREN, "Orm Abbey stood on the south bank of the Sill.", True),
        (FERREN, "On the southern bank, Orm Abbey lay among its fields.", True),
        (FERREN, "On the northern bank, Orm Abbey lay among its fields.", False),
        (FERREN, "They came to Orm Abbey at noon and walked in its cloister.", True),
        (FERREN, "Jan went in by the third gate of Dask.", True),
        (FERREN, "The walls of Dask were lined with archers.", True),
        (FERREN, "He stopped before the Hob Inn. The red door was ajar.", True),
        (FERREN, "He stopped before the Hob Inn. Three storeys of black timber leaned out over the lane.", True),
        (FERREN, "The landlord of the Hob Inn went down into the cellar for another cask.", True),
        (FERREN, "They lay down under an oak on Crow Moor.", True),
        (FERREN, "The Red Kite had four masts.", True),
        (FERREN, "The Hob Inn had six windows on the street.", True),
        (FERREN, "On the fourth floor of the Long Library there was a desk.", True),
        (FERREN, "Jan lit a lamp in the Long Library.", True),
        (FERREN, "There were two bells at Orm Abbey.", True),
        (FERREN, "The Hob Inn was full. Across the lane a red door was ajar.", False),
        (FERREN, "They walked for an hour on Crow Moor and came down at last among the pines of the valley.", False),
        (FERREN, "The square tower of Orm Abbey rose over the mist, and its three bells rang.", False),
        (FERREN, "Jan dreamed of a spire on Orm Abbey.", False),
        (FERREN, "The Kite's three masts were bare.", False),
        (FERREN, "Twelve guns spoke from the Red Kite.", False),
        (FERREN, "Two of the bells of Orm Abbey were cracked.", False),
        (FERREN, "There was no tree on Crow Moor, and no wall.", False),
        (FERREN, "They stopped at the Hob Inn. Two horses stood outside, and four men.", False),
        (QUARN, "The blue door of the Lamp House banged.", True),
        (QUARN, "She climbed to the sixth floor of the Lamp House.", True),
        (QUARN, "The garden of the Lamp House was full of bees.", True),
        (QUARN, "The Lamp House had three floors.", True),
        (QUARN, "The square tower of Saint Brannoc's was dark.", True),
        (QUARN, "The clock of Saint Brannoc's struck four.", True),
        (QUARN, "There were nine houses in Fell Street.", True),
        (QUARN, "The yellow door of the Lamp House banged.", False),
        (QUARN, "The four floors of the Lamp House were dark.", False),
        (QUARN, "Fell Street had seven houses and a pump.", False),
        (QUARN, "She saw no clock on Saint Brannoc's.", False),
        (BIRCH, "He pulled a trout out of Black Mere.", True),
        (BIRCH, "The cows of Fern Isle came down to drink.", True),
        (BIRCH, "They slept under a birch on Fern Isle.", True),
        (BIRCH, "The three wells of Toft were dry.", True),
        (BIRCH, "They rode in by the second gate of Toft.", True),
        (BIRCH, "The red front door of Birch Hall stood open.", True),
        (BIRCH, "The three storeys of Birch Hall were dark.", True),
        (BIRCH, "The slate roof of Birch Hall shone.", True),
        (BIRCH, "They took the lift to the top floor of Birch Hall.", True),
        (BIRCH, "The wooden staircase of Birch Hall creaked.", True),
        (BIRCH, "The Bridge of Sighs has nine arches.", True),
        (BIRCH, "She counted the five arches of the Bridge of Sighs.", True),
        (BIRCH, "The green lamp of Fern Isle was lit.", True),
        (BIRCH, "The train stopped at Birch Hall.", True),
        (BIRCH, "The nine Giant's Steps went down into the sea.", False),
        (BIRCH, "They had come up from Black Mere with nothing. In the river below they caught a trout.", False),
        (BIRCH, "Goats stood on Fern Isle, and no tree.", False),
        (BIRCH, "They rode in by the gate of Toft and drank at one of its two wells.", False),
        (BIRCH, "The green door of Birch Hall stood open.", False),
        (BIRCH, "Three of the arches of the Bridge of Sighs were down.", False),
        (HASK, "The wedding was on the third of Husk, a Dew-day.", True),
        (HASK, "It was Elm-day, the second of Blaze.", True),
        (HASK, "On Fire-day, 13 Sprout, the rain came.", True),
        (HASK, "---\nchapter: 4\n---\nOrla was wed on an Ash-day, in the rain.", True),
        (HASK, "She came on a Tuesday.", True),
        (HASK, "It was the thirtieth of Dark.", True),
        (HASK, "In October the geese went over.", True),
        (HASK, "The wedding was on the third of Husk, a Coal-day.", False),
        (HASK, "It was Ash-day, the seventh of Blaze.", False),
        (HASK, "---\nchapter: 4\n---\nThe day after the wedding was a Dew-day.", False),
        (TARRY, "It was Wednesday, 3 April 1923.", True),
        (TARRY, "The third of April was a Monday that year.", True),
        (TARRY, "The regatta was held on a Saturday.", True),
        (TARRY, "---\nchapter: 5\n---\nIt was the twenty-first of June, and a Friday.", True),
        (TARRY, "The ferry sank on the ninth of April.", True),
        (TARRY, "It was the thirty-first of June.", True),
        (TARRY, "Una turned thirty that February, in 1923.", True),
        (TARRY, "---\ndate: 1923-04-03\n---\nIt was a Friday, and raining.", True),
        (TARRY, "It was Tuesday, 3 April 1923.", False),
        (TARRY, "The day after the regatta was a Friday.", False),
        (TARRY, "Una dreamed that it was Friday, the twenty-first of June.", False),
        (DRUM, '"The door\'s shut," said ECHO.', True),
        (
            DRUM,
            '"You are late," said Pell.\n\n"I had to walk."\n\n"You have mud on you." He looked at the floor. "I\'m not your servant. Sit."',
            True,
        ),
        (DRUM, 'Pell put the cup down. "It\'s cold."', True),
        (DRUM, '"Where have you been?" Mother Quist did not look up.', True),
        (DRUM, '"Good," said Pell, and he closed the book. "We\'ll begin."', True),
        (DRUM, '"It is late," said Pell. "Go home, child. I\'m tired."', True),
        (DRUM, 'Dunn kicked the door. "Bloody thing."', True),
        (
            DRUM,
            '"You are early," Pell said.\n\n"I ran," Dunn said.\n\n"I can see that. Don\'t run in the house."',
            True,
        ),
        (DRUM, 'Pell shook his head. "I can\'t," he said.', True),
        (DRUM, '"It\'s late," said Dunn to Pell.', False),
        (DRUM, '"It\'s late," said Dunn.\n\n"It is," said Pell.\n\n"You\'re tired."', False),
        (DRUM, 'Pell heard the boy shout. "I\'m here!"', False),
        (DRUM, '"You are late," said Pell.\n\n"I\'m sorry."\n\n"Do not be."', False),
        (DRUM, '"Damn," said Pell, and Dunn frowned.', False),
        (DRUM, '"I had a dog once," said Pell.\n\nDunn came in from the yard.\n\n"It\'s raining."', False),
        (DRUM, '"Who\'s there?" called a voice. Mother Quist put down the lamp.', False),
        (DRUM, "\"He said, 'I can't,'\" said Dunn.", False),
        (DELL, "They drank at Toft. Three wells they had passed on the road were dry.", False),
        (DELL, "He stopped before the Hob Inn. The green door opposite was ajar.", False),
        (DELL, "They rested in Toft. Four bells in the valley answered each other.", False),
        (DELL, '"It is late," said Ott.\n\n"I know."\n\nShe shut the book. "I\'m going up."', False),
        (DELL, '"It is late," said Ott.\n\nA man put his head in at the door.\n\n"I\'m looking for the smith."', False),
        (DELL, "They slept at Toft. Next day they sat under an oak by the river.", False),
        (DELL, "The house across the river had been built on the east bank, and from Toft one saw its lights.", False),
        (DELL, "They left Toft at dawn. Una thought about Long Mere. By dusk they were in the hills.", False),
        (DELL, "Una left Toft at dawn. Ott was at Long Mere by dusk, for he had ridden ahead five days before.", False),
        (DELL, "They were at Toft on Monday. They were at Long Mere on Sunday.", False),
        (DELL, "In Toft they talked of Long Mere all that night.", False),
        (DELL, "That evening, at Toft, a rider from Long Mere asked for a bed.", False),
        (DELL, "She had the letter from Long Mere by noon, and was still in Toft at dusk.", False),
        (DELL, 'Ott looked up. Una said nothing. "I\'m not afraid of you."', False),
        (DELL, "They left Toft at dawn, and at dusk they watered the horses at Long Mere.", True),
        (DELL, "Ott left Toft at dawn. He had come to Long Mere by dusk.", True),
    ],
)
def test_places_days_and_speakers_are_what_the_canon_says(canon: str, text: str, is_wrong: bool) -> None:
    assert bool(_judge(canon).check("x.md", text)) is is_wrong
