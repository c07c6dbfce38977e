"""Paraphrases: other words for what a secret is about, so that "the thief" tells that somebody stole."""

import re
from functools import lru_cache

from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import stem

_GROUPS = (
    "write wrote written writes writing author penned sent sends send sender", "steal stole stolen thief theft rob robbed robber robbery pinched pocketed embezzled embezzler burgled looted",
    "forge forged forgery forger fake faked counterfeit altered alter doctored tampered rewritten falsified false copy imitation reproduction",
    "kill killed kills killer murder murdered murderer slay slew slain smothered strangled stabbed throttled", "poison poisoned poisons poisoner arsenic hemlock nightshade cyanide strychnine laced dosed venom",
    "pay paid pays bribe bribed bribes bribery slipped payoff backhander payroll wages cheque salary pension",
    "father dad papa sire fathered", "mother mum mama mam", "betray betrayed betrays betrayer betrayal traitor treason treachery turncoat",
    "marry married marries marriage wed wedded wedding",
    "leave leaves left leaving quit quits", "die died dies dying dead death", "alive living lives live lived survived survivor survive", "mortgage mortgaged mortgages mortgagee pledged",
    "pregnant pregnancy", "love loves loved loving lover lovers affair mistress", "see saw seen witness witnessed eyewitness", "desert deserted deserter desertion deserts", "spy spies spying spied informer informant", "burn burned burnt burning arson arsonist torched alight ablaze", "sell sold sells sale selling buyer auction",
    "hide hid hidden hides hiding hideout bury buried buries stashed concealed", "sick ill illness sickness disease consumption tumour", "child children baby babies kids", "cub cubs kits kit litter", "gold treasure hoard", "lie lied lies liar",
    "haunted ghost haunts", "sabotage sabotaged saboteur", "king heir prince", "princess highness heiress", "bankrupt bankruptcy penniless insolvent destitute", "adopt adopted adoption foundling", "dig dug digs digging",
    "cheat cheated cheating cheats rigged fixed", "drown drowned drowns", "escape escaped escapes fled flee", "dry dried", "sign signed signs signature signing", "second fellow twin duplicate counterpart", "leak leaked leaks", "ransom ransomed",
    "grain wheat corn barley rye harvest crop", "talk talks speak speaks speech", "bored drilled auger pierced", "machine android robot automaton", "swear sworn swore oath vow pledge", "will testament", "weapon weapons gun guns rifles powder",
)  # fmt: skip
# The same in several words.
_SAYINGS = {
    "alive": r"(?:still|is|was|and) breathing|walking (?:about|around|under|the)|draw(?:s|ing)? breath|under (?:this|the) same (?:sky|sun|moon|stars)|(?:not|never|\w+n't|no more) dead(?: at all)?|(?:not|never|\w+n't) (?:die|died|drown\w*)|among the living|somewhere (?:out there|in the world)",
    "die": r"passed away|in the ground|under the sod|(?:weeks?|months?|year|days) (?:to live|at most|left)|not see (?:the )?(?:spring|another|winter)",
    "kill": r"(?:did|made|make) away with|put an end to|pillow over|blood (?:is |was |still )?on (?:his|her|your|[A-ZÀ-Þ]\w+'s) hands?|(?:by|at) [A-ZÀ-Þ]\w+'s (?:own )?hands?|(?:king|duke|lord|queen)'s blood on|(?:cut|slit) (?:his|her|\w+'s) throat|ran (?:him|her) through|held (?:him|her) under",
    "steal": r"helped (?:him|her|your|my)self|cleaned out|emptied (?:the|his|her|your) (?:own )?(?:safe|vault|till|coffers?|strongbox)|(?:hands?|fingers?) (?:\w+ ){0,3}in(?:to)? (?:the|his|her) (?:own )?till|walked off with|made off with",
    "forge": r"took a pen to|taken a pen to|changed (?:it|his will|her will|the will)|(?:changed|written|scratched|added) (?:it )?(?:after|over|out|in another)|cook(?:ed|ing) the|in another hand|not (?:in )?(?:his|her) (?:hand|signature)",
    "will": r"last wishes|last will",
    "spy": r"report(?:s|ed|ing)? to|in (?:the )?pay of|in [A-ZÀ-Þ]\w+'s pay|work(?:s|ed|ing) for|pass(?:es|ed|ing) (?:word|letters?|news) to|double agent|eyes and ears|carr(?:y|ies|ied|ying) tales",
    "betray": r"sold (?:us|them|him|her|you|me)(?: out)?|g[ai]ve (?:us|them|him|her|our names|their names|the names)(?: up| away| to)|turned (?:us|them|him|her) in|informed on|handed (?:us|them|him|her) over|went over to",
    "pregnant": r"expecting(?= *[.,;!?\"]|$| a (?:child|baby))|with child|in the family way|in (?:your|her) condition|(?:baby|child) (?:is |was |be )?(?:due|coming|on the way)|carrying (?:\w+ )?(?:child|baby)|eating for two",
    "bankrupt": r"(?:is|was|are|were|flat|stony|stone|dead|be|\w+'s) (?:broke|ruined)|(?:not|\w+n't|without) (?:got )?a (?:penny|cent|coin|farthing)|(?:up to|over) (?:his|her) (?:ears|neck|head) in debt|bailiffs|creditors|in debt",
    "love": r"sleeping with|in bed with|in each other's arms",
    "desert": r"ran (?:away )?from the (?:army|regiment|front|war|line)",
    "sell": r"up for sale|on the market|changed hands|found a buyer",
    "burn": r"set (?:the |a )?(?:fire|blaze)|set (?:it|the \w+|them) (?:on fire|alight|ablaze)|fired the|on fire|str[iu]ck the match|put (?:a|the) match|(?:who|that) lit (?:it|the)|set (?:it|the \w+) alight|set light|burned (?:it )?down|to the torch",
    "sabotage": r"cut the (?:brakes?|ropes?|lines?|cables?|wires?)|no accident|not an accident|\w+n't an accident|on purpose",
    "poison": r"something in (?:the|his|her) (?:cup|wine|tea|soup|glass|drink)|(?:slipped|put|dropped|stirred) (?:something|it|drops) in(?:to)? (?:the|his|her)",
    "hide": r"lies? (?:under|beneath|behind)|in hiding|lying low|tucked away",
    "write": r"in (?:his|her|[A-ZÀ-Þ]\w+'s) (?:own )?hand(?:writing)?\b|came from (?:his|her|[A-ZÀ-Þ]\w+'s) pen",
    "woman": r"no man|not a man|\w+n't a man|a girl",
}  # fmt: skip
_SAYING_BY_SENSE = {meant: re.compile(rf"\b(?:{words})\b") for meant, words in _SAYINGS.items()}
_GROUP_BY_STEM = {stem(word): group.split()[0] for group in _GROUPS for word in group.split()}


@lru_cache(maxsize=65_536)
def sense(word: str) -> str:
    """What a word is about, roughly.

    >>> sense("thief") == sense("stole"), sense("written") == sense("wrote"), sense("letter") == sense("ladder")
    (True, True, False)
    """
    return _GROUP_BY_STEM.get(stem(word), stem(word))


def said_in(text: str, wanted: frozenset[str]) -> dict[str, str]:
    """Which of some senses a text has in several words, and these.

    >>> said_in("She had cleaned out the vault.", frozenset(("steal", "kill")))
    {'steal': 'cleaned out'}
    """
    found = {one: _SAYING_BY_SENSE[one].search(text) for one in wanted if one in _SAYING_BY_SENSE}
    return {one: match[0] for one, match in found.items() if match is not None}


def is_act(meant: str) -> bool:
    """Whether a sense is one that has other words: what was done, which nobody leaves out who tells a secret."""
    return meant in _HEADS


_NO_ACTS = bag("gold second child king grain will princess")
_HEADS = frozenset(_GROUP_BY_STEM.values()) - _NO_ACTS
AGENTS = bag("thief robber killer murderer forger poisoner traitor betrayer spy informer arsonist saboteur")
