"""Frames: what a text does not say as its own. Dreams, memories, letters, guesses, similes, lies, and things that have changed."""

import re
from collections.abc import Callable

from watchbill.gates.lore.english.bags import either, loose
from watchbill.gates.lore.texts.passages import Passage, Sentence

_DREAM = either(
    r"dream(?:s|ed|t|ing)?|nightmares?|hallucinat\w+|vision|delirium|delirious|in (?:her|his|my|their) sleep|when (?:he|she|I) (?:does |did |do )?sle(?:ep|eps|pt)|(?<!with )(?<!with a )(?<!had the )(?<!had a )(?<!caught the )(?<!the hay )fever(?! (?:had )?(?:turned|broken|broke|gone|ward))"
)
_WOKE = either(r"woke|awoke|wakes|awakes|waking|awake|wakened|awakened")
_RECORD = either(
    r"photographs?|photos?|portraits?|paintings?|statues?|recordings?|recorder(?! (?:off|on|in|into|away)\b)|footage|mural|tapestry|effigy|waxwork|puppets?|hologram|actors?|actress|costume|disguised?|in the guise|guise of|passed (?:for|(?:him|her)self off)|posed as|posing as|dressed (?:up )?as|gave (?:him|her)self out|wigs?|fresco|ballad|bards?"
    r"|(?:it (?:was|is) (?:said|told|whispered|rumou?red)|(?:the )?(?:talk|word|gossip|story) (?:was|went|goes|ran|had it))(?: (?:among|by|of|in|along) [\w' -]{3,40}?)? that"
    r"|legends?|myths?|rumou?rs?|headline|ghost|phantom|spectre|haunt\w*|imagin\w+|pretend\w*|memory|memories|remember\w*|recall\w*|recollect\w*|voicemail|voice mail|simulation|simulated"
    r"|(?:on|in|from|of|by) (?:the|a|an|his|her|that|this|every|some|old|our|their) (?:\w+ )?(?:screens?|films?|videos?|tapes?|novels?|plays?|songs?|stor(?:y|ies)|poem|newspaper|diary|journal|message|broadcast|archive|drawing|sketch"
    r"|engraving|tales?|pictures?|mask|doll)|sang (?:of|it|about|how)|(?:story|tale|song|film|play) (?:of|about|in which)"
)
_MEMORY = either(
    r"years? (?:ago|before|earlier|since)|months? (?:ago|before|earlier)|weeks? (?:ago|before|earlier)|long ago|once upon|in those days|back then|as a (?:child|boy|girl|kit|cub|young)"
    r"|when (?:he|she|they|it|[A-ZÀ-Þ]\w+) (?:was|were|had been) (?:\w+ ){0,2}(?:young|small|little|alive|a child|a boy|a girl|six|seven|eight|nine|ten|eleven|twelve)"
    r"|childhood|used to|the (?:days|years|nights|summers?|winters?) (?:when|before)|in (?:his|her|their) youth|before the (?:siege|war|fire|flood|accident)|flashback|last (?:year|winter|summer|spring|autumn)|the year before|that summer,? long"
    r"|the (?:winter|summer|spring|autumn) before|remembered|once,|had once|generations? (?:ago|before)|of old"
)
# "He'd gone" is past, "he'd go" is supposed.
_WOULD = r"'d\b(?!\s+(?:\w+ly\s+|never\s+|always\s+|once\s+|just\s+)?(?:\w{2,}ed|been|had|gone|seen|known|done|taken|given|made|told|said|heard|left|lost|found|got|gotten|kept|held|brought|bought|thought|felt|met|written|begun|grown|worn|drunk|eaten|slept|sat|stood|spent|won|caught|taught|sold|sent|built|broken|spoken|stolen|chosen|driven|flown|fallen)\b)"
_UNREAL = loose(
    r"\b(?:not|unless|would|wouldn't|could have|might|(?-i:may)|(?<!for )perhaps|(?<!for )maybe|should|suppos\w+|imagin\w+|pretend\w*|wish\w*|hop(?:ed|ing|es)|almost|nearly|seem\w*|appear(?:s|ed)? to|probably"
    r"|whether|wonder\w*|suspect\w*|guess\w*|fear(?:ed|s) that|doubt\w*|will|'ll|let us|let's|shall|lest|rather than|instead of|refus\w+|never|nobody|no one|nothing|denied|offered to|threatened to"
    r"|wanted to|want to|wants to|tried to|meant to|about to|going to|ought|forbade|forbidden to|unable|failed to|longed)\b|n't\b|"
    + _WOULD
)
_IF = loose(r"(?<!\bas )(?<!\beven )(?<!\bAs )\bif\b(?! (?:he|she|I) (?:was|were) a day)|\bunless\b")
_CONDITION = either(
    r"(?<!for )perhaps|(?<!for )maybe|suppose|supposing|imagin\w+|pretend\w*|wish\w*|whether|wonder\w*|lest|doubt\w*|were (?:she|he|it|they) to|had (?:she|he|it|they) been"
)
_MODAL = loose(
    r"\b(?:would|wouldn't|could have|might|(?-i:may)|almost|nearly|seem\w*|appear(?:s|ed)? to|probably|let us|should|will|shall|must have|can|could|going to|want(?:s|ed)? to|tr(?:y|ied) to)\b|'ll\b|"
    + _WOULD
)
_CHANGED = either(
    r"dyed|dye|bleached|tinted|no longer|used to|became|become|becomes|turn(?:ed|ing|s) (?:in)?to|turned (?:white|grey|gray|silver|black|red|pale|blue|green|gold)|had been|(?<!at )once|new|instead|replaced|in place of|repainted|until (?:then|now|that|last|yesterday|today)|any ?more|formerly|previously|"
    r"wig|borrowed|changed|contact lenses|lenses|went (?:grey|white)|grown|whitened|darkened|faded|washed out|rinsed|disguise\w*|makeup|glamou?r|spell|enchant\w*|transform\w*|shapeshift\w*|used up|sold|"
    r"lost|stolen|had (?:\w+ ){0,2}been|tonight only|for the (?:part|play|role|feast|ball)|costume|mask|(?:flickered|blazed|glowed|shifted|flashed) (?:red|green|blue|gold|white|black|silver|violet|amber)|by (?:lamp|moon|candle|fire)light, "
)
_LIE = either(
    r"lied|lies?(?! (?:under|on|in|beneath|behind|at|between|beyond|down|there|here|along|off|open|buried|over|across|near|still|awake|hidden|about|ahead|within|to the)\b)|lying(?! (?:under|on|in|beneath|behind|at|between|there|here|along|open|across|near|still|awake|down|about)\b)|liar|untrue|not true|false|falsely|falsehood|winked|wink|winks|joked?|joking|jest\w*|teas\w+|mistaken|mistake|mistook|wrong|nonsense|corrected|corrects|bluff\w*|pretend\w*"
    r"|mock\w*|sarcas\w*|boast\w*|invent\w*|misremember\w*|(?<!'ll have )(?<!will have )forgot\w*|straight face|fingers crossed|crossed (?:his|her) fingers|(?<!had )(?<!have )drunk|drunken|feverish|raving|rambl\w*|knew better|fib|fibbed|made it up"
    r"|make it up|making it up|a story|for the stranger|deceiv\w*|misled|mislead|contradict\w*|grinned at (?:his|her) own|cover story|alias|disguise|imperson\w*|ironic\w*|irony|dr[iy]ly|dry (?:voice|tone|smile|humou?r)|deadpan"
    r"|confus\w+|muddled|senile|of course not|in fact|in truth|actually|the truth (?:was|is)|did not believe|didn't believe|did not correct|nobody believed|no one believed|exaggerat\w*|scoff\w*|rubbish"
)
_LETTER = re.compile(
    r"\A\s*(?:Dear|My dear|Dearest|My dearest)\s+\w|\A\s*(?:Sir|Madam),\s*$|^(?:Yours|Your loving|Your affectionate|Sincerely|With love)\b",
    re.MULTILINE,
)
_LETTERED = loose(
    r"\b(?:the|her|his|a|this|that) (?:letter|note|diary|journal|inscription|telegram|page|ledger|report|article|entry|log|logbook|postcard|will) (?:read|reads|said|says|ran|began|went|claimed|stated|spoke)\b"
)
_SIMILE = either(r"like|as if|as though|as \w+ as|than|resembl\w+|reminded")
_NOT = loose(
    r"\b(?:not|never|no|without|neither|nor|hardly|scarcely|nobody|no one|none|nothing|cannot|rather than|instead of|far from|anything but|except)\b|n't\b"
)


