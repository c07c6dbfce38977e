"""The rules one by one: what a canon lets a text say, and what not."""

import pytest

PEOPLE = """
entities:
  - {id: ines, name: Ines Corvo, kind: person, pronouns: she, attributes: {eyes: brown, hair: black, occupation: ferrywoman, birthplace: Leeds, home: Quay Street, age: 34, height: short, boat: the Heron}}
  - {id: tomas, name: Tomas Corvo, kind: person, pronouns: he, attributes: {eyes: grey, sister: Ines Corvo, children: none}, relations: {wife: Adela}}
  - {id: dog, name: Argus, kind: dog, attributes: {coat: grey}}
"""
WORLD = """
calendar: {kind: own, months: [Thaw, Seed], days_per_month: 30, weekdays: [Oneday, Twoday]}
places: [{id: quay, name: the Quay}, {id: mill, name: the Mill, attributes: {door: red}}]
facts:
  - {id: bridge, about: bridge, text: The bridge is down., valid_from: 3, valid_to: 8}
  - {id: gate, about: gate, text: The north gate is locked.}
  - {id: pond, about: pond, text: The carp pond is frozen.}
  - {id: clock, about: clock, text: The tower clock has stopped.}
  - {id: shot, about: victim, text: The victim was shot twice.}
  - {id: dragons, about: world, text: No dragons remain in the world.}
  - {id: fae, about: fae, text: The fae cannot touch iron.}
  - {id: snow, about: city, text: It never snows in the city.}
  - {id: one, about: x, text: No one may enter.}
  - {id: many, about: x, text: There is no great big thing.}
  - {id: extinct, about: wolves, text: Wolves are extinct.}
  - {id: town, about: town, text: The town has a green lighthouse and three inns.}
"""
GAME = """
variables:
  - {id: trust, name: trust, type: number, min: 0, max: 10}
  - {id: met, name: met, type: boolean}
  - {id: alias, name: alias, type: string}
scenes: [{id: quay, name: quay, labels: [start, ferry]}, {id: dock, name: dock}]
"""
DATES = """
timeline:
  - {id: flood, chapter: 5, date: '1902-09-14', event: the flood}
  - {id: trial, chapter: 8, date: '1903-01-05', event: the trial}
"""


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("My eyes are green, as my mother's were.", ""),  # nobody knows whose
        ('"My eyes are green," said Ines.', "My eyes are green"),
        ('"Your green eyes will betray you, Ines," said Tomas.', "Your green eyes"),
        ("Ines, green-eyed and tired, sat down.", "green-eyed"),
        ("Ines was green-eyed.", "green-eyed"),
        ("The green-eyed Ines sat down.", "green-eyed"),
        ("The green of her eyes was gone. Ines slept.", ""),
        ("Ines looked at Mary, whose green eyes shone.", ""),
        ("She sat down. Her green eyes shone.", ""),  # nobody was named
        ("Ines and Mary sat down. Her green eyes shone.", ""),  # whose?
        ("Ines and Tomas sat down. Her green eyes shone.", "Her green eyes"),
        ("Ines sat down.\n\nHer green eyes shone.", "Her green eyes"),
        ("Ines's eyes were not green.", ""),
        ("Ines's eyes shone like green glass.", ""),
        ("Ines would have had green eyes.", ""),
        ("Ines had green eyes in the portrait.", ""),
        ("If Ines had green eyes, she would be her mother.", ""),
        ("Ines dyed her hair red for the feast. Her red hair shone.", ""),
        ("Ines Reyes had green eyes.", ""),  # another Ines
        ("Mary Ines had green eyes.", ""),
        ("Ines, a baker by trade, sat down.", "Ines, a baker"),
        ("Ines was a baker.", "a baker"),
        ("Ines worked as a baker.", "a baker"),
        ("Ines, a baker and two clerks came.", ""),
        ("Ines waited at the baker's. She was a customer.", ""),
        ("Ines was born in Hull.", "born in Hull"),
        ("Ines was born in Leeds.", ""),
        ("Ines was born in May.", ""),
        ("Ines lived in Mill Lane.", "lived in Mill"),
        ("Ines lived at Quay Street.", ""),
        ("Her boat, the Gannet, lay there. Ines sighed.", ""),
        ("Ines pushed off. Her boat, the Gannet, was low.", "Her boat, the Gannet"),
        ("Ines's boat was called the Gannet.", "Ines's boat was called the Gannet"),
        ("Ines, 51, sat down.", "51"),
        ("Ines, at fifty-one, sat down.", "fifty-one"),
        ("At fifty-one, Ines still rowed.", "fifty-one"),
        ("Ines was fifty-one years old.", "fifty-one years old"),
        ("Ines, aged fifty-one, rowed.", "fifty-one"),
        ("Ines, a fifty-one-year-old, rowed.", "fifty-one-year-old"),
        ("Ines turned thirty-five.", ""),
        ("Ines was one of them. It was fifty-one.", ""),
        ("Tomas rang his wife Nadia.", "his wife Nadia"),
        ("Tomas rang his wife, Nadia Flint, at noon.", "his wife, Nadia Flint"),
        ("Tomas rang his wife Adela.", ""),
        ("Tomas rang his first wife Nadia.", ""),
        ("Tomas wrote to his son.", "his son"),
        ("Tomas had no son, and wrote to his dog.", ""),
        ("Tomas met his daughter Ines.", "his daughter Ines"),
        ("Ines, Tomas's mother, sat down.", "Ines, Tomas's mother"),
        ("Tomas was an only child.", "only child"),
        ("Argus, a black dog, slept.", "Argus, a black"),
        ("Argus, a grey dog with a black ear, slept.", ""),
        ("Tall Ines sat down.", "Tall Ines"),
        ("Ines was a tall woman.", "Ines was a tall"),
    ],
)
def test_people_are_as_the_canon_says(found, text: str, quote: str) -> None:
    assert "".join(one[2] for one in found(PEOPLE, text)[:1]) == quote if quote else found(PEOPLE, text) == []


