"""Sentences: what they mean where no code says it. The first rule that matches decides; each has a name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from watchbill.domain.outcomes import SetbackKind

K = SetbackKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    kind: SetbackKind
    words: re.Pattern[str]


_OF_REQUEST = ("sentence:can afford less", "sentence:session's own cap")


def concerns_request(rule: str) -> bool:
    """Whether what a rule tells of is this request's or session's only, though money."""
    return rule.startswith(_OF_REQUEST)


def _rule(name: str, kind: SetbackKind, *words: str) -> Rule:
    return Rule(name=name, kind=kind, words=re.compile("|".join(words), re.IGNORECASE))


_LIMIT = r"(?:limits?|quotas?|allowances?|caps?)(?! of (?:the (?!free|plan|api)|his|her|their|what|human))"  # a tale has limits, too
_WHOSE = (
    r"(?:(?:5|five)[- ]?hours?(?: session)?|hourly|daily|weekly|monthly|session|usage|plan|account|message|premium|request"
    r"|opus|sonnet|haiku|fable(?: \d)?|claude(?: ai)?|codex|copilot|chat|free|model|org(?:anization)?|team|7[- ]day|seven[- ]day)"
)

# words of a limit that is no allowance
_NOT_PACING = r"(?!rate|current|tokens?\b|concurren|context|size|time|input|output|prompt|character|length|maximum|max\b|turn|budget)"

# "The request is too big" wins over any status or code (a rate limit's too): only a smaller request helps.
TOO_BIG = _rule(
    "sentence:request too large",
    K.CONTEXT_TOO_LONG,
    r"request too large for",
    r"reduce your message size",
    r"input or output tokens must be reduced",
    r"prompt is too long",
    r"maximum context length",
    r"context[ _](?:length|window|size|limit)s? (?:is |was |has been )?exceeded",
    r"exceed(?:s|ed|ing)? (?:the |its |your |this |available |maximum |model(?:'s)? )*context",
    r"context (?:window|length|limit) (?:of|is) .{0,40}(?:exceed|too)",
    r"out of room in the model's context",
    r"(?:input|prompt|request|conversation|message|context)s? (?:is|are|was|were|too|has become|tokens? (?:is|are))? ?(?:too long|too large)\b(?! a)",
    r"too large for model",
    r"input token count.{0,40}exceeds",
    r"exceeds the maximum number of (?:input )?tokens",
    r"maximum prompt length is",
    r"reduce the length of",
    r"too many (?:input )?tokens(?! (?:per|processed|in|a day|this))(?:.{0,30}(?:context|prompt|limit of|maximum))",
    r"inputs?`? tokens \+ `?max_new_tokens`? must be|must have less than \d+ tokens",
    r"tokens to keep from the initial prompt|context length of only|provide a shorter (?:input|prompt)",
    r"token count \+ `?max_tokens`?(?: parameter)? must be less",
    r"context (?:overflow|is full|shift is disabled)",
    r"request exceeds the maximum (?:allowed )?(?:size|number of bytes)",
    r"request entity too large|payload too large",
    r"long context (?:beta )?is not yet available",
    r"extra usage is required for long context",
    r"exceeds (?:the )?(?:model's )?(?:max(?:imum)?|input) ?(?:context|token|input)",
)

CHECK_YOUR_PLAN = _rule(
    "sentence:check your plan",
    K.CREDIT_EXHAUSTED,
    r"exceeded your current quota, please check your plan|check your (?:plan and )?billing",
)

RULES: tuple[Rule, ...] = (
    # ours, or this request's: before the account's
    _rule(
        "sentence:can afford less",
        K.CREDIT_EXHAUSTED,
        r"can only afford",
        r"fewer max_tokens",
        r"prompt tokens limit exceeded",
    ),
    _rule(
        "sentence:session's own cap",
        K.CREDIT_EXHAUSTED,
        r"(?:reached|exceeded|hit) (?:the |its |your )?(?:maximum |max )?(?:session )?budget",
        r"max[-_ ]budget",
        r"max(?:imum)? ai credits|session (?:ai )?credit (?:limit|cap)|credit limit (?:for|of) this session",
    ),
    # the request or the answer
    _rule(
        "sentence:output maximum",
        K.TRUNCATED,
        r"exceeded the \d+ output token maximum",
        r"(?:max(?:imum)?|number of) (?:number of )?(?:agent )?turns?\b.{0,20}(?:reached|exceeded)?",
        r"response was truncated",
        r"output token (?:limit|maximum)|output limit was reached|could not finish the message",
        r"maximum (?:session )?turns",
        r"max_turns",
    ),
    _rule(
        "sentence:policy",
        K.REFUSED,
        r"(?:violate|violates|violation of|violating|against) (?:our|the|openai's|anthropic's|usage|safety|content|terms)? ?(?:usage |content |safety )?(?:polic|guideline)",
        r"content(?: management)? (?:filter|polic)",
        r"flagged (?:by|as|for)|was flagged",
        r"safety (?:system|filter|check|setting)",
        r"usage guidelines|safety_check",
        r"responsible ai polic|moderation",
        r"unable to respond to this request, which appears",
        r"blocked (?:by|due to|for) (?:the |our )?(?:content|safety|polic|guardrail|prohibited)",
        r"inappropriate content|sensitive content",
    ),
    # money that a sentence names outright
    _rule(
        "sentence:money",
        K.CREDIT_EXHAUSTED,
        r"credit balance (?:is |was )?(?:too low|exhausted|depleted|insufficient)",
        r"insufficient (?:account |your )?(?:balance|credits?|funds?)",
        r"balance (?:is |was )?(?:too low|insufficient|not enough|negative|exhausted|depleted)|negative balance",
        r"(?:spend|spending|budget|billing|credit|cost)(?: hard)? (?:limit|cap)s?(?! resets)",
        r"hard limit (?:has been )?reached",
        r"(?:out of(?: usage| api| ai)?|run out of|ran out of|no|not enough|used (?:up )?(?:all )?(?:of )?(?:your |the |available )*|(?:have|has) exhausted (?:your |the |all )*|depleted (?:your |the )*|any) (?:available |prepaid |prepayment |remaining |more )?credits\b(?! or try again)(?! for this month)",
        r"(?:credits?|prepayment credits?) (?:are|have been|has been|is) (?:depleted|exhausted|used up)",
        r"(?:don't|doesn't|do not|does not) have (?:any|enough|sufficient) (?:credits|balance|funds)",
        r"payment (?:is )?(?:required|method|failed|past due|overdue)|no (?:valid )?payment",
        r"(?:invoice|account|bill)s?(?: is| are)? (?:overdue|past due|in arrears|unpaid)|failure to pay|arrearage",
        r"specified (?:workspace )?api usage limits?|regain access",
        r"key limit exceeded|credit grant|purchase (?:more )?credits to continue|add (?:more )?credits|top up|recharge",
        r"monthly included credits|requires more credits|(?:billing|account) (?:is )?not active|billing (?:hard|details are)",
        r"requires billing|enable billing|billing (?:is |has been |was )?(?:disabled|not enabled)|spend(?:ing)? alert",
        r"quota exceeded\. check your plan and billing",
        r"余额不足|欠费",
    ),
    # an allowance that is used up
    _rule(
        "sentence:allowance used up",
        K.EXHAUSTED,
        rf"(?:hit|reached|exceeded|exhausted|used up|used all of|used all|over) (?:your|the|our|my|its|all your|all of your) (?:{_WHOSE}[- ]?)*(?:rate )?{_LIMIT}\b(?<!your rate limit)(?<!the rate limit)(?<!your rate limits)(?<!the rate limits)",
        rf"{_WHOSE}(?: usage| rate| request)? {_LIMIT} (?:has been |have been |was |is |already )?(?:reached|exceeded|hit|exhausted|used up|over)",
        r"^\W*limit reached\b|usage limit reached|out of extra usage|usage (?:limit|cap) (?:has been )?(?:reached|exceeded)",
        r"(?:you have |there is |has |have )?no (?:remaining )?quota\b|out of (?:call volume )?quota|quota (?:has been |is |was )?(?:exhausted|used up)",
        r"exceeded (?:your|the) (?:\w+ ){0,5}(?:allowance|session limits?|(?<!token )usage)\b",
        r"(?:premium requests?|ai credits|included (?:usage|credits)|free (?:tier|usage|credits|quota|requests|plan)).{0,60}(?:used up|exhausted|exceeded|reached|depleted|ran out|run out|no more|remaining)",
        r"(?:used|exhausted|consumed|no more|out of|exceeded) (?:up )?(?:all )?(?:of )?(?:your |the )?(?:\w+ )?(?:premium requests?|ai credits|included usage|free (?:usage|quota|requests))",
        rf"(?:hit|reached|exceeded|exhausted) (?:your|the) (?:{_NOT_PACING}[\w'-]+[ -]){{0,4}}{_NOT_PACING}{_LIMIT}\b",
        r"hit a rate limit that restricts",
        r"daily (?:quota|limit|request)|free-models-per-day",
        r"by[- _]?day\b|per 86400s?\b|requests? per day|tokens? per day|per[- ]day\b|\((?:RPD|TPD)\)|limited to \d+ api calls / month",
        r"all (?:of )?your (?:usage|tokens|requests|messages)",
    ),
    _rule(
        "sentence:capacity of a quota",
        K.THROTTLED,
        r"exhausted your (?:capacity|quota)|quota will (?:be )?(?:reset|replenish)",
    ),
    CHECK_YOUR_PLAN,
    # the model
    _rule(
        "sentence:model",
        K.MODEL_GONE,
        r"models?\b.{0,90}(?:does not exist|doesn't exist|(?<!or it may )not exist\b|not found|not supported|is not available|isn't available|not available for|no longer available|(?:been |is |are |was )(?:deprecated|retired|decommissioned|disabled|removed|shut ?down|discontinued|sunset)|reached (?:the|its) end of (?:its )?life|do(?:es)? not have access|not have access|is not enabled|is not a valid|requires a subscription|not accessible|(?<!or it )may not exist|unsupported)",
        r"(?:do not|don't|does not) have access to (?:the |this )?model|not authori[sz]ed for (?:the |this )model",
        r"(?:unable to access|unknown|unsupported|invalid|no such) model|not a valid model|invalid model|model identifier is invalid|model_not_found",
        r"no endpoints found|no allowed providers|deployment .{0,60}does not exist|try pulling it first|no models? loaded",
        r"issue with the selected model|no (?:accounts?|available channel)s? .{0,40}(?:supporting )?model",
    ),
    # who we are
    _rule(
        "sentence:login",
        K.AUTH_FAILED,
        r"(?:invalid|incorrect|missing|expired|revoked|wrong|no) (?:x-)?(?:api|subscription|external api|access|auth\w*)[- ]?(?:key|token|credentials?)",
        r"api[- ]?key (?:not valid|is invalid|was reported|has expired|expired|not found|is missing|is not set|format)",
        r"(?:please )?(?:run|use) [`'\"/]*(?:login|log in|auth|claude auth login|codex login|gh auth login)|/login|not logged in|log(?:ged)? out and (?:log|sign) in|sign in again|please (?:log|sign) in",
        r"(?:oauth|access|refresh|auth\w*|security|session) token (?:has |have |is |was |could )?(?:been )?(?:expired|revoked|invalid|not be refreshed|included in the request is)",
        r"(?:organi[sz]ation|account|api key|key|workspace|user|subscription|project) (?:has |have )?(?:been |is |was |are )?(?:disabled|deactivated|suspended|expired|revoked|blocked|terminated|banned|not active|locked)",
        r"re-?authenticat|(?:set an auth|no authentication) (?:method|information)|authentication (?:fails|failed|required|error|credentials)|unauthori[sz]ed|unauthenticated|could not (?:be )?authenticate|auth(?:entication)? credentials",
        r"(?:not|isn't|aren't) (?:authori[sz]ed|licensed|entitled|permitted)|no (?:valid )?(?:license|subscription|seat)|(?:license|subscription) (?:is )?(?:required|expired|invalid|not found)",
        r"(?:country|region|location).{0,40}(?:not supported|unsupported)|user location is not supported",
        r"does not have access to (?:claude|codex|github|copilot|this)|no \w+ (?:license|licence|subscription) found|failed to (?:login|log in|sign in|authenticate)|access (?:to .{0,40})?(?:is |has been |was )?denied|disabled (?:by|for) (?:your )?(?:organi[sz]ation|admin|enterprise)",
        r"not have (?:the )?(?:permission|required)|permission[- ]denied|forbidden|must be a member",
        r"use codex with your chatgpt plan|requires a (?:paid|pro|plus) (?:plan|subscription)",
        r"(?:public|network) access is disabled|private endpoint|credentials? (?:not found|are missing|expired|could not)|could not (?:load|resolve) credentials|bad credentials|user not found",
    ),
    # full over there
    _rule(
        "sentence:full",
        K.OVERLOADED,
        r"over ?loaded|over capacity|at capacity|no capacity|loading model|model is (?:still |currently )?loading|is loading|capacity (?:exceeded|constraints?|issues|is insufficient)|insufficient capacity|high (?:demand|traffic|load)",
        r"server busy|too busy|maximum pending requests|no instances available|not ready for inference|scaling up",
    ),
    # paced
    _rule(
        "sentence:paced",
        K.THROTTLED,
        r"rate[- _]?limit(?:s|ed|ing)?|too many requests|too many tokens|throttl|slow down|requests? per (?:minute|second|min)|tokens per (?:minute|min)|temporarily limiting|call rate limit|resource (?:has been )?exhausted|quota exceeded|concurren\w+ (?:limit|requests)|limit exceeded|please (?:wait|slow)",
        r"exceeded .{0,30}(?:limit|quota)",
    ),
    # trouble over there
    _rule(
        "sentence:in trouble",
        K.OVERLOADED,
        r"service unavailable|temporarily unavailable|runner process has terminated",
        r"internal (?:server )?error|error occurred while processing your request|bad gateway|gateway time-?out|upstream (?:error|connect|provider|request timeout)|server had an error|something went wrong|provider disconnected|server error|engine (?:is )?dead|cuda|out of memory|requires more system memory",
        r"\b(?:500|502|503|504|520|521|522|523|524|529)\b (?:internal|bad|service|gateway|overloaded|web server|origin|connection timed)",
    ),
    # between us
    _rule(
        "sentence:between us",
        K.NETWORK,
        r"econn\w+|enotfound|eai_again|etimedout|epipe|ehostunreach|enetunreach|und_err\w*",
        r"connection (?:error|reset|refused|aborted|closed|lost|timed out|failed|was (?:closed|reset|forcibly|lost))|connect(?:ion)? time(?:d )?out|could not connect|unable to connect|failed to connect|cannot connect|can't reach|couldn't connect",
        r"(?:name or service not known|name resolution|getaddrinfo|nodename nor servname|dns|could not resolve|no such host|lookup .{0,60}no such)",
        r"\b(?:ssl|tls|certificate)\b|self[- ]signed|handshake",
        r"proxy|socket hang up|fetch failed|network (?:error|is unreachable|unreachable)|no internet|offline|broken pipe|unexpected eof|\beof\b|premature(?:ly)? (?:close|end)|stream (?:disconnected|closed|ended|error|was reset|idle)|error sending request|error decoding response|incomplete (?:read|chunked)|peer closed|server disconnected|remote end closed|terminated unexpectedly|transport (?:error|closed)",
        r"request timed out|timed? ?out|timeout|deadline exceeded|request was aborted|no route to host|host unreachable",
        r"unexpected token .{0,40}json|json (?:parse|decod)\w*|not valid json|expecting value|unexpected end of (?:json|file|data|input)|invalid (?:chunk|utf|encoding)|unterminated string",
    ),
)

# What a status allows a sentence to say; a status that is not here allows everything.
_LIMITED = frozenset({K.THROTTLED, K.EXHAUSTED, K.CREDIT_EXHAUSTED})
_TROUBLE = frozenset({K.OVERLOADED})
ALLOWED: Mapping[int, frozenset[SetbackKind]] = {
    401: frozenset({K.AUTH_FAILED, K.CREDIT_EXHAUSTED}),
    402: frozenset({K.CREDIT_EXHAUSTED, K.EXHAUSTED}),
    403: frozenset(K) - {K.BAD_REQUEST, K.TRUNCATED},
    404: frozenset({K.MODEL_GONE, K.AUTH_FAILED}),
    405: frozenset(),
    407: frozenset({K.NETWORK}),
    408: frozenset({K.NETWORK}),
    413: frozenset({K.CONTEXT_TOO_LONG}),
    429: _LIMITED | {K.OVERLOADED},
    499: frozenset({K.NETWORK}),
    511: frozenset({K.NETWORK}),
    529: frozenset({K.OVERLOADED}),
}
_SERVER_ERROR = 500


def allowed_by(status: int | None) -> frozenset[SetbackKind]:
    if status is None:
        return frozenset(K)
    if status in ALLOWED:
        return ALLOWED[status]
    return _TROUBLE if status >= _SERVER_ERROR else frozenset(K) - {K.NETWORK}


def rule_of(text: str, allowed: frozenset[SetbackKind]) -> Rule | None:
    """The first rule that matches, among the kinds that are allowed."""
    return next((rule for rule in RULES if rule.kind in allowed and rule.words.search(text)), None)


_HALF = 3_000  # characters; who says more at once does not say it about a failure


def plain(text: str) -> str:
    """A text in one line, its quotes in one spelling; of a long one its beginning and its end."""
    line = " ".join(text.replace("\u2019", "'").replace("\u2018", "'").split())
    return line if len(line) <= 2 * _HALF else f"{line[:_HALF]} … {line[-_HALF:]}"


def denies_limit(text: str) -> bool:
    """Whether a sentence says itself that no usage limit is meant."""
    return "not your usage limit" in text
