"""Reviews: a draft that passed the checks and is read by another vendor before it lands."""

from dataclasses import dataclass
from enum import StrEnum

from watchbill.domain.ids import ProviderName
from watchbill.domain.lore import CONTRADICTIONS, NAMED
from watchbill.domain.tools import ToolSpec


class ReviewState(StrEnum):
    WANTED = "wanted"
    CHANGES = "changes"  # it asked for some; whoever drafts goes on
    APPROVED = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """How a session's review stands."""

    state: ReviewState
    drafter: ProviderName
    tree: str  # that is reviewed, or was
    rounds: int = 0  # reviews so far

    def covers(self, tree: str) -> bool:
        """Whether exactly this tree was approved."""
        return self.state is ReviewState.APPROVED and self.tree == tree


REVIEW = "review"
TOOL = ToolSpec(
    name=REVIEW,
    help="Say what you think of the change: let it land, or ask for changes that its author can make.",
    schema={
        "type": "object",
        "properties": {
            "approve": {"type": "boolean"},
            "comments": {
                "type": "array",
                "items": {"type": "string"},
                "description": "What has to change, each with its file and why. Needed when you do not approve.",
            },
            CONTRADICTIONS: {
                **NAMED,
                "description": "Where you were told a canon: what of the change contradicts it.",
            },
        },
        "required": ["approve", "comments"],
        "additionalProperties": False,
    },
)