_PLAYED = loose(
    r"\b(?:recording|recorder(?! (?:off|on|in|into|away)\b)|voicemail|footage|hologram)\b|\b(?:on|played|plays|watch(?:ed|es)|rewound|in) (?:the|a) (?:tape|film|video|archive)\b"
)

_MADE = either(
    r"dyed|bleached|tinted|shaved|cropped|cut|painted|repainted|changed|replaced|swapped|disguised|wig|lenses|mended|rebuilt"
)
_AS_IF = re.compile(r"\bas (?:if|though)\b.*$", re.DOTALL)  # what only a likeness remembers
_THEREFORE = re.compile(
    r"^.*, (?:so|but|and) (?=(?:he|she|I|we|they|it)\b)", re.DOTALL
)  # "no cab came, so he walked": he did
# What would be is beside what happens: "nights that would be worse, took the mug"; what one would do again and again happens.
_WHICH_WOULD = loose(
    r"\b(?:that|which|who) would [^,;.]*,|\b(?:now and then|now and again|sometimes|from time to time|(?:every|each) (?:\w+ )?(?:day|night|morning|evening|hour|week)),? (?:he|she|I|they|[A-ZÀ-Þ]\w+) would\b"
)
_CLAUSES = re.compile(r"[;:—]|, (?:and|but|so)\b")


