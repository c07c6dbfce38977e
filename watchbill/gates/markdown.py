"""Markdown: its structure is whole, relative links lead to files of the tree, and their #anchors to headings. Nothing is fetched.

Forges and site builders name headings differently, so any of their ways is let pass.
"""

import hashlib
import posixpath
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath
from threading import Lock
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from watchbill.domain.findings import Finding, Severity
from watchbill.domain.ports import Tree
from watchbill.gates import markdown_structure
from watchbill.gates.source import Source, open_source, unchecked

MOST_PAGES = 4_000  # that are remembered, at 4 kB where they are full of links
MOST_BYTES = 256 << 10  # of a page: its parser takes seconds for what was made to be hard
SUFFIXES = frozenset({".md", ".markdown"})
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|/|[^?#]*[{<$*]", re.IGNORECASE)  # a URL, a site's root, a placeholder
OWN_ANCHOR = re.compile(r"""\b(?:id|name)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
OWN_LINK = re.compile(r"""\b(?:href|src)\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
NOT_IN_SLUG = re.compile(r"[^\w\- ]")
GIVEN = re.compile(r"\s*\{:?[^{}]*?#([\w.:-]+)[^{}]*\}\s*$")  # the name that an author gave a heading: ## Title {#name}
NO_HEADING = re.compile(
    r"L\d+(?:-L\d+)?$|:~:|(?:user-content-)?fn(?:ref)?[:-]?\w", re.IGNORECASE
)  # lines, passages, footnotes


@dataclass(frozen=True, slots=True)
class Link:
    target: str  # as it is written
    path: str  # of the tree that it means; "" where it leads out of it, to the forge's own pages for instance (../../issues)
    anchor: str
    line: int
    in_html: bool = False  # site builders do not rewrite those: they may be meant from elsewhere


@dataclass(frozen=True, slots=True)
class Page:
    links: tuple[Link, ...]
    anchors: str  # one a line: a set of them takes ten times the room
    faults: tuple[Finding, ...] = ()

    def has(self, anchor: str) -> bool:
        return anchor.casefold() in self.anchors.split("\n")


class Pages:
    """Pages as they were read, by path and content: of the thousands of a repository a change alters few. From any thread."""

    def __init__(self, most: int = MOST_PAGES) -> None:
        self._most = most
        self._page_by_key: OrderedDict[bytes, Page] = OrderedDict()  # the one asked for last is the last
        self._lock = Lock()

    def read(self, source: Source) -> Page:
        said = source.path.encode("utf-8", "surrogatepass") + b"\0" + source.data
        key = hashlib.blake2b(said, digest_size=16).digest()
        with self._lock:
            if key in self._page_by_key:
                self._page_by_key.move_to_end(key)
                return self._page_by_key[key]
        page = read_page(source)
        with self._lock:
            self._page_by_key[key] = page
            while len(self._page_by_key) > self._most:
                self._page_by_key.popitem(last=False)
        return page


@dataclass(slots=True, kw_only=True)
class MarkdownGate:
    name: str = "markdown"
    cross_file: bool = True  # removing a file or renaming a heading breaks links elsewhere
    _pages: Pages = field(default_factory=Pages)

    def applies(self, path: str) -> bool:
        return PurePosixPath(path).suffix.lower() in SUFFIXES

    def check(self, tree: Tree, paths: Sequence[str]) -> Sequence[Finding]:
        site = _Site(gate=self.name, tree=tree, pages=self._pages)
        sources = [source for path in paths if (source := open_source(self.name, tree, path)) is not None]
        return [finding for source in sources for finding in _look(site, source)]


def _look(site: "_Site", source: Source) -> Iterator[Finding]:
    if len(source.data) > MOST_BYTES:
        yield unchecked(source, f"it has {len(source.data)} bytes, links are followed in pages of {MOST_BYTES} at most")
        return
    yield from site.look(source)


@dataclass(slots=True, kw_only=True)
class _Site:
    """A tree's files and folders, with those of its pages that were asked for."""

    gate: str
    tree: Tree
    pages: Pages
    page_by_path: dict[str, Page] = field(default_factory=dict)
    files: frozenset[str] = field(init=False)
    folders: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.files = frozenset(self.tree.paths())
        self.folders = frozenset(str(folder) for path in self.files for folder in PurePosixPath(path).parents)

    def look(self, source: Source) -> Iterator[Finding]:
        page = self._page(source)
        yield from page.faults
        for link in page.links:
            file, _, anchor = link.target.partition("#")
            path = self._resolve(link.path)
            if path is None:
                severity = Severity.WARNING if link.in_html else Severity.ERROR
                told = f"links to {file}, which is not in the tree"
                yield source.finding("missing-file", link.line, told, severity=severity)
            elif link.anchor and not self._has_anchor(path, link.anchor):
                yield source.finding("missing-anchor", link.line, f"links to #{anchor}, which {path} does not have")

    def _resolve(self, path: str) -> str | None:
        """What of the tree it is; "" where that cannot be known; None when there is no such file."""
        if not path or path in self.files:
            return path
        guesses = (path, f"{path}.md", f"{path.removesuffix('.html')}.md")  # site builders drop or change the suffix
        return next((guess for guess in guesses if guess in self.files or guess in self.folders), None)

    def _has_anchor(self, path: str, anchor: str) -> bool:
        if anchor == "top" or NO_HEADING.match(anchor):
            return True
        page = self.page_by_path.get(path)
        if page is None:
            if PurePosixPath(path).suffix.lower() not in SUFFIXES:
                return True  # lines of code, pages of a PDF: nobody can say
            source = open_source(self.gate, self.tree, path)
            if source is None or len(source.data) > MOST_BYTES:
                return True
            page = self._page(source)
        return page.has(anchor)

    def _page(self, source: Source) -> Page:
        if source.path not in self.page_by_path:
            self.page_by_path[source.path] = self.pages.read(source)
        return self.page_by_path[source.path]


def read_page(source: Source) -> Page:
    """A page's links with their lines, its anchors in any slug form, lower case, and what is wrong with its structure."""
    front = markdown_structure.front_matter(source)
    tokens = MarkdownIt("commonmark").enable("table").parse("\n" * front + "\n".join(source.lines[front:]))
    links = tuple(link for token in tokens for link in _links(source, token))
    faults = tuple(markdown_structure.look(source, tokens))
    return Page(links=links, anchors="\n".join(dict.fromkeys(_anchors(tokens))), faults=faults)


def _links(source: Source, token: Token) -> Iterator[Link]:
    children = token.children or [token]
    for child, inside in zip(children, (*children[1:], None), strict=True):
        if child.type in ("html_inline", "html_block") and not child.content.lstrip().startswith("<!--"):
            for target in OWN_LINK.findall(child.content):
                if not ELSEWHERE.match(unquote(target)):
                    yield _link(source, target, _line(source, token, target), in_html=True)
        target = str(child.attrs.get("href" if child.type == "link_open" else "src", ""))
        is_footnote = inside is not None and inside.content.startswith("^")
        if child.type in ("link_open", "image") and target and not is_footnote and not ELSEWHERE.match(unquote(target)):
            yield _link(source, target, _line(source, token, target))


def _link(source: Source, target: str, line: int, *, in_html: bool = False) -> Link:
    file, _, anchor = target.partition("#")
    named = unquote(file.partition("?")[0])
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), named)) if named else source.path
    return Link(
        target=target,
        path="" if path.startswith("..") else path,
        anchor=unquote(anchor),
        line=line,
        in_html=in_html,
    )


