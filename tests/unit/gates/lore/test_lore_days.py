"""Days, weekdays and ages: what a text may say of them, and what not."""

import pytest

REGATTA = """
entities: [{id: ada, name: Ada Quill, kind: person}]
timeline:
  - {id: c5, chapter: 5, date: '1921-06-14', event: the regatta}
  - {id: c6, chapter: 6, date: '1921-08-01', weekday: Monday, event: the fair}
"""

OWN_CALENDAR = """# Saltworld
## Calendar
- Eight months of twenty-eight days each, namely: Ember, Sleet, Bud, Flax, Sun, Sheaf, Wine, Dark.
- A week has seven days: Oneday, Twoday, Threeday, Fourday, Fiveday, Sixday, Rest.
- Each month begins on Oneday.
## Timeline
- Chapter 5: 9 Bud, the fair
"""

PEOPLE = """
entities:
 - {id: ada, name: Ada Quill, kind: person, pronouns: she, attributes: {born: '1880-06-20'}}
 - {id: ben, name: Ben Quill, kind: person, pronouns: he, attributes: {age: 12}}
timeline:
  - {id: c5, chapter: 5, date: '1921-06-14', event: the regatta}
  - {id: c6, chapter: 6, date: '1921-08-01', weekday: Monday, event: the fair}
"""


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("It was the fourteenth of June, and it was a Friday.", True),
        ("It was the fourteenth of June, and it was a Tuesday.", False),
        ("The regatta fell on a Saturday that year.", True),
        ("The regatta falls on a Tuesday this year.", False),
        ("The regatta was put off until a Saturday.", False),
        ("She had been working for the regatta since Saturday.", False),
        ("The day before the regatta was a Saturday.", False),
        ("On the fourteenth of June, which was a Sunday, nobody worked.", True),
        ("14 June, says the calendar. It is Sunday, and quiet.", True),
        ("She was born on the fourteenth of June. It was a Sunday.", False),
        ("---\ndate: 1921-06-14\n---\nIt was Sunday, and quiet.", True),
        ("---\ndate: 1921-06-14\n---\nIt was Tuesday, and quiet.", False),
        ("---\ndate: 1921-06-14\n---\nThey slept. The next day it was Wednesday, and quiet.", False),
        ('---\ndate: 1921-06-14\n---\n"It is Sunday," said the clock-winder, who was never right.', False),
        ("---\ndate: 1921-06-14\n---\nThe fourteenth was a Sunday.", True),
        ("---\ndate: 1921-06-14\n---\nFriday. Ada slept.", True),
        ("---\ndate: 1921-06-14\n---\nTuesday. Ada slept.", False),
        ('---\ndate: 1921-06-14\n---\n"Today\'s Friday," said Ada.', True),
        ('---\ndate: 1921-06-14\n---\n"Tomorrow is Friday," said Ada.', True),
        ('---\ndate: 1921-06-14\n---\n"Tomorrow is Wednesday," said Ada.', False),
        ("---\ndate: 1921-06-14\n---\nYesterday had been a Monday.", False),
        ('---\ndate: 1921-06-14\n---\nThey slept. The next day they rose. "Tomorrow is Friday," said Ada.', False),
        ('---\ndate: 1921-06-14\n---\n"If tomorrow is Friday, I sleep," said Ada.', False),
        ("---\nchapter: 5\n---\nOn the evening of the 14th they met. It was Sunday, and raining.", True),
        ("---\nchapter: 5\n---\nOn the evening of the 14th they met. It was Tuesday, and raining.", False),
        ("---\ndate: 1921-06-14\n---\nOn the fourteenth, a Tuesday, it rained.", False),
        ("If the regatta were on a Sunday, she would come.", False),
        ("Was the regatta on a Sunday?", False),
        ("She dreamed that the regatta was on a Sunday.", False),
        ('"The regatta is on a Sunday," she lied.', False),
        ("That year Christmas Eve was a Saturday.", False),
        ("That year Christmas Eve was a Sunday.", True),
        ("Midsummer Day came on a Friday.", False),
        ("He remembered that the first of May had been a Sunday.", False),
        ("Last year the regatta was on a Sunday.", False),
        ("The regatta was not on a Sunday.", False),
        ("Every Sunday after the regatta she slept.", False),
        ("In 1920 the regatta had been on a Sunday.", False),
        ("The fourteenth of June 1920 was a Monday.", False),
        ("The fourteenth of June 1920 was a Friday.", True),
    ],
)
def test_a_weekday_is_held_against_the_day_that_the_text_gives_it_to(found, text: str, is_wrong: bool) -> None:
    assert bool(found(REGATTA, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("It was the ninth of Bud, a Twoday.", False),
        ("It was the ninth of Bud, a Fiveday.", True),
        ("The fair was held on a Rest that year.", True),
        ("Rest, rest, said the nurse. The fair was over.", False),
        ("On the thirtieth of Bud they slept.", True),
        ("The ninth fell that year upon a Sixday.", True),
    ],
)
def test_a_calendar_of_its_own_tells_its_weekdays(found, text: str, is_wrong: bool) -> None:
    assert bool(found(OWN_CALENDAR, text)) is is_wrong


