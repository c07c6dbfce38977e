"""Diffs on pages: files, lines, places and changed words; text that looks like a head stays text."""

from hypothesis import given
from hypothesis import strategies as st

from watchbill.operator.web import diffs

HEAD = "diff --git a/a.md b/a.md\nindex 1..2 100644\n--- a/a.md\n+++ b/a.md\n"


def lines_of(text: str) -> list[tuple[str, str]]:
    (file,) = diffs.parse(text).files
    return [(line.kind, line.text) for line in file.lines]


def test_lines_are_told_apart_and_counted_where_they_stand() -> None:
    (file,) = diffs.parse(
        HEAD + "@@ -4,3 +4,3 @@ ## Kael\n one\n-two\n+2\n three\n\\ No newline at end of file\n"
    ).files

    assert [(line.kind, line.old, line.new) for line in file.lines] == [
        ("hunk", None, None),
        ("same", 4, 4),
        ("removed", 5, None),
        ("added", None, 5),
        ("same", 6, 6),
        ("note", None, None),
    ]
    assert (file.path, file.added, file.removed) == ("a.md", 1, 1)


def test_text_that_looks_like_a_head_stays_text() -> None:
    told = lines_of(HEAD + "@@ -1,2 +1,2 @@\n--- a/b.md\n+++ b/b.md\n+diff --git a/x b/x\n @@ -1 +1 @@\n")

    assert told == [
        ("removed", "-- a/b.md"),
        ("added", "++ b/b.md"),
        ("added", "diff --git a/x b/x"),
        ("same", "@@ -1 +1 @@"),
    ]


def test_words_that_differ_are_marked_and_the_rest_is_not() -> None:
    (file,) = diffs.parse(HEAD + "@@ -1 +1 @@\n-the eyes are grey today\n+the eyes are green today\n").files

    assert file.lines[0].parts == (("the eyes are ", False), ("grey", True), (" today", False))
    assert file.lines[1].parts == (("the eyes are ", False), ("green", True), (" today", False))


def test_lines_that_have_little_in_common_are_no_version_of_each_other() -> None:
    (file,) = diffs.parse(HEAD + "@@ -1,2 +1 @@\n-alpha beta gamma\n+one two three\n-x\n-y\n+x\n").files

    assert not any(line.parts for line in file.lines)


def test_very_long_line_is_cut_and_its_words_are_not_compared() -> None:
    (file,) = diffs.parse(HEAD + f"@@ -1 +1 @@\n-{'a b ' * 900}\n+{'a c ' * 900}\n").files

    assert file.lines[0].text.endswith("more characters")
    assert not file.lines[0].parts


def test_files_that_are_new_gone_binary_or_oddly_named_are_told_so() -> None:
    text = (
        "diff --git a/n.md b/n.md\nnew file mode 100644\n@@ -0,0 +1 @@\n+x\n"
        "diff --git a/g.md b/g.md\ndeleted file mode 100644\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/m.png b/m.png\nindex 1..2\nBinary files a/m.png and b/m.png differ\n"
        'diff --git "a/\\303\\274 <b>.md" "b/\\303\\274 <b>.md"\n@@ -1 +1 @@\n-x\n+y\n'
        "diff --git a/two words.md b/two words.md\nold mode 100644\nnew mode 100755\n"
    )

    assert [(file.path, file.word) for file in diffs.parse(text).files] == [
        ("n.md", "created"),
        ("g.md", "deleted"),
        ("m.png", "binary"),
        ("\\303\\274 <b>.md", ""),
        ("two words.md", ""),
    ]


def test_what_is_too_long_for_a_page_is_left_out_and_counted() -> None:
    found = diffs.parse(HEAD + "@@ -1 +1,9000 @@\n" + "+x\n" * 9000)

    assert found.left_out == 9000 + 5 - diffs.MOST_LINES
    assert diffs.parse("").files == []
    assert diffs.parse("no diff at all\n").files == []


@given(st.text(alphabet="+-@ \\adifg/b\n1,", max_size=200))
def test_whatever_stands_there_is_told(text: str) -> None:
    diffs.parse(HEAD + "@@ -1 +1 @@\n" + text)
