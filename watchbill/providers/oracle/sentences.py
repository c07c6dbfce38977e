"""Answers that are errors: agents end a turn in good order and say in it, as if it were an answer, that there was none."""

import re

MOST_CHARS = 700  # an error that is said as an answer is short
MOST_LINES = 8

# where such a sentence begins; nobody begins the report on finished work like that
_BEGINS = re.compile(
    r"""[^\w<]{0,12}(?:
    api\ error\b | error:\s | error\ code:\ \d | \w*(?:error|exception):\ | execution\ failed | model\ call\ failed | request\ failed
    | stream\ (?:error|disconnected) | unexpected\ status\ \d | exceeded\ retry\ limit | \d{3}\ (?:\{|(?-i:[A-Z][a-z]+\ [A-Z])|you\ have)
    | claude\ ai\ usage\ limit\ reached | (?:claude\ )?usage\ limit\ reached
    | you(?:'ve|\ have)\ (?:hit|reached|exceeded|exhausted|used\ (?:up|all)|run\ out|no\ quota) | you(?:'re|\ are)\ out\ of
    | (?:5-hour|weekly|daily|monthly|session|opus|sonnet|\w+\ weekly)\ limit\ reached
    | sorry,\ you(?:'ve|\ have)\ (?:hit|reached|exceeded|exhausted|used|run|been|no) | (?:your\ )?credit\ balance\ is\ too\ low | invalid\ api\ key | prompt\ is\ too\ long | please\ run\ /login
    | oauth\ token | not\ logged\ in | rate\ limit\ (?:reached|exceeded|is\ exceeded)(?=\ for\b|[.:!]|$) | quota\ exceeded(?=\ for\b|[.:!]|$) | too\ many\ requests(?=[.:!,]|$)
    | this\ request\ (?:would\ exceed|requires\ more\ credits) | insufficient\ (?:balance|credits|quota|funds)(?=[.:!]|$) | your\ (?:usage|rate|session|weekly|daily|monthly|spend(?:ing)?)\ limit\ (?:has\ been|was|is)\ (?:reached|exceeded|hit|used\ up)
    | overloaded(?=[.:!]|$) | server\ (?:is\ )?(?:busy|overloaded) | internal\ server\ error(?=[.:!]|$) | connection\ (?:error|failed|refused)(?=[.:!]|$) | request\ timed\ out(?=[.:!]|$)
    | selected\ model\ is\ at\ capacity | we're\ currently\ experiencing\ high\ demand | your\ (?:account|organization|access\ token)\ (?:does|has|could|was|is)
    | there's\ an\ issue\ with\ the\ selected\ model | to\ use\ codex\ with | claude's\ response\ exceeded | codex\ ran\ out
    | limit\ reached(?=\ [·∙]|[.:!]|$) | \[?(?:api|backend)\ error | your\ workspace\ is\ out | this\ organization\ has\ been
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_LOGGED = re.compile(
    r"(?:^|\s)(?:error|fatal|failed|failure|panic|exception|traceback|uncaught)\b|\w(?:Error|Exception)\b|[✗✘\u00d7■✕⚠❌🖐]",
    re.IGNORECASE,
)


# what somebody says who did something, or who warns before a limit
_REPORTS = re.compile(
    r"\b(?:I|we)(?:'ve| have)? (?:added|fixed|changed|updated|wrote|implemented|handled|documented|looked|made|now)\b"
    r"|\btests? (?:now )?pass|\ball (?:tests|green)",
    re.IGNORECASE,
)
_WARNS = re.compile(
    r"\bapproaching\b|\bheads up\b|less than \d+ ?%|used (?!100)\d{1,2}(?:\.\d+)? ?%|(?<!\d)\d{1,2} ?% (?:of|left|used|remaining)",
    re.IGNORECASE,
)


def is_error_alone(text: str) -> bool:
    """Whether an answer is nothing but an error sentence."""
    text = text.strip().replace("\u2019", "'")
    if not 0 < len(text) <= MOST_CHARS or text.count("\n") >= MOST_LINES:
        return False
    return _BEGINS.match(text) is not None and _REPORTS.search(text) is None


def speaks_to_somebody(text: str) -> bool:
    """Whether it begins as a tale's words to somebody may, too: "You have reached the limit of the known world"."""
    return re.match(r"\W*you(?:'ve|'re| have| are)\b", text, re.IGNORECASE) is not None


def last_words(text: str) -> str:
    """The last paragraph: what a program said before it ended."""
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return paragraphs[-1] if paragraphs else ""


def tells_of_error(text: str) -> bool:
    """Whether a program's output ends with an error: it begins as one, or its last line is marked as one."""
    ending = last_words(text)
    last_line = ending.splitlines()[-1] if ending else ""
    if is_error_alone(text) or is_error_alone(ending) or is_error_alone(last_line):
        return True
    return _LOGGED.search(last_line[:60]) is not None and _WARNS.search(last_line) is None