@pytest.mark.parametrize(
    ("path", "text", "rule"),
    [
        ("ch05.md", "They crossed the bridge.", "fact"),
        ("ch05.md", "They rode slowly over the bridge.", "fact"),
        ("ch09.md", "They crossed the bridge.", ""),
        ("ch09.md", "The bridge was down.", "fact"),
        ("ch05.md", "The bridge was down.", ""),
        ("ch05.md", "They walked through the north gate.", "fact"),
        ("ch05.md", "They walked past the north gate.", ""),
        ("ch05.md", "The north gate was open.", "fact"),
        ("ch05.md", "Otto swam in the carp pond.", "fact"),
        ("ch05.md", "The tower clock struck nine.", "fact"),
        ("ch05.md", "The victim was shot twice.", ""),
        ("ch05.md", "A dragon circled the tower.", "fact"),
        ("ch05.md", "A dragon of painted tin hung there.", ""),
        ("ch05.md", "No dragon circled the tower.", ""),
        ("ch05.md", "A wolf howled.", "fact"),
        ("ch05.md", "The fae gripped the wood.", ""),
        ("ch05.md", "The fae touched the iron rail.", "ability"),
        ("ch05.md", "It snowed all night.", "fact"),
        ("ch05.md", "He stood before a red lighthouse in the town.", ""),
        ("ch05.md", "The town has five inns.", "fact"),
        ("ch05.md", "The door of the Mill was green.", "place"),
        ("ch05.md", "It was Monday.", "date"),
        ("ch05.md", "On the thirty-first of Thaw it rained.", "date"),
        ("ch05.md", "On the ninth of Thaw, a Twoday, it rained.", ""),
    ],
)
def test_the_world_is_as_the_canon_says(found, path: str, text: str, rule: str) -> None:
    assert "".join(one[0] for one in found(WORLD, text, path)[:1]) == rule


