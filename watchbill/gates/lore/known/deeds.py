"""Deeds that somebody cannot or never does, as a canon states them: the verbs, what they are done to, what excuses them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.canon import Canon, Entry
from watchbill.gates.lore.english.bags import bag, loose
from watchbill.gates.lore.english.language import noun, nouns, stem, stems, tokens
from watchbill.gates.lore.known.notes import is_of_another
from watchbill.gates.lore.positions import UNIT, Span, spans

DRINKS = (
    "alcohol wine beer ale whisky whiskey gin rum vodka brandy cider mead champagne cocktail lager stout sherry port pint bourbon absinthe sake dram tankard liquor spirit rye grog claret madeira malmsey hock "
    "schnapps tequila mescal aquavit punch toddy moonshine scotch burgundy porter perry cognac"
)
SMOKES = "cigarette cigar pipe cheroot cigarillo tobacco"
MEAT = "meat beef pork ham bacon steak chicken lamb sausage burger duck goose turkey venison mutton veal kebab salami chop rasher gammon pheasant partridge rabbit tripe liver kidney brisket"
BOATS = "boat ship ferry punt skiff dinghy barge canoe raft launch yacht vessel steamer"
TEXTS = "letter line page word paragraph paper note notice newspaper book sentence list psalter ledger handbill telegram verse chapter deed contract will"
BLADES = "steel sword knife dagger blade dirk rapier axe sabre cutlass stiletto"
# What a canon's noun covers. Of "allergic to nuts" each kind of them counts.
_COVERED = {
    "shellfish": "shellfish shrimp prawn crab lobster oyster mussel clam scallop crayfish langoustine", "nut": "nut peanut almond walnut hazelnut cashew pistachio pecan",
    "fish": "fish salmon cod herring trout tuna mackerel carp eel pike sardine haddock", "dairy": "milk cheese butter cream yoghurt", "milk": "milk cheese cream",
    "egg": "egg omelette", "gluten": "bread cake pasta", "wheat": "bread cake pasta", "meat": MEAT, "flesh": MEAT, "alcohol": DRINKS, "drink": DRINKS,
    "liquor": DRINKS, "spirit": DRINKS, "tobacco": SMOKES, "coffee": "coffee espresso", "sugar": "sugar sweet", "boat": BOATS, "ship": BOATS, "water": "water " + BOATS,
    "steel": BLADES, "blade": BLADES, "weapon": "weapon gun pistol rifle musket revolver spear bow " + BLADES, "gun": "gun pistol rifle musket revolver",
    "horse": "horse mare stallion pony gelding cob", "car": "car van truck lorry taxi",
}  # fmt: skip
_EAT = "eat take bite chew swallow devour gobble finish wolf munch nibble tast have pick+at"
_DRINK = "drink take sip swallow gulp drain swig down empty toss+off toss+back toss+down knock+back put+away throw+back pour+herself pour+himself polish+off finish quaff tipple lap nurse"
# What else a verb of the canon is called in a text; "take+off" is a verb with its particle.
_LIKE = {
    "eat": _EAT, "drink": _DRINK, "fly": "fly soar take+off take+wing lift+off", "swim": "swim tread+water", "wear": "wear don put+on pull+on push+up take+off pull+off straighten adjust", "carry": "carry draw bear wield unsheathe",
    "bear": "carry draw bear wield", "go": "go step climb get board sail ride row cross", "touch": "touch handle grasp grip take+up pick+up lift hold seize carry", "write": "write scribble scrawl sign", "sing": "sing hum croon",
    "dance": "dance waltz", "ride": "ride mount saddle gallop", "drive": "drive", "run": "run sprint dash",
}  # fmt: skip
_LIKE_BY_STEM = {stem(verb): others for verb, others in _LIKE.items()}

_LEGWORK = "walk stride run sprint pace jump march stroll jog dash tiptoe stand+up get+up leap spring+up kneel skip climb vault danc trot saunter"
_LIMPING = "wheel wheels wheelchair chair pushes rolled finger fingers hand hands thumb eye eyes comb crutch crutches hobbled limped stick carried plaster cast hopped helped leaning risk water bath tongue"
_LAME = (  # who does not walk, or hardly
    r"\bwheelchair\b|\bparaly[sz]ed\b|\b(?:cannot|can't|no longer|unable to) walk\b|\b(?:broke|breaks?|broken|shattered|fractured) (?:\w+ )?(?:the |a |his |her )?(?:left |right )?(?:leg|ankle|hip|foot|back)\b|\b(?:leg|ankle|hip)\b[^.;]{0,20}\b(?:broken|in plaster|in a cast|in splints)"
    r"|\b(?:leg|ankle|hip): (?:breaks?|broken|broke)\b|\bbed-?ridden\b|\bconfined to (?:his |her |a )?(?:bed|chair)\b|\bin a coma\b|\bunconscious\b|\b(?:legs|foot|feet) (?:is|are) (?:lame|useless|crushed)\b"
)

# What a canon says of whom the deeds are against.
NO_SMOKE = r"\b(?:non-?smoker|(?:never|not|n't|no longer) smoked?s?|no smoking|(?:quit|gave up|given up|gives up|stopped) (?:smoking|cigarettes|tobacco)|smok(?:es|ing): (?:never|no|none))\b"
NO_DRINK = (
    r"\b(?:teetotal\w*|abstains|abstainer|sober since \w+|(?:never|not|n't|no longer) (?:drinks?|touch(?:es)? (?:alcohol|drink|liquor|strong drink|the stuff|a drop))(?: alcohol| spirits| liquor)?)(?=\s*(?:$|[.,;]))|\b(?:sworn off|swore off|gave up|given up|quit|stopped) (?:the )?(?:drink|drinking|alcohol|bottle)\b|\btook the pledge\b"
    r"|\b(?:drinks?|drinking|alcohol): (?:no (?:liquor|alcohol|spirits|wine|beer|ale|strong drink)|none|nothing|never|only (?:water|milk|tea|coffee)|(?:water|milk|tea) only|nothing (?:but|stronger than) \w+)\b|\bdrinks (?:only|nothing but|nothing stronger than) (?:water|milk|tea|coffee)\b|\bdrinks no (?:liquor|alcohol|strong drink)\b"
)
NO_MEAT = r"\b(?:vegetarian|(?:never|not|n't) (?:eats?|touch(?:es)?) (?:any )?(?:meat|flesh)|eats no (?:meat|flesh)|(?:no|never) (?:meat|flesh)(?=$|[.,;]))\b"
BLIND = r"^blind\b(?! in (?!both\b))|\b(?:is|was|been|born|went|totally|completely|stone) blind\b(?! in (?!both\b))|: (?:blind|sightless)\b(?! in (?!both\b))|\bblind (?:from|since) birth\b"
DEAF = r"\b(?:is|was|been|born|completely|stone)?\s*deaf\b(?! (?:in|on|to)\b)"
ILLITERATE = r"\billiterate\b|\b(?:cannot|can't|never learned to|never learnt to|unable to) read\b"
NO_SWIMMER = r"\b(?:cannot|can't|never learned to|never learnt to|unable to) swim\b|\bswim(?:ming)?: (?:no|none|cannot|never)\b|\bnon-?swimmer\b"

_DEEDS = (  # what a canon says, the verbs, the nouns after them, what excuses it
    (NO_SMOKE,
     "light smoke puff roll drag stub tap draw+on", SMOKES, "for another's"),
    (NO_DRINK,
     _DRINK + " have", DRINKS, "water tea sink"),
    (NO_MEAT, _EAT + " cut", MEAT, "mock vegetarian soya fake pluck carve serve"),
    (r"\bvegan\b", _EAT + " cut", MEAT + " cheese egg milk butter cream", "mock vegan soya fake"),
    (BLIND,
     "read watch stare glanc peer gaze study squint spot notice admire catch+sight look+him look+her", "", "thumb thumbs finger fingers fingertips braille touch aloud-to blindly blind sightless unseeing blindness smell sound noise voice draught warmth taste scent chill heat cold silence step steps footsteps"),
    (BLIND,
     "see saw", "face smile snow colour lamp flag tear stain sky star moon sunset sunrise smoke shadow picture harbour ship boat road hill house window figure man woman boy girl crowd letter page map blood mark", "finger fingers blind dream smell sound warmth taste scent reek"),
    (DEAF, "hear overhear overheard listen", "", "nothing vibration trumpet through"),
    (DEAF, "turn start jump look+round look+up wake", "voice sound noise knock shout call footstep bell whistle creak hoofbeat", "felt shake vibration saw lips hand"),
    (ILLITERATE, "read peruse leaf skim decipher", "", "lips face faces sky weather palm palms signs"),
    (r"\b(?:cannot|can't|never learned to|never learnt to|unable to) (?:read or )?write\b|\billiterate\b", "write", "", "dictated clerk"),
    (_LAME, _LEGWORK, "", _LIMPING),
    (_LAME, "get rise struggle scramble leap jump", "foot", _LIMPING),
    (_LAME, "cross come go climb", "stride ladder stair stairs steps", _LIMPING),
    (NO_SWIMMER, _LIKE["swim"], "", "learned learning lesson"),
    (NO_SWIMMER,
     "kick+out strike+out strok+out stroke paddl dive plunge", "shore surf sea river lake water wave bank boat current tide reef harbour pool", "horse oar oars boat's learned drowning canoe raft hand arm arms"),
    (ILLITERATE,
     "go+through run+down run+over run+her run+his work+through scan glance+through study", TEXTS, "asked ask picture pictures hearing aloud-to for blankly finger thumb"),
    (r"\b(?:cannot|can't|no longer|unable to) fly\b|\bflightless\b", _LIKE["fly"], "", "rage temper fury passion panic action pieces plane aeroplane airship ticket flag hat coat cap boots gloves"),
    (r"\b(?:never|not|n't|cannot) (?:set|sets) foot (?:on|in|aboard) (?:a |any |the )?(?:boat|ship|water)\b|\bnever (?:goes|went|been) (?:on|aboard|in) (?:a |any )?(?:boat|ship|the water)\b",
     _LIKE["go"], BOATS, "fro past away from towards"),
)  # fmt: skip
MUTE = loose(
    r"\b(?:is |was |born |been )?(?:mute|dumb|cannot speak|can't speak|never speaks|does not speak|speechless|sworn to silence|vow of silence|has not spoken|hasn't spoken|"
    r"has lost (?:her|his) voice|speaks to nobody|never says a word|says nothing(?=\s*(?:$|[.,;])))\b"
)
_ALLERGIC = loose(r"\ballerg(?:ic to|y to|y:|ies:|y)\s*:?\s*(?P<what>[\w ,]+)")
_GENERIC = loose(
    r"\b(?:cannot|can not|can't|never|does not|doesn't|do not|don't|unable to|refuses to|will not|won't)\s+(?:\w+ly\s+|once\s+|ever\s+|yet\s+|in (?:his|her|its) (?:whole )?life\s+)*(?P<verb>[a-z]+)(?:\s+(?P<object>[^.;,()]+))?"
)
_NONE_OF = loose(
    r"\b(?P<verb>eats?|drinks?|wears?|carry|carries|bears?|rides?|touch(?:es)?|takes?|uses?|keeps?|owns?)\s+no\s+(?P<object>[a-z][\w ]*)"
)
_TOUCH_OF = loose(r"\b(?:bear|abide|stand|endure|suffer) (?:the )?touch of\b")
_NOBODY = loose(
    r"\b(?:no one|nobody) (?:(?:may|can|is allowed to|shall|dares to) (?P<may>[a-z]+)|(?P<verb>[a-z]+s))\s+(?P<object>[^.;,()]+)"
)
_WHERE = loose(r"\b(?:inside|within|in|on|aboard|at)\s+(?:the\s+)?(?P<where>[\w' -]+)$")
_NO_DEEDS = bag(
    "be have been is was get know like love want need trust forgive forget believe understand think feel speak talk say swear smile laugh cry lie use call calls ask asks answer smoke "
    "smokes stop stops find see come look lives live"
)
_WHITHER = bag("up down in out there here through across over past")
_ADVERBS = bag("alone anymore again unarmed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """Deeds that somebody does not do."""

    entry: Entry | None  # None: whoever `who` names
    who: str  # a noun, singular; "" with no entry is anybody
    verbs: frozenset[tuple[str, str]]  # stem and particle
    objects: frozenset[str]  # nouns, one of which must follow; none: the verb is enough
    unless: frozenset[str]  # words that show it was done another way
    where: str  # a noun of the place to which it is bound; "" is anywhere
    span: Span
    id: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    entry: Entry | None
    id: str
    text: str
    words: str  # the canon's own
    span: Span

    def holds(self, position: float | None) -> bool:
        """Whether it holds at a position; in the one in which it came about, or ended, it may or may not."""
        is_turn = position is not None and re.search(
            rf"\b(?:in|until|till|to) {UNIT}\s*{position:g}\b", f"{self.text} {self.words}", re.IGNORECASE
        )
        return self.span.surely(position) and not (is_turn and not self.span.is_open)


def statements(canon: Canon) -> Iterator[Statement]:
    """Everything that the canon states of what somebody is or does."""
    for entry in canon.entries:
        for attribute in entry.attributes:
            for value in attribute.values:
                yield Statement(
                    entry=entry,
                    id=entry.id,
                    text=_sentence(attribute.key, value.text),
                    words=attribute.words,
                    span=value.span,
                )
        for note in entry.notes:
            if not is_of_another(note):
                for text, span in spans(note):
                    yield Statement(entry=entry, id=entry.id, text=text, words=note, span=span)
    for fact in canon.facts:
        about = canon.find(_before_verb(fact.text)) or (canon.find(fact.about) if fact.about else None)
        yield Statement(entry=about, id=fact.id, text=fact.text, words=fact.text, span=fact.span)


def voices(canon: Canon) -> Iterator[Statement]:
    """The rules of voices, as statements about who speaks so."""
    for voice in canon.voices:
        if (entry := canon.find(voice.who)) is not None:
            for text, span in spans(voice.words):
                yield Statement(entry=entry, id=voice.id, text=text, words=voice.words, span=span)


def _sentence(key: str, value: str) -> str:
    """An attribute as one says it: "cannot swim" of `cannot: swim` and of `swimming: cannot swim`."""
    low = value.lower()
    if low in ("never", "no", "does not"):
        return f"{value} {key}"
    if key in ("cannot", "never", "can't", "does not", "will not"):
        return f"{key} {value}"
    return value if any(word in low for word in ("never", "cannot", "can't", "not ")) else f"{key}: {value}"


def nevers(canon: Canon) -> Iterator[Never]:
    facts = {fact.id: fact for fact in canon.facts}
    for stated in statements(canon):
        fact = facts.get(stated.id) if stated.id in facts and stated.text == facts[stated.id].text else None
        subject = canon.find(_before_verb(fact.text)) if fact is not None else stated.entry
        known = list(_known(stated, subject)) if subject is not None else []
        yield from known
        if nobody := _NOBODY.search(stated.text):
            yield from _of_nobody(stated, nobody)
        elif not known and not MUTE.search(stated.text):
            yield from _generic(stated, subject, _first_noun(fact.text) if fact is not None else "")


def _known(stated: Statement, subject: Entry) -> Iterator[Never]:
    for pattern, verbs, objects, unless in _DEEDS:
        if re.search(pattern, stated.text, re.IGNORECASE):
            yield _never(stated, subject, verbs, nouns(objects), unless=unless)
    if allergic := _ALLERGIC.search(stated.text):
        foods = [noun(word) for word in re.split(r"[ ,]+", allergic["what"]) if word not in ("and", "or", "")]
        yield _never(stated, subject, f"{_EAT} {_DRINK}", _covered(foods), unless="ill swelled swelling epipen hives")


def _generic(stated: Statement, subject: Entry | None, who: str) -> Iterator[Never]:
    """ "never wears green", "eats no fish": the verb, and what it is done to."""
    text = _TOUCH_OF.sub(r"touch", stated.text)
    found = _NONE_OF.search(text) or _GENERIC.search(text)
    if found is None or found["verb"].lower() in _NO_DEEDS or (subject is None and not who):
        return
    said = (found["object"] or "").strip()
    nouns = _object_nouns(_before_and(text[: found.start()]) if said in ("it", "them") else said)
    if not nouns and said and said.lower() not in _ADVERBS:
        return
    if subject is not None or nouns:
        verb = stem(found["verb"])
        if verb in _CONSUMING and nouns and nouns <= _CONSUMED:
            yield _never(
                stated, subject, "eat drink sip swallow finish drain gulp bite chew nibble taste have take", nouns
            )
            return
        unless = "nail nails stake wedge cattle sheep herd knife sword" if verb == stem("drive") else ""
        yield _never(stated, subject, _LIKE_BY_STEM.get(verb, verb), nouns, unless=unless, who="" if subject else who)


# Of what is eaten and drunk: never touching it is never having any.
_CONSUMING = stems("touch take have taste")
_CONSUMED = frozenset(
    one
    for words in (*_COVERED.values(), "tea coffee cocoa sweet onion garlic sugar bread")
    for word in words.split()
    for one in (word, noun(word))
) - frozenset(
    word
    for key in ("steel", "blade", "weapon", "gun", "horse", "car", "boat", "ship")
    for word in _COVERED[key].split()
)


def _of_nobody(stated: Statement, found: re.Match[str]) -> Iterator[Never]:
    """ "Nobody wears a blade in the hall." """
    where = _WHERE.search(found["object"])
    said = found["object"][: where.start()] if where else found["object"]
    nouns = _object_nouns(said)
    verb = stem(found["may"] or found["verb"])
    if nouns - _WHITHER and said.split()[:1] not in (["it"], ["them"]) and verb not in _NO_DEEDS:
        yield _never(
            stated, None, _LIKE_BY_STEM.get(verb, verb), nouns, where=noun(where["where"].split()[-1]) if where else ""
        )


def _never(
    stated: Statement,
    entry: Entry | None,
    verbs: str,
    objects: frozenset[str],
    *,
    unless: str = "",
    who: str = "",
    where: str = "",
) -> Never:
    return Never(
        entry=entry,
        who=who,
        verbs=frozenset((stem(verb), particle) for verb, _, particle in (one.partition("+") for one in verbs.split())),
        objects=objects,
        unless=frozenset(unless.split()),
        where=where,
        span=stated.span,
        id=stated.id,
        words=stated.words,
    )


def _first_noun(text: str) -> str:
    words = tokens(text)
    at = 1 if text.lower().startswith(("the ", "a ")) else 0
    return noun(words[at].text) if at < len(words) else ""


def _before_and(text: str) -> str:
    """What "it" means in "hates coffee and never drinks it": the last words before the "and"."""
    return re.split(r"\b(?:and|but|so)\b|,", text.strip())[0].strip()


def _before_verb(text: str) -> str:
    return re.split(r"\b(?:cannot|can not|can't|never|does|do|is|are|has|have)\b", text, maxsplit=1)[0].strip()


def _covered(nouns: list[str]) -> frozenset[str]:
    return frozenset(word for one in nouns for word in _COVERED.get(one, one).split())


def _object_nouns(text: str) -> frozenset[str]:
    """The nouns of an object. "rum or wine" is either; of other phrases the last word counts, before "in", "on" and the like."""
    if re.match(
        r"(?:to|that|without|until|unless|before|for|with|in|at|on|after|by|from|of|over) ", f"{text} ".lower()
    ):
        return frozenset()
    kept = re.split(
        r"\b(?:in|on|at|with|without|for|to|from|during|after|before|when|while|until|unless|by|of)\b", text, maxsplit=1
    )[0]
    return _covered([noun(part.split()[-1]) for part in re.split(r"\bor\b|\band\b|,", kept) if part.split()])
