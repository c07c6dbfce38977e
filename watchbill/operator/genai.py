"""What a span says of a call to a model, in the words of OpenTelemetry's semantic conventions for generative AI.

The conventions still change, so their words stand here and nowhere else. What was said to a model is never in them.
"""

from collections.abc import Mapping

from watchbill.domain.calls import Call

OPERATION = "chat"


def name_of(call: Call) -> str:
    """The conventions' own form: operation and model.

    A call of a provider that names no model is only the operation.
    """
    return f"{OPERATION} {call.purpose.model}".strip()


def attributes(call: Call, vendor: str) -> Mapping[str, str | int]:
    """`vendor`: whose API it is, for instance anthropic. Tokens are told once they are known."""
    said: dict[str, str | int] = {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.provider.name": vendor,
        "gen_ai.request.model": call.purpose.model,
    }
    if call.settlement is not None:
        usage = call.settlement.usage
        said |= {
            "gen_ai.usage.input_tokens": usage.tokens_in,
            "gen_ai.usage.output_tokens": usage.tokens_out,
        }
    return said
