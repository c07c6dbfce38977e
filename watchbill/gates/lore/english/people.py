"""Words for people: trades, titles, genders, kin. What tells one person of a sentence from another."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from watchbill.gates.lore.english.bags import bag
from watchbill.gates.lore.english.language import Token, lows, tokens

TRADES = bag(
    "baker butcher blacksmith smith carpenter farmer miller tailor sailor soldier knight squire priest monk nun bishop doctor physician "
    "surgeon nurse medic midwife healer herbalist herbwoman apothecary teacher schoolteacher schoolmaster professor scholar student librarian scribe clerk "
    "lawyer solicitor barrister judge magistrate policeman policewoman detective constable sheriff thief burglar smuggler pirate merchant trader "
    "shopkeeper chandler grocer innkeeper landlord landlady bartender barmaid cook chef waiter waitress maid butler servant gardener gamekeeper hunter "
    "trapper fisherman fisherwoman fishmonger ferrywoman ferryman lock-keeper lockkeeper lighthouse-keeper sailmaker shipwright cooper weaver dyer seamstress "
    "tanner potter mason stonemason plumber electrician mechanic engineer pilot driver courier messenger postman journalist reporter "
    "editor writer author novelist poet painter artist sculptor musician singer violinist pianist dancer actor actress clockmaker watchmaker jeweller "
    "goldsmith silversmith banker accountant bookkeeper secretary programmer hacker scientist chemist biologist botanist astronomer "
    "archaeologist historian geologist veterinarian vet dentist undertaker gravedigger sexton executioner spy assassin bodyguard mercenary "
    "bounty-hunter shepherd goatherd beekeeper fletcher bowyer armourer cartographer navigator harbourmaster mayor senator ambassador diplomat "
    "miner lumberjack woodcutter forester ranger chimney-sweep cobbler shoemaker hatter barber hairdresser firefighter paramedic pharmacist photographer "
    "cabbie taxi-driver trucker minister vicar rabbi imam abbot abbess falconer stablehand groom bard minstrel jester witch wizard sorcerer alchemist glassblower"
)
# Trades that are another word for the same work.
SAME_TRADE = (
    frozenset(("doctor", "physician", "surgeon", "medic", "healer")), frozenset(("smith", "blacksmith")), frozenset(("lawyer", "solicitor", "barrister")),
    frozenset(("teacher", "schoolteacher", "schoolmaster", "professor", "scholar")), frozenset(("journalist", "reporter", "editor", "writer")),
    frozenset(("detective", "policeman", "policewoman", "constable", "inspector")), frozenset(("writer", "author", "novelist", "poet", "journalist")),
    frozenset(("merchant", "trader", "shopkeeper", "grocer")), frozenset(("innkeeper", "landlord", "landlady", "bartender")), frozenset(("cook", "chef", "baker")),
    frozenset(("painter", "artist", "sculptor")), frozenset(("thief", "burglar", "smuggler")), frozenset(("clockmaker", "watchmaker")),
    frozenset(("healer", "herbalist", "herbwoman", "apothecary", "midwife", "nurse", "medic")), frozenset(("courier", "messenger", "postman", "driver")),
    frozenset(("mechanic", "engineer")), frozenset(("priest", "vicar", "minister", "bishop", "monk")), frozenset(("witch", "wizard", "sorcerer", "alchemist")),
    frozenset(("mason", "stonemason")), frozenset(("vet", "veterinarian")), frozenset(("soldier", "knight", "mercenary", "sailor", "squire")),
    frozenset(("hunter", "trapper", "gamekeeper", "ranger", "forester", "woodcutter", "lumberjack")), frozenset(("sailor", "pirate", "navigator", "fisherman", "pilot", "smuggler")),
    frozenset(("cartographer", "navigator", "scholar", "scribe")), frozenset(("scribe", "clerk", "secretary", "scholar", "librarian", "historian")),
    frozenset(("musician", "singer", "violinist", "pianist", "bard", "minstrel")), frozenset(("cobbler", "shoemaker")), frozenset(("pharmacist", "apothecary", "chemist")),
    frozenset(("spy", "assassin", "thief", "hacker", "mercenary", "bodyguard")), frozenset(("maid", "servant", "butler", "cook")), frozenset(("firefighter", "paramedic", "medic", "nurse")),
    frozenset(("scientist", "chemist", "biologist", "botanist", "astronomer", "geologist", "professor", "doctor", "scholar")), frozenset(("programmer", "hacker", "engineer")),
)  # fmt: skip
TITLES = bag(
    "mr mrs ms miss dr doctor prof professor sir lady lord dame madam madame king queen prince princess duke duchess count countess baron "
    "baroness captain commander colonel major general admiral lieutenant sergeant corporal private inspector detective superintendent "
    "constable di ds dci dc father mother brother sister uncle aunt grandmother grandfather granny master mistress magistrate judge saint st old young "
    "little emperor empress chief mayor president senator agent officer reverend bishop abbot abbess señor señora señorita don doña herr frau fräulein monsieur mademoiselle signor signora signorina cook nurse dame "
    "high elder the widow cousin governor chancellor warden marshal ensign chairman director lieutenant first second petty chief "
    "ser mme mlle dom fra goodwife goodman goody gaffer gammer auntie cap'n pastor rabbi imam deacon curate dean provost"
)
_MEN = "man boy père frère signor señor herr king prince duke lord sir father brother son uncle grandfather nephew husband gentleman mr monk waiter actor policeman ferryman fisherman widower bachelor landlord lad fellow grandson stallion tomcat monsieur male him his he groom dad papa daddy grandpa granddad grandad drake gander cock rooster cockerel stag buck ram boar colt bull tom monk friar abbot prior boatswain headmaster signalman"
_WOMEN = (
    "woman girl mademoiselle fräulein signora signorina señora señorita queen princess duchess lady dame mother sister daughter aunt grandmother niece wife mrs ms miss madam nun waitress actress "
    "policewoman ferrywoman fisherwoman herbwoman widow spinster landlady abbess countess baroness granddaughter mare seamstress barmaid maid madame female her hers she mistress bride mum mom mam mama mummy grandma granny gran nan auntie vixen doe hen hind ewe sow filly lioness tigress prioress alewife postmistress headmistress governess housekeeper matron"
)
GENDER = dict.fromkeys(_MEN.split(), "m") | dict.fromkeys(_WOMEN.split(), "f")
PERSONS = (
    bag(
        "man woman boy girl child person stranger fellow lad lass baby infant youth elder passenger guard captain officer sergeant cadet "
        "envoy crowd guest visitor customer neighbour friend companion twin brother sister mother father son daughter uncle aunt cousin wife husband "
        "grandmother grandfather king queen prince princess duke lady lord knight mate bosun drunk beggar informant prisoner patient corpse victim witness "
        "mourner carter carters lodger tenant mayor ghost creature other another others someone somebody everyone anyone driver doll portrait statue vole mole "
        "jackdaw newt"
    )
    | TRADES
)
SPEAKING = bag(
    "said says say asked asks replied replies answered answers whispered whispers shouted shouts called calls cried cries muttered mutters "
    "murmured murmurs growled growls snapped snaps laughed sighed sighs added adds agreed admits admitted declared announced explained "
    "insisted repeated hissed breathed groaned grumbled barked roared yelled screamed began continued went demanded ordered suggested lied "
    "told tells warned told protested offered promised confessed snarled drawled sobbed stammered croaked rasped observed remarked noted mused "
    "thought concluded finished interrupted corrected teased joked told chirped squeaked hooted purred sang"
)

KIN = {
    "brother": "sibling", "sister": "sibling", "sibling": "sibling", "twin": "sibling", "twin brother": "sibling", "twin sister": "sibling",
    "half-brother": "sibling", "half-sister": "sibling",
    "mama": "parent", "mummy": "parent", "papa": "parent", "daddy": "parent", "auntie": "uncle", "grandma": "grandparent", "granny": "grandparent",
    "gran": "grandparent", "nan": "grandparent", "grandpa": "grandparent", "granddad": "grandparent", "grandad": "grandparent",
    "father": "parent", "mother": "parent", "parent": "parent", "mum": "parent", "mom": "parent", "dad": "parent", "mam": "parent",
    "son": "child", "daughter": "child", "child": "child", "husband": "spouse", "wife": "spouse", "spouse": "spouse", "widow": "spouse", "widower": "spouse",
    "uncle": "uncle", "aunt": "uncle", "niece": "niece", "nephew": "niece", "cousin": "cousin", "grandfather": "grandparent", "grandmother": "grandparent",
    "grandson": "grandchild", "granddaughter": "grandchild", "grandchild": "grandchild", "fiance": "betrothed", "fiancé": "betrothed", "fiancee": "betrothed",
    "fiancée": "betrothed", "betrothed": "betrothed", "stepfather": "step-parent", "stepmother": "step-parent", "stepson": "stepchild",
    "stepdaughter": "stepchild", "stepbrother": "step-sibling", "stepsister": "step-sibling", "mentor": "mentor", "apprentice": "pupil", "pupil": "pupil", "student": "pupil",
    "best friend": "friend", "friend": "friend", "enemy": "enemy", "rival": "enemy", "nemesis": "enemy", "master": "mentor", "teacher": "mentor",
    "handler": "boss", "boss": "boss", "partner": "partner", "lover": "partner", "girlfriend": "partner", "boyfriend": "partner",
}  # fmt: skip
INVERSE = {
    "sibling": "sibling", "parent": "child", "child": "parent", "spouse": "spouse", "uncle": "niece", "niece": "uncle", "cousin": "cousin",
    "grandparent": "grandchild", "grandchild": "grandparent", "betrothed": "betrothed", "step-parent": "stepchild", "stepchild": "step-parent",
    "step-sibling": "step-sibling", "mentor": "pupil", "pupil": "mentor", "friend": "friend", "enemy": "enemy", "boss": "", "partner": "partner",
}  # fmt: skip
BLOOD = bag("sibling parent child spouse uncle niece cousin grandparent grandchild")  # of these two people have one
ONE_ONLY = {
    "father": "father",
    "mother": "mother",
    "husband": "husband",
    "wife": "wife",
    "mum": "mother",
    "dad": "father",
    "fiancé": "fiance",
    "fiancée": "fiance",
}

# Given names that nearly everybody takes for a woman's, or a man's: they tell whom a pronoun does not mean.
_HERS = (
    "abigail ada adela adele agatha agnes alice alison amanda amelia amina amy angela anna anne annie astrid audrey barbara beatrice bella beth betty brenda bridget carla carmen carol caroline catherine "
    "cecilia celia charlotte chloe christina clara clare constance cora daisy daphne deborah diana dora doris dorothy edith eileen elaine eleanor elena eliza elizabeth ella ellen elsa elsie emily emma esther "
    "ethel eva eve evelyn farah faye fiona flora florence freda frieda gemma georgia gertrude gina gloria grace greta gwen hannah harriet hazel heather helen helena hilda ida ines inez ingrid irene iris isabel "
    "isolde ivy jane janet jean jenny jess jessica jill joan joanna josephine joyce judith judy julia juliet karen kate katherine kathleen katie lara laura leah leila lena lillian lily linda linh lisa lorna "
    "louisa louise lucy lydia lynn mabel maeve maggie margaret maria marian marie marisol marjorie martha mary matilda maud maureen maya megan melissa mercy mildred millie mina minnie mira miranda miriam moira molly "
    "mona monica muriel myra nadia nancy naomi natalie nell nellie nina nora norah nova olga olive olivia ottoline pamela patricia paula pauline pearl peggy penelope penny petra phoebe phyllis polly priya rachel "
    "rebecca rita roisin rosa rosalind rose rosemary ruby ruth sally sara sarah selma sheila shirley sofia sonia sophia sophie stella susan sybil sylvia tansy tara teresa theresa tilda tilly tina ursula valerie vanessa "
    "vera veronica victoria viola violet virginia vivian wanda wendy wilma winifred yusra yvonne zadie zara zoe"
)
_HERS_TOO = (
    " adelaide agnieszka aino albertine alma amalia anastasia anneliese antoinette antonia apollonia aurelia babette beatrix berenice bertha birgit blanche brigid brigitte britta calpurnia cassandra"
    " catriona celeste celestine cecile cécile céleste clarissa claudette claudia clementine clémence colette concetta cordelia cornelia cosima dagmar delphine dolores dorothea drusilla edwina effie elfrida"
    " elinor élise elodie élodie elspeth ermengarde ernestine esmeralda esperanza eudora eugenia eugénie euphemia evangeline felicia fenella francesca françoise frederica genevieve geneviève georgina"
    " geraldine gerda giulia gisela giulietta gretchen griselda gudrun guinevere gwendolen gwendolyn hanna hannelore hedwig helga heloise héloïse henrietta hermione hildegard hortense ilse imogen inga"
    " iphigenia irina irma isabella isobel jacinta jacqueline jadwiga jemima jocasta jeanne juliana juliette katarina katrina kirsten kirsty klara konstanze lavinia leonora leonie léonie liesel livia lotte"
    " lucia lucie lucille lucinda lucretia ludmila madeleine magda magdalena margarethe margery margit margot margaux marguerite marianne mariana marietta marina marlene martina mathilde mathilda maude"
    " melisande millicent minerva mirabel morag morwenna nadezhda natalia natasha nerys nicolette ninette noémie octavia odette odile ophelia ottilie paulina perdita petronella philippa philomena pilar"
    " portia rhiannon rosalie rosalba rosamund roxana rowena sabina sabine saoirse seraphina seraphine shirin sigrid simone siobhan solveig stefania svetlana tabitha tatiana thea theodora therese thérèse"
    " tess thomasina thora tordis ulrika ulrike valentina valeria verena veronique véronique vivienne wilhelmina xenia yolanda yvette zelda zenobia zora zuzanna"
)
_HIS = (
    "aaron abel abraham adam adrian aidan alan albert alec alex alexander alfred ambrose amos andrew angus anthony archie arthur augustin austin barnaby barney basil ben benedict benjamin bernard bill billy bob boris "
    "brendan brian bruno caleb callum carl carlos cedric charles charlie chester christopher clarence claude clement clive colin conrad corin cornelius craig cyril daniel david dennis derek desmond diego dominic "
    "donald douglas duncan dylan edgar edmund edward edwin eli elias emeka eric ernest ethan eugene evan ezra felix ferdinand finn frank franklin fred frederick gabriel gareth gary gavin geoffrey george gerald gideon "
    "gilbert giles godfrey gordon graham gregory gus guy harold harry harvey hector henry herbert herman horace howard hubert hugh hugo humphrey ian imran isaac ivan ivor jack jacob james jasper jeffrey jeremiah jeremy jerome "
    "joe joel john jonah jonathan jordan josef joseph josh joshua josiah juan julian karl keith ken kenneth kevin kurt lance lars laurence lawrence leo leon leonard lewis lionel louis lucas luke lyle malcolm marcus mario mark "
    "marshall martin mateo matthew maurice max maxwell melvin michael miguel miles mitchell mohammed mortimer moses nathan nathaniel ned neil neville nicholas nigel noah norman oliver omar orson oscar osric oswald otto "
    "owen ozan patrick paul pedro percival percy perry pete peter philip quentin ralph ramon raymond reginald remy reuben richard rob robert roderick roger roland roman ronald rory rowan roy rufus rupert russell samuel "
    "saul seamus sean sebastian seth sidney silas simeon simon solomon stanley stefan stephen steven stewart stuart teodor terence theo theodore thomas tim timothy tobias toby tom tomas tommy tony tristan ulrich vernon victor vincent "
    "wallace walter warren wilbur wilfred will william winston yusuf zachary"
)
_HIS_TOO = (
    " achille adalbert adolfo aeneas aldous alessandro alistair alasdair alphonse ambroise anatole anders andrei anselm antoine anton antonio aristide armand arnaud arne augustus aurelio baptiste"
    " bartholomew bartolomeo bastien balthazar balthasar barnabas barthold bartholdt benedetto benoit benoît bertram bertrand björn blaise bogdan boniface cathal caspian casimir cassius cuthbert cyrus"
    " dietrich dmitri edgardo edouard édouard egbert eamon enoch enrico enzo ephraim erasmus erik ernesto etienne étienne eustace everard ezekiel fabian fabrizio fergus fernando fitzwilliam florian"
    " francesco françois friedrich fyodor gaetano gaspard gaston gennaro georges gerhard gervase giacomo giancarlo gianni gilles giorgio giovanni giuseppe goran gottfried grégoire grigor grigori guido"
    " guillaume gunnar gunther gustav hakon hamish hannes hans harald heinrich henri hieronymus horatio iago ignatius ignatz igor ilya ingmar ismael ishmael ivo jabez jacques jakob jakub jean-luc jedediah"
    " jens jerzy joachim joaquin jorge josé jules julien julius jurgen jürgen kaspar kasper kaspian knut konrad laurent lazarus leander leif leopold linus lorenzo luca luciano lucian lucien lucius ludovic"
    " ludwig luigi luis lukas lysander magnus manfred manuel marcel marcello marco matthias matteo matthieu maximilian mauro mikhail milo montague napoleon nestor nicodemus nicolas nikolai nikola niccolò"
    " obadiah octavius olaf ottavio pablo paolo pascal pavel pierre pietro piotr pyotr rafael raphael rainer raoul rasmus renato riccardo ricardo roderigo rodrigo rolf ruben salvatore santiago sergei sergio"
    " severin siegfried sigismund sigurd silvio stanislaw stepan sven tadeusz tancred thaddeus thibault thibaut thierry thorvald tiberius titus tobiah torsten tybalt ugo umberto valentin vasily viktor"
    " vincenzo vladimir vittorio waldemar wenceslas werner wilhelm winfred wojciech wolfgang yannick yuri yves zachariah zebedee"
)
COMMON_NAMES = frozenset((*_HERS.split(), *_HIS.split()))  # each of which is a name of its own, and no slip of another
GENDER_BY_NAME = dict.fromkeys((_HERS + _HERS_TOO).split(), "f") | dict.fromkeys((_HIS + _HIS_TOO).split(), "m")
_OWNING = bag("his her he she him hers married to")


def gender_told(words: Sequence[Token], place: int) -> str:
    """By the first pronoun behind a name, where nobody else is named between."""
    for at in range(place + 1, len(words)):
        word = words[at]
        if word.lower in ("he", "his", "himself", "she", "herself", "hers"):
            return "m" if word.lower.startswith("h") and word.lower not in ("herself", "hers") else "f"
        is_called = word.is_capital and words[at - 1].lower not in ("the", "of", "at", "in", "to", "from")
        if is_called or word.lower in ("her", "him") or word.lower in PERSONS:
            return ""
    return ""


def what_one_is(text: str) -> list[str]:
    """The words before an "of" that say what somebody is: "the Queen's younger brother", "daughter of a miller"."""
    words = lows(tokens(text.split(",", maxsplit=1)[0]))
    words = words[words.index("'s") + 1 :] if "'s" in words[:4] else words
    words = list(takewhile(lambda word: word not in ("of", "to", "with", "by", "for"), words))
    return [part for word in words[:4] for part in word.split("-")[:1] if part not in _OWNING]


def first_pronoun(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        if word in ("he", "she", "his", "her", "him", "hers"):
            yield word
            return
