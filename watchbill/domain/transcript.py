"""The neutral transcript: what was said in a session, in words that every vendor's adapter can speak."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from watchbill.domain import sound


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    id: str
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What we say to the model: the brief at first, later a hand-off, the gates' findings, a nudge."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said. `native` is the vendor's own form, used again only for the same vendor and model."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    vendor: str = ""  # "anthropic", "openai", "scripted": whose native form it is
    model: str = ""
    native: str = ""  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What a tool returned; `refused` when the call was not carried out."""

    id: str
    name: str
    content: str
    refused: bool = False


Entry = Told | Reply | ToolResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything said so far. `system` is the stable first part of the brief, laid out for prompt caches."""

    system: str = ""
    entries: tuple[Entry, ...] = field(default=())

    def plus(self, *entries: Entry) -> "Transcript":
        return Transcript(system=self.system, entries=(*self.entries, *entries))

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the last reply that have no result yet, in order: what recovery has to run."""
        answered: set[str] = set()
        for entry in reversed(self.entries):
            match entry:
                case ToolResult(id=call):
                    answered.add(call)
                case Reply(tool_calls=calls):
                    return tuple(call for call in calls if call.id not in answered)
                case Told():
                    return ()
        return ()


def heard(reply: Reply) -> Reply:
    """The reply with nothing in it that could not be stored or sent again. What was mended loses its native form."""
    calls = tuple(
        ToolCall(id=sound.text(call.id), name=sound.text(call.name), args=sound.value(call.args))
        for call in reply.tool_calls
    )
    mended = replace(reply, text=sound.text(reply.text), tool_calls=calls, native=sound.text(reply.native))
    return reply if mended == reply else replace(mended, native="")


_KINDS: Mapping[str, type[Entry]] = {"told": Told, "reply": Reply, "result": ToolResult}
_NAME_BY_KIND = {kind: name for name, kind in _KINDS.items()}


def dump(transcript: Transcript) -> dict[str, Any]:
    """Plain JSON values that every store takes; load() gives back an equal transcript.

    What nobody could store is mended first: half a surrogate pair becomes U+FFFD, a number that is none becomes null.
    """
    entries = [{"kind": _NAME_BY_KIND[type(entry)], **sound.value(asdict(entry))} for entry in transcript.entries]
    return {"system": sound.text(transcript.system), "entries": entries}


def dump_reply(reply: Reply) -> dict[str, Any]:
    """One reply as it stands in dump()."""
    (entry,) = dump(Transcript(entries=(reply,)))["entries"]
    return dict(entry)


def load_reply(data: Mapping[str, Any]) -> Reply:
    reply = _entry(data)
    assert isinstance(reply, Reply), "it was dumped by dump_reply"
    return reply


def load(data: Mapping[str, Any]) -> Transcript:
    return Transcript(system=data["system"], entries=tuple(_entry(item) for item in data["entries"]))


def _entry(item: Mapping[str, Any]) -> Entry:
    fields = {key: value for key, value in item.items() if key != "kind"}
    if item["kind"] == "reply":
        fields["tool_calls"] = _calls(fields["tool_calls"])
    return _KINDS[item["kind"]](**fields)


def _calls(items: Sequence[Mapping[str, Any]]) -> tuple[ToolCall, ...]:
    return tuple(ToolCall(**item) for item in items)
