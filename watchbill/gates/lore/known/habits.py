"""Habits: what a canon says that somebody is or never does, and the words by which a text shows the contrary."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from watchbill.gates.lore.english.bags import loose
from watchbill.gates.lore.known.deeds import (  # fmt: skip
    BLADES,
    BLIND,
    BOATS,
    DEAF,
    DRINKS,
    ILLITERATE,
    MEAT,
    MUTE,
    NO_DRINK,
    NO_MEAT,
    NO_SMOKE,
    NO_SWIMMER,
    SMOKES,
    TEXTS,
)

_TOUCHED = r"\b(?:fingers?|fingertips?|thumbs?|touch|braille|smell|scent|sound|taste|warmth|dark|dream\w*|as if|blind\w*|sightless|unseeing|mind's eye|aloud to (?:him|her)|asked|lips|voices?|noises?|footsteps?|knock|call)\b"


def _any(words: str) -> str:
    """A pattern for one of several words, also in the plural."""
    return f"(?:{'|'.join(words.split())})(?:s|es)?"


_BEASTS = {
    "dog": "dog hound puppy spaniel terrier mastiff collie bitch", "cat": "cat kitten tomcat tabby", "horse": "horse mare stallion pony gelding", "snake": "snake viper adder cobra",
    "spider": "spider tarantula", "rat": "rat mouse", "bird": "bird hen crow gull", "goat": "goat kid",
    "red": "red scarlet crimson", "scarlet": "red scarlet crimson", "crimson": "red scarlet crimson purple", "purple": "purple violet crimson", "violet": "purple violet", "brown": "brown black", "black": "black brown grey gray", "grey": "grey gray black white", "gray": "grey gray black white",
}  # fmt: skip
_COLOURS = "red|scarlet|crimson|blue|green|yellow|purple|violet|black|white|gr[ea]y|brown|pink|orange"
_INSTRUMENTS = "violin viola fiddle cello flute piano harp lute guitar trumpet clarinet oboe bassoon accordion concertina banjo harpsichord mandolin trombone saxophone"
_WEAPONS = f"weapon gun pistol rifle musket revolver bow crossbow shotgun {BLADES}"
_SAW = r"(?:saw|sees|watched|watches|noticed|glimpsed|spotted|spied|eyed|recognised|recognized|sighted|caught sight of)"
_SOMETHING = r"(?:the|a|an|his|her|its|their|two|three|four|five|him|them|how (?:pale|red|white|dark|tired|thin|old)|that (?:he|she|it|they|the \w+) had (?:gone|turned|grown) \w+)"
_AT = r"(?:at|up at|down at|out at|over at|back at|across at|round at|around at|about (?:him|her)|round (?:the|a)|around (?:the|a)|(?:in|out|up|down|back)to (?:the|a|his|her)|out over|out across|through the (?:window|glass|door|keyhole|telescope|lens))"
_BARELY = r"(?:barely|hardly|scarcely|only|just)"
_BELOW = r"(?:shoulders?|elbow|chin|waist|belt|chest|armpit)\b"
_THEIRS = r"(?:a|an|the|his|her|another|some|one of the)"
_ALOFT = "mast masthead rigging shroud ratline tower steeple cliff scaffold scaffolding ladder tree crag rockface spire belfry yardarm pylon"


@dataclass(frozen=True, slots=True)
class Habit:
    says: re.Pattern[str]  # of the canon; "what" is put into the others
    does: str  # what the subject of a sentence does
    has: str = ""  # what somebody has: behind "his", "her", "Piet's"
    rule: str = "ability"
    unless: str = ""  # words of the sentence that show it was done in another way


def _habit(says: str, does: str, has: str = "", rule: str = "ability", unless: str = "") -> Habit:
    return Habit(loose(says), does, has, rule, unless)


_HABITS = (
    _habit(
        r"\bnever (?:raises|lifts) (?:it\b|(?:his|her|its|their) voice)|\bnever (?:shouts|yells|speaks loudly)\b|\bnever above a (?:whisper|murmur)\b|\b(?:speaks|talks) only in (?:a )?(?:whispers?|murmurs?)\b|\bonly (?:ever )?whispers\b|\b(?:cannot|can't) (?:shout|raise (?:his|her) voice)\b",
        r"shouted|bellowed|roared|yelled|hollered|bawled|thundered|screamed|raised (?:his|her) voice|let (?:go|out) (?:a|an) (?:\w+ )?(?:bellow|roar|shout|yell|scream)|gave (?:a|an) (?:\w+ )?(?:bellow|roar|shout|yell)",
        rule="voice",
    ),
    _habit(
        r"\bnever (?:swears|curses)\b|\b(?:does not|doesn't) (?:swear|curse)\b|\bno (?:swearing|oaths|bad language)\b",
        r"(?:swore|cursed)(?= (?:under|aloud|again|loudly|softly|quietly|once|twice|like|in (?:three|two|four|\w+ languages)|at)\b|[.,;!]| and )|let (?:fly|out|go) (?:an oath|a string of oaths|a curse|a stream of (?:oaths|curses))|said the (?:\w+est|worst|foulest) word",
        rule="voice",
    ),
    _habit(r"\bnever laughs\b", r"laughed|chuckled|giggled|guffawed|burst out laughing", rule="voice"),
    _habit(r"\bnever smiles\b", r"smiled|grinned|beamed", rule="voice"),
    _habit(r"\bnever (?:cries|weeps)\b|\bnever sheds? (?:a tear|tears)\b", r"wept|sobbed|burst into tears", rule="voice"),
    _habit(r"\bnever jokes\b|\bnever makes (?:a joke|jokes)\b", r"joked|cracked a joke|made a joke", rule="voice"),
    _habit(
        r"\bnever apologi[sz]es\b|\b(?:does not|doesn't) apologi[sz]e\b|\bnever says (?:she|he)(?:'s| is) sorry\b",
        r"apologi[sz]ed",
        rule="voice",
    ),
    _habit(
        NO_DRINK,
        rf"(?:was|were|got|is|am|'m) (?:\w+ly |half |very |too |quite |already |blind |roaring )?(?:drunk(?! (?:with|on) (?!{_any(DRINKS)}|drink))|tipsy|hung ?over|the worse for drink|in (?:his|her) cups)"
        rf"|(?:smelt|smelled|stank|reeked|reeking|stinking|smelling) (?:\w+ly )?of (?:drink|{_any(DRINKS)})|(?:reeled|staggered|rolled|stumbled|lurched|weaved) (?:\w+ )?(?:home |out |back )?(?:from|out of|of) the (?:inn|tavern|pub|saloon|bar|alehouse|taproom)"
        rf"|had (?:had )?(?:two|three|four|five|six|several|a few|a couple of|too many) (?:pints|beers|ales|whiskies|whiskeys|gins|rums|brandies|drinks|glasses of (?:wine|port|sherry|champagne)|too many)"
        rf"|(?:emptied|drained|lifted|raised|knocked back|tipped back|sank|upended|reached for|refilled|topped up) {_THEIRS} (?:\w+ )?(?:tankard|flagon|pint|wineglass|beer|ale|shot|(?:hip )?flask|brandy|whisky|whiskey|gin|wine|rum|sherry|schnapps)\b|slept it off|sobered up|(?:had|with|nursed|nursing|cracked|cracked open|opened|cradled|cradling) (?:a|an|his|her|another|the last of (?:his|her)) (?:\w+ )?(?:beer|ale|pint|lager|whisky|whiskey|bourbon|brandy|gin|rum|sherry|martini|cocktail|shot)\b(?! (?:for|bottle|glass|barrel|cask))",
        rf"(?:breath|mouth|coat|clothes) (?:smelt|smelled|stank|reeked|was (?:thick|sour|sweet|heavy)) (?:of|with) (?:drink|{_any(DRINKS)})|hangover|(?:hip )?flask of (?:{_any(DRINKS)})",
        unless=r"\b(?:spill\w*|spilt|splashed|soaked|poured over|rubbed)\b",
    ),
    _habit(
        NO_MEAT,
        rf"(?:ate|eats|chewed|gnawed|sucked|bit (?:into|off)|tore (?:at|into|off|a)|devoured|swallowed|finished|licked|picked clean|wolfed|ordered|helped (?:him|her)self to|speared|forked|asked for|called for|mopped up|polished off|put away|cut (?:him|her)self|had \w+ helpings? of)\b[^.;]{{0,40}}?\b(?:{_any(MEAT)}|marrow|drumstick|brisket|shank|crackling|ribs|roast|stew)\b(?! (?:for|to) (?!bits|himself|herself))"
        rf"|(?:wiped|licked|sucked|wiping|licking|sucking) [^.;]{{0,25}}?\b(?:grease|fat|dripping|gravy)\b|ate until the (?:grease|fat) ran",
    ),
    _habit(
        NO_SMOKE,
        rf"(?:lit|lights|lighted) (?:up(?= |[.,;])|(?:another|a (?:second|third|fresh|new)) (?:one|{_any(SMOKES)}))|(?:blew|puffed|breathed|exhaled|drew|inhaled|dragged)(?: out| in)? (?:\w+ )?(?:smoke|a (?:\w+ )?(?:plume|cloud|stream) of smoke|smoke rings?)|blew a (?:\w+ )?(?:smoke ring|ring)|(?:ground|stubbed|crushed|pinched|stamped|put) out (?:his|her|the|a) (?:\w+ )?{_any(SMOKES)}|took (?:a|another|one last|a last|a long|a deep) (?:\w+ )?(?:drag|puff|pull) (?:on|at|of|from)"
        rf"|(?:rolled|filled|tamped|knocked out|tapped out|sucked(?: on| at)?|stuck|put|shook out|struck a match (?:for|to)) (?:his|her|a|an|another|the) (?:\w+ )?{_any(SMOKES)}",
        rf"(?:third|second|fourth|last|next|first) {_any(SMOKES)} of the (?:day|morning|evening|night)",
    ),
    _habit(
        ILLITERATE,
        rf"(?:sat|was|stood|lay|had)\b[^.;]{{0,20}} nose (?:deep )?in {_THEIRS} (?:\w+ )?(?:book|newspaper|novel|paper)|(?:spelled|spelt|made) out the (?:\w+ )?(?:name|words?|letters|title|inscription|sign|address|heading)|(?:found|saw|looked for) (?:his|her) (?:own )?name (?:in|on|at|among) |turned (?:over )?(?:the|another|a) pages? (?:and|of|in)|(?:ran|cast|passed|let) (?:his|her) (?:eyes?|finger) (?:down|over|along|across|run) (?:down |over |along )?(?:the|a) (?:\w+ )?{_any(TEXTS)}|(?:read|reads|reread|skimmed|perused) (?:the|a|an|it|his|her|every|aloud|out|through|over|on(?= |[.,;])|from)\b(?! (?:\w+ )?(?:face|sky|weather|room|signs|palm|mood|mind|stars|bones|tracks|wind|sea|water))",
        unless=_TOUCHED,
    ),
    _habit(
        NO_SWIMMER,
        r"(?:floated|drifted|lay) (?:\w+ )?on (?:his|her) back in the (?:\w+ )?(?:water|sea|river|lake|pool|bay)|swam|swum|dived (?:in(?:to the (?:\w+ )?(?:water|sea|river|lake|pool|waves?))?|off the \w+)(?= |[.,;])|trod water|kicked (?:up |hard |out )?(?:for|to|toward|towards) the (?:surface|shore|bank|light|boat)|struck out (?:for|across|towards?)|(?:made|reached) (?:the )?(?:shore|bank|boat) (?:in|with) (?:\w+ )?strokes",
    ),
    _habit(
        BLIND,
        rf"{_SAW} {_SOMETHING}\b(?! (?:point|joke|sense|truth|use|need|funny|error|light|way|matter|whole|past|future))|(?:looked|stared|gazed|peered|glanced|squinted) {_AT}\b|caught (?:his|her|\w+'s) eye\b|looked (?:\w+ ){{1,3}}up and down\b|can see (?:very |quite |perfectly )?well\b|read (?:the|a|it|his|her)\b",
        r"(?:eyes|gaze) (?:followed|swept|fell on|roved|darted|travelled|flicked|lit on|scanned|searched|found|rested on|met)",
        unless=_TOUCHED,
    ),
    _habit(
        DEAF,
        r"(?:heard|overheard|hears) (?:the|a|an|his|her|it|him|every|footsteps|voices|someone|somebody|that|what|nothing but the)\b|hummed along|listened (?:to|at|for|hard|intently|carefully)|(?:spun|turned|started|jumped|looked) (?:\w+ )?at the (?:sound|noise|crack|click|crash|creak|bang|shout|scrape|clatter)|pricked up (?:his|her) ears",
    ),
    _habit(MUTE.pattern, r"sang(?! in (?:his|her) (?:head|heart|mind))|crooned|(?:shouted|called out|cried out|screamed|yelled) (?:for|to|at|after|that)\b", r"voice (?:rang|carried|filled|rose|was (?:hoarse|clear|loud|soft|low|high|steady))"),
    _habit(
        r"\batheis\w+|\bunbeliever\b|\bgodless\b|\b(?:does not|doesn't) believe in (?:god|the gods|any god)\b|\bnever prays\b|\b(?:religion|faith|religious|beliefs?): (?:none|no\b)|\bno (?:religion|faith in god)\b",
        r"prayed (?:to|aloud|every|as|in)\b|(?:knelt|kneeling|kneels) (?:down )?(?:to pray|in prayer|and (?:prayed|said)|before the (?:altar|cross|icon|shrine))|said (?:a|his|her) (?:\w+ )?prayers?|crossed (?:him|her)self|told (?:his|her) (?:beads|rosary)|(?:made|signed) the sign of the cross|went to (?:mass|confession|communion)|gone to (?:mass|church|confession|temple) every|(?:muttered|murmured|whispered|offered|breathed|said) (?:up )?(?:a|the|his|her) (?:\w+ )?(?:prayer|rosary|grace|blessing)|believes? in (?:god|the lord)\b|gave thanks to (?:god|the lord|the gods)|took communion",
    ),
    _habit(
        r"\b(?:cannot|can't|never|not|n't|refuses to) (?:\w+ )?(?:ride|rides|mount|mounts|ridden|sits?|sat)\b(?! (?:a |in |on |the )?(?:bi(?:ke|cycle)|train|car|carriage|bus|boat))(?: (?:a|an|on|any|to|upon)\b)*|\b(?:fear|afraid|frightened|scared|terrified|distrustful)\b(?: of|: ?)? ?horses\b|\bnever ridden\b|\bcannot sit a horse\b",
        r"(?:swung|climbed|vaulted|leapt|jumped|got|sprang|settled|pulled (?:him|her)self|hauled (?:him|her)self) (?:back |up |easily |lightly )?(?:in|into|onto|on to|to) the saddle|mounted (?:up|the (?:\w+ )?(?:horse|mare|pony|stallion|gelding))|(?:came|went|rode|travelled|arrived|goes|sat|was) [^.;,]{0,40}?\bon (?:that|a|his|her|the) (?:\w+ ){0,2}?(?:roan|bay|chestnut|dapple-grey|horse|mare|gelding|cob|pony|stallion)\b(?! (?:cart|trough|box))|(?:rode|galloped|cantered|spurred) (?!in the (?:cart|wagon|coach|carriage|train)|out (?:the|a) (?:storm|gale|night|crisis|winter)|on (?:his|her|the) shoulders)(?:on|off|away|out|down|up|back|home|in|into|after|past|through|across|over|the|a|his|her|hard|beside|all)\b(?![^.;]*\b(?:cart|wagon|waggon|coach|carriage|train|bus|bicycle|sledge|boat|ferry|trolley|tram|lift|elevator)\b)|ridden (?:since|before|all|every)|dug (?:his|her) heels into",
    ),
    _habit(
        rf"\b(?:fears?|afraid|frightened|scared|terrified|phobia|phobic|cannot (?:bear|stand|abide)|can't (?:bear|stand|abide)|hates|loathes|dislikes|dread(?:s)?|allerg(?:y|ic))\b(?: of| to|: ?)? ?(?:being near |all |the )?(?P<what>{'|'.join(_BEASTS)})s?\b",
        r"(?:stroked|petted|patted|hugged|fondled|cuddled|tickled|kissed|nuzzled|embraced|picked up) (?:the|a|his|her|an old|its) (?:\w+ )??{beast}\b|scratched (?:the|a|his|her) (?:\w+ )??{beast}(?:'s)? (?:ears?|chin|head|belly|behind)|let the (?:\w+ )??{beast} (?:lick|sniff|jump|climb|curl|sleep|lie)|(?:buried|rubbed|pressed|sank|worked|ran) (?:his|her) (?:face|fingers?|hands?|cheek) (?:in|into|through|against|over) (?:the|its|her|his) (?:\w+ )??(?:{beast}(?:'s)?|fur|coat|ruff|mane)\b|had (?:always |once )?(?:kept|loved|owned|bred|trained) {beast}|(?:with|had) (?:a|the) (?:\w+ )??{beast} (?:asleep |curled |purring )?(?:on|in|across|at) (?:his|her) (?:lap|arms|knees?|shoulder|feet|bed)|(?:had )?never (?:been (?:afraid|frightened|scared) of|minded|feared) (?:the |a )?{beast}|(?:mad|crazy) (?:about|for) {beast}|whistled (?:up |for )?(?:the|his|her) (?:\w+ )??{beast}",
    ),
    _habit(
        r"\b(?:fears?|afraid|frightened|scared|terrified|phobia|cannot (?:bear|stand|abide)|can't (?:bear|stand|abide))\b(?: of|: ?)? ?(?:\w+ )?(?:heights?|falling|climbing|high places)\b|\bnever climbs\b|\bvertigo\b|\bno head for heights\b",
        rf"(?:climbed|scrambled|shinned|swarmed|clambered|ran|went) (?:nimbly |lightly |quickly |straight |right )?(?:up |to the (?:very )?top of |on to |onto |out on |out along )?(?:the|a) (?:\w+ )?{_any(_ALOFT)}\b|climbed to the (?:\w+ )?(?:top|masthead|crow's nest)|(?:sat|perched|stood|balanced|walked|danced|leaned out) (?:\w+ )?(?:on|over|along) the (?:\w+ )?(?:edge|ledge|parapet|ridge|ridgepole|lip|brink|yardarm|rooftop)\b|swung (?:his|her) (?:legs|feet) over the (?:drop|edge|void|street)|(?:hung|leaned|leant) (?:right |far |well |halfway )?out over\b",
    ),
    _habit(
        r"\b(?:never|not|n't|cannot|no longer) (?:carry|carries|bears?|wears?|own|owns|use|uses|touch|touches|hold|holds) (?:a |any )?(?:weapons?|arms|guns?|blades?|steel|swords?)\b|\b(?:carries|bears|owns|wears|uses) no (?:weapons?|arms|guns?|blades?|steel)\b|\bpacifist\b|\bweapons?: (?:none|no|never)\b|\balways unarmed\b",
        rf"(?:drew|pulled(?: out)?|levelled|leveled|cocked|raised|unsheathed|laid|loaded|aimed|fired|slid|buckled on|reached for|reloaded|sharpened|cleaned|holstered|sheathed|drove|thrust) (?:a|an|his|her|the) (?:\w+ ){{0,2}}?{_any(_WEAPONS)}\b(?! (?:(?:from|out of|away from) (?:him|her(?! \w)|the \w+'s|\w+'s|the boy|the man)|across|through|along|down)\b)",
    ),
    _habit(
        r"\b(?:speaks?|knows|has|understands) no (?P<what>[A-ZÀ-Þ]\w+)\b|\b(?:does not|doesn't|cannot|can't|never) (?:speak|understand|learned|learnt) (?:any |a word of )?(?P<what2>[A-ZÀ-Þ]\w+)\b",
        r"(?:(?:answered|replied|said|spoke|asked|swore|called|shouted|whispered|sang|told|murmured|cursed|explained|added)\b[^.;\"]{0,25}? in|spoke|talked|chattered(?: away)? in) (?:\w+ )?(?-i:{what})\b",
    ),
    _habit(
        rf"\b(?:plays?|played|instruments?:|practises)(?: is| only)?(?: the| a| an)* (?P<what>{_INSTRUMENTS.replace(' ', '|')})\b(?! and\b| or\b|,)",
        rf"(?:played|practised|tuned|rosined|unpacked|tucked|put down|laid down|took up|picked up|lifted|strummed|sat down (?:at|to)) (?:the|his|her) (?:\w+ )?(?!{{what}}){_any(_INSTRUMENTS)}\b(?! (?:from|case|of)\b)|played the (?!{{what}}){_any(_INSTRUMENTS)}\b|(?:with )?(?:the|his|her|a) (?!{{what}}){_any(_INSTRUMENTS)} (?:tucked|clamped|settled|held|resting) (?:in )?(?:under|beneath|between|against|at|on) (?:his|her) (?:chin|knees|shoulder|lips|neck|jaw)\b",
    ),
    _habit(
        r"\b(?:cannot|can't|does not|doesn't|never|no longer|not allowed to|unable to) (?:\w+ )?(?:drive|drives|driven|learned to drive|learnt to drive)\b",
        r"(?:pulled|swung|backed|nosed|eased) (?:the \w+ )?(?:out|away|in|into|up|off|over|back) (?:of|in front of|from|on to|onto|into|to the kerb|to the curb|the (?:drive|driveway|kerb|curb))|(?:took|had|gripped|turned|spun|hauled on) the (?:steering )?wheel\b|(?:slid|got|climbed|sat|settled) (?:in )?behind the wheel|(?:put|threw|shoved|slammed) (?:it|the (?:car|truck|van)) (?:in|into) (?:gear|drive|reverse)|(?:shifted|changed) (?:down|up|gears?)|(?:stepped|stood|stamped) on the (?:gas|accelerator|brakes?)|(?:drove|drives) (?!(?:a|the|his|her) (?:nail|knife|stake|cattle|sheep|hard bargain|point))(?:\w+)|was (?:doing|driving) (?:\w+)|hung over the wheel|parked the (?:car|truck|van)",
    ),
    _habit(
        rf"\b(?:never|not|n't) (?:set|sets|sails?|goes?|been|ride|rides|board|boards)\b[^.;]{{0,20}}\b(?:{_any(BOATS)}|water|sea)\b|\b(?:terrified|afraid|scared|frightened|fears?)(?: of|: ?)? ?(?:the )?(?:water|sea|boats)\b",
        r"was at the (?:rail|tiller|wheel|helm|oars)\b|(?:pulled|leaned|bent|rested) (?:at|on|to) (?:his|her|the) oars?\b|(?:took|had) the (?:tiller|helm|oars)\b|cast off|(?:stepped|jumped|climbed|went) (?:down |back )?(?:aboard|on board)|dived (?:in|into|off)\b|swam\b",
    ),
    _habit(
        r"\b(?:stature|height|build|size|figure|frame)\b[^;.]{0,30}\b(?:tall|towering|giant|huge|lanky|gangling)\b|\bvery tall\b|\bunusually tall\b",
        rf"(?:stood|stand|stands|climbed|got up|stepped|hopped up|balanced|perched) (?:up )?on (?:a|an|the|his|her) (?:\w+ )?(?:crate|box|stool|chair|bucket|step|books?|tiptoes?) (?:to|so)\b|(?:stood|stand|rose|standing|got up|stretched(?: up)?|went up|up) on (?:tiptoes?|his toes|her toes) to (?:reach|kiss|get|touch|see over)|{_BARELY} (?:came|reached|stood|rose) (?:up )?(?:to|as high as) (?:his|her|the|my|\w+'s) (?:\w+'s )?{_BELOW}|(?:came|reached|stood) (?:{_BARELY} |no higher than |up )?(?:to )?(?:his|her|\w+'s) (?:elbow|waist|belt|chest)\b"
        rf"|(?:was|being) (?:built|made|put together) [^.;]{{0,12}}\b(?:like|on the scale of) a (?:child|girl|boy|jockey|doll|sparrow|bird|(?:nine|ten|eleven|twelve|thirteen)-year-old)|(?:was )?(?:no|not much|hardly|scarcely) (?:taller|bigger|higher) than (?:a|the) (?:child|girl|boy|broom|table|doll|dog|milestone)\b|(?:was )?the (?:shortest|smallest)\b",
        rule="attribute",
    ),
    _habit(
        r"\b(?:stature|height|build|size|figure|frame)\b[^;.]{0,30}\b(?:short|tiny|small|diminutive|petite|squat|little)\b|\bvery (?:small|short)\b|\bdwarfish\b",
        r"(?:stooped|ducked|bent|bowed)(?: (?:down|low|his head|her head|almost double|double))? (?:to (?:get|pass|go|come|fit|clear|step|enter|squeeze)\b[^.;]{0,15}|under |beneath |through )(?:the|a|its|his|her) (?:\w+ )?(?:lintel|doorway|door|beams?|arch|rafters|hatch)\b|(?:had to|must) stoop\b|towered (?:over|above)\b|loomed (?:over|above)\b|looked (?:straight )?down (?:on|at) the (?:top|crown)s? of\b|(?:stood|was) (?:a )?(?:head|head and shoulders) (?:and shoulders )?(?:taller|above|over)\b|(?:was |stood )?(?:six|seven|6|7) (?:feet|foot)(?: (?:\w+|\w+ inches))? (?:tall|high|in (?:his|her) (?:socks|stockings|boots|shoes))|unfolded (?:his|her) (?:great |long )?(?:length|legs|height)|(?:was )?the tallest\b|brushed the (?:lintel|ceiling|rafters)",
        r"head (?:brushed|touched|scraped|grazed|knocked against) the (?:lintel|ceiling|rafters|beams?)|great height",
        rule="attribute",
    ),
    _habit(
        r"\b(?:build|figure|frame|weight|size|body)\b[^;.]{0,30}\b(?:fat|stout|portly|corpulent|obese|enormous|heavy|rotund)\b",
        r"(?:was |looked )?(?:as )?thin as a (?:rake|rail|lath|reed)|was (?:all )?skin and bones?\b|(?:slipped|slid|squeezed|wriggled|went) (?:easily |lightly |sideways )?(?:sideways )?(?:between|through) the (?:bars|railings|palings|gap)",
        r"ribs (?:showed|stood out|could be counted)|(?:hip|cheek|collar)bones (?:stood out|jutted|showed)|hollow cheeks",
        rule="attribute",
    ),
    _habit(
        r"\b(?:build|figure|frame|weight|body)\b[^;.]{0,30}\b(?:thin|slender|slim|skinny|gaunt|bony|lean|wiry)\b|\bthin as a \w+",
        r"waddled\b",
        r"(?:paunch|double chin|chins|jowls|(?:great|big|round|fat|huge|vast) belly|bulk)",
        rule="attribute",
    ),
    _habit(
        r"^beard: (?!none|no\b|clean|shaved|stubble)|\b(?:heavily |full-)?bearded\b",
        r"was (?:always )?clean-shaven|(?:shaved|shaves) (?:every|each|that|twice|his chin|his cheeks)",
        r"(?:smooth|bare|clean-shaven|hairless|naked) (?:chin|jaw|cheeks|face)",
        rule="attribute",
    ),
    _habit(
        rf"\b(?:always|only) (?:wears|dresses in|dressed in|goes in) (?P<what>{_COLOURS})$|^(?:dress|clothes|clothing|attire|garb|robes?): (?:always |only |all )*(?P<what2>{_COLOURS})$",
        rf"(?:wore|(?:had )?put on|was (?:all )?in|dressed (?:all )?in|came (?:down |out |in )?in|appeared in) (?:(?!{{beast}})(?:{_COLOURS})(?=[.,;!—]| (?:for|that|from|as|today|tonight|now|instead|like)\b)|(?:an?|his|her) (?:\w+ )?(?!{{beast}})(?:{_COLOURS}) (?:gown|dress|robes?|habit|coat|cloak|suit|frock)\b)",
        rule="attribute",
        unless=r"\b(?:disguis\w*|costume|borrow\w*|once|mask\w*|mourn\w*|pretend\w*|instead of|beside)\b",
    ),
    _habit(r"\bclean-?shaven\b", r"(?:stroked|tugged|combed|scratched) (?:at )?his (?:moustache|whiskers|sideburns)", r"(?:moustache|whiskers|sideburns)", rule="attribute"),
    _habit(
        r"\bvoice\b[^;.]{0,20}\b(?:high|reedy|squeaky|piping|shrill|thin|fluting|tenor)\b|^(?:a )?(?:high|reedy|squeaky|piping|shrill|thin|fluting)\b[^;.]*\bvoice\b",
        r"(?:boomed|rumbled)\b",
        r"(?:deep|booming|rumbling|gravelly|great) (?:voice|bass|baritone|rumble|tones)|voice was (?:a )?(?:deep|rumbling|booming|bass)",
        rule="voice",
    ),
    _habit(
        r"\bvoice\b[^;.]{0,20}\b(?:deep|low|bass|booming|gravelly|rumbling|baritone)\b|^(?:a )?(?:deep|booming|gravelly|rumbling)\b[^;.]*\bvoice\b",
        r"(?:piped|squeaked|trilled|fluted)\b",
        r"(?:high|reedy|squeaky|piping|shrill|fluting) (?:voice|treble|tenor|tones)|voice was (?:high|reedy|shrill|squeaky)",
        rule="voice",
    ),
    _habit(
        r"\bbachelor\b|\bspinster\b|\bnever (?:been )?married\b|\bunmarried\b|\bmarital stat(?:us|e): single\b",
        r"had been married (?:for|to|twice|these|all)|was (?:happily |long )?married(?= to|[.,;])|(?:was|as) a married (?:man|woman)",
        r"wedding ring|in-laws|mother-in-law|father-in-law|honeymoon|wedding night|marriage bed",
        rule="relation",
        unless=r"\b(?:mother's|father's|borrowed|false|pretend\w*|widow)\b",
    ),
    _habit(
        r"\bonly child\b|\bno (?:brothers or sisters|siblings)\b|\bsiblings?: (?:none|no)\b",
        r"(?:was|is|am|being) the (?:eldest|oldest|youngest|second|third|fourth|middle) (?:child )?of (?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)|(?:grown|grew) up with (?:two|three|four|five|six|a|his|her) (?:\w+ )?(?:brothers?|sisters?)\b|one of (?:three|four|five|six|seven|eight) (?:children|brothers|sisters)",
        rule="relation",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contrary:
    """What a canon's words exclude."""

    does: re.Pattern[str]  # of the subject
    has: re.Pattern[str] | None  # behind "his", "her", "Piet's"
    unless: re.Pattern[str] | None
    rule: str


def habits_in(text: str) -> Iterator[Contrary]:
    for habit in _HABITS:
        if (found := habit.says.search(text)) is None:
            continue
        does, has = (_filled(one, found) for one in (habit.does, habit.has))
        yield Contrary(
            loose(rf"\b(?:{does})"),
            loose(rf"\b(?:{has})\b") if has else None,
            loose(habit.unless) if habit.unless else None,
            habit.rule,
        )


def _filled(done: str, found: re.Match[str]) -> str:
    what = next((one for one in found.groups() if one), "")
    return done.replace("{what}", re.escape(what)).replace("{beast}", _any(_BEASTS.get(what.lower(), what)))
