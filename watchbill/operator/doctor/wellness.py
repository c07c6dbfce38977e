"""Wellness: what the daemon, or the store without one, knows of each provider's health."""

import asyncio
from collections.abc import Iterator

from watchbill.operator import client
from watchbill.operator.cli.provider import said
from watchbill.operator.doctor.findings import Found, fail, ok, warn
from watchbill.operator.doctor.patient import Patient
from watchbill.operator.doors import Plain
from watchbill.scheduling.health import Word


async def health(patient: Patient) -> Iterator[Found]:
    answer = await asyncio.to_thread(lambda: client.connect(patient.loaded, patient.environ).get("/providers"))
    usable = [each for each in answer["providers"] if each["state"] != "unconfigured"]
    return iter([_judged(each, answer["generated_at"]) for each in usable])


def _judged(provider: Plain, now: str) -> Found:
    name, score = provider["name"], f"{provider['score']} of 100"
    if not provider["deductions"]:
        return ok(score, subject=name)
    why = "; ".join(f"-{less['points']} {less['why']}" for less in provider["deductions"])
    again = said(provider, now)
    words = f"{score}: {why}" + (f" ({again})" if again else "")
    mend = f"watchbill provider show {name}; it returns by itself, or after watchbill provider reset {name} -m WHY"
    return (fail if provider["health"] == Word.CRITICAL else warn)(words, mend, subject=name)
