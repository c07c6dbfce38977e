"""Secrets in what a change adds: exact values that were handed in, also encoded, and the shapes of well-known keys."""

import base64
import html
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import quote

SHORTEST = 8  # characters; shorter exact values would be found everywhere
LONG = 16  # characters; a shorter value may come together by chance from several pieces
OURS = "a secret of this installation"
BETWEEN = (b" \t\r\n\f\v", b" \t\r\n\f\v\"'`+,.:()[]{}\\&|$-")  # what may stand between the pieces of one value
MIN_ENTROPY = 3.0  # bits a character; keys of vendors have 4 and more, placeholders like sk-ant-xxxx… have none

SHAPES: tuple[tuple[str, re.Pattern[bytes]], ...] = tuple(
    (name, re.compile(shape))
    for name, shape in (
        ("an Anthropic key", rb"\bsk-ant-[a-z]+\d{2}-([\w-]{40,})"),
        ("an OpenAI key", rb"\bsk-(?:proj|svcacct|admin|None)-([\w-]{40,})"),
        ("an OpenAI key", rb"\bsk-([A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})\b"),
        ("a GitHub token", rb"\bgh[pousr]_([A-Za-z0-9]{36,})\b"),
        ("a GitHub token", rb"\bgithub_pat_([A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b"),
        ("a GitLab token", rb"\bglpat-([\w-]{20,})"),
        ("an AWS key id", rb"\b(?:AKIA|ASIA)([A-Z2-7]{16})\b"),
        ("a Google API key", rb"\bAIza([\w-]{35})(?![\w-])"),
        ("a Slack token", rb"\bxox[abeprs]-([A-Za-z0-9-]{20,})"),
        ("a Slack webhook", rb"hooks\.slack\.com/services/(T\w{8,}/B\w{8,}/\w{20,})"),
        ("a Stripe key", rb"\b[rs]k_live_([A-Za-z0-9]{24,})\b"),
        ("a PyPI token", rb"\bpypi-(AgEIcHlwaS5vcmc[\w-]{50,})"),
        ("an npm token", rb"\bnpm_([A-Za-z0-9]{36})\b"),
        ("a Hugging Face token", rb"\bhf_([A-Za-z]{34})\b"),
        ("a SendGrid key", rb"\bSG\.([\w-]{22}\.[\w-]{43})(?![\w-])"),
        ("a Telegram bot token", rb"\b\d{8,10}:(AA[\w-]{33})(?![\w-])"),
        ("a Google OAuth secret", rb"\bGOCSPX-([\w-]{28})(?![\w-])"),
        ("an Azure storage key", rb"AccountKey=([A-Za-z0-9+/]{86}==)"),
        ("a Slack app token", rb"\bxapp-\d-([A-Z0-9]+-\d+-[a-f0-9]{40,})"),
        ("a Discord webhook", rb"discord(?:app)?\.com/api/webhooks/\d+/([\w-]{60,})"),
        ("a Shopify token", rb"\bshp(?:at|ca|pa|ss)_([a-fA-F0-9]{32})\b"),
        ("a Docker Hub token", rb"\bdckr_(?:pat|oat)_([\w-]{27,})"),
        ("a Databricks token", rb"\bdapi([a-f0-9]{32})\b"),
        ("a Groq key", rb"\bgsk_([A-Za-z0-9]{48,})\b"),
        ("an xAI key", rb"\bxai-([A-Za-z0-9]{70,})\b"),
        ("a Perplexity key", rb"\bpplx-([A-Za-z0-9]{40,})\b"),
        ("an OpenRouter key", rb"\bsk-or-v1-([a-f0-9]{64})\b"),
        ("a HashiCorp Vault token", rb"\bhv[sb]\.([\w-]{24,})"),
        ("a Linear key", rb"\blin_(?:api|oauth)_([A-Za-z0-9]{40,})\b"),
        ("a Notion token", rb"\bntn_([A-Za-z0-9]{40,})\b"),
        ("a Sentry token", rb"\bsntr[yu]s?_([A-Za-z0-9+/=_-]{40,})"),
        ("an age key", rb"\bAGE-SECRET-KEY-1([0-9A-Z]{58})\b"),
        ("a DigitalOcean token", rb"\bdo[opr]_v1_([a-f0-9]{64})\b"),
        ("a private key", rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+([A-Za-z0-9+/=]{40,})"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """Where and of what kind; never the secret itself."""

    what: str
    line: int


def leaks(old: bytes, new: bytes, exact: Sequence[str]) -> Iterator[Leak]:
    """What `new` has and `old` had not, by line; one leak for each kind on a line."""
    found = sorted({*_exact(old, new, exact), *_shaped(old, new)})
    yield from (Leak(what=what, line=line) for line, what in found)


def redacted(text: bytes, exact: Sequence[str]) -> bytes:
    """The text without any of these values in any form, and without what has the shape of a well-known key.

    >>> redacted(b"key=abcdefgh1 and YWJjZGVmZ2gx", ["abcdefgh1"])
    b'key=[secret] and [secret]'
    """
    if (known := _known(tuple(exact))) is not None:
        text = known.sub(b"[secret]", text)
    for _, shape in SHAPES:
        text = shape.sub(b"[secret]", text)
    return text


@lru_cache(maxsize=1)
def _known(exact: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Any form of any of them, the longest first. Kept for the next text, which most often is of the same bundle."""
    whole = {value.encode() for value in exact if value}
    forms = {*whole, *(form for value in whole if len(value) >= SHORTEST for form in _forms(value))}
    return re.compile(b"|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None


def _exact(old: bytes, new: bytes, values: Sequence[str]) -> Iterator[tuple[int, str]]:
    for value in values:
        if len(value) >= SHORTEST:
            forms = _forms(value.encode())
            yield from ((_line(new, new.index(form)), OURS) for form in forms if form in new and form not in old)
    for between in BETWEEN:
        yield from _in_pieces(old, new, [value for value in values if len(value) >= LONG], between)


def _in_pieces(old: bytes, new: bytes, values: Sequence[str], between: bytes) -> Iterator[tuple[int, str]]:
    """Over several lines, as base64 is wrapped, or put together from several texts, as programs do."""
    joined, before = new.translate(None, between), old.translate(None, between)
    for value in values:
        pieces = {form.translate(None, between) for form in _forms(value.encode())}
        for form in sorted(piece for piece in pieces if len(piece) >= LONG and piece in joined and piece not in before)[
            :1
        ]:
            kept = (place for place, byte in enumerate(new) if byte not in between)
            yield _line(new, next(islice(kept, joined.index(form), None))), OURS


@lru_cache(maxsize=256)
def _forms(value: bytes) -> frozenset[bytes]:
    """The value as it is, backwards, as UTF-16, escaped for a URL, JSON, HTML or a string of some language, in hex, base32, and in
    base64 wherever it may begin in the encoded text."""
    text = value.decode()
    forms = {value, text[::-1].encode(), text.encode("utf-16-le"), text.encode("utf-16-be"), base64.b32encode(value)}
    forms |= {quote(value).encode(), quote(value, safe="").encode(), html.escape(text).encode()}
    in_json = json.dumps(text)[1:-1]
    forms |= {in_json.encode(), in_json.replace("/", "\\/").encode()}
    for shape in (
        "%{:02x}",
        "%{:02X}",
        "\\x{:02x}",
        "\\x{:02X}",
        "{:02x}",
        "{:02X}",
        "\\u{:04x}",
        "\\u{:04X}",
        "&#{};",
    ):
        forms.add("".join(map(shape.format, value)).encode())
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value)
        # the characters at both ends also depend on the neighbours of the value
        core = encoded[math.ceil(shift * 4 / 3) : len(encoded) - 4 if encoded.endswith(b"=") else len(encoded)]
        forms |= {core, core.translate(bytes.maketrans(b"+/", b"-_"))}
    return frozenset(form for form in forms if len(form) >= SHORTEST)


def _shaped(old: bytes, new: bytes) -> Iterator[tuple[int, str]]:
    for what, shape in SHAPES:
        known = {match.group() for match in shape.finditer(old)}
        for match in shape.finditer(new):
            if match.group() not in known and _is_random(match.group(1)):
                yield _line(new, match.start()), what


def _is_random(body: bytes) -> bool:
    """Tells keys from placeholders: enough different characters, and nothing that says that it is an example."""
    if b"EXAMPLE" in body.upper():
        return False
    counts = Counter(body).values()
    return -sum(n / len(body) * math.log2(n / len(body)) for n in counts) >= MIN_ENTROPY


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1