def _line(source: Source, token: Token, target: str) -> int:
    """Inline tokens know their block's lines only: look for the target in them, then where references are defined."""
    first, last = token.map or (0, 1)
    forms = (target, unquote(target))
    places = (*range(first, last), *range(len(source.lines)))
    return next((n + 1 for n in places if any(form in source.lines[n] for form in forms)), first + 1)


def _anchors(tokens: Sequence[Token]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            yield from _named(_plain(inline), seen)
    for part in (part for token in tokens for part in (token, *(token.children or ()))):
        if part.type in ("html_block", "html_inline"):
            yield from (name.casefold() for name in OWN_ANCHOR.findall(part.content))


def _named(heading: str, seen: dict[str, int]) -> Iterator[str]:
    """Every name that it has somewhere; `seen` counts the headings of each slug before it."""
    if given := GIVEN.search(heading):
        yield given[1].casefold()
    for slug in dict.fromkeys(
        slug for text in (heading, GIVEN.sub("", heading)) for slug in (slug_of(text), short_slug_of(text))
    ):
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        yield from (f"{slug}-{count}", f"{slug}_{count}") if count else (slug,)


def slug_of(heading: str) -> str:
    """How forges name a heading.

    >>> slug_of("What's new in 2.0?")
    'whats-new-in-20'
    """
    return NOT_IN_SLUG.sub("", heading.strip().casefold()).replace(" ", "-")


def short_slug_of(heading: str) -> str:
    """How site builders name it.

    >>> short_slug_of("Café & bar")
    'cafe-bar'
    """
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", heading) if not unicodedata.combining(mark))
    return re.sub(r"[\s-]+", "-", NOT_IN_SLUG.sub("", plain.casefold()).strip())


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


GATE = MarkdownGate()
