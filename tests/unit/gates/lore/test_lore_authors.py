"""Markdown canons as their authors keep them: terse bullets under many great headings, songs for chapters, rules under any heading."""

from collections.abc import Callable

import pytest

from watchbill.gates.lore.sources import markdown_form
from watchbill.gates.lore.sources.drafts import Draft

SAGA = """The Saga of the Weir: notes
===========================

*Nine songs. A "song" counts as a chapter.*

Kept by hand since the spring.

# The folk

## Harn
- called: the Eel-Catcher
- name: Harnolf, miller of the weir
- hands: he fences and writes with the left
- brother of: Dov (Harn is the younger)
- grey eyes, a red beard until the fourth song, when he shaves it off; clean chin ever after
- vow: eats no meat
- 41, of the mill

## Dov
- real name Dovrin
- eyes: brown
- an only child he is not
- dies: sixth song, in the race, with his boots on
- collects owls' feathers

## Sib
- daughter of Harn, his only child
- eyes: green
- steals the bell. Dov learns this in the fifth song, not before
- never raises her voice
- wears no hat
- wears no veil
- 11, two long plaits until the fourth song, when Dov cuts them off
- a brace on her teeth until the third song
- from the ninth song wears a locket
- horns: one only

## Maud
- Harn's wife
- true name nobody knows until the seventh song (it is Amalind)
- leaves the mill in the third song, and does not come back before the sixth
- nickname: Goose (only Dov uses it)
- one glass eye (the left)
- never swears
- she never uses the word "sorry"

# The things

## Ashbrand
- a sword of iron
- broken in the second song; mended in the fifth. Between, Harn has only a knife

## The Weir Bell
- its clappers are cracked from the third song to the fifth
- the great gate is shut in the third song, and nobody can go up after that until the smith opens it in the eighth song

# The lands

## The Sunken Quarter
- boats only, no road traffic

## The Counting Room
- no windows

## The Otter Pool
- empty, drained since the spring, all year

## How far

| From | To | How long |
|---|---|---|
| Weirby | Marl | 3 days by cart |
| Weirby | Otterby | half an hour's walk |
| Otterby | Holm | a whole day by barge |
| Marl | Holm | half a day |

# Reckoning

The week has four days, in this order: Oneday, Twoday, Threeday, Fourday. The moons are Eelmoon, then Frogmoon, then Carpmoon; each has twenty days.

# The way of telling

- Measure by rod and bowshot; never mile or metre.
- Words that shall not be used: wizard, okay
- Spelling: "watermill" one word, never "water mill"; "miller" never "millman"
- British spelling: colour, grey, plough, stone
- Sing it slowly.
"""


BOOK = SAGA.replace("The Saga", "# The Saga").replace("===========================\n", "")


@pytest.fixture(scope="module")
def saga() -> Draft:
    return markdown_form.draft(SAGA)


def by_id(made: Draft, key: str) -> dict[str, dict[str, object]]:
    return {one["id"]: one for one in made.raw[key]}


def test_the_first_great_heading_is_the_documents_own_also_underlined(saga: Draft) -> None:
    assert saga.raw["world"] == "The Saga of the Weir: notes"
    assert saga.raw["position"] == {"unit": "song"}
    assert set(by_id(saga, "entities")) == {"harn", "dov", "sib", "maud", "ashbrand", "weir_bell"}


def test_a_heading_names_no_world_where_the_others_are_entries_as_well() -> None:
    made = markdown_form.draft("# Harn\nEyes: grey\n\n# Dov\nEyes: brown\n")

    assert [one["id"] for one in made.raw["entities"]] == ["harn", "dov"]


def test_ordinals_of_songs_are_positions(saga: Draft) -> None:
    assert by_id(saga, "deaths")["dov"]["chapter"] == "6"
    facts = {str(one["text"]): (one.get("valid_from"), one.get("valid_to")) for one in saga.raw["facts"]}
    assert facts["Ashbrand is broken."] == ("2", "4")
    assert facts["The Weir Bell's clappers are cracked."] == ("3", "5")
    assert facts["nobody can go up."] == ("3", "7")


