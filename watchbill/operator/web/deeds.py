"""Deeds: what a page tells after a form was carried out. The address says which; words never come from the address."""

from collections.abc import Mapping

PARAMS = ("did", "n")
_MOST = 1_000_000

_TOLD = {
    "hold": "{n} held: nothing of it starts until it is released",
    "release": "{n} released: it may start",
    "cancel": "{n} cancelled; a run of it stops",
    "retry": "{n} queued again, with all attempts before it",
    "bump": "{n} brought forward",
    "accept": "{n} accepted: it is work now",
    "approve": "Approved. It lands by itself",
    "reject": "Rejected. The next attempt is told your words",
    "amend": "Edited and approved. The gates look at it before it lands",
    "rollback": "It is being taken back",
    "answer": "Answered. Its task goes on",
    "pause": "Paused. What is in work goes to its checkpoint",
    "resume": "Resumed",
    "break": "Its files are free",
    "handoff": "Asked to hand over at the next checkpoint",
    "override": "The hours are given away. They fall back by themselves",
    "clear": "It is over: the hours are as they are written",
    "raise": "Raised. It ends by itself",
    "raise-end": "The budget is as it is written again",
    "probe": "Asked: it is well, and may be tried",
    "reset": "Its breakers are closed and its holds lifted",
    "allow": "The model may be asked again",
    "reload": "The configuration was read anew",
    "refresh": "Looking at the queues now",
}


def told(params: Mapping[str, str]) -> str:
    """
    >>> told({"did": "hold", "n": "2"}), told({"did": "hold"}), told({"did": "<b>"})
    ('2 tasks held: nothing of it starts until it is released', '1 task held: nothing of it starts until it is released', '')
    """
    words = _TOLD.get(params.get("did", ""), "")
    said = params.get("n", "1")
    number = min(int(said), _MOST) if said.isascii() and said.isdecimal() else 1
    return words.format(n="1 task" if number == 1 else f"{number} tasks")
