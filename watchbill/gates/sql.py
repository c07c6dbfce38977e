"""SQL: each statement is read by sqlglot in the dialects that it knows; one that takes the whole file is enough.

Bodies of procedures, and what only one database has, are read for closed strings and brackets only: no parser knows them all.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

from watchbill.domain.findings import Finding, Severity
from watchbill.gates.source import FileGate, Source, unchecked

DIALECTS = (
    "",
    "postgres",
    "mysql",
    "sqlite",
    "tsql",
    "oracle",
    "snowflake",
    "bigquery",
    "duckdb",
    "clickhouse",
    "spark",
)
TEMPLATE = re.compile(r"\{\{|\{%")
CLIENT_LINE = re.compile(r"^[ \t]*\\.*$|^source[ \t].*$", re.MULTILINE | re.IGNORECASE)  # of psql and mysql
# Rows that stand below a COPY, as pg_dump writes them, up to their own last line.
ROWS = re.compile(
    r"(^COPY\s[^;]*?\sFROM\s+stdin\b[^;\n]*;[ \t]*\r?\n)(.*?)(?=^\\\.\r?$)", re.MULTILINE | re.IGNORECASE | re.DOTALL
)
BATCH_END = re.compile(r"^(?:GO|/)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)  # of sqlcmd and SQL*Plus
# Statements that begin so have parts, or bodies, that are another language in each database.
OPAQUE = re.compile(
    r"(?:CREATE|ALTER|DROP|REPLACE)\b(?:\s+(?:OR|REPLACE|ALTER|TEMP|TEMPORARY|TRUSTED|DEFINER|CONSTRAINT|EVENT|\S*=\S*|@\S+))*\s+"
    r"(?:FUNCTION|PROCEDURE|PROC|PACKAGE|TRIGGER|OPERATOR|AGGREGATE|TYPE|DOMAIN|EXTENSION|RULE|CAST|POLICY|ROLE|USER|LANGUAGE"
    r"|COLLATION|PUBLICATION|SUBSCRIPTION|SERVER|VIEW\s+\S+\s+WITH)\b"
    r"|(?:DO|BEGIN|DECLARE|DELIMITER|GRANT|REVOKE|COMMENT|COPY|SET|EXEC|EXECUTE|CALL|IF|WHILE|END|LOAD|PRINT|SELECT\s+pg_\w+)\b",
    re.IGNORECASE,
)
TRANSACTION = re.compile(
    r"BEGIN(?:\s+(?:TRAN\w*|WORK|DEFERRED|IMMEDIATE|EXCLUSIVE|ISOLATION|READ)\b.*)?$", re.IGNORECASE
)
# What a statement may begin with of which sqlglot makes no statement: passed on unread.
VERBS = frozenset(
    {
        "VACUUM",
        "ANALYZE",
        "CLUSTER",
        "REINDEX",
        "CHECKPOINT",
        "LISTEN",
        "NOTIFY",
        "LOCK",
        "DISCARD",
        "RESET",
        "SAVEPOINT",
    }
    | {"RELEASE", "START", "ATTACH", "DETACH", "PRAGMA", "DESC", "SHOW", "RENAME"}
    | {"OPTIMIZE", "REPAIR", "CHECK", "FLUSH", "HANDLER", "KILL", "PREPARE", "DEALLOCATE", "DECLARE", "FETCH", "CLOSE"}
    | {"OPEN", "UPSERT", "REFRESH", "SECURITY", "IMPORT", "EXPORT", "BACKUP", "RESTORE", "DBCC", "RAISERROR"}
    | {"THROW", "WAITFOR", "INSTALL", "SUMMARIZE", "PIVOT", "TABLE", "UNLOCK", "ABORT", "MOVE"}
    | {
        "REASSIGN",
        "UNLISTEN",
        "XA",
        "PURGE",
        "STOP",
        "SYSTEM",
        "EXCHANGE",
        "CACHE",
        "UNCACHE",
        "MSCK",
        "LIST",
        "PUT",
        "GET",
    }
    | {
        "REMOVE",
        "UNDROP",
        "AUDIT",
        "NOAUDIT",
        "FLASHBACK",
        "WHENEVER",
        "PROMPT",
        "SPOOL",
        "DEFINE",
        "VARIABLE",
        "ASSERT",
    }
)
BODY = re.compile(r"\b(?:BEGIN|DELIMITER)\b", re.IGNORECASE)  # semicolons inside do not end the statement
# A CREATE, ALTER or DROP whose parts are not understood is passed on as text: then what it is of has at least to be a known thing.
KNOWN_THING = re.compile(
    r"(?:CREATE|ALTER|DROP)\s+(?:\w+\s+){0,6}?(?:TABLE|VIEW|INDEX|SCHEMA|DATABASE|SEQUENCE|SYNONYM|MACRO|SECRET|STAGE|STREAM|TASK|PIPE|TAG|WAREHOUSE"
    r"|CATALOG|STATISTICS|TABLESPACE|DICTIONARY|MODEL|ASSERTION|METHOD|TRANSFORM|GROUP|LOGIN|QUOTA|PROFILE|SHARE|CONNECTION|KEYSPACE"
    r"|SEARCH|WRAPPER|CONVERSION|ACCESS|MAPPING|CLUSTER|DIRECTORY|CONTEXT|EVENT|NODE|RELATIONSHIP|OWNED|SYSTEM|SESSION|PRIVILEGES|OBJECT"
    r"|INSTANCE|CERTIFICATE|KEY|ASSEMBLY|SCHEME|CREDENTIAL|ENDPOINT|QUEUE|ROUTE|SERVICE|CONSTRAINT|AUDIT|CONFIGURATION|POOL|FORMAT"
    r"|INTEGRATION|ALERT|REPLICATION|RESOURCE|ACCOUNT|VOLUME|DISKGROUP)\b",
    re.IGNORECASE,
)
MADE = re.compile(r"(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
PAIRS = {")": "(", "]": "[", "}": "{"}

Fault = tuple[int, str]  # line, and what is wrong there


def look(source: Source) -> Iterator[Finding]:
    if TEMPLATE.search(source.text):
        yield unchecked(source, "it is a template, which is SQL only once it is filled in")
        return
    text = BATCH_END.sub(";", CLIENT_LINE.sub("", ROWS.sub(_without_rows, source.text)))
    faults = []
    for dialect in DIALECTS:
        fault = _fault(text, dialect)
        if fault is None:
            yield from _last_commas(source, text, dialect)
            return
        faults.append(fault)
    line, message = max(faults, key=lambda fault: fault[0])  # who came furthest understood the most
    yield source.finding("syntax", line, message)


def _without_rows(match: re.Match[str]) -> str:
    return match[1] + "\n" * match[2].count("\n")


def _fault(text: str, dialect: str) -> Fault | None:
    """The first line that this dialect cannot read, and why."""
    from sqlglot import Dialect, errors  # noqa: PLC0415 - an extra

    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # it tells of each statement that it only passes on
    speaks = Dialect.get_or_raise(dialect)
    try:
        tokens = speaks.tokenize(text)
    except errors.TokenError as error:
        return _end(text), f"a quotation or comment is not closed: {_first_line(error)}"
    return _brackets(tokens) or _first_fault(speaks, tokens, text)


def _first_fault(speaks: Any, tokens: Sequence[Any], text: str) -> Fault | None:
    for statement in _statements(tokens):
        said = text[statement[0].start : statement[-1].end + 1]
        if TRANSACTION.match(said) or statement[0].text.upper() in VERBS:
            continue
        if not OPAQUE.match(said):
            if fault := _fault_in(speaks, statement, said, text):
                return fault
        elif BODY.search(said):
            return None  # where its body ends cannot be told
    return None


def _fault_in(speaks: Any, statement: Sequence[Any], said: str, text: str) -> Fault | None:
    from sqlglot import errors  # noqa: PLC0415 - an extra

    first = statement[0]
    try:
        read = speaks.parser().parse(statement, text)
    except errors.ParseError as error:
        place = error.errors[0] if error.errors else {}
        return place.get("line") or first.line, place.get("description") or _first_line(error)
    except (RecursionError, ValueError, KeyError, AttributeError, TypeError) as error:
        return first.line, f"cannot be read: {type(error).__name__}"
    if not _is_statement(read[0], said):
        return first.line, f"{first.text} begins no statement that is known, or not so"
    return _commas(statement)


def _is_statement(read: Any, said: str) -> bool:
    """A misspelt verb is read as a name with an alias."""
    from sqlglot import exp  # noqa: PLC0415 - an extra

    if isinstance(read, exp.Command):
        return not MADE.match(said) or KNOWN_THING.match(said) is not None
    statements = (
        exp.Query,
        exp.DDL,
        exp.DML,
        exp.Drop,
        exp.Alter,
        exp.Transaction,
        exp.Commit,
        exp.Rollback,
        exp.Semicolon,
    )
    return isinstance(read, statements) or not isinstance(read, (exp.Condition, exp.Alias, exp.Column))


def _commas(statement: Sequence[Any]) -> tuple[int, str] | None:
    names = [token.token_type.name for token in statement]
    return next(
        (
            (token.line, "two commas with nothing between them")
            for token, name, after in zip(statement, names, names[1:], strict=False)
            if name == after == "COMMA"
        ),
        None,
    )


def _last_commas(source: Source, text: str, dialect: str) -> Iterator[Finding]:
    """Told only: some databases take them."""
    from sqlglot import Dialect  # noqa: PLC0415 - an extra

    for token, after in pairwise(Dialect.get_or_raise(dialect).tokenize(text)):
        if token.token_type.name == "COMMA" and after.token_type.name in ("FROM", "R_PAREN", "SEMICOLON"):
            told = f"nothing stands between this comma and {after.text}: most databases refuse it"
            yield source.finding("last-comma", token.line, told, severity=Severity.WARNING)


def _statements(tokens: Sequence[Any]) -> Iterator[list[Any]]:
    statement: list[Any] = []
    for token in tokens:
        if token.token_type.name == "SEMICOLON":
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
    if statement:
        yield statement


def _brackets(tokens: Sequence[Any]) -> tuple[int, str] | None:
    open_: list[Any] = []
    for token in tokens:
        mark = token.text if token.token_type.name in BRACKETS else ""
        if mark in ("(", "[", "{"):
            open_.append(token)
        elif mark and (not open_ or open_.pop().text != PAIRS[mark]):
            return token.line, f"{mark} closes nothing"
    return (open_[-1].line, f"{open_[-1].text} is not closed") if open_ else None


BRACKETS = frozenset({"L_PAREN", "R_PAREN", "L_BRACKET", "R_BRACKET", "L_BRACE", "R_BRACE"})


def _end(text: str) -> int:
    return text.rstrip("\n").count("\n") + 1


def _first_line(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0]


def lacks() -> str:
    return "" if find_spec("sqlglot") else "sqlglot is not installed; it comes with watchbill[syntax]"


GATE = FileGate(name="sql", suffixes=frozenset({".sql"}), look=look, lacks=lacks, isolated=True)