@pytest.mark.parametrize(
    ("line", "canon_id"),
    [
        ("*set trust 11", "trust"),
        ("*set trust -5", ""),
        ("*set trust +50", "trust"),
        ("*set trust (trust + 50)", ""),
        ('*set trust "high"', "trust"),
        ("*set trust true", "trust"),
        ("*create trust 99", "trust"),
        ("*create courage 99", ""),
        ("*set met 1", "met"),
        ('*set met "yes"', "met"),
        ("*set met false", ""),
        ("*set alias 3", "alias"),
        ('*set alias &"x"', ""),
        ("*set courage 3", "variables"),
        ("*set trsut 3", "trust"),
        ("*set {x} 3", ""),
        ("*temp courage 3\n*set courage 4", ""),
        ("*params courage\n*set courage 4", ""),
        ("*if (trst > 3)", "trust"),
        ("*if (choice_randomtest)", ""),
        ('*if (alias = "trst")', ""),
        ("You trust ${trst}.", "trust"),
        ("You trust ${name}.", ""),
        ("*goto_scene quay ferry", ""),
        ("*goto_scene quay kitchen", "quay"),
        ("*goto_scene {where}", ""),
        ("*goto_scene docks", "dock"),
        ("*goto_scene cellar", "scenes"),
        ("*goto ferry", ""),
        ("*goto kitchen", "quay"),
        ("*goto {label}", ""),
    ],
)
def test_a_game_is_as_the_canon_says(found, line: str, canon_id: str) -> None:
    assert "".join(one[1] for one in found(GAME, f"*label begin\n{line}\n", "scenes/quay.txt")) == canon_id


def test_variables_that_the_game_itself_declares_are_known(judged) -> None:
    assert judged(GAME).check("a.txt", "*label a\n*set courage 3\n", declared=frozenset(["courage"])) == []


@pytest.mark.parametrize(
    ("text", "canon_id"),
    [
        ("It was Friday, 14 September 1902.", "flood"),
        ("It was Sunday, 14 September 1902.", ""),
        ("It was September 14, 1902, a Friday.", "flood"),
        ("On Friday, 15 September 1902, it rained.", "calendar"),
        ("On the thirty-first of September it rained.", "calendar"),
        ("On Monday, 29 February 1903, it rained.", ""),
        ("The flood came on 20 September.", "flood"),
        ("The flood came on a Friday.", "flood"),
        ("The flood came on a Sunday.", ""),
        ("The flood of 1905 was worse.", "flood"),
        ("On Friday, after the flood, it rained.", ""),
        ("The trial opened on Tuesday, 5 January.", "trial"),
        ("Was it Friday, 14 September 1902?", ""),
        ("On Monday, 1 June, it rained.", ""),  # of an unknown year
    ],
)
def test_dates_are_as_the_calendar_says(found, text: str, canon_id: str) -> None:
    assert "".join(one[1] for one in found(DATES, text, "ch06.md")) == canon_id


def test_a_text_that_is_dated_knows_its_year(found) -> None:
    assert found("timeline: []", "---\ndate: 1902-06-01\n---\nOn Monday, 1 June, it rained.\n")
    assert not found("timeline: []", "---\ndate: 1902-06-01\n---\nOn Sunday, 1 June, it rained.\n")


@pytest.mark.parametrize(
    ("stated", "text", "is_wrong"),
    [
        ("drink: never drinks", "Ines drank her wine.", True),
        ("drink: never drinks", "Ines drank her tea.", False),
        ("drink: never drinks", "Ines never drank her wine.", False),
        ("drink: never drinks", "Ines wanted to drink. She poured the wine away.", False),
        ("drink: teetotal", "Ines sipped the beer.", True),
        ("drink: never drinks rum", "Ines drank the rum.", True),
        ("coffee: hates coffee and never drinks it", "Ines drank her coffee.", True),
        ("smoke: does not smoke", "Ines lit a cigarette.", True),
        ("food: vegetarian", "Ines ate the ham.", True),
        ("food: vegan", "Ines ate the cheese.", True),
        ("allergy: allergic to nuts", "Ines ate an almond.", True),
        ("allergies: shellfish", "Ines ate the shrimp.", True),
        ("sight: blind", "Ines read the letter.", True),
        ("sight: blind", "Ines read the letter with her fingers.", False),
        ("hearing: deaf", "Ines heard the bell.", True),
        ("hearing: deaf in the left ear", "Ines heard the bell.", False),
        ("reading: illiterate", "Ines read the letter.", True),
        ("legs: uses a wheelchair", "Ines walked to the door.", True),
        ("legs: uses a wheelchair", "Ines rolled to the door. Tom walked beside her.", False),
        ("swimming: cannot swim", "Ines swam.", True),
        ("flying: cannot fly", "Ines flew away.", True),
        ("speech: mute", '"Yes," said Ines.', True),
        ("speech: mute", '"Yes," Ines signed.', False),
        ("speech: mute until chapter 3", '"Yes," said Ines.', False),
        ("left hand: missing", "Ines took it in both hands.", True),
        ("left hand: missing", "Ines took it in her left hand.", True),
        ("left hand: missing", "Ines took it in her right hand.", False),
        ("eye: lost her left eye", "Ines opened both her eyes.", True),
        ("handedness: left", "Ines signed it with her right hand.", True),
        ("handedness: left", "Ines held it with her right hand.", False),
        ("handedness: left", "Ines was right-handed.", True),
        ("handedness: ambidextrous, mostly left-handed", "Ines was right-handed.", False),
        ("walls: none", "Ines had walls.", False),
        ("hat: none", "Ines took off her hat.", True),
    ],
)
def test_nobody_does_what_they_cannot_or_never_do(found, stated: str, text: str, is_wrong: bool) -> None:
    canon = f"entities: [{{id: ines, name: Ines, kind: person, pronouns: she, attributes: {{'{stated.partition(': ')[0]}': '{stated.partition(': ')[2]}'}}}}]"

    assert bool(found(canon, text)) is is_wrong


