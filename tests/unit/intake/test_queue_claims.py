"""Claims from what people write behind "Files:"."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.domain.claims import EVERYTHING
from watchbill.intake.claims import MAX_PATTERNS, claims_of, names

SCENES = names(
    {
        "All scene files": ["game/scenes/*.txt"],
        "scene files": ["game/scenes/*.txt"],
        "Files with Polly": ["game/p.txt"],
    },
    ["game/startup.txt", "game/scenes/endings.txt", "a/twice.md", "b/twice.md"],
)


@pytest.mark.parametrize(
    ("text", "patterns"),
    [
        ("`a/b.txt`", ("a/b.txt",)),
        ("a/b.txt", ("a/b.txt",)),
        ("./a/b.txt", ("a/b.txt",)),
        ("docs/", ("docs",)),
        ("`a b/c d.md`", ("a b/c d.md",)),
        ("a.txt, `b.txt`; c.txt", ("b.txt", "a.txt", "c.txt")),
        ("a.txt and b.txt", ("a.txt", "b.txt")),
        ("- `a.txt`\n- b.txt", ("a.txt", "b.txt")),
        ("`a.txt` (new), and update `b.txt`", ("a.txt", "b.txt")),
        ("[the guide](docs/guide.md)", ("docs/guide.md",)),
        ("src/**/*.py, a/**", ("src/**/*.py", "a/**")),
        ("*.txt", ("*.txt",)),
        (".gitignore", (".gitignore",)),
        ("Makefile", ("Makefile",)),
        ("a.txt + a.txt", ("a.txt",)),
        ("README.md.", ("README.md",)),
    ],
)
def test_paths_are_claimed_as_written(text: str, patterns: tuple[str, ...]) -> None:
    assert claims_of(text, names({})).patterns == patterns


@pytest.mark.parametrize(
    "text", ["All scene files", "all  SCENE files", "All scene files with the keeper", "Scene files (every one)"]
)
def test_an_alias_stands_for_its_paths(text: str) -> None:
    assert claims_of(text, SCENES).patterns == ("game/scenes/*.txt",)


def test_the_longest_alias_wins() -> None:
    assert claims_of("Scene files with Polly", names({"files": ["x"], "files with polly": ["y"]})).patterns == ("y",)


def test_an_alias_matches_whole_words_only() -> None:
    assert claims_of("rescene files", SCENES).patterns == (EVERYTHING,)


def test_paths_and_aliases_are_joined() -> None:
    assert claims_of("Scene files + startup.txt", SCENES).patterns == ("game/scenes/*.txt", "game/startup.txt")


def test_a_bare_name_is_where_the_only_file_of_that_name_is() -> None:
    assert claims_of("endings.txt, twice.md, new.md", SCENES).patterns == (
        "game/scenes/endings.txt",
        "twice.md",
        "new.md",
    )


@pytest.mark.parametrize("text", ["whatever it takes", "endings.txt + related scenes", "`foo()`", "All the things"])
def test_a_part_that_is_no_path_and_no_alias_claims_everything_and_is_named(text: str) -> None:
    reading = claims_of(text, SCENES)

    assert reading.patterns == (EVERYTHING,)
    assert reading.unknown


@pytest.mark.parametrize(
    "text",
    [
        "a\\b.txt",
        "C:/x.txt",
        "/etc/passwd",
        "~/x",
        "../x.txt",
        "a/../../x",
        ".git/config",
        "http://x.y/z",
        "`a\x07b.txt`",
    ],
)
def test_what_leaves_the_repository_is_refused_and_claims_everything(text: str) -> None:
    reading = claims_of(f"a.txt, {text}", SCENES)

    assert (reading.patterns, len(reading.refused)) == ((EVERYTHING,), 1)


@pytest.mark.parametrize("text", ["", "none", "n/a", "TBD", "-", "All files", "and"])
def test_saying_nothing_claims_everything_without_a_word(text: str) -> None:
    reading = claims_of(text, SCENES)

    assert (reading.patterns, reading.refused, reading.unknown) == ((EVERYTHING,), (), ())


def test_too_many_paths_claim_everything() -> None:
    assert claims_of(", ".join(f"{n}.txt" for n in range(MAX_PATTERNS + 1)), SCENES).patterns == (EVERYTHING,)


@example(".//:")
@example("./~?")
@example("././/a")
@examples(300, part=80)
@given(st.text(alphabet=st.sampled_from(list("ab./\\*?`[]()~+&,; \n-:")), max_size=60))
def test_no_claim_ever_leaves_the_repository(text: str) -> None:
    for pattern in claims_of(text, SCENES).patterns:
        assert not pattern.startswith(("/", "~"))
        assert "\\" not in pattern
        assert ".." not in pattern.split("/")
        assert pattern.strip()
