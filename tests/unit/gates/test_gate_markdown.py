"""Markdown links."""

import pytest

from watchbill.gates import markdown

OTHER = "# One thing\n\n## `code` & more\n\n## One thing\n\n<a id='Own'></a>\n\nText <span id=inline>x</span>\n"


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
        *("img/a.png#L10", "other.md#inline"),
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