@pytest.mark.parametrize(
    ("rule", "text", "is_wrong"),
    [
        ("check: no_contractions", '"It\'s late," said Ines.', True),
        ("check: no_contractions", '"It\'s late," said Tom.', False),
        ("check: no_contractions", '"Tom\'s late," said Ines.', False),
        ("rule: speaks without contractions", '"I\'ll go," said Ines.', True),
        ("rule: always uses contractions", '"I\'ll go," said Ines.', False),
        ("check: no_questions", '"Who?" asked Ines.', True),
        ("check: no_exclamations", '"Stop!" cried Ines.', True),
        ("check: no_swearing", '"Damn it," said Ines.', True),
        ("check: no_first_person", '"I go," said Ines.', True),
        ("rule: speaks in sentences of at most five words", '"We go down to the river now," said Ines.', True),
        ("rule: speaks in short sentences", '"We go down to the river now," said Ines.', False),
        ("check: {max_words: 4}", '"We go down to it," said Ines.', True),
        ("rule: never says please", '"Please," said Ines.', True),
        ("rule: 'never says \"sorry\"'", '"Sorry," said Ines.', True),
        ("rule: never raises her voice", '"Sorry," said Ines.', False),
        ("rule: is kind", '"Sorry," said Ines.', False),
        ("check: no_questions", 'Ines laughed. "Who?"\n', True),
        ("check: no_questions", '"Who?" I asked.\n', False),
        ("check: no_questions", "'Who?' asked Ines. 'I wonder.'", True),
        ("check: no_questions", "“Who?” asked Ines.", True),
        ("check: no_questions", '"It is Tom. Who else?', False),  # nobody is named
    ],
)
def test_voices_are_as_the_canon_says(found, rule: str, text: str, is_wrong: bool) -> None:
    key, _, value = rule.partition(": ")
    canon = f"entities: [{{id: ines, name: Ines, kind: person}}, {{id: tom, name: Tom, kind: person}}]\nvoice_rules: [{{id: v, who: ines, {key}: {value}}}]"

    assert ("voice" in {one[0] for one in found(canon, text)}) is is_wrong


def test_a_narrator_is_who_the_text_says(found) -> None:
    canon = "entities: [{id: ines, name: Ines, kind: person, attributes: {eyes: brown}}]\nknowledge: [{id: k, who: ines, what: that the letter was forged, chapter: 9}]"

    assert found(canon, "---\npov: Ines\nchapter: 2\n---\nMy green eyes stared back at me.\n")
    assert found(canon, "---\npov: Ines\nchapter: 2\n---\nI knew that the letter was forged.\n")
    assert not found(canon, "My green eyes stared back at me.\n")


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Ines knew that the letter was forged.", True),
        ("Ines did not know that the letter was forged.", False),
        ("Ines wondered whether the letter was forged.", False),
        ("Tom knew that the letter was forged.", False),
        ('"The letter was forged," said Ines.', True),
        ('"The letter was forged," said Tom.', False),
        ('"Was the letter forged?" asked Ines.', False),
        ("In her dream Ines knew that the letter was forged.", False),
        ("The letter was forged. Ines slept.", False),
    ],
)
def test_nobody_knows_a_thing_before_they_learn_it(found, text: str, is_wrong: bool) -> None:
    canon = "entities: [{id: ines, name: Ines, kind: person}]\nknowledge: [{id: k, who: ines, what: that the letter was forged, chapter: 9}, {id: x, who: Nobody Known, what: that it rains, chapter: 9}]"

    assert bool(found(canon, text)) is is_wrong


