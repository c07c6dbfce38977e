"""Notes: one file, one task."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from watchbill.intake import notes
from watchbill.intake.notes import Unfit, compose, decode, read_note, with_reason


def fields(text: str) -> dict[str, str]:
    return {item.key: item.value for item in read_note(text, "x.md").entry.fields}


def test_front_matter_are_the_fields_the_heading_the_title_the_rest_the_body():
    note = read_note("---\npriority: 1\nfiles: [a.md, b.md]\n---\n\n# Write it\n\nAs long\n\n- [ ] as needed\n", "x.md")

    assert note.entry.title == "Write it"
    assert [(item.key, item.value, item.line) for item in note.entry.fields] == [
        ("priority", "1", 2),
        ("files", "a.md\nb.md", 3),
    ]
    assert note.entry.body == ("As long", "", "- [ ] as needed")


def test_a_title_key_goes_before_the_heading_which_stays_in_the_body():
    note = read_note("---\ntitle: Say it\n---\n# Background\nwords\n", "x.md")

    assert (note.entry.title, note.entry.body) == ("Say it", ("# Background", "words"))


def test_front_matter_is_not_needed():
    note = read_note("# Polish it #polish [after:: a]\r\nplease\r\n", "x.md")

    assert (note.entry.title, note.entry.tags, note.entry.body) == ("Polish it", ("polish",), ("please",))
    assert fields("# Polish it [after:: a]\n") == {"after": "a"}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("max_usd: 0.30", "0.30"),
        ("not_before: 2026-12-01", "2026-12-01"),
        ("priority: 01", "01"),
        ("requirements: |\n  one\n  two", "one\ntwo"),
        ("after:", ""),
        ("after: ~", ""),
        ("after: null", ""),
        ("success: yes", "yes"),
    ],
)
def test_a_value_is_what_is_written_there(said: str, value: str):
    assert list(fields(f"---\ntitle: t\n{said}\n---\n").values()) == [value]


def test_tags_and_repository_are_read_and_an_old_reason_is_not():
    note = read_note("---\ntitle: t\nrepo: site\ntags: [Polish, '#x']\nrefused: it was\n---\n", "x.md")

    assert (note.repo, note.entry.tags, note.entry.fields) == ("site", ("polish", "x"), ())


def test_a_heading_in_code_is_no_title():
    note = read_note("```\n# no\n```\n\n## Yes\n", "x.md")

    assert note.entry.title == "Yes"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("just words\n", "it has no title"),
        ("---\npriority: 1\n---\nwords\n", "it has no title"),
        ("---\ntitle: ''\n---\n", "it has no title"),
        ("---\ntitle: t\n", "begins in line 1 and never ends"),
        ("---\ntitle: [t\n---\n", "is no YAML"),
        ("---\n- t\n---\n", "is no mapping"),
        ("---\ntitle: {a: b}\n---\n", "'title' in line 2 is neither a text nor a list"),
        ("---\nfiles: [[a]]\n---\n", "'files' in line 2 is neither"),
        ("---\n[a]: b\n---\n", "a key of its front matter is no word (line 2)"),
        ("---\ntitle: &a [*a]\n---\n", "neither a text nor a list"),
        (f"---\ntitle: {'x' * 9000}\n---\n", "too large"),
        (f"---\ntitle: {'[' * 200}\n---\n", "too large"),
    ],
)
def test_what_cannot_be_a_task_says_why(text: str, why: str):
    with pytest.raises(Unfit) as told:
        read_note(text, "x.md")

    assert why in str(told.value)


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"# \xff", "not UTF-8 in line 1"), (b"a\0", "NUL"), (b"x" * (notes.MAX_SIZE + 1), "longer than")],
)
def test_what_is_no_text_says_why(data: bytes, why: str):
    with pytest.raises(Unfit, match=why):
        decode(data)


def test_a_byte_order_mark_does_not_matter():
    assert read_note(decode(b"\xef\xbb\xbf---\ntitle: t\n---\n"), "x.md").entry.title == "t"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"---\ntitle: t\n---\nbody", b'---\nrefused: "so -- it is"\ntitle: t\n---\nbody'),
        (b"---\nrefused: old\ntitle: t\n---\n", b'---\nrefused: "so -- it is"\ntitle: t\n---\n'),
        (b"words\xff\n", b"<!-- refused: so - - it is -->\nwords\xff\n"),
        (b"---\nnever ends\n", b"<!-- refused: so - - it is -->\n---\nnever ends\n"),
        (b"<!-- refused: old -->\nwords\n", b"<!-- refused: so - - it is -->\nwords\n"),
    ],
)
def test_the_reason_is_written_into_the_file_once(before: bytes, after: bytes):
    assert with_reason(before, "so --\nit is") == after


@pytest.mark.parametrize("text", ["---\ntitle: t\npriority: 2\n---\nb\n", "# t\n\nb\n"])
def test_a_refused_file_reads_as_before_when_it_is_put_back(text: str):
    again = with_reason(text.encode(), "why").decode()

    assert read_note(again, "x.md").entry.title == read_note(text, "x.md").entry.title
    assert read_note(again, "x.md").entry.body == read_note(text, "x.md").entry.body


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


@given(words, words, st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
@examples(300, part=80)
def test_what_is_composed_reads_back(title: str, provider: str, body: str):
    try:
        note = read_note(compose({"title": title, "provider": provider}, body.replace("\r", "")), "x.md")
    except Unfit:
        assert not notes.inline.read_title(" ".join(title.split()), 1).text
        return
    assert [item.value for item in note.entry.values("provider")][:1] == ([provider.strip()] if provider else [])


pieces = st.sampled_from(
    [
        "---\n",
        "...\n",
        "# t\n",
        "title: t\n",
        "a: [b, c]\n",
        "? x\n",
        "- y\n",
        ": z\n",
        "&a",
        "*a",
        "!!map ",
        "\t",
        "|\n",
        "'",
        '"',
        "<!-- refused: x -->\n",
        "\r\n",
        "\ufeff",
        "```\n",
        "{",
        "}",
        "2026-99-99\n",
        "id: ../x\n",
        "\x85",
        "\u2028",
    ]
)


@given(st.lists(pieces | words, max_size=30).map("".join))
@examples(800, part=150)
def test_no_text_breaks_the_reader_and_no_reason_the_text(text: str):
    for said in (text, with_reason(text.encode(), "why").decode()):
        try:
            note = read_note(said, "x.md")
        except Unfit:
            continue
        assert note.entry.title
