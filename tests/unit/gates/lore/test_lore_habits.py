"""Canons in the habits of many authors, in YAML and in Markdown, and what a text says against them."""

from functools import lru_cache

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.checking import Judge

ALDER = """title: The Alder Papers
units_of_story: chapter
characters:
  bess:
    full_name: Bess Tolland
    also: [Auntie Bess, the baker]
    looks: brown eyes, grey hair in a bun
    speech: never uses contractions
    dob: 1840-05-02
    abilities: [cannot read]
  noll:
    full_name: Noll Tolland
    eyes: green
    dies_in: 6
    family: {aunt: bess}
world_facts:
  - The mill wheel is broken from chapter 3 to chapter 5.
  - id: f2
    statement: The north road is closed.
    chapters: 4-7
secrets:
  - {who: noll, secret: that Bess owns the mill, learns_in: 5}
locations:
  mill: {name: the Alder Mill, doors: 2, roof: thatch, bank: east}
  chapel: {name: Saint Oda's, windows: three, walls: flint}
travel_times:
  - {route: Alder to Cotton Hythe, time: 3 days}
  - {between: [Alder, Wexcombe], days: 5}
journeys:
  Alder to Marle: 6 days
  Alder - Pike End: two weeks
dates:
  1: 4 May 1873, a Sunday, the fair
  3: {date: 1873-05-11, event: the flood}
forbidden_words: [okay, guys]
never_say:
  - awesome
measurements: {allowed: [furlong, rod], forbidden: [kilometre, metre]}
spellings: {colour: color, grey: gray}
voices_rules:
  noll: never says please
"""
BORROW = """setting:
  year: 1911
cast:
  - name: Ida Crane
    age: 34
    traits: {eyes: blue, hand: left-handed}
    never: [swears, drinks]
    voice: [no contractions, never asks questions]
  - name: Tom Crane
    status: dead from chapter 4
    relationships: [{type: brother, of: Ida Crane}]
geography:
  - name: Crane Hall
    description: A three-storey house of red brick. It has no garden. Stands on the south side of the Tarn.
  - name: Hob's Inn
    features: {sign: a blue bell, chimneys: 4, landlord: Tom Crane}
continuity:
  - Ida's dog is called Rust.
  - Nobody in Crane has a telephone.
rules:
  - No magic works after dark.
distances:
  Crane Hall to Hob's Inn: 2 days
  "Crane Hall -> Dunmere": 4 days on horseback
  "Hob's Inn/Dunmere": 1 day
events:
  - {when: chapter 2, on: 1911-06-05, what: Tom comes home, day: Monday}
style:
  banned: [whilst, upon]
  spelling: {use: grey, avoid: gray}
  units: {use: miles, never: kilometres}
"""
CORRIE = """# Corrie Bible

*Ten chapters.*

**People**

Maud Ferrier — 61, schoolmistress. Grey eyes. Walks with a stick, always. Never swears, never uses contractions.

Davy Ferrier — her grandson, 12; freckled; deaf in the left ear.

Old Hesk (the ferryman) — one arm (left one gone). Dies in chapter 6.

**Places**

Corrie — a village of eleven houses on the west shore of the loch. No church. One inn, the Drover.

The Drover — two storeys, whitewashed, green door. Faces the loch.

Balloch — the town, two days off on foot.

**Getting around**

Corrie → Balloch: 2 days on foot
Corrie → the Head of the Glen: one day
Balloch to Stirling is a four-day ride.

**Calendar**

Our own. It is 1847. Chapter 1 is Monday 3 May; chapter 4 is Thursday 6 May.

**Don't**

- write "gray"
- use "okay", "fine by me"
- kilometres (we use miles)
"""
DORN = """# DORN — series bible

## The calendar of Dorn

The year has four months: Sow, Bloom, Reap, Frost. Each is ninety days long. A week is six days: Oneday, Twoday, Threeday, Fourday, Fiveday, Restday. Every month begins on a Oneday.

## Dramatis personae

1. **Sella Marr** (she), 29. Captain of the *Heron*. Left-handed; black hair, shaved at the sides. *Voice:* clipped; no contractions.
2. **Pike** — Sella's mate. Red beard. Cannot swim. Born 14 Bloom 871.
3. **The Reeve of Dorn** (real name: Aldan Voss). Fat. Wears a gold chain.

## Where things are

| Place | What it's like |
|---|---|
| Dorn | walled town; five gates; on the north bank of the Ister |
| The Customs House | yellow brick, three floors, a clock that has stopped at ten past four |
| Ister Bridge | stone; seven arches; down from ch. 5 |

## How long it takes

- Dorn to Halm: 3 days by river
- Halm to the Coast: a week
- You need eight days to get from Dorn to the Saltern.

## Time line

- Ch. 1: 3 Sow, a Threeday. The *Heron* docks.
- Ch. 2: 7 Sow (Oneday).
- Ch. 5, 12 Bloom: the bridge falls

## Words

Say "coin", not "dollar". Say "span" not "foot". Never: "okay".
"""
HEX = """# The Hexham Job

A heist in nine scenes. All of it happens in June 1934.

Who
----

* **Lottie Vane** (27, she) - safecracker. Green eyes, red hair cut like a boy's. Left-handed. Never drinks.
* **Major Bray**: one-legged (the right is cork); monocle; says "what?" a lot. Dead by scene 6.
* **"Fingers" Moll** = Mary Ogden, 60. Deaf. Lottie's aunt.

Where
-----

* **The bank**: granite, four pillars, two guards. The vault is in the cellar; its door is steel, painted green.
* **Bray's flat**: third floor, over a florist. One window. No telephone.
* **Hexham** -> **London**: 7 hours by train, two days by road.

Rules
-----

1. Nobody has a gun. There are no guns in this story.
2. The clock in the bank runs ten minutes slow.
3. The bridge is up from scene 4 until scene 7.
4. Moll doesn't find out that Bray sold them until scene 8.

Dates
-----

Scene 1 - Friday 1 June
Scene 3 - Sunday 3 June, the regatta
Scene 6 - Thursday 7 June: Bray is shot
"""
SAX = """# Saxmere

## Overview

| | |
|---|---|
| Chapters | 12 |
| Year | 1703 |
| Language | British |

## People

### Esau Thorn
| Attribute | Value |
|---|---|
| Age | 50 |
| Eyes | grey |
| Hair | none |
| Trade | wheelwright |
| Dies | ch. 9 |

### Ruth Thorn
Esau's wife. Forty-four. Brown eyes; hair black till ch. 6, then white. She has one child, Ada. She cannot whistle. She never raises her voice.

### Ada Thorn
Their daughter, eleven. Freckles, a gap in her front teeth. Calls her father "Pa". Afraid of geese.

## The village
Saxmere has one street, one well and no inn. It stands on the left bank of the Sax. The church (St Guthlac's) is thatched. The mill burned down in chapter 3.

From Saxmere it is a day's walk to Norring and four days by waggon to Ely.

## Chapters
1. The fair. Monday 5 March 1703.
2. Esau goes to Norring. (7 March)
3. The fire. 12 March.
"""