_BACK = either(
    r"the (?:last|first) time|that (?:summer|winter|autumn|spring)|the (?:day|night|evening|morning) (?:he|she|they|before)|back then|it was the (?:summer|winter|spring|autumn|year|day|night|morning)|(?:she|he|they|I) (?:was|were) (?:six|seven|eight|nine|ten|eleven|twelve|\w+teen|young|a child|a girl|a boy) again|(?:that|this) was the (?:summer|winter|spring|autumn|year)|the (?:summer|winter|year) (?:they|he|she|we|that|when)"
)  # to another time, in which what follows happens


class Frames:
    """What stands in a frame, found once for a text."""

    def __init__(self, passage: Passage) -> None:
        self._passage = passage
        self._framed: list[bool] = []
        self._found: dict[tuple[str, int], bool] = {}  # what was asked of a sentence before
        dreaming = lettered = False
        for place in range(len(passage.paragraphs)):
            text = passage.in_paragraph(place)
            if dreaming and _WOKE.search(text):
                dreaming = False
            lettered = lettered or bool(_LETTER.search(text))
            dreaming = dreaming or bool(_DREAM.search(text) and not _WOKE.search(text) and not _is_wish(text))
            self._framed.append(
                dreaming or lettered or bool(_DREAM.search(text) and not _is_wish(text)) or bool(_LETTERED.search(text))
            )

    def is_framed(self, sentence: Sentence, *, but_memory: bool = False) -> bool:
        """In a dream, in a letter, of a memory, of a picture: not what happens. A memory may be asked to count as told."""
        is_memory = not but_memory and self._once(
            "memory", sentence, lambda text: bool(_MEMORY.search(_AS_IF.sub("", text)))
        )
        return is_memory or self._once(
            "framed",
            sentence,
            lambda text: self._framed[sentence.paragraph] or bool(_RECORD.search(text)) or self._is_recorded(sentence),
        )

    def goes_back(self, sentence: Sentence) -> bool:
        """Whether the paragraph, before a sentence, went back to another time: "It was the summer they built the boat."."""
        start, _ = self._passage.paragraphs[sentence.paragraph]
        return bool(_BACK.search(self._passage.prose, start, sentence.start))

    def is_unreal(self, sentence: Sentence, until: int | None = None) -> bool:
        """A question, a condition, or up to some place a guess or a wish."""
        if self._once("if", sentence, lambda text: text.rstrip("\"')").endswith("?") or bool(_IF.search(text))):
            return True
        if until is not None:
            return bool(_CONDITION.search(self._passage.prose, sentence.start, until))
        return self._once("condition", sentence, lambda text: bool(_CONDITION.search(text)))

    def is_narrated(self, sentence: Sentence) -> bool:
        """What happens, as the narration itself tells it."""
        return not (sentence.is_speech or self.is_framed(sentence) or self.is_unreal(sentence))

    def is_meant(self, sentence: Sentence) -> bool:
        """What the narration tells, or somebody says who is not shown to lie."""
        return not (self.is_framed(sentence) or self.is_unreal(sentence) or self.is_lie(sentence))

    def is_conditional(self, sentence: Sentence, start: int) -> bool:
        """Whether the words at start are asked, or hang on a condition before them or in their own clause."""
        prose = self._passage.prose
        if prose[sentence.start : sentence.end].rstrip("\"')").endswith("?"):
            return True
        before, clause = prose[sentence.start : start], re.split(r"[,;:—]", prose[start : sentence.end])[0]
        return bool(_IF.search(before) or _CONDITION.search(before) or _IF.search(clause))

    def is_supposed(self, sentence: Sentence, start: int) -> bool:
        """Whether the clause of the words at start only supposes them: "would", "might", "seemed"."""
        before = re.split(r"[;:—,]|\b(?:and|but|that)\b", self._passage.prose[max(sentence.start, start - 80) : start])
        return bool(
            _MODAL.search(before[-1]) or (len(before) > 1 and len(before[-1].split()) < 2 and _MODAL.search(before[-2]))
        )

    def is_hedged(self, sentence: Sentence, until: int | None = None) -> bool:
        """As is_unreal, and also what, up to some place, was denied, refused, meant or is yet to come."""
        text = self._passage.prose[sentence.start : sentence.end if until is None else until]
        return self.is_unreal(sentence, until) or bool(_UNREAL.search(_WHICH_WOULD.sub("", _THEREFORE.sub("", text))))

    def says_changed(self, sentence: Sentence, start: int, end: int) -> bool:
        """Whether the words around those at start … end say that it was, or has become, otherwise."""
        prose = self._passage.prose
        before = _CLAUSES.split(prose[max(sentence.start, start - 60) : start])[-1]
        after = _CLAUSES.split(prose[end : min(sentence.end, end + 60)])[0]
        return bool(_CHANGED.search(f"{before}{prose[start:end]}{after}"))

    def changed_before(self, sentence: Sentence, noun: str) -> bool:
        """Whether the paragraph has said, in a sentence before, that such a thing was made otherwise: "they dyed her hair"."""
        start, _ = self._passage.paragraphs[sentence.paragraph]
        before = self._passage.prose[start : sentence.start]
        return any(noun in part.lower() and _MADE.search(part) for part in re.split(r"[.!?]", before))

    def is_lie(self, sentence: Sentence) -> bool:
        """Speech that the narration around it shows to be false or a joke."""
        if not sentence.is_speech:
            return False
        return any(self._has_lie(sentence.paragraph + step) for step in (-1, 0, 1))

    def is_doubted(self, sentence: Sentence) -> bool:
        """A claim that is at once shown to be wrong, in speech or not."""
        return self._has_lie(sentence.paragraph)

    def is_negated(self, sentence: Sentence, start: int, end: int) -> bool:
        """Whether a negation stands before the words at start … end, within their clause."""
        before = self._passage.prose[max(sentence.start, start - 60) : end]
        clause = re.split(r"[;:—]|, (?:and|but)\b", before[: len(before) - (end - start)])[-1]
        return bool(_NOT.search(clause))

    def is_compared(self, sentence: Sentence, start: int) -> bool:
        """Whether the words at start are one side of a comparison: "eyes like green glass"."""
        return bool(_SIMILE.search(self._passage.prose, max(sentence.start, start - 60), start))

    def _once(self, name: str, sentence: Sentence, ask: Callable[[str], bool]) -> bool:
        key = (name, sentence.start)
        if key not in self._found:
            self._found[key] = ask(self._words(sentence))
        return self._found[key]

    def _has_lie(self, paragraph: int) -> bool:
        key = ("lie", -paragraph - 2)
        if key not in self._found:
            self._found[key] = bool(_LIE.search(self._passage.in_paragraph(paragraph)))
        return self._found[key]

    def _words(self, sentence: Sentence) -> str:
        return self._passage.prose[sentence.start : sentence.end]

    def _is_recorded(self, sentence: Sentence) -> bool:
        """Anything in a paragraph in which something plays a recording."""
        key = ("recorded", -sentence.paragraph - 2)
        if key not in self._found:
            self._found[key] = bool(_PLAYED.search(self._passage.in_paragraph(sentence.paragraph)))
        return self._found[key]


def _is_wish(text: str) -> bool:
    return bool(re.search(r"\bdream(?:s|ed|t|ing)? of (?:being|becoming)\b|\bdream job\b", text, re.IGNORECASE))