def test_what_a_line_refers_to_is_written_out(saga: Draft) -> None:
    knowledge = by_id(saga, "knowledge")
    assert knowledge["that_sib_steals_the_bell"]["who"] == "Dov"
    assert knowledge["maud_name"]["chapter"] == "7"
    notes = {one["id"]: one.get("notes", []) for one in saga.raw["entities"]}
    assert "away from chapter 4 to chapter 5" in notes["maud"]
    assert "from chapter 2 to chapter 4 Harn has only a knife" in notes["ashbrand"]
    assert notes["harn"][:3] == ["miller of the weir", "younger brother of Dov", "grey eyes"]
    assert "clean chin from chapter 4" in notes["harn"]


def test_names_are_read_from_whatever_says_them(saga: Draft) -> None:
    aliases = {one["id"]: one.get("aliases", []) for one in saga.raw["entities"]}

    assert aliases["harn"] == ["the Eel-Catcher", "Harnolf"]
    assert aliases["dov"] == ["Dovrin"]
    assert aliases["maud"] == ["Amalind", "Goose (used by Dov only)"]


def test_a_place_is_known_by_its_name_and_by_what_it_lacks(saga: Draft) -> None:
    assert {"sunken_quarter", "counting_room", "otter_pool"} <= set(by_id(saga, "places"))
    texts = [str(one["text"]) for one in saga.raw["facts"]]
    assert "There is no road traffic in The Sunken Quarter." in texts
    assert "There are no windows in The Counting Room." in texts


def test_ways_of_half_an_hour_and_a_whole_day_are_ways(saga: Draft) -> None:
    ways = {key: (one.get("days"), one.get("hours")) for key, one in by_id(saga, "travel_days").items()}

    assert ways == {
        "weirby_marl": ("3", None), "weirby_otterby": (None, "0.5"), "otterby_holm": ("1", None), "marl_holm": (None, "12"),
    }  # fmt: skip


def test_a_calendar_told_in_prose_has_its_week_and_its_months(saga: Draft) -> None:
    assert saga.raw["calendar"]["weekdays"] == ["Oneday", "Twoday", "Threeday", "Fourday"]
    assert saga.raw["calendar"]["months"] == ["Eelmoon", "Frogmoon", "Carpmoon"]
    assert saga.raw["calendar"]["days_per_month"] == "20"


def test_rules_on_words_are_rules_under_any_heading(saga: Draft) -> None:
    assert saga.raw["units"] == [{"id": "units", "use": ["rod", "bowshot"], "never": ["mile", "metre"]}]
    assert saga.raw["banned_words"][0]["words"] == ["wizard", "okay"]
    spelt = {str(one["use"]): one["not"] for one in saga.raw["spelling"]}
    assert spelt == {
        "watermill": ["water mill"], "miller": ["millman"], "colour": ["color"], "grey": ["gray"], "plough": ["plow"],
    }  # fmt: skip
    under = markdown_form.draft("# World\n\n## Harn\n- eyes: grey\n- Banned words: okay\n")
    assert under.raw["banned_words"][0]["words"] == ["okay"]


