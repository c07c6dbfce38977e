"""Markdown canons in the habits of different authors: what each of their lines becomes."""

import pytest

from watchbill.gates.lore.sources import markdown_form

BIBLE = """# THE COLD PASS: bible v3

*Twelve chapters. The whole book happens in 1923.*

## 1. The people

**Margit Ober.** Forty-eight. One glass eye.

**Lise Ober** (the narrator). Nineteen (b. 12 Nov 1904). Dark bob from chapter 3, grey plait from chapter 9.
Chapter 7: she learns that her brother is alive.

**Pell** (he, 14): red hair. Called "Cork" by Margit, and by nobody else.

**Aunt Vee**, a tall woman: Deaf in her left ear. Dies ch. 6.

## 2. Geography

- The chapel stands on the south shore. The causeway is closed from chapter 5 to chapter 6.
- Pell's cottage: north shore

## 3. What happens when

Ch. 1. Sun, 2 Dec 1923. Arrival.
Ch. 4. Thursday 6 December. The avalanche.

## 4. Distances

It takes two days to walk from Saltby to Combe. Combe is a day from Chur by sledge. A week by sea from Combe to Rook Island.

## 5. Who finds out what

Lise: that Vee is her mother (ch. 10). Pell doesn't know Rook is his father's dog until chapter 5.
It comes out in chapter 8 that the pass was mined.

## 6. Language

Never write: okay, wizard (they say "the wise"), minute (as a measure of time). Snowfield, one word.
Money is crowns; never dollars. Write colour, not color. The word stupid is not used. Coffee -> Kaffee.
Margit asks no questions.
"""
TABLES = """# Notes

(ten chapters)

| Who | Eyes | Born | Remember |
|---|---|---|---|
| Ivo Pell | green | 4 May 1801 | cannot swim; dies in chapter 6 |

| Place | Side of the Brook |
|---|---|
| The mill | wood side |

| Route | Days |
|---|---|
| Carrow to Leeds | 3 |

| From | To | How long |
|---|---|---|
| Carrow | the Sea | six days |

| What | From chapter | To chapter |
|---|---|---|
| The brook is frozen | 6 | 7 |

| Don't say | Say instead |
|---|---|
| wolf, wolves | the Grey Ones |
| kill | (find a kinder way) |
| inch, mile | paws |
| gray, neighbor | grey, neighbour |
| Morrow Brook | Mirrow Brook |

| Secret | Who learns it | Chapter |
|---|---|---|
| the well is poisoned | Ivo | 6 |

| Name | Dies in |
|---|---|
| Ada Pell | chapter 8 |

| Ch. | When | Event |
|---|---|---|
| 1 | Mon 4 Jan 1836 | the sale |

| Chapter | Date | Day of the week |
|---|---|---|
| 2 | 1 May | Saturday |

"""
CALENDAR = """# Saltworld

All in the year 412.

## Calendar

- Three months of thirty days each, in order: Ember, Sleet and Bud.
- Six days to the week: Oneday, Twoday, Threeday, Fourday, Fiveday, Rest. Every month starts on a Oneday.
"""


def drafted(text: str, key: str, *fields: str) -> list[tuple[str, ...]]:
    return [tuple(str(one.get(name, "")) for name in fields) for one in markdown_form.draft(text).raw[key]]


@pytest.mark.parametrize(
    ("key", "fields", "stated"),
    [
        ("timeline", ("chapter", "date", "weekday", "event"), ("1", "1923-12-02", "Sunday", "Arrival")),
        ("timeline", ("chapter", "date", "weekday", "event"), ("4", "6 December", "Thursday", "The avalanche")),
        ("travel_days", ("from", "to", "days"), ("Saltby", "Combe", "2")),
        ("travel_days", ("from", "to", "days"), ("Combe", "Chur", "1")),
        ("knowledge", ("who", "what", "chapter"), ("Lise Ober", "that her brother is alive", "7")),
        ("knowledge", ("who", "what", "chapter"), ("Lise", "that Vee is her mother", "10")),
        ("knowledge", ("who", "what", "chapter"), ("Pell", "Rook is his father's dog", "5")),
        ("knowledge", ("who", "what", "chapter"), ("", "that the pass was mined", "8")),
        ("deaths", ("who", "chapter"), ("aunt_vee", "6")),
        ("places", ("name", "notes"), ("The chapel", "['on the south shore']")),
        ("places", ("name", "notes"), ("Pell's cottage", "['north shore']")),
        ("facts", ("text", "valid_from", "valid_to"), ("The causeway is closed.", "5", "6")),
        ("banned_words", ("words", "use"), ("['wizard']", "the wise")),
        ("banned_words", ("words", "use"), ("['stupid']", "")),
        ("units", ("never",), ("['minute']",)),
        ("units", ("never",), ("['dollar']",)),
        ("spelling", ("use", "not"), ("colour", "['color']")),
        ("spelling", ("use", "not"), ("Kaffee", "['Coffee']")),
        ("voice_rules", ("who",), ("Margit",)),
    ],
)
def test_a_series_bible_is_read_sentence_by_sentence(
    key: str, fields: tuple[str, ...], stated: tuple[str, ...]
) -> None:
    assert stated in drafted(BIBLE, key, *fields)


