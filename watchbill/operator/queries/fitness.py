"""Fitness as an answer: how each provider fits each type of task, by the configuration and by its own results."""

from collections.abc import Mapping

from watchbill.domain.ids import ProviderName, TaskType
from watchbill.operator import plain
from watchbill.operator.doors import Plain
from watchbill.operator.outlook import Outlook
from watchbill.scheduling.bill import ProviderTerms
from watchbill.scheduling.fitting import fit_of
from watchbill.scheduling.snapshot import Record
from watchbill.state import records
from watchbill.state.engine import Connection

History = Mapping[tuple[ProviderName, str], Record]


def fitness(conn: Connection, outlook: Outlook) -> dict[ProviderName, list[Plain]]:
    """By provider, the best first: every type that the configuration speaks of or that it worked on."""
    history = records.history(conn)
    worked = {name: {type_ for who, type_ in history if who == name} for name in {who for who, _ in history}}
    return {terms.name: _fits(terms, worked.get(terms.name, set()), history) for terms in outlook.bill.providers}


def _fits(terms: ProviderTerms, worked: set[str], history: History) -> list[Plain]:
    types = {*worked, *terms.strengths, *(terms.only_types or ())} - {"*"}
    rows = []
    for type_ in types:
        own = history.get((terms.name, type_), Record())
        rows.append(
            {
                "type": type_,
                "fit": round(fit_of(terms, TaskType(type_), own), 4),
                "configured": terms.strengths.get(type_, terms.strengths.get("*")),
                "runs": own.runs,
                "landed": own.landed,
                "mean_seconds": own.mean_span.total_seconds() if own.runs else None,
                **plain.money("mean_cost", own.mean_cost if own.runs else None),
            }
        )
    return sorted(rows, key=lambda row: (-row["fit"], row["type"]))
