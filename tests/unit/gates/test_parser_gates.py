"""Python, JSON, YAML, TOML, XML and text hygiene: what they refuse, at which line, and what they let pass."""

import warnings

import pytest

from watchbill.gates import (
    css,
    csv,
    formatting,
    html,
    hygiene,
    ini,
    json,
    python,
    shell,
    sql,
    toml,
    treesitter,
    xml,
    yaml,
)


@pytest.mark.parametrize(
    ("gate", "path", "data", "expected"),
    [
        (python.GATE, "a.py", "x = 1\ndef f(:\n    pass\n", [("syntax", 2)]),
        (python.GATE, "a.py", "return 1\n", [("syntax", 1)]),
        (python.GATE, "a.py", b"# -*- coding: klingon -*-\n", [("syntax", 1)]),
        (python.GATE, "a.py", b"x = 1\0\n", [("syntax", 1)]),
        (python.GATE, "a.py", "x = 1" + " + 1" * 20_000, [("syntax", 0)]),
        (python.GATE, "a.py", "(" * 100_000, [("syntax", 1)]),
        (python.GATE, "a.py", b"x = '\xff'\n", [("syntax", 1)]),
        (json.GATE, "a.json", '{"a": 1,\n "b": }\n', [("syntax", 2)]),
        (json.GATE, "a.json", '{"a": 1,\n "\\u0061": {"a": 2}, "b": ["a", "b"]}\n', [("duplicate-key", 2)]),
        (json.GATE, "a.json", "[1,\n NaN, -Infinity,\n Infinity]", [("not-a-number", n) for n in (2, 2, 3)]),
        (json.GATE, "a.json", "", [("syntax", 1)]),
        (json.GATE, "a.json", b'"\xff"', [("encoding", 0)]),
        (json.GATE, "a.json", "[" * 100_000, [("syntax", 0)]),
        (yaml.GATE, "a.yaml", "a: 1\nb: [1\n", [("syntax", 3)]),
        (
            yaml.GATE,
            "a.yaml",
            "a: 1\n---\nb: 1\nc:\n  - {d: 1, d: 2}\nb: 2\n",
            [("duplicate-key", 6), ("duplicate-key", 5)],
        ),
        (yaml.GATE, "a.yaml", "a: \x07\n", [("syntax", 0)]),
        (yaml.GATE, "a.yaml", 'a: "\\U99999999"\n', [("syntax", 0)]),
        (yaml.GATE, "a.yaml", b"a: \xff\n", [("encoding", 0)]),
        (yaml.GATE, "a.yaml", "[" * 1_000, [("syntax", 0)]),
        (toml.GATE, "a.toml", "a = 1\na = 2\n", [("syntax", 2)]),
        (toml.GATE, "a.toml", "a = 1\nb = [1,\n", [("syntax", 2)]),
        (toml.GATE, "a.toml", b"a = '\xff'\n", [("encoding", 0)]),
        (toml.GATE, "a.toml", "a = " + "[" * 100_000, [("syntax", 0)]),
        (xml.GATE, "a.svg", "<a>\n<b></a>\n", [("syntax", 2)]),
        (xml.GATE, "a.xml", '<!DOCTYPE a [\n<!ENTITY b "bb">]>\n<a>&b;</a>\n', [("entity", 2)]),
        (xml.GATE, "a.xml", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>\n<a>&b;</a>\n', [("entity", 1)]),
        (xml.GATE, "a.xml", b'<?xml version="1.0" encoding="klingon"?><a/>', [("encoding", 1)]),
        (hygiene.GATE, "a.c", "x\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", [("conflict-marker", 2)]),
        (formatting.GATE, "a.json", '{\n"a": 1 \n}', [("format", 2), ("format", 3)]),
        (hygiene.GATE, "Makefile", "x\n<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", [("conflict-marker", 2)]),
        (ini.GATE, "tox.ini", "[a]\nb = 1\nb = 2\n", [("duplicate-key", 3)]),
        (ini.GATE, "setup.cfg", "[a]\n[b]\n[a]\n", [("duplicate-section", 3)]),
        (ini.GATE, "a.cfg", "[a\n", [("syntax", 1)]),
        (ini.GATE, "a.cfg", "[a]\n= 1\n", [("syntax", 2)]),
        (ini.GATE, ".editorconfig", "[a]\nb\n  c\n", [("syntax", 0)]),
        (csv.GATE, "a.csv", 'a,b\n1,"2\n', [("syntax", 2)]),
        (csv.GATE, "a.tsv", "a\tb\n1\t2\t3\n", [("columns", 2)]),
        (css.GATE, "a.css", "a { color red; }\n", [("syntax", 1)]),
        (css.GATE, "a.css", "@media x {\n a { b: 'c\n }\n}\n", [("syntax", 2)]),
        (css.GATE, "a.css", "a {}\n\nb { c: d;\n", [("unclosed", 3)]),
        (css.GATE, "a.css", "(" * 5_000, [("syntax", 1)]),
        (html.GATE, "a.html", "<p><section>\n<h1>x</h2>\n</section>", [("stray-end", 2), ("unclosed", 2)]),
        (html.GATE, "a.html", '<a b="c>\n', [("unfinished", 1)]),
        (html.GATE, "a.html", "<script>\nif (a<b) {", [("unfinished", 1)]),
        (html.GATE, "a.html", "<i a=1 a=2>b</i><img c=1 c=2 />", [("duplicate-attribute", 1)] * 2),
        (shell.GATE, "a.sh", "cat <<X\na\n", [("unfinished", 2)]),
        (shell.GATE, "a.sh", "#!/usr/bin/env -S php -q\n<?php", [("not-checked", 0)]),
        (sql.GATE, "a.sql", "SELECT 1;\nSELEC 2;\n", [("syntax", 2)]),
        (sql.GATE, "a.sql", "CREATE TABEL a (b int);", [("syntax", 1)]),
        (sql.GATE, "a.sql", "CREATE TABLE a (\n b int,, c int);", [("syntax", 2)]),
        (sql.GATE, "a.sql", "INSERT INTO a VALUES (1;\n", [("syntax", 1)]),
        (sql.GATE, "a.sql", "SELECT 1);\n", [("syntax", 1)]),
        (sql.GATE, "a.sql", "SELECT 'a;\n", [("syntax", 1)]),
        (sql.GATE, "a.sql", "SELECT " + "(" * 900 + "1" + ")" * 900, [("syntax", 1)]),
        (sql.GATE, "a.sql", "SELECT {{ a }}", [("not-checked", 0)]),
        (html.GATE, "a.html", "{% if a %}<div>{% endif %}", [("not-checked", 0)]),
        (treesitter.JAVASCRIPT, "a.js", "// @flow\nlet x: number = 1", [("not-checked", 0)]),
        (treesitter.TYPESCRIPT, "a.tsx", "let a = <b>\n", [("syntax", 1)]),
        (json.LINES, "a.jsonl", "1\n" + "[" * 100_000 + "\n{", [("syntax", 2), ("syntax", 3)]),
        (python.GATE, "a.py", 'x = f"{a["b"]}"\ny = f"{}"\n', [("syntax", 1)]),
        *(
            (python.GATE, "a.py", text, [("syntax", 1)])
            for text in (
                'f"{a["b"}"\n',
                'f"{a["b"]',
                'f"{a b}"\n',
                'f"{a["\n',
                'f"{a["b"]]}"\n',
                "def f[T(x): pass\n",
                'f"\\N{DASH{a["b"]}"\n',
            )
        ),
        (json.GATE, "tsconfig.json", '{ // a, }\n"b": [1,],\n"b" 2}', [("syntax", 3)]),
        (json.GATE, "tsconfig.json", '{"a": 1, /* b\n*/ "a": 2,}', [("duplicate-key", 2)]),
        (json.LINES, "a.jsonl", '1\n{"a": 1, "a": NaN}\n', [("duplicate-key", 2), ("not-a-number", 2)]),
        (yaml.GATE, "a.yaml", "a:\n\tb: 1\n", [("syntax", 2)]),
        (yaml.GATE, "a.yaml", "a:\tb\nc: [\n", [("syntax", 3)]),
        (yaml.GATE, "meta.yaml", "{% set a = 1 %}\nb: {{ a }}\n", [("not-checked", 0)]),
        (yaml.GATE, "chart/templates/a.yaml", "a: {{ .Values.x }}\n", [("not-checked", 0)]),
        (xml.GATE, "a.svg", "<svg>\n<use xlink:href='#a'/></svg>", [("syntax", 2)]),
        (xml.GATE, "a.xml", b"<?xml version='1.0' encoding='Shift_JIS'?>\n<a>\x82\xa0<b></a>", [("syntax", 2)]),
        (xml.GATE, "a.xml", b"<?xml version='1.0' encoding='Shift_JIS'?>\n<a>\x82</a>", [("encoding", 1)]),
        (xml.GATE, "a.csproj", "<Project>\n<ItemGroup></Project>", [("syntax", 2)]),
        (ini.GATE, "setup.cfg", "# a\nname = b\n[c]\nd = e\n", [("syntax", 2)]),
        (ini.GATE, "setup.cfg", "[a]\nb =\nc\n", [("syntax", 3)]),
        (csv.GATE, "a.csv", "a,b,c\n1,2,3\n4,5,6\n7,8,9\n1,2\n3,4\n", [("columns", 5), ("columns", 6)]),
        (csv.GATE, "a.csv", 'a,b\n"x"y,2\n', [("syntax", 2)]),
        (csv.GATE, "a.csv", 'a,b\n"x\\"y,2\n', [("syntax", 2)]),
        (css.GATE, "a.css", "a { b: c };\nd { e: f }\n", [("syntax", 1)]),
        (css.GATE, "a.css", "a {\n b: c\n d: e;\n f: ;\n}", [("syntax", 2), ("syntax", 4)]),
        (html.GATE, "a.html", "{{ range .A }}<ul>{{ end }}", [("not-checked", 0)]),
        (sql.GATE, "a.sql", "DROP TABEL a;", [("syntax", 1)]),
        (sql.GATE, "a.sql", "SELECT a,\n FROM b;", [("last-comma", 1)]),
        (
            treesitter.JAVASCRIPT,
            "a.js",
            "x = {a: 1,, b}\nfunction () {}\nconst c\n",
            [("syntax", n) for n in (1, 2, 3)],
        ),
        (treesitter.TYPESCRIPT, "a.tsx", "let a = <b>\n</c>\n", [("syntax", 2)]),
        (treesitter.TYPESCRIPT, "a.ts", "<?xml version='1.0'?>\n<TS/>", [("not-checked", 0)]),
        (hygiene.GATE, "a.txt", "a\n=======\nb\n>>>>>>> theirs\n", [("conflict-marker", 2)]),
        (hygiene.GATE, "a.txt", "<<<<<<< ours\na\n=======\nb\n<<<<<<< c\n", [("conflict-marker", 1)]),
        (hygiene.GATE, "a.txt", "<<<<<<< ours\na\n>>>>>>> theirs\n", [("conflict-marker", 1)]),
        (hygiene.GATE, "a.py", "```\n<<<<<<< ours\n=======\n>>>>>>> theirs\n", [("conflict-marker", 2)]),
        (hygiene.GATE, "a.py", "a\nb = '\u202e'\n", [("bidi", 2)]),
        (hygiene.GATE, "a.txt", b"a\nb\0c\n", [("nul-byte", 2)]),
        (hygiene.GATE, "a.md", b"a\nb\xff\n", [("encoding", 2)]),
    ],
)
def test_gate_refuses(found, gate, path, data, expected) -> None:
    assert found(gate, {path: data}) == expected


@pytest.mark.parametrize(
    ("gate", "path", "data"),
    [
        (ini.GATE, "a.ini", "x = 1\n; c\n[a]\ny\n"),
        (formatting.GATE, "a.py", b"\xff  "),
        (hygiene.GATE, "a.png", "<<<<<<< a\n=======\n>>>>>>> b\n"),
        (csv.GATE, "a.csv", 'a,b\r\n"1\n2",3\r\n'),
        (csv.GATE, "a.csv", "a,b\n1\n2\n3\n4,5,6\n"),  # a list of lists
        (css.GATE, "a.css", "@layer a;\na { --b: {c:d}; &:hover > d { e: f } }\n@supports (a: b) { c { d: e } }"),
        (html.GATE, "a.html", "<b><i>a</b></i></p></br><title><b></title><table><tr><td>1<a><div></a></div></table>"),
        (html.GATE, "a.html", "<svg><path d='a'/></svg><script>'</div>'</script><!-- <div> -->a < b"),
        (shell.GATE, "a.sh", "#!/bin/bash\nshopt -s extglob\nrm !(a|b)\n"),
        (shell.GATE, "a.sh", b"a\0b"),
        (sql.GATE, "a.sql", "\\echo a\nBEGIN TRANSACTION;\nSELECT [a] FROM `b` WHERE c = ?\nGO\nCOMMIT;\n"),
        (
            sql.GATE,
            "a.sql",
            "CREATE FUNCTION a(IN b text) RETURNS c AS $$ x $$ LANGUAGE d;\nCREATE TEXT SEARCH TEMPLATE e (f = g);",
        ),
        (sql.GATE, "a.sql", "CREATE PROCEDURE a AS BEGIN SELEC 1; END;\nwhatever"),
        (python.GATE, "a.py", "x = 1 is 1\ny = '\\d'\n"),  # a SyntaxWarning is advice
        (python.GATE, "a.py", b"# -*- coding: latin-1 -*-\nx = '\xff'\n"),
        (json.GATE, "a.json", b'\xef\xbb\xbf{"a": "NaN {\\" ]", "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}'),
        (json.GATE, "tsconfig.json", "{ /* comment */ }"),
        (json.GATE, ".vscode/settings.json", "{ // comment\n}"),
        (yaml.GATE, "a.yml", "a: !vault secret\n---\na: &x {<<: 1, <<: 2}\nb: [*x, *x]\n"),
        (yaml.GATE, "a.yml", "&a [*a]\n"),
        (yaml.GATE, "a.yml", ""),
        *(
            (python.GATE, "a.py", text)
            for text in (
                "type X[T: int] = list[T]\ntype Y = X[int]\n",
                "def f[\n  T: (int, str) = int, *A, **K,\n](x: T) -> T:\n    return x\nclass C[T]:\n    pass\nclass D[T](C[T]): ...\n",
                "try:\n    pass\nexcept A, b.C:\n    pass\n",
                "lazy import a\nlazy from a import b\nx = [*a for a in b], {**d() for d in e}\n",
                'x = f"{a["b"]:>{w["x"]}} {f"{f"{1}"}"} {y=} {z = !s} {{}} \\{a}\\N{EM DASH}\\t" # it\'s {\n',
                'x = f"{\n  a  # a comment }\n}"\ny = rf"\\{a["b"]}" "\\"" t\'hi {(lambda n: n)("x")}\'\n',
                'x = f"""{\n a["""b"""]:%H:%M}\n"""\n',
            )
        ),
        (json.GATE, "a.json", "[" + "9" * 5000 + "]"),
        (json.GATE, "src/appsettings.json", '{ // it\'s "a"\n"b": "//c", /* "d */ "e": [1,], }'),
        (json.GATE, "a.code-workspace", "{\n// a\n}"),
        (yaml.GATE, "a.yaml", "a: &x 1\nb: &x 2\nc: *x\n"),
        (yaml.GATE, "a.yaml", "a:\tb\t# c\n"),
        (yaml.GATE, "a.yaml", '{\n\t"a": 1,\n\t"b": [2,\t3]\n}\n'),
        (yaml.GATE, "a.yaml", "a: >\n  {% if b %}c{% endif %}\n"),
        (xml.GATE, "a.xml", b"<?xml version='1.0' encoding='Shift_JIS'?><a>\x82\xa0</a>"),
        (xml.GATE, "a.xml", "<a xml:lang='b' xmlns:c='d'><c:e/></a>"),
        (xml.GATE, "a.plist", b"bplist00\xd1"),
        (ini.GATE, "setup.cfg", "; a\n\n[a]\nb =\n  c\n  d\n"),
        (csv.GATE, "a.csv", '"a,x";b\n"1,5";2\n'),
        (csv.GATE, "a.csv", "a,b\nx\u2028y,2\nz\fz,3\n# the end\n"),
        (csv.GATE, "a.csv", 'a,b\n"x \\"y\\", z",2\n'),
        (csv.GATE, "a.tsv", 'a\tb\n"x" y\t5"\n'),
        (css.GATE, "a.css", "a { *zoom: 1; filter:\n progid:x(y='z'); --b:; }"),
        (
            sql.GATE,
            "a.sql",
            "COPY a (b) FROM stdin;\nit's (\n\\.\nDROP OWNED BY c;\nALTER SYSTEM SET d = 1;\nCREATE CERTIFICATE e;",
        ),
        (
            treesitter.JAVASCRIPT,
            "a.js",
            "class A { static accessor b = 1 }\nimport defer * as c from 'd'\nfor (const e of f);",
        ),
        (treesitter.JAVASCRIPT, "a.js", "{\n  const a = () => {\n  }\n\n  [1, ...(b ? c : [])].forEach(d)\n}\n"),
        (treesitter.JAVASCRIPT, "a.jsx", "x = <a.b>{c}</a.b>; export default function () {}; (function () {})()"),
        (toml.GATE, "a.toml", "[a]\nb = 1\n"),
        (xml.GATE, "a.xml", "<!DOCTYPE html>\n<html/>\n"),
        (hygiene.GATE, "a.rst", "Title\n=======\n\n<<<<<<< no end\n"),
        (hygiene.GATE, "a.rst", "Title\n=======\n\nOther\n=======\n\n>>>> quoted\n"),
        (hygiene.GATE, "locale/he.json", '{"a": "\u2068b\u2069"}'),
        (hygiene.GATE, "a.md", "```\n<<<<<<< ours\n=======\n>>>>>>> theirs\n```\n"),
        (hygiene.GATE, "a.txt", "\ufeffUTF-16".encode("utf-16")),
        (hygiene.GATE, "a.py", b"# -*- coding: latin-1 -*-\n# \xff\n"),
    ],
)
def test_gate_lets_pass(found, gate, path, data) -> None:
    assert found(gate, {path: data}) == []


def test_python_warnings_stay_advice_where_warnings_are_errors(found) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert found(python.GATE, {"a.py": "x = '\\d'\n"}) == []


def test_a_path_that_the_tree_has_not_brings_nothing(found) -> None:
    assert found(python.GATE, {}, "gone.py") == []


def test_an_alias_bomb_is_not_expanded(found) -> None:
    levels = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(30))

    assert found(yaml.GATE, {"bomb.yaml": "l0: &l0 [x]\n" + levels}) == []


def test_a_finding_quotes_its_line_shortened(tree) -> None:
    (finding,) = json.GATE.check(tree({"a.json": "  [1, " + "2, " * 1000}), ["a.json"])

    assert finding.text.startswith("[1, 2,")
    assert len(finding.text) == 300


def test_lines_are_split_at_line_feeds_only(found) -> None:
    assert found(json.GATE, {"a.json": '["\u2028\u0085",\n x]'}) == [("syntax", 2)]
