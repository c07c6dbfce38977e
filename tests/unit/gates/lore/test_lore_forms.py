"""The canon's two forms: what authors write, and what cannot be read."""

import pytest

from watchbill.domain.errors import ConfigError
from watchbill.gates.lore.sources import markdown_form, yaml_files, yaml_form


def canon(text: str):
    return yaml_form.canon_of(yaml_files.load(text, "canon.yaml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "canon.yaml:1: expected the node content"),
        ("- a\n- b\n", "a canon is a mapping with keys like entities and facts; this is a list"),
        ("a: \x00", "cannot be read as YAML"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)),
            "once its aliases",
        ),
        ("a: " + "[" * 60 + "]" * 60, "50 levels"),
        ("a: " + "x" * 2_000_001, "more than 2 MB"),
    ],
    ids=["broken", "a list", "control mark", "bomb", "deep", "big"],
)
def test_what_cannot_be_read_is_told_with_its_place_and_mend(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        yaml_files.load(text, "canon.yaml")

    assert words in str(raised.value)


def test_an_empty_file_is_an_empty_canon() -> None:
    assert canon("").entries == ()
    assert canon("# nothing yet\n").facts == ()


def test_values_stay_what_their_author_wrote() -> None:
    made = canon("entities: [{id: a, name: A, attributes: {beard: no, born: 1871-04-02, size: 1_000}}]")

    assert [one.words for one in made.entries[0].attributes] == ["beard: no", "born: 1871-04-02", "size: 1_000"]


def test_several_files_are_one_canon() -> None:
    one = yaml_files.load("world: w\nentities: [{id: a, name: A}]\nposition: {unit: scene}\nbanned_words: [x]\n", "1")
    other = yaml_files.load(
        "world: v\nentities: [{id: b, name: B}]\nposition: {first: 1}\nbanned_words: {words: [y]}\n", "2"
    )

    raw = yaml_files.merged([one, other, {"facts": [{"id": "f", "text": "X is down."}]}])

    made = yaml_form.canon_of(raw)
    assert [entry.id for entry in made.entries] == ["a", "b"]
    assert (raw["world"], made.unit, len(made.facts)) == ("w", "scene", 1)


@pytest.mark.parametrize(
    "stated",
    [
        "entities: {ines: {name: Ines Corvo, attributes: {eyes: brown}}}",
        "characters: [{name: Ines Corvo, id: ines, eyes: brown}]",
        "entities: [{id: ines, name: Ines Corvo, attributes: {eyes: {value: brown, note: from her mother}}}]",
        "entities: [{id: ines, name: Ines Corvo, attributes: {eyes: [{value: brown, valid_to: 9}, {value: red, valid_from: 10}]}}]",
        "entities: [{id: ines, name: Ines Corvo, attributes: [brown eyes], notes: She has brown eyes.}]",
        "people: [{id: ines, name: Ines Corvo, description: She has brown eyes.}]",
        "entities: [{id: ines, name: Ines Corvo, attributes: {Eye-Color: Brown}}]",
    ],
)
def test_an_attribute_may_be_written_in_many_ways(found, stated: str) -> None:
    assert [one[:2] for one in found(stated, "Ines had green eyes.")] == [("attribute", "ines")]
    assert found(stated, "Ines had brown eyes.") == []


def test_relations_and_aliases_may_be_written_in_many_ways() -> None:
    made = canon(
        """
entities:
  - id: a
    name: A
    aliases: ['Nessa (used by Tomas only)', 'Izzy (only by Corin)', 'Yus (only Teo calls her that)', Plain, 'With (brackets)']
    relations: [{kind: brother, to: b, since: 3}, {sister: [c, d]}]
  - {id: b, name: B, relations: {sister: a and c, friend: 'e (old)'}}
"""
    )

    assert [(one.text, one.only_by) for one in made.entries[0].aliases] == [
        ("Nessa", "Tomas"),
        ("Izzy", "Corin"),
        ("Yus", "Teo"),
        ("Plain", ""),
        ("With", ""),
    ]
    assert [(one.word, one.other) for one in made.entries[0].relations] == [
        ("brother", "b"),
        ("sister", "c"),
        ("sister", "d"),
    ]
    assert [(one.word, one.other) for one in made.entries[1].relations] == [
        ("sister", "a"),
        ("sister", "c"),
        ("friend", "e"),
    ]


def test_calendars_rules_and_variables_may_be_written_in_many_ways() -> None:
    made = canon(
        """
calendar: {months: [{name: Thaw, days: 20}, 'Seed (25)', Ash], weekdays: [Oneday, Twoday], days_per_month: 30}
banned_words: [okay, guy]
units: {use: league, never: [mile]}
spelling: [{use: grey, not: gray}]
voice_rules: [{who: a, check: {max_words: 8}}, {who: a, rule: never shouts}, {who: a, check: 'never_says: x, y'}]
variables: [{name: Trust, type: number, range: 0-100}, {name: met, type: boolean, min: 0}]
scenes: [{name: quay, labels: [Start]}, dock]
deaths: [Tomas dies in chapter 7]
knowledge: [{who: a, what: that it rains, learned_in: 4}, {who: a, what: nothing}, that b lied in chapter 3]
travel: [{from: a, to: b, hours: 12}, {from: a, to: b, distance: 12 miles}, {from: a, to: b, km: 9}, {from: a}]
timeline: [{chapter: 3, event: x, date: soon}]
"""
    )

    assert made.calendar.is_own
    assert made.calendar.days_by_month == {"thaw": 20, "seed": 25, "ash": 30}
    assert [one.never for one in made.wording] == [("okay",), ("guy",), ("mile",), ("gray",)]
    assert [(one.check, one.arguments) for one in made.voices] == [
        ("max_words", ("8",)),
        ("never shouts", ()),
        ("never_says", ("x", "y")),
    ]
    assert [(one.name, one.low, one.high) for one in made.variables] == [("trust", 0, 100), ("met", 0, None)]
    assert [one.labels for one in made.scenes] == [{"start"}, frozenset()]
    assert [(one.who, one.position) for one in made.deaths] == [("Tomas", 7)]
    assert [one.position for one in made.knowledge] == [4, 3]
    assert [(one.days, one.distance, one.unit) for one in made.ways] == [
        (0.5, None, ""),
        (None, 12, "mile"),
        (None, 9, "kilometre"),
    ]
    assert made.timeline[0].date is None


def test_a_calendar_in_a_word_is_the_worlds_own_only_if_it_says_so() -> None:
    assert canon("calendar: own").calendar.is_own
    assert not canon("calendar: gregorian").calendar.is_own
    assert not canon("entities: []").calendar.is_own


MARKDOWN = """---
world: lantern
unit: episode
---

Everything about the river.

# Characters

| Name | Eyes | Hair |
|------|------|------|
| Pell | blue | - |

- Gull: a boatman, brown eyes

## Ines Corvo (the ferrywoman) {#ines}

- **Eye colour:** brown
- Also known as: Nessa (only Tomas calls her that), Corvo's girl
- Voice: sings when she is sad
- Died in chapter 9
- Only Pell calls her Miss.
- Kind: person
- Description: Cannot swim. She has two sisters.

### Early life

Born in Leeds. She worked on the river for twenty years and it was the best time of a long and happy life.

## Someone

# Places

**The Mill** (id: mill): stone; two wheels; three days from Leeds.

Loose words.

**Crane Street**: closed from episode 4.

# Deaths

- Tomas: episode 7 (30 November 1902)
- Adela was killed

# Timeline

| Episode | Date | Weekday | Place | id | What | More |
|---|---|---|---|---|---|---|
| 3 | 14 September 1902 | Sunday | quay | e3 | flood | and rain |
| 4 | Monday, 15 September 1902 | | | | fair | |

- Ep 5: Tuesday 16 September 1902, the burning
- something undated

# Routes

| From | To | Time |
|---|---|---|
| Mill | Leeds | 3 days |
| Mill | York | far |

- Mill to York: 2 weeks
- Leeds → York: 30 km
- a long way

# Who knows what

| Who | Secret | Episode |
|---|---|---|
| Ines | that it burned | 6 |

- After episode 5 everybody knows
- Ines does not know that Pell lied until episode 8.
- Pell learns after episode 3 that the mill burned.
- Ines knows that he lied (from episode 4).

# Style

| Write | not |
|---|---|
| grey | gray / graye |

| Word | Meaning |
|---|---|
| lock | a gate |

- Banned: okay, guy
- Forbidden words: nice
- Use "harbour", never "harbor"
- Units: leagues; never miles or feet
- Ines never uses contractions.
- be kind

# Calendar

- Months: Thaw, Seed
- Weekdays: Oneday, Twoday
- Days in a month: 30
- The gregorian one is not used.
- Whatever

# Variables

- `trust`: number, 0-100
- met: true/false
- 9

# Scenes

- quay: start, ferry

# Facts

## Iron

- Iron does not rust in the whole of the marsh
- The bridge is down from episode 3 to episode 6
- Pell never swears

| A | B |
|---|---|
| The mill | is burned |
"""


def test_markdown_is_read_as_its_authors_write_it() -> None:
    made = markdown_form.draft(MARKDOWN)
    raw = made.raw

    entities = {one["id"]: one for one in raw["entities"]}
    assert (raw["world"], raw["position"]) == ("lantern", {"unit": "episode"})
    assert entities["pell"]["attributes"] == {"eyes": "blue"}
    assert entities["ines"]["aliases"] == [
        "the ferrywoman",
        "Nessa (used by Tomas only)",
        "Corvo's girl",
        "Miss (used by Pell only)",
    ]
    assert entities["ines"]["attributes"]["eye colour"] == "brown"
    assert "Cannot swim" in entities["ines"]["notes"]
    assert [one["id"] for one in raw["places"]] == ["mill", "crane_street"]
    assert [(one["who"], one.get("chapter")) for one in raw["deaths"]] == [
        ("ines", "9"),
        ("Tomas", "7"),
        ("Adela", None),
    ]
    assert raw["deaths"][1]["date"] == "1902-11-30"
    assert [one.get("date") for one in raw["timeline"]] == ["1902-09-14", "1902-09-15", "1902-09-16"]
    assert raw["timeline"][0]["event"] == "flood; and rain"
    ways = [(one["from"], one["to"], one.get("days"), one.get("distance")) for one in raw["travel_days"]]
    assert sorted(ways, key=str) == sorted(
        [
            ("mill", "Leeds", "3", None),
            ("Mill", "Leeds", "3", None),
            ("Mill", "York", "14", None),
            ("Leeds", "York", None, "30 kilometre"),
        ],
        key=str,
    )
    assert [(one["who"], one["chapter"]) for one in raw["knowledge"]] == [
        ("Ines", "6"),
        ("Ines", "8"),
        ("Pell", "4"),
        ("Ines", "4"),
    ]
    assert [one["words"] for one in raw["banned_words"]] == [["okay", "guy"], ["nice"]]
    assert [(one["use"], one["not"]) for one in raw["spelling"]] == [
        ("grey", ["gray", "graye"]),
        ("harbour", ["harbor"]),
    ]
    assert raw["units"][0]["never"] == ["mile", "foot"]
    assert {one["who"] for one in raw["voice_rules"]} == {"ines", "Ines", "Pell"}
    assert raw["calendar"] == {
        "kind": "gregorian",
        "months": ["Thaw", "Seed"],
        "weekdays": ["Oneday", "Twoday"],
        "days_per_month": "30",
    }
    assert [one["name"] for one in raw["variables"]] == ["trust", "met"]
    assert raw["scenes"] == [{"id": "quay", "name": "quay", "labels": ["start", "ferry"]}]
    assert [one["text"] for one in raw["facts"]] == [
        "Crane Street is closed.",
        "everybody knows.",
        "The mill is burned",
        "Iron does not rust in the whole of the marsh",
        "The bridge is down.",
    ]


def test_what_is_not_understood_is_told_with_its_line() -> None:
    doubts = {doubt.text: doubt.why for doubt in markdown_form.draft(MARKDOWN).doubts}

    assert "not understood as words" in doubts["be kind"]
    assert "not understood as calendar" in doubts["Whatever"]
    assert "not understood as travel" in doubts["a long way"]
    assert any("only a reader" in why for why in doubts.values())


def test_fences_links_and_tags_are_no_canon() -> None:
    made = markdown_form.draft("# Characters\n\n## [Ines](ines.md)\n\n```\n- Eyes: red\n```\n\n- <b>Eyes</b>: brown\n")

    assert made.raw["entities"][0]["name"] == "Ines"
    assert made.raw["entities"][0]["attributes"] == {"eyes": "brown"}


def test_a_draft_of_markdown_judges_as_the_markdown_does(found, judged) -> None:
    import yaml

    text = "# World\n\n## Ines\n\n- Eyes: brown (until ch. 4); blue from ch. 5\n- Cannot swim\n"
    drafted = yaml.safe_dump(markdown_form.draft(text).raw, allow_unicode=True)
    story = "Ines had brown eyes. She swam to the bank.\n"

    assert found(drafted, story) == found(text, story)
    assert len(found(text, story)) == 2


def test_under_a_label_of_zones_each_bold_bullet_is_a_place_and_a_plan_is_no_fact() -> None:
    text = """# The tour of all the realms that there are

## Avalon (The Heart - Prime World) - the first realm

**Subzones:**

- **Spire**: A tower of glass.
- **Isles**: Seven rocks.

**Suggested Chapters:**

- *Chapter 6: Class*

**Climate**: mild

## Kor - a binding tongue

- Origin: the Deep
"""
    made = markdown_form.draft(text)

    assert [one["name"] for one in made.raw["places"]] == ["Spire", "Isles"]
    assert [(one["name"], one.get("aliases")) for one in made.raw["entities"]] == [
        ("Avalon", ["the first realm"]),
        ("Kor", None),
    ]
    assert made.raw["entities"][1]["notes"] == ["a binding tongue"]
    assert "a plan, no fact" in [doubt.why for doubt in made.doubts]


def test_a_heading_that_is_no_name_is_told() -> None:
    made = markdown_form.draft("# One\n\nx\n\n# A tour of all the realms that there are\n\n- Eyes: red\n")

    assert any(doubt.why.startswith("too long") for doubt in made.doubts)