def test_what_nobody_knows_nobody_says(found) -> None:
    canon = "entities: [{id: b, name: Bolt}]\nknowledge: [{id: k, who: nobody, what: that Bolt recorded the mutiny, chapter: 9}]"

    assert found(canon, "Bolt had recorded the mutiny, they knew.")


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("They left the Quay at noon and reached the Mill by dusk.", True),
        ("They left the Quay at noon and reached the Mill the next morning.", True),
        ("They left the Quay at noon and reached the Mill after two days.", False),
        ("They left the Quay at noon and reached the Mill two weeks later.", False),
        ("They left the Quay. Six hours later they reached the Mill.", True),
        ("They went from the Quay to the Mill.", False),
        ("They flew from the Quay to the Mill in an hour.", False),
        ("They did not get from the Quay to the Mill in an hour.", False),
        ("The Mill lies nine days from the Quay.", True),
        ("The Mill lies twelve miles from the Quay.", False),
        ("The Mill lies forty miles from the Quay.", True),
        ("They rode from the Quay past the Inn to the Mill in a day.", False),
    ],
)
def test_ways_take_as_long_as_the_canon_says(found, text: str, is_wrong: bool) -> None:
    canon = """
places: [{id: quay, name: the Quay}, {id: mill, name: the Mill}, {id: inn, name: the Inn}]
travel_days: [{id: t, from: quay, to: mill, days: 2}, {id: u, from: mill, to: inn, days: 1}, {id: v, from: quay, to: mill, distance: 12 miles}]
"""
    assert bool(found(canon, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Three miles.", True),
        ("A mile off, a dog barked.", True),
        ("He missed by a mile.", False),
        ("Miles was late.", False),
        ("The wall was ten feet high.", True),
        ("His feet were cold.", False),
        ("It was feet away.", False),
        ("Half a mile.", True),
        ("Both feet hurt.", False),
    ],
)
def test_units_are_the_worlds(found, text: str, is_wrong: bool) -> None:
    assert bool(found("units: {id: u, use: [league], never: [mile, foot]}", text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Adella sat down.", True),
        ("Adela sat down.", False),
        ("Adelas sat down.", False),
        ("Arlette sat down.", False),
        ("A girl called Adella sat down.", False),
        ("Adela met Adella.", False),
        ("Adella Smith sat down.", False),
        ("Mary Adella sat down.", False),
        ("Pell sat beside Adella Corvo.", True),
        ("Thomas sat down.", True),
        ("Tobias sat down.", False),
        ("TOMASS sat down.", False),
        ("Bill Tranter sat down.", False),
        ("Bill Trantor sat down.", True),
        ("Jack Trantor sat down.", False),
        ("He saw Pellworth.", False),
        ("The Adelle of it. We adelle.", False),
    ],
)
def test_names_are_spelt_as_the_canon_spells_them(found, text: str, is_wrong: bool) -> None:
    canon = """
entities:
  - {id: adela, name: Adela Corvo, kind: person}
  - {id: tomas, name: Tomas Reed, kind: person}
places: [{id: inn, name: the Anchor, attributes: {landlord: Bill Tranter}}]
"""
    assert ("name" in {one[0] for one in found(canon, text)}) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ('"Nessa!" cried Pell.', True),
        ('"Nessa!" cried the boy.', True),
        ('"Nessa!" cried Tomas.', False),
        ('"Nessa!"', False),
        ('"He calls me Nessa," said Pell.', False),
        ('"Nessa!" cried Tomas.\n\n"Nessa?" said Pell.', False),
        ("Nessa sat down.", True),
        ("Tomas liked Nessa.", False),
        ("They called her Nessa.", False),
        ("---\npov: Tomas\n---\nNessa sat down.", False),
    ],
)
def test_a_name_of_one_speaker_is_theirs_alone(found, text: str, is_wrong: bool) -> None:
    canon = """
entities:
  - {id: ines, name: Ines, kind: person, aliases: [Nessa (used by Tomas only)]}
  - {id: tomas, name: Tomas, kind: person}
  - {id: pell, name: Pell, kind: person}
"""
    assert ("alias" in {one[0] for one in found(canon, text)}) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Hugh laughed.", True),
        ("Hugh, still muddy, laughed.", True),
        ("Hugh quietly laughed.", True),
        ("Then Hugh laughed.", True),
        ('"Yes," said Hugh.', True),
        ('Hugh sat up. "Yes," he said.', True),
        ("Hugh had laughed.", False),
        ("Hugh lay in his coffin.", False),
        ("Hugh was dead.", False),
        ("Hugh would laugh.", False),
        ("She heard how Hugh laughed.", False),
        ("The boat Hugh built lay there.", False),
        ("Hugh's coat hung there.", False),
        ("Hugh laughed in the photograph.", False),
        ("She dreamed. Hugh laughed.", False),
        ("She dreamed.\n\nHugh laughed.\n\nShe woke.\n\nNobody laughed.", False),
        ('"Hugh laughed," said Mary.', False),
        ("Dear Mary,\n\nHugh laughed today.\n\nYours, Ann", False),
        ("Hugh, Mary and the dog, laughed.", False),
        ("Years ago Hugh laughed.", False),
        ('Mary told Hugh. "Yes," she said.', False),
    ],
)
def test_the_dead_neither_speak_nor_act(found, text: str, is_wrong: bool) -> None:
    canon = "entities: [{id: hugh, name: Hugh, kind: person}]\ndeaths: [{id: d, who: hugh, chapter: 3}]"

    assert ("death" in {one[0] for one in found(canon, text)}) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("Mary knew it: Hugh was dead.", True),
        ("Hugh's funeral was on Friday.", True),
        ("Hugh was dead tired.", False),
        ("Hugh sat by the dead dog.", False),
        ("Was Hugh dead?", False),
    ],
)
def test_nobody_is_dead_before_their_death(found, text: str, is_wrong: bool) -> None:
    canon = "entities: [{id: hugh, name: Hugh, kind: person}]\ndeaths: [{id: d, who: hugh, chapter: 9}]"

    assert ("death" in {one[0] for one in found(canon, text)}) is is_wrong