def test_what_no_check_reads_is_told_and_becomes_no_fact(saga: Draft) -> None:
    doubts = {one.text: one.why for one in saga.doubts}

    assert doubts["collects owls' feathers"] == "kept as a note of which nothing is checked"
    assert "stands before any heading" in doubts["Kept by hand since the spring."]
    assert doubts["Sing it slowly."] == "not understood as words"
    assert not {"never raises her voice", "wears no hat", "wears no veil", "away from chapter 4 to chapter 5"} & set(
        doubts
    )
    assert not any("only child" in text and "daughter" in text for text in doubts)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Harn took up the stone in his right hand, as he always did.", "ability"),
        ("Harn took up the stone in his left hand, as he always did.", ""),
        ("Harn ate the bacon.", "ability"),
        ("Sib came in with her brother.", "relation"),
        ("Sib came in with her father.", ""),
        ("Sib put on her hat.", "ability"),
        ("Sib took off her hat.", "ability"),
        ("Sib tossed both her horns.", "ability"),
        ('"Out!" bellowed Sib.', "voice"),
        ("Sib raised her voice.", "voice"),
        ("Sib almost raised her voice.", ""),
        ("She dreamed that Sib raised her voice.", ""),
        ("Sib listened while the smith bellowed.", ""),
        ("Sib listened to the smith, who shouted.", ""),
        ('"Out!" bellowed the smith, and Sib went.', ""),
        ("Maud swore under her breath.", "voice"),
        ("Maud swore to come back.", ""),
        ("Maud had sworn an oath.", ""),
        ("Sib tossed her plaits, which she had cut off.", ""),
        ("Sib looked at Maud's plaits.", ""),
        ("Sib held the brace on his teeth.", ""),
        ("Sib found a brace.", ""),
        ("Sib thought she might need her veil.", ""),
        ("Sib's locket shone.", ""),
        ("Sib dived into the Otter Pool.", "fact"),
        ("Sib ran round the Otter Pool.", ""),
        ("In the Counting Room Sib looked through the window.", "fact"),
        ("Sib sat in the Counting Room. She put her nose to the window and looked out at the rain.", ""),
        ("Sib sat in the Counting Room. The bread stood on the window sill.", "fact"),
        ("A cab drove through the Sunken Quarter.", "fact"),
        ("No cab drove through the Sunken Quarter.", ""),
        (
            "They left Weirby at dawn. The cart was old. Sib slept. They were in Marl in time for supper that same day.",
            "travel",
        ),
        ("They left Weirby on Oneday. The cart was old. Three days later they were in Marl.", ""),
        ("They dreamed of Weirby. The cart was old. They were in Marl in time for supper that same day.", ""),
        ("They left Weirby in spring. Three days they were on the road. They were in Marl by noon.", ""),
        ("They had left Weirby long before. The ox was lame. They were in Marl by noon.", ""),
        ("Sib thought of the Counting Room. A window banged somewhere.", ""),
        ("A boat went through the Sunken Quarter, past a drowned cab.", ""),
        ("The smith, who was with Sib, shouted at the ox.", ""),
        ("Sib wore no hat, whatever the weather.", ""),
        ("Her green eyes did not leave the wheel, and Sib went.", ""),
        ("Sib sat down. Her hazel eyes did not leave the wheel.", "attribute"),
    ],
)
def test_a_saga_is_held_to_its_authors_notes(
    found: Callable[..., list[tuple[str, str, str]]], text: str, rule: str
) -> None:
    rules = {one[0] for one in found(BOOK, text, "song09.md")}

    assert rules == ({rule} if rule else set())


DATED = """# Weir log

## Nell
- has an identical twin sister, Ann
- eyes: blue

## Otto
- beard
- eyes: brown

## Rudi
- eyes: grey
- dies: chapter 8, drowned in his boat

## Mademoiselle Brun
- engaged to Mr Pell
- hair: black
- arm: lost the right arm at sea

## Captain Halse
- eyes: grey

## Ida Halse
- eyes: brown

## The Tower
- the lifts are out of order from chapter 2 to chapter 4

## Dates
| Chapter | Date | Day | What |
|---|---|---|---|
| 3 | 2031-05-06 | Tuesday | the flood |
"""


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Nell sat down. Her brown eyes shone.", "attribute"),
        ("Otto sat down. His blue eyes shone.", "attribute"),
        ("Rudi sat down. His blue eyes shone.", "attribute"),
        ("Mademoiselle Brun put a hand to her fair hair.", "attribute"),
        ("Mademoiselle Brun rubbed her palms together.", "ability"),
        ("Mademoiselle Brun rubbed her palms together, as if she had once met them.", "ability"),
        ("Mademoiselle Brun rubbed her palm.", ""),
        ("Halse had brown eyes.", "attribute"),
        ("Ida Halse had brown eyes.", ""),
        ("They took the lift to the roof.", "fact"),
        ("They did not take the lift.", ""),
        ("By Friday the eighth they would be gone.", "date"),
        ("By Thursday the eighth they would be gone.", ""),
        ("By Sunday the eighth they would be gone.", ""),
        ("By Friday the eighth of June they would be gone.", "date"),
        ("Otto switched the recorder off. His blue eyes shone.", "attribute"),
    ],
)
def test_dates_bodies_and_whom_a_pronoun_means_follow_from_terse_notes(
    found: Callable[..., list[tuple[str, str, str]]], text: str, rule: str
) -> None:
    rules = {one[0] for one in found(DATED, f"---\nchapter: 3\ndate: 2031-05-06\n---\n\n{text}\n", "x.md")}

    assert rules == ({rule} if rule else set())