@lru_cache
def _judge(canon: str) -> Judge:
    return judge(canon)


@pytest.mark.parametrize(
    ("canon", "text", "is_wrong"),
    [
        (ALDER, "Bess's green eyes looked at the loaves.", True),
        (ALDER, '---\nchapter: 2\n---\n"I don\'t want any," said Bess.', True),
        (ALDER, "Bess opened the newspaper and read it through to the end.", True),
        (ALDER, "---\nchapter: 8\n---\nNoll came in and sat down.", True),
        (ALDER, "---\nchapter: 4\n---\nThe mill wheel turned merrily in the race.", True),
        (ALDER, "---\nchapter: 5\n---\nThe north road was open, and the carts went up it.", True),
        (ALDER, "The three doors of the Alder Mill stood wide.", True),
        (ALDER, "The Alder Mill's slate roof shone.", True),
        (ALDER, "The five windows of Saint Oda's were dark.", True),
        (ALDER, "They left Alder at dawn and were in Cotton Hythe by dusk.", True),
        (ALDER, "They left Alder at dawn. By noon the next day they were in Wexcombe.", True),
        (ALDER, "They left Alder at dawn. By dusk they were in Marle.", True),
        (ALDER, "They left Alder on Monday. On Wednesday they came down into Pike End.", True),
        (ALDER, "The fair was on the fourth of May, a Tuesday.", True),
        (ALDER, "That was awesome.", True),
        (ALDER, "The gray cat slept.", True),
        (ALDER, '"Please sit," said Noll.', True),
        (ALDER, '"Okay," he said.', True),
        (ALDER, "---\nchapter: 2\n---\nNoll came in and sat down.", False),
        (ALDER, "The cat was grey, and Bess shut the two doors of the Alder Mill.", False),
        (BORROW, "Ida's brown eyes shut.", True),
        (BORROW, "Ida picked up the pen with her right hand and wrote.", True),
        (BORROW, '"It\'s cold," said Ida.', True),
        (BORROW, '"Is it cold?" asked Ida.', True),
        (BORROW, "---\nchapter: 6\n---\nTom Crane nodded and sat down.", True),
        (BORROW, "Behind Crane Hall the garden was full of roses.", True),
        (BORROW, "The red bell on the sign of Hob's Inn creaked.", True),
        (BORROW, "The six chimneys of Hob's Inn smoked.", True),
        (BORROW, "They left Crane Hall at noon, and that same evening they sat in Hob's Inn.", True),
        (BORROW, "They left Crane Hall at noon. By dusk they were in Dunmere.", True),
        (BORROW, "It was Tuesday, the fifth of June 1911.", True),
        (BORROW, "Whilst she slept it rained.", True),
        (BORROW, "The gray cat.", True),
        (BORROW, "Ten kilometres away.", True),
        (BORROW, "---\nchapter: 3\n---\nTom Crane nodded and sat down.", False),
        (CORRIE, "Maud's blue eyes were kind.", True),
        (CORRIE, '"It\'s late," said Maud.', True),
        (CORRIE, "---\nchapter: 8\n---\nOld Hesk laughed.", True),
        (CORRIE, "The bells of the church in Corrie rang.", True),
        (CORRIE, "The red door of the Drover stood open.", True),
        (CORRIE, "The Drover had three storeys.", True),
        (CORRIE, "They left Corrie after breakfast and that evening they were in Balloch.", True),
        (CORRIE, "They left Balloch on foot at dawn and were in Stirling the next morning.", True),
        (CORRIE, "The gray sky.", True),
        (CORRIE, '"Okay," said Davy.', True),
        (CORRIE, "It was Friday, the third of May.", True),
        (CORRIE, "Ten kilometres to go.", True),
        (CORRIE, 'Maud\'s grey eyes were kind. "It is late," she said.', False),
        (DORN, '"I can\'t," said Sella.', True),
        (DORN, "Sella wrote it with her right hand.", True),
        (DORN, "Pike's black beard was wet.", True),
        (DORN, "Pike dived in and swam to the bank.", True),
        (DORN, "The six gates of Dorn were shut.", True),
        (DORN, "The Ister Bridge had nine arches.", True),
        (DORN, "---\nchapter: 6\n---\nThey crossed the Ister Bridge on foot.", True),
        (DORN, "They left Dorn at dawn. By dusk they were in Halm.", True),
        (DORN, "They left Halm on Oneday and were at the Coast on Twoday.", True),
        (DORN, "They left Dorn that morning. The next day they were at the Saltern.", True),
        (DORN, "---\nchapter: 1\n---\nIt was the third of Sow, a Restday.", True),
        (DORN, "It was the ninth of Reap, a Oneday.", True),
        (DORN, "The ninety-fifth of Frost was cold.", True),
        (DORN, "He had a dollar.", True),
        (DORN, "It was a Monday.", True),
        (DORN, "---\nchapter: 1\n---\nIt was the third of Sow, a Threeday.", False),
        (DORN, "It was the seventh of Reap, a Oneday.", False),
        (HEX, "Lottie's brown eyes were on the dial.", True),
        (HEX, "Lottie worked the dial with her right hand, the one she did everything with.", True),
        (HEX, "---\nscene: 7\n---\nMajor Bray lit his pipe.", True),
        (HEX, "The six pillars of the bank were wet.", True),
        (HEX, "The bank was built of brick.", True),
        (HEX, "Bray's flat was on the fifth floor.", True),
        (HEX, "The telephone rang in Bray's flat.", True),
        (HEX, "He took the gun out of his coat.", True),
        (HEX, "---\nscene: 5\n---\nThe bridge was down, and they drove across.", True),
        (HEX, "---\nscene: 5\n---\nMoll knew that Bray had sold them.", True),
        (HEX, "It was Saturday, the first of June.", True),
        (HEX, "---\nscene: 3\n---\nThe regatta was on a Monday.", True),
        (HEX, "---\nscene: 7\n---\nThe bridge was up.", False),
        (HEX, "Lottie turned the dial with her left hand.", False),
        (SAX, "Esau's blue eyes narrowed.", True),
        (SAX, "Esau combed his brown hair.", True),
        (SAX, "---\nchapter: 10\n---\nEsau Thorn nodded.", True),
        (SAX, "Ruth's blue eyes filled.", True),
        (SAX, "Ruth shouted for Ada.", True),
        (SAX, "Ada, who was fourteen, ran.", True),
        (SAX, "They drank till dawn at the inn in Saxmere.", True),
        (SAX, "They left Saxmere at dawn by waggon and came into Ely the next morning.", True),
        (SAX, "They left Saxmere at dawn and were in Norring within the hour.", True),
        (SAX, "It was Thursday, 5 March 1703.", True),
        (SAX, "---\nchapter: 4\n---\nRuth's black hair was loose.", False),
        (SAX, "They left Saxmere at dawn and were in Norring by dark.", False),
    ],
)
def test_a_canon_is_understood_in_its_authors_habits(canon: str, text: str, is_wrong: bool) -> None:
    assert bool(_judge(canon).check("x.md", text)) is is_wrong
