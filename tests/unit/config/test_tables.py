"""Tables: a repository comes into and leaves the text of watchbill.toml, and nobody else's line changes."""

import tomllib

import pytest

from watchbill.config.tables import NoTable, with_owner, with_repo, without_repo

TABLE = '[[repo]]\nname = "b"\npath = "b"'
TEXT = """\
# Whose file this is.
[daemon]
zone = "UTC"  # of the hours

# The novel.
[[repo]]
name = "a"
path = "."
[[repo.commands]]
argv = [
  ["[x]"],
]

# Paid by the letter.
[provider.claude]
kind = "anthropic"
"""


def test_a_repository_stands_behind_the_others_and_nothing_else_changes() -> None:
    made = with_repo(TEXT, TABLE)

    assert made == TEXT.replace("\n# Paid", f"\n{TABLE}\n\n# Paid")
    assert [each["name"] for each in tomllib.loads(made)["repo"]] == ["a", "b"]


@pytest.mark.parametrize("text", [TEXT, TEXT.replace("\n", "\r\n"), TEXT[:-1], TEXT.replace("\n", "\r\n", 1)])
def test_what_came_goes_again_without_a_trace(text: str) -> None:
    table = TABLE.replace("\n", "\r\n") if "\r\n" in text[-4:] else TABLE

    assert without_repo(with_repo(text, TABLE), 1) == text
    assert table.split("\n", maxsplit=1)[0] in with_repo(text, TABLE)


@pytest.mark.parametrize("text", ["", "[web]\n", "a = 1"])
def test_where_there_was_none_it_stands_at_the_end(text: str) -> None:
    assert with_repo(text, TABLE).endswith(f"{TABLE}\n")
    assert tomllib.loads(with_repo(text, TABLE))["repo"][0]["name"] == "b"


def test_a_repository_leaves_with_its_comment_and_its_own_tables() -> None:
    left = without_repo(with_repo(TEXT, TABLE), 0)

    assert left == TEXT[: TEXT.index("# The novel")] + f"{TABLE}\n\n" + TEXT[TEXT.index("# Paid") :]


def test_the_last_table_leaves_no_empty_lines_behind() -> None:
    assert without_repo('[web]\n\n[[repo]]\nname = "a"\n\n', 0) == "[web]\n"


def test_repositories_in_one_array_are_not_guessed_at() -> None:
    with pytest.raises(NoTable):
        without_repo('repo = [{ name = "a" }]\n', 0)


def test_recurring_work_without_an_owner_gets_one_and_other_keeps_its_own() -> None:
    text = '[[recurring]]\nname = "a"\n\n[[recurring]]\nname = "b"\nrepo = "x"\n[recurring.find]\nglob = "*"\n'

    assert with_owner(text, 'repo = "n"') == text.replace(
        '[[recurring]]\nname = "a"', '[[recurring]]\nrepo = "n"\nname = "a"'
    )