def test_people_of_a_bible_have_what_stands_in_their_brackets() -> None:
    raw = markdown_form.draft(BIBLE).raw
    people = {one["id"]: one for one in raw["entities"]}

    assert (raw["year"], raw["position"]) == ("1923", {"unit": "chapter"})
    assert people["lise_ober"]["attributes"]["born"] == "12 November 1904"
    assert {"Dark bob from chapter 3", "grey plait from chapter 9"} <= set(people["lise_ober"]["notes"])
    assert people["pell"]["aliases"] == ["Cork (used by Margit only)"]
    assert "aged 14" in people["pell"]["notes"]
    assert {"margit_ober", "aunt_vee"} <= people.keys()
    assert "aliases" not in people["lise_ober"]


@pytest.mark.parametrize(
    ("key", "fields", "stated"),
    [
        (
            "entities",
            ("name", "attributes", "notes"),
            ("Ivo Pell", "{'eyes': 'green', 'born': '4 May 1801'}", "['cannot swim']"),
        ),
        ("places", ("name", "attributes"), ("The mill", "{'side of the brook': 'wood side'}")),
        ("deaths", ("who", "chapter"), ("ivo_pell", "6")),
        ("deaths", ("who", "chapter"), ("Ada Pell", "8")),
        ("travel_days", ("from", "to", "days"), ("Carrow", "Leeds", "3")),
        ("travel_days", ("from", "to", "days"), ("Carrow", "the Sea", "6")),
        ("facts", ("text", "valid_from", "valid_to"), ("The brook is frozen.", "6", "7")),
        ("banned_words", ("words", "use"), ("['wolf', 'wolves']", "the Grey Ones")),
        ("banned_words", ("words", "use"), ("['kill']", "")),
        ("units", ("never",), ("['inch', 'mile']",)),
        ("spelling", ("use", "not"), ("neighbour", "['neighbor']")),
        ("spelling", ("use", "not"), ("Mirrow Brook", "['Morrow Brook']")),
        ("knowledge", ("who", "what", "chapter"), ("Ivo", "the well is poisoned", "6")),
        ("timeline", ("chapter", "date", "weekday"), ("1", "1836-01-04", "Monday")),
        ("timeline", ("chapter", "date", "weekday"), ("2", "1 May", "Saturday")),
    ],
)
def test_a_table_is_what_its_columns_are_called(key: str, fields: tuple[str, ...], stated: tuple[str, ...]) -> None:
    assert stated in drafted(TABLES, key, *fields)


def test_a_calendar_is_told_in_sentences() -> None:
    raw = markdown_form.draft(CALENDAR).raw

    assert raw["year"] == "412"
    assert raw["calendar"]["months"] == ["Ember", "Sleet", "Bud"]
    assert len(raw["calendar"]["weekdays"]) == 6
    assert (raw["calendar"]["days_per_month"], raw["calendar"]["month_starts_on"]) == ("30", "Oneday")


@pytest.mark.parametrize(
    ("text", "key", "stated"),
    [
        ("# W\n\n## Travel\n\n| | Leeds | York |\n|---|---|---|\n| Hull | 2 days | - |\n", "travel_days", "Hull"),
        ("# W\n\n## Words\n\n| Say | Not |\n|---|---|\n| hallo | hullo |\n", "spelling", "hallo"),
        ("# W\n\n## Deaths\n\n| Who | Date |\n|---|---|\n| Ada Pell | 4 May 1901 |\n", "deaths", "1901-05-04"),
        ("# W\n\n## Timeline\n\n| Id | Chapter | Date | Place | Event | More |\n|---|---|---|---|---|---|\n| e1 | 2 | Mon 4 Jan 1836 | Hull | rain | wind |\n", "timeline", "rain; wind"),
        ("# W\n\n## Secrets\n\n| Secret | Chapter | Who |\n|---|---|---|\n| the well is dry | 4 | Ada |\n", "knowledge", "the well is dry"),
        ("# W\n\n## Facts\n\n| What | Since |\n|---|---|\n| The mill is burned | chapter 4 |\n", "facts", "'valid_from': '4'"),
        ("# W\n\n## Variables\n\n| Name | Type |\n|---|---|\n| trust | number |\n", "variables", "trust"),
        ("# W\n\n## People\n\n- Ada: tall\n- Nobody may enter the old mill. It is shut from chapter 2 to chapter 3.\n", "facts", "Nobody may enter"),
        ("# W\n\n## Places\n\n- The King's Bridge joins both banks. Rebels hold it shut in chapter 3.\n", "facts", "hold the King's Bridge shut"),
        ("# W\n\n## Ada\n\n- hair: red\n- has not spoken for years; speaks again from chapter 9\n", "entities", "until chapter 8"),
        ("# W\n\n## The Truce\n\n- From chapter 9 to chapter 11 no one carries steel in the palace.\n", "facts", "no one carries steel"),
        ("# W\n\n## Words\n\n- Never say wizard; say wise man.\n", "banned_words", "wise man"),
    ],
)  # fmt: skip
def test_each_habit_becomes_what_it_says(text: str, key: str, stated: str) -> None:
    assert stated in str(markdown_form.draft(text).raw[key])
