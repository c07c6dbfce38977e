"""Paraphrases: other words for what a secret is about, so that "the thief" tells that somebody stole."""

from functools import lru_cache

from watchbill.gates.lore.language import stem

_GROUPS = (
    "write wrote written writes writing author penned", "steal stole stolen thief theft rob robbed robber took pinched pocketed", "forge forged forgery forger fake faked counterfeit",
    "kill killed kills killer murder murdered murderer slay slew slain", "poison poisoned poisons poisoner", "pay paid pays bribe bribed bribes bribery slipped payoff backhander",
    "father dad papa sire fathered", "mother mum mama mam", "betray betrayed betrays betrayer betrayal traitor treason treachery", "marry married marries marriage wed wedded wedding",
    "leave leaves left leaving quit quits", "die died dies dying dead death", "alive living lives survived survivor survive", "mortgage mortgaged mortgages mortgagee pledged",
    "pregnant expecting", "love loves loved loving lover", "spy spies spying spied informer informant", "burn burned burnt burning fire arson arsonist", "sell sold sells sale selling",
    "hide hid hidden hides hiding hideout", "sick ill illness sickness disease", "child children baby babies kids", "cub cubs kits kit litter", "gold treasure hoard", "lie lied lies liar",
    "haunted ghost haunts", "sabotage sabotaged saboteur", "king heir prince", "broke bankrupt ruined penniless", "adopt adopted adoption foundling", "dig dug digs digging",
    "cheat cheated cheating cheats rigged fixed", "drown drowned drowns", "escape escaped escapes fled flee", "dry dried", "sign signed signs signature signing", "second fellow twin duplicate counterpart", "leak leaked leaks", "ransom ransomed",
)  # fmt: skip
_GROUP_BY_STEM = {stem(word): group.split()[0] for group in _GROUPS for word in group.split()}


@lru_cache(maxsize=65_536)
def sense(word: str) -> str:
    """What a word is about, roughly.

    >>> sense("thief") == sense("stole"), sense("written") == sense("wrote"), sense("letter") == sense("ladder")
    (True, True, False)
    """
    return _GROUP_BY_STEM.get(stem(word), stem(word))


def is_act(meant: str) -> bool:
    """Whether a sense is one that has other words: what was done, which nobody leaves out who tells a secret."""
    return meant in _HEADS


_HEADS = frozenset(_GROUP_BY_STEM.values()) - {"gold", "second", "child", "king"}