def test_speech_that_the_narration_shows_to_be_false_is_no_contradiction(found) -> None:
    assert not found(PEOPLE, '"I have green eyes," said Ines, and winked.')
    assert not found(PEOPLE, '"I have green eyes," said Ines.\n\nIt was a lie.')


def test_markup_hides_nothing_and_counts_for_nothing(found) -> None:
    assert found(PEOPLE, "Ines had **green** eyes.")
    assert found(PEOPLE, "> Ines had green eyes.")
    assert found(PEOPLE, "Mr. Pell came. Ines had green eyes.")
    assert not found(PEOPLE, "<!-- Ines had green eyes. -->")
    assert not found(PEOPLE, "```\nInes had green eyes.\n```")
    assert not found(PEOPLE, "# Ines had green eyes")
    assert not found(PEOPLE, "| Ines had green eyes |")
    assert not found(PEOPLE, "*label a\n#Ines had green eyes.\n*comment Ines had green eyes.", "a.txt")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Maren took the pen in her left hand, as ever.", "ability"),
        ("Maren took the cup in her left hand.", ""),
        ("Maren lit her pipe.", "ability"),
        ("Maren bent over the chart. She knew now that it had been altered.", "knowledge"),
        ("Maren bent over the stove. She knew now that it had been altered.", ""),
        ("Wren crossed the footbridge at a run.", "fact"),
        ("It was a Tuesday, and the storm came in.", "date"),
        ("It was a Sunday, and the storm came in.", ""),
    ],
)
def test_things_are_told_without_their_own_words(found, text: str, rule: str) -> None:
    canon = """
entities: [{id: m, name: Maren, kind: person, pronouns: she, attributes: {handedness: right, smokes: never}}]
knowledge: [{id: k, who: m, what: that the chart was altered, chapter: 8}]
facts: [{id: f, about: footbridge, text: The footbridge is washed away.}]
timeline: [{id: t, chapter: 5, date: '2021-03-07', weekday: Sunday, event: storm}]
"""
    front = "---\nchapter: 5\ndate: 2021-03-07\n---\n"

    assert "".join(one[0] for one in found(canon, front + text)) == rule
