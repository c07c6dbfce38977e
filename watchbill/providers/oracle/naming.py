"""Names that a signal gives: the model that a limit is of, the account that it is of."""

import re
from collections.abc import Mapping

from watchbill.providers.oracle import bodies
from watchbill.providers.oracle.facts import Facts

_MODEL = r"(?P<model>[A-Za-z@][\w./:@-]*\d[\w./:@-]*|[\w-]+/[\w./:@-]+|o\d[\w-]*)"
_NAMED = re.compile(
    rf"(?:for|on|of|to|at|access to|unknown|invalid|unsupported|found for|use)?\s*(?:the )?(?:base |selected )?(?:models?\b:? ?/?|\bfor )\s*[`'\"(]?{_MODEL}[`'\")]?"
    rf"|[`'\"]{_MODEL.replace('model', 'quoted')}[`'\"] (?:does not exist|not found|is not|model)"
    rf"|^{_MODEL.replace('model', 'first')} is (?:temporarily|currently|not)"
    rf"|(?:endpoints found for|limit for|reached for|exceeded for|capacity (?:for|on)|quota for) [`'\"]?{_MODEL.replace('model', 'limited')}",
    re.IGNORECASE,
)
_ID = re.compile(r"(?:org|req|proj|user|team|acct|msg|resp)[-_]", re.IGNORECASE)
_PER_MODEL = re.compile(
    r"(?:this|selected|that|the current) model\b|model's (?:rate )?limit|per[- ]model|specific to this model|permodel"
    r"|model_rate_limit|user_model_rate_limited",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?P<family>opus|sonnet|haiku|fable)(?: \d(?:\.\d)?)?(?: weekly| usage| session| model)* limit", re.IGNORECASE
)
_MODEL_FIELDS = ("model", "modelid", "modelslug", "modelname", "basemodel")
_ACCOUNT = re.compile(
    r"\b(?:organization|org|project|team|workspace|account)\b[ :`'\"(]{1,3}(?P<account>[\w-]*\d[\w-]*)|\((?P<uuid>[0-9a-f-]{8,36})\)",
    re.IGNORECASE,
)


def model_in(facts: Facts, asked: str) -> str:
    """The model that the signal itself names; empty where it names none."""
    if asked and re.search(rf"(?<![\w.-]){re.escape(asked)}(?![\w-])", facts.text, re.IGNORECASE):
        return asked
    for mapping in bodies.mappings(list(facts.parts)):
        named = _field_of(mapping)
        if named:
            return named
    for match in _NAMED.finditer(facts.text):
        name = next(group for group in match.groups() if group).rstrip(".:,")
        if not _ID.match(name) and not name.lower().startswith("http"):
            return name.removeprefix("models/")
    family = _FAMILY.search(facts.text)
    return family["family"].lower() if family else ""


def _field_of(mapping: Mapping[str, object]) -> str:
    for name, value in mapping.items():
        if bodies.key_of(name) in _MODEL_FIELDS and isinstance(value, str) and value and value != "<synthetic>":
            return value
    return ""


def is_per_model(facts: Facts) -> bool:
    """Whether the limit is called a model's own, by whatever name."""
    return _PER_MODEL.search(facts.text) is not None or any(_PER_MODEL.search(code) for code in facts.codes)


def account_in(facts: Facts) -> str:
    """The organisation, project or team that the signal names; empty where it names none."""
    match = _ACCOUNT.search(facts.text)
    return (match["account"] or match["uuid"] or "") if match else ""
