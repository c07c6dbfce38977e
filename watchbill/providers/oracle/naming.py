"""Names that a signal gives: the model that a limit is of, the account that it is of."""

import re
from collections.abc import Mapping, Sequence

from watchbill.providers.oracle import bodies
from watchbill.providers.oracle.facts import Facts

_NAME = r"[A-Za-z@][\w./:@-]*\d[\w./:@-]*|o\d[\w-]*"
_PATH = r"[\w-]+/[\w./:@-]+"  # a maker and a model; words that are joined so stand elsewhere too
_NAMED = re.compile(
    rf"(?:models?\b:? ?/?)\s*[`'\"(]?(?P<model>{_NAME}|{_PATH})"
    rf"|[`'\"](?P<quoted>{_NAME}|{_PATH})[`'\"] (?:does not exist|not found|is not|model)"
    rf"|^(?P<first>{_NAME}|{_PATH}) is (?:temporarily|currently|not)"
    rf"|(?:endpoints found for) [`'\"]?(?P<served>{_NAME}|{_PATH})"
    rf"|\bfor [`'\"]?(?P<limited>{_NAME})"
    rf"|\b(?:hourly|daily|weekly|monthly) (?P<rationed>{_NAME}) (?:quota|usage|rate|limit)",
    re.IGNORECASE,
)
_ID = re.compile(
    r"(?:org|req|proj|project|user|team|acct|account|msg|resp|key|tier|workspace|organization)[-_]|[0-9a-f]{8}-[0-9a-f-]+$|http",
    re.IGNORECASE,
)
_PER_MODEL = re.compile(
    r"(?:this|selected|that|the current) model\b|bymodel|model_(?:degraded|overloaded)|model's (?:rate )?limit|per[- ]model|specific to this model|permodel"
    r"|model_rate_limit|user_model_rate_limited",
    re.IGNORECASE,
)
_FAMILY = re.compile(
    r"\b(?P<before>opus|sonnet|haiku|fable)(?: \d(?:\.\d)?)?(?: weekly| usage| session| model)* limit"
    r"|limit for (?P<behind>opus|sonnet|haiku|fable)\b",
    re.IGNORECASE,
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
        if not _ID.match(name):
            return name.removeprefix("models/")
    family = _FAMILY.search(facts.text)
    return (family["before"] or family["behind"]).lower() if family else ""


def _field_of(mapping: Mapping[str, object]) -> str:
    for name, value in mapping.items():
        if bodies.key_of(name) in _MODEL_FIELDS and isinstance(value, str) and value and value != "<synthetic>":
            return value
    return ""


def is_per_model(facts: Facts, quotas: Sequence[str]) -> bool:
    """Whether the limit is called a model's own, by whatever name; `quotas` are the names of those that were exceeded."""
    return any(_PER_MODEL.search(said) for said in (facts.text, *facts.codes, *quotas))


def account_in(facts: Facts) -> str:
    """The organisation, project or team that the signal names; empty where it names none."""
    match = _ACCOUNT.search(facts.text)
    return (match["account"] or match["uuid"] or "") if match else ""
