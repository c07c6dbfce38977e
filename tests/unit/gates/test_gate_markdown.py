"""Markdown: links, and structure."""

import pytest

from watchbill.domain.findings import Severity
from watchbill.gates import markdown
from watchbill.gates.source import Source

OTHER = "# One thing\n\n## `code` & more\n\n## One thing\n\n<a id='Own'></a>\n\nText <span id=inline>x</span>\n\n## Café {#given}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](gone.md)", [("missing-file", 1)]),
        ("text\n\n* x\n* ![b](img/gone.png)\n", [("missing-file", 4)]),
        ("[a][ref]\n\n[ref]: gone.md\n", [("missing-file", 3)]),
        ("| a |\n|---|\n| [x](gone.md) |\n", [("missing-file", 3)]),
        ("[a](other.md#two-things)", [("missing-anchor", 1)]),
        ("# Here\n[a](#there)", [("missing-anchor", 2)]),
        ("[a](docs/a%20b.md?x=1#nothing)", [("missing-anchor", 1)]),
    ],
)
def test_broken_link_is_found(found, text, expected) -> None:
    files = {"README.md": text, "other.md": OTHER, "docs/a b.md": "", "img/a.png": b""}

    assert found(markdown.GATE, files, "README.md") == expected


@pytest.mark.parametrize(
    "target",
    [
        *("other.md", "other.md#one-thing", "other.md#code--more", "other.md#one-thing-1", "other.md#Own", "#top", "#"),
        *("docs", "docs/", "./docs/../other.md", "other", "other.html", "docs/a%20b.md", "docs/a%20b.md?plain=1"),
        *("https://example.org/x", "//example.org", "mailto:a@b.c", "/site/root", "../../issues", "{{ url }}/x"),
        *("img/a.png#L10", "other.md#inline", "other.md#code-more", "other.md#one-thing_1", "other.md#given"),
        *("other.md#L3-L9", "other.md#:~:text=x", "other.md#fn:1", "other.md?plain=1#L3"),
    ],
)
def test_link_that_leads_somewhere_or_elsewhere_passes(found, target) -> None:
    files = {"README.md": f"[a](<{target}>)", "other.md": OTHER, "docs/a b.md": "", "img/a.png": b""}

    assert found(markdown.GATE, files, "README.md") == []


@pytest.mark.parametrize("text", ["```\n[a](gone.md)\n```\n", "    [a](gone.md)\n", "`[a](gone.md)`", "\\[a](gone.md)"])
def test_code_is_not_looked_at(found, text) -> None:
    assert found(markdown.GATE, {"a.md": text}) == []


def test_an_anchor_without_a_file_is_looked_for_in_the_page_itself(found) -> None:
    assert found(markdown.GATE, {"a.md": "# It's here: *now*\n[x](#its-here-now)\n"}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n```py\nb\n", [("unclosed", 3)]),
        ("- a\n\n  ~~~\n  b\n\n- c\n", [("unclosed", 3)]),
        ("```", [("unclosed", 1)]),
        ("a\n\n<!-- b\n\nc\n", [("unclosed", 3)]),
        ("| a | b |\n|---|\n| 1 | 2 |\n", [("table", 1)]),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 | 3 |\n", [("table", 3)]),
        ("a\n\n##b\n", [("heading", 3)]),
        ("---\na: [1\n---\n# b\n", [("front-matter", 2)]),
        ("---\na: 1\na: 2\n---\n", [("front-matter", 3)]),
        ("+++\na = 1\nb\n+++\n", [("front-matter", 3)]),
        ("---\na: 1\n\n# b\n", [("front-matter", 1)]),
        ("see [this page][nowhere]\n", [("undefined-reference", 1)]),
        ("a\n\n<a href='gone.md'>b</a> <img src='gone.png'>\n", [("missing-file", 3), ("missing-file", 3)]),
    ],
)
def test_broken_structure_is_found(found, text, expected) -> None:
    assert found(markdown.GATE, {"a.md": text}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "````\n```\n````\n",
        "> ```\n> a\n> ```\n",
        "1. ~~~\n   a\n   ~~~~\n",
        "<!-- a\n\nb -->\n\n<!-- c -->",
        "| a | ``b | `c`` |\n|---|---|\n| `| | 2 |\n| ``x | y`` | `` |\n",
        "| a | `b | c` |\n|---|:-:|\n| 1 \\| 2 | `x || y` |\n| 1 |\n",
        "a | b\n--|--\n1 | 2\n",
        "---\na: 1\n---\n# b\n[c](#b)\n",
        "---\na\n---\nb: [\n",
        "Word\n---\n\n---\n",
        "#tag and a[0][1] and f(x)[name][key]\n",
        "[one][two] `[this page][nowhere]`\n\n[two]: https://example.org\n",
        "A note.[^1]\n\n[^1]: gone.md\n",
    ],
)
def test_whole_structure_passes(found, text) -> None:
    assert found(markdown.GATE, {"a.md": text}) == []


def test_a_link_in_html_is_told_only(tree) -> None:
    (finding,) = markdown.GATE.check(tree({"a.md": "<img src='gone.png'>"}), ["a.md"])

    assert finding.severity is Severity.WARNING


def test_marks_of_every_length_take_no_longer(found) -> None:
    line = "".join(f"{'`' * length}x|" for length in range(1, 400))

    assert found(markdown.GATE, {"a.md": f"|a|b|\n|-|-|\n{line}\n"}) == [("table", 3)]


def test_a_page_that_was_read_before_is_judged_by_what_it_and_the_tree_say_now(found) -> None:
    gate = markdown.MarkdownGate()
    pages = {"a.md": "[x](b.md#one)\n", "b.md": "# One\n", "docs/a.md": "[x](b.md#one)\n"}

    assert found(gate, pages) == [("missing-file", 1)]
    assert found(gate, {**pages, "docs/b.md": "# One\n"}) == []
    assert found(gate, {**pages, "b.md": "# Two\n"}) == [("missing-anchor", 1), ("missing-file", 1)]
    assert found(gate, {**pages, "a.md": "\n[x](c.md)\n"}) == [("missing-file", 2), ("missing-file", 1)]
    assert found(gate, pages) == [("missing-file", 1)]


def test_of_more_pages_than_are_remembered_those_asked_for_last_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {path: Source(gate="markdown", path=path, data=b"# One\n") for path in ("a.md", "b.md", "c.md")}
    pages, read, read_page = markdown.Pages(most=2), [], markdown.read_page
    monkeypatch.setattr(markdown, "read_page", lambda source: read.append(source.path) or read_page(source))

    for path in ("a.md", "b.md", "a.md", "c.md", "a.md", "b.md"):
        pages.read(sources[path])

    assert read == ["a.md", "b.md", "c.md", "b.md"]
