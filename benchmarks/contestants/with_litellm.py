"""LiteLLM's way: with_litellm.py URL SCENARIO WAY, where WAY is its router's provider budget or its own max_budget."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # prices as installed: nothing is downloaded

import litellm

Ask = Callable[[], Awaitable[object]]
SETTLES = 1.5  # seconds in which its router writes down what was spent


async def main() -> None:
    url, scenario, way = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
    logging.getLogger("LiteLLM").setLevel(logging.CRITICAL)
    litellm.suppress_debug_info = True
    if scenario["priced"]:
        price = {"input_cost_per_token": 3e-6, "output_cost_per_token": 15e-6, "litellm_provider": "openai"}
        litellm.register_model({f"openai/{scenario['model']}": {**price, "mode": "chat", "max_tokens": 100_000}})
    ask = _router(url, scenario) if way == "router" else _plain(url, scenario)
    refused = 0
    for _ in range(scenario["rounds"]):
        told = await asyncio.gather(*(ask() for _ in range(scenario["at_once"])), return_exceptions=True)
        refused += sum(isinstance(one, Exception) for one in told)
        await asyncio.sleep(SETTLES)
    print(json.dumps({"version": version("litellm"), "refused": refused}))


def _terms(scenario: Mapping[str, Any]) -> dict[str, Any]:
    room = {} if scenario["max_tokens"] is None else {"max_tokens": scenario["max_tokens"]}
    return {"messages": [{"role": "user", "content": scenario["prompt"]}], **room}


def _router(url: str, scenario: Mapping[str, Any]) -> Ask:
    known = {"model": f"openai/{scenario['model']}", "api_base": url, "api_key": "none", "max_retries": 0}
    router = litellm.Router(
        model_list=[{"model_name": "m", "litellm_params": known}],
        provider_budget_config={"openai": {"budget_limit": scenario["cap"], "time_period": "1d"}},
        num_retries=0,
    )
    return lambda: router.acompletion(model="m", **_terms(scenario))


def _plain(url: str, scenario: Mapping[str, Any]) -> Ask:
    litellm.max_budget = scenario["cap"]
    known = {"model": f"openai/{scenario['model']}", "api_base": url, "api_key": "none", "max_retries": 0}
    return lambda: litellm.acompletion(**known, **_terms(scenario))


asyncio.run(main())