@pytest.mark.parametrize(
    ("text", "is_wrong"),
    [
        ("---\ndate: 1921-06-14\n---\nAda was forty.", False),
        ("---\ndate: 1921-06-14\n---\nAda was forty-one.", True),
        ("---\ndate: 1921-06-14\n---\nAda was not yet forty.", True),
        ("---\ndate: 1921-06-14\n---\nAda was not yet fifty, and looked it.", False),
        ("---\ndate: 1921-06-14\n---\nAda, past fifty, still rowed.", True),
        ("---\ndate: 1921-06-14\n---\nAda was nearly forty.", True),
        ("---\ndate: 1921-06-14\n---\nAda was nearly forty-one.", False),
        ("---\ndate: 1921-06-14\n---\nAda was in her thirties.", True),
        ("---\ndate: 1921-06-14\n---\nAda was in her early forties.", False),
        ("---\ndate: 1921-06-14\n---\nAda was in her forty-first year.", False),
        ("---\ndate: 1921-06-14\n---\nAda was in her fiftieth year.", True),
        ('---\ndate: 1921-06-14\n---\n"She\'ll be forty-one next week," said Ben. "Ada! Come in."', False),
        ('---\ndate: 1921-06-14\n---\n"She\'ll be fifty next week," said Ben. "Ada! Come in."', True),
        ("---\ndate: 1921-06-14\n---\nWhen Ada was twenty she rowed.", False),
        ("---\ndate: 1921-06-14\n---\nAda was twenty when the war came.", False),
        ("---\ndate: 1921-06-14\n---\nAda had been twenty then.", False),
        ("---\ndate: 1921-06-14\n---\nAda felt like a girl of ten.", False),
        ("---\ndate: 1921-06-14\n---\nAda was a woman of thirty.", True),
        ("---\ndate: 1921-06-14\n---\nAda was a woman of forty.", False),
        ("---\ndate: 1921-06-14\n---\nAda had a daughter of twelve.", False),
        ("---\ndate: 1921-06-14\n---\nAda married a man of sixty.", False),
        ("---\ndate: 1921-06-14\n---\nAda had been forty for almost a year.", False),
        ("---\ndate: 1921-06-14\n---\nAda was over forty miles from home.", False),
        ("---\ndate: 1921-06-14\n---\nAda was past forty doors when she stopped.", False),
        ("---\ndate: 1921-06-14\n---\nAda counted: she was at thirty, and then forty.", False),
        ("---\ndate: 1921-06-14\n---\nAda was born on the twentieth of May.", True),
        ("---\ndate: 1921-06-14\n---\nAda was born on the twentieth of June.", False),
        ("---\ndate: 1921-06-14\n---\nIt was not Ada's birthday.", False),
        ("---\ndate: 1921-06-14\n---\nAda would be fifty before she was rich.", False),
        ("---\ndate: 1921-06-14\n---\nAda was number forty, and proud.", False),
        ('---\ndate: 1921-06-14\n---\n"I am forty-five," said Ada.', True),
        ('---\ndate: 1921-06-14\n---\n"I am forty," said Ada.', False),
        ('---\ndate: 1921-06-14\n---\n"I am thirty-nine," lied Ada.', False),
        ("---\ndate: 1921-06-14\n---\nAda dreamed that she was nine.", False),
        ("---\ndate: 1921-06-14\n---\nAda had not yet turned forty-one.", False),
        ("---\ndate: 1921-06-14\n---\nBen was almost eleven.", True),
        ("---\ndate: 1921-06-14\n---\nBen was almost thirteen.", False),
        ("---\ndate: 1921-06-14\n---\nBen, twelve years old and wet, sneezed.", False),
        ("---\ndate: 1921-06-14\n---\nBen, fifteen years old and wet, sneezed.", True),
        ("---\ndate: 1921-06-14\n---\nAda would be forty-one on Monday.", False),
        ("---\ndate: 1921-06-14\n---\nAda, who would be fifty in July, slept.", True),
        ("---\ndate: 1921-06-14\n---\nBefore she would be fifty, Ada slept.", False),
        ("---\ndate: 1921-06-14\n---\nAda was one of forty.", False),
    ],
)
def test_an_age_is_held_against_the_birth_and_the_day(found, text: str, is_wrong: bool) -> None:
    assert bool(found(PEOPLE, text)) is is_wrong


