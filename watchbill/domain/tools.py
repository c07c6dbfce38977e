"""The model's tools: names, what they take, and what they promise. Carried out one after another by the workbench."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    name: str
    help: str
    schema: Mapping[str, Any]  # JSON Schema of its arguments


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


_PATH = {"type": "string", "description": "Relative to the repository, with / between parts."}
_GLOB = {"type": "string", "description": "For instance scenes/*.txt or **/*.py."}

TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec(
        name="list_files",
        help="List the repository's files that match a glob.",
        schema=_object({}, {"glob": _GLOB}),
    ),
    ToolSpec(
        name="read_file",
        help="Read one text file, whole.",
        schema=_object({"path": _PATH}),
    ),
    ToolSpec(
        name="search",
        help="Find lines that match a regular expression; answers path:line: text.",
        schema=_object({"pattern": {"type": "string"}}, {"glob": _GLOB}),
    ),
    ToolSpec(
        name="write_file",
        help="Write one file, whole, inside the task's files. Makes folders as needed.",
        schema=_object({"path": _PATH, "content": {"type": "string"}}),
    ),
    ToolSpec(
        name="edit_file",
        help="Replace old_text, which must occur exactly once in the file, by new_text.",
        schema=_object({"path": _PATH, "old_text": {"type": "string"}, "new_text": {"type": "string"}}),
    ),
    ToolSpec(
        name="claim",
        help="Ask for one more file that you need to write, before you need it. Granted where nobody else has it.",
        schema=_object({"path": _PATH, "why": {"type": "string", "description": "What you need it for."}}),
    ),
    ToolSpec(
        name="check",
        help="Run the checks that decide whether the work lands; answers what they would refuse.",
        schema=_object({}),
    ),
    ToolSpec(
        name="ask",
        help="Ask your people for a decision that nobody but they can make; the answer is the result. Expensive: it may "
        "take days.",
        schema=_object(
            {
                "title": {"type": "string", "description": "The question in one line."},
                "issue": {"type": "string", "description": "What makes it necessary, and what depends on it."},
                "options": {"type": "array", "items": {"type": "string"}, "description": "What one could do."},
                "recommendation": {"type": "string", "description": "What you would do, and why."},
            }
        ),
    ),
    ToolSpec(
        name="finish",
        help="End your turn at the work. done=false hands the rest on, with next_steps for whoever continues.",
        schema=_object(
            {"done": {"type": "boolean"}, "summary": {"type": "string"}},
            {
                "next_steps": {"type": "array", "items": {"type": "string"}},
                "decisions": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "What you decided that whoever continues has to keep to, and why.",
                },
                "undone": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "Of several tasks, the titles of those that are not done: they are left to others.",
                },
            },
        ),
    ),
)

ASK = "ask"
FINISH = "finish"
TOOL_BY_NAME: Mapping[str, ToolSpec] = {tool.name: tool for tool in TOOLS}
LEAST_BYTES = sum(
    len(tool.name) + len(tool.help.encode()) for tool in TOOLS
)  # of a request that offers them, on any wire
