"""The keys of [[recurring]]: what is wrong with them, and the plain values that they become."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from watchbill.config import bill_values, reference
from watchbill.config.load import parse
from watchbill.config.problems import BadConfig
from watchbill.scheduling.detection import Find, targets
from watchbill.scheduling.recurring import Recurring, Timing

BASE = """
[daemon]
zone = "Europe/Berlin"
[[repo]]
name = "novel"
path = "novel"
[provider.claude]
kind = "openai-chat"
base_url = "http://127.0.0.1:1/v1"
models = [{ id = "m" }]
[provider.local]
kind = "local"
"""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
REAL = Path(__file__).parents[4] / "shared" / "data" / "aethromoor"


def entries(*texts: str, base: str = BASE) -> tuple[Recurring, ...]:
    return bill_values.recurring_of(parse(base + "".join(f"[[recurring]]\n{text}\n" for text in texts)))


def wrong(text: str, base: str = BASE) -> str:
    with pytest.raises(BadConfig) as caught:
        parse(f'{base}[[recurring]]\nname = "me"\n{text}\n')
    return str(caught.value)


def test_an_entry_becomes_a_plain_value():
    (one,) = entries(
        'name = "writer"\nevery = "3h"\ntype = "creative_writing"\ntitle = "Write {target}"\nprompt = "P"\nsuccess = "S"\n'
        'provider = "claude"\nfallback = ["local"]\npriority = 2\nautonomy = "low"\nmax_usd = 0.25\nlimit = 3\n'
        'find = { glob = "scenes/*.txt", exclude = ["scenes/stats.txt"], contains = "TODO", at_least = 2, changed = true }'
    )

    assert one == Recurring(
        name="writer",
        repo="novel",
        timing=Timing(every=3 * HOUR, zone=ZoneInfo("Europe/Berlin")),
        find=Find(globs=("scenes/*.txt",), exclude=("scenes/stats.txt",), pattern="TODO", at_least=2, changed=True),
        type="write",
        title="Write {target}",
        prompt="P",
        success="S",
        files=("{target}",),
        priority=2,
        autonomy="low",
        provider="claude",
        fallback=("local",),
        max_cost=250_000,
        limit=3,
    )


def test_what_is_not_said_has_a_use():
    looking, always = entries(
        'name = "a"\nevery = "1h"\nfind = { missing = "README.md" }', 'name = "b"\ncron = "0 6 * * 1"'
    )

    assert (looking.title, looking.files, looking.type) == ("a: {target}", ("{target}",), "simple")
    assert (always.title, always.files, always.find) == ("b", ("**",), Find())


def test_an_offset_keeps_its_own_pace_or_follows():
    writer, polish, follows, later = entries(
        'name = "writer"\nevery = "3h"\noffset = "5m"',
        'name = "polish"\nevery = "4h"\noffset = "30m after writer"',
        'name = "follows"\noffset = "30m after polish"',
        'name = "later"\ncron = "0 6 * * *"\noffset = "10m"',
    )

    assert writer.timing.offset == 5 * MINUTE
    assert (polish.timing.every, polish.timing.offset) == (4 * HOUR, 35 * MINUTE)
    assert (follows.timing.every, follows.timing.offset) == (4 * HOUR, 65 * MINUTE)
    assert (later.timing.cron, later.timing.offset) == ("0 6 * * *", 10 * MINUTE)


@pytest.mark.parametrize(
    ("size", "words", "size_in_bytes"),
    [
        ("1500 words", 1500, None),
        ("1 word", 1, None),
        ("800 bytes", None, 800),
        ("4kB", None, 4000),
        ("1 MB", None, 10**6),
    ],
)
def test_sizes_are_words_or_bytes(size, words, size_in_bytes):
    (one,) = entries(f'name = "a"\nevery = "1h"\nfind = {{ glob = "a", smaller_than = "{size}" }}')

    assert (one.find.smaller_words, one.find.smaller_bytes) == (words, size_in_bytes)


def test_absence_and_commands():
    absent, asked = entries(
        'name = "a"\nevery = "1h"\nfind = { glob = "a", absent = "x", at_most = 2 }',
        'name = "b"\nevery = "1h"\nfiles = ["docs"]\nfind = { command = ["make", "find"], timeout = "10s" }',
    )

    assert (absent.find.pattern, absent.find.at_least, absent.find.at_most) == ("x", None, 2)
    assert (asked.find.command, asked.find.timeout) == (("make", "find"), timedelta(seconds=10))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('every = "3h"\ncron = "0 0 * * *"', "recurring[1].every: or cron or an offset after another entry is needed"),
        ("type = 'write'", "one of them"),
        ('every = "30s"', "must be a minute or more"),
        ('cron = "0 0 * *"', "must have five fields"),
        ('cron = "61 0 * * *"', "is no cron line that ever comes"),
        ('cron = "0 0 31 2 *"', "is no cron line that ever comes"),
        ('offset = "30m after you"', "names 'you', which is no entry"),
        ('offset = "30m after me"', "comes after itself in a circle"),
        ('offset = "soon"\nevery = "1h"', "must be a span"),
        ('offset = "a b c"\nevery = "1h"', 'or a span after an entry: "30m" or "30m after scene-writer"'),
        ('every = "1h"\nrepo = "noval"', "Did you mean novel?"),
        ('every = "1h"\ntype = "wriet"', "is no task type"),
        ('every = "1h"\nprovider = "clod"', "names 'clod', which is not configured here"),
        ('every = "1h"\nfallback = ["local"]', "is for when provider cannot, and none is named"),
        ('every = "1h"\nprovider = "claude"\nfallback = ["gtp"]', "names 'gtp'"),
        ('every = "1h"\nprompt = "Do {target}"', "nothing could stand for {target}"),
        ('every = "1h"\nfind = {}', "needs one of glob, missing and command"),
        ('every = "1h"\nfind = { glob = "a", missing = "b" }', "needs one of glob, missing and command"),
        ('every = "1h"\nfind = { glob = "a", contains = "(" }', "is no regular expression"),
        ('every = "1h"\nfind = { glob = "a", contains = "b", absent = "c" }', "has contains and absent"),
        ('every = "1h"\nfind = { missing = "a", changed = true }', "has no glob"),
        ('every = "1h"\nfind = { glob = "a", at_most = 1 }', "counts matches of absent, which is not there"),
        ('every = "1h"\nfind = { glob = "a", smaller_than = "big" }', "must be a size such as"),
        ('every = "1h"\nfind = { command = ["a"] }', "is required where a command names the targets"),
        ('every = "1h"\nwhen = "now"', "is no key here"),
        (f'every = "1h"\n[[recurring]]\nevery = "1h"\nname = "{"n" * 33}"', "at most 32"),
        ('every = "1h"\n[[recurring]]\nevery = "1h"\nname = "me"', "is there twice"),
        (
            'every = "1h"\noffset = "1m after other"\n[[recurring]]\nname = "other"\ncron = "0 0 * * *"',
            "has no every to count from",
        ),
        ('offset = "1m after b"\n[[recurring]]\nname = "b"\noffset = "1m after me"', "in a circle"),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(text, said):
    assert said in wrong(text)


def test_a_circle_further_up_is_not_ones_own():
    with pytest.raises(BadConfig) as caught:
        entries(
            'name = "a"\noffset = "1m after b"',
            'name = "b"\noffset = "1m after c"',
            'name = "c"\noffset = "1m after b"',
        )

    assert "in a circle" in str(caught.value)


def test_of_several_repositories_one_has_to_be_named():
    two = BASE.replace("[provider.claude]", '[[repo]]\nname = "tool"\npath = "tool"\n[provider.claude]')

    assert "is required where there are several repositories" in wrong('every = "1h"', two)
    assert entries('name = "a"\nevery = "1h"\nrepo = "tool"', base=two)[0].repo == "tool"


def test_the_shipped_example_has_the_old_configurations_four_workflows():
    writer, polish, balancer, tester = bill_values.recurring_of(parse(reference.example()))

    assert [(one.name, one.timing.every, one.provider) for one in (writer, polish, balancer, tester)] == [
        ("scene-writer", 3 * HOUR, "claude"),
        ("content-polish", 4 * HOUR, "claude"),
        ("stat-balancer", 12 * HOUR, "gpt"),
        ("game-tester", 6 * HOUR, "local"),
    ]
    assert polish.timing.offset == 30 * MINUTE
    assert (writer.fallback, balancer.fallback) == (("gpt",), ("local",))


class Folder:
    """The real repository's files."""

    def paths(self):
        return sorted(place.relative_to(REAL).as_posix() for place in REAL.rglob("*") if place.is_file())

    def read(self, path: str) -> bytes:
        return (REAL / path).read_bytes()


@pytest.mark.skipif(not REAL.exists(), reason="the first user's scenes are not beside this repository")
def test_the_four_workflows_find_what_there_is_to_do_in_the_real_scenes():
    found = {one.name: targets(one.find, Folder()) for one in bill_values.recurring_of(parse(reference.example()))}
    short = {name: [path.rpartition("/")[2] for path in paths] for name, paths in found.items()}

    assert short["scene-writer"] == ["arrival.txt", "first_lesson.txt", "romance_scenes.txt", "verdant_tithe.txt"]
    assert short["content-polish"] == ["arrival.txt", "first_lesson.txt", "romance_scenes.txt"]
    assert short["stat-balancer"] == [
        "first_lesson.txt",
        "romance_scenes.txt",
        "singing_dunes.txt",
        "verdant_tithe.txt",
    ]
    assert len(short["game-tester"]) == 7