YEARLESS = """
timeline:
  - {id: fair, chapter: 5, date: 9 May, weekday: Tuesday, event: the fair}
  - {id: flood, chapter: 7, date: 2 January, weekday: Friday, event: the flood}
"""
COUNTED = """
calendar: {kind: own, months: [Bud, Flax], days_per_month: 30, weekdays: [Oneday, Twoday, Threeday, Rest]}
timeline: [{id: fair, chapter: 5, date: 9 Bud, weekday: Oneday, event: the fair}]
"""
SOUTHERN = """
entities: [{id: ada, name: Ada Quill, kind: person, pronouns: she, attributes: {born: March 412}}, {id: ben, name: Ben Quill, kind: person, pronouns: he, attributes: {age: about forty}}]
calendar: {kind: own, months: [Bud, Flax], days_per_month: 30}
year: 440
timeline: [{id: fair, chapter: 5, date: 9 Bud, event: the fair}, {id: end, chapter: 8, date: 20 Flax, event: the end}]
"""


@pytest.mark.parametrize(
    ("canon", "text", "is_wrong"),
    [
        (YEARLESS, "It was the tenth of May, a Wednesday.", False),
        (YEARLESS, "It was the tenth of May, a Friday.", True),
        (YEARLESS, "It was the first of January, a Friday.", False),  # that hangs on the year
        (YEARLESS, "It was the thirtieth of February, a Friday.", True),
        (COUNTED, "It was the tenth of Bud, a Twoday.", False),
        (COUNTED, "It was the tenth of Bud, a Rest.", True),
        (COUNTED, "It was the first of Flax, a Threeday.", False),
        (SOUTHERN, "It was the first of Flax.", False),
        (SOUTHERN, "Ada was twenty-eight.", False),
        (SOUTHERN, "Ada was sixty.", True),
        (SOUTHERN, "Ben was sixty.", False),
        (SOUTHERN, "It was Ada's birthday.", False),
        (SOUTHERN, "---\ndate: 9 Bud\n---\nAda was sixty.", True),
        (SOUTHERN, "Ada was born in 415.", True),
    ],
)
def test_days_are_counted_without_a_year(found, canon: str, text: str, is_wrong: bool) -> None:
    assert bool(found(canon, text)) is is_wrong
