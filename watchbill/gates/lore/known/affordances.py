"""Affordances: what nobody can do, and what does nothing, while a thing is as the canon says. Water that is dry floats no boat."""

from watchbill.gates.lore.known.deed_patterns import ANY, condition

_BOATS = "boat barge punt skiff ferry raft canoe ship steamer launch dinghy coracle lighter wherry"
_WATERS = (
    "river brook well fountain stream spring pond canal lake bath pool moat reservoir creek beck burn ditch cistern"
)
_CUPS = "mug cup glass bowl tumbler goblet beaker teacup tankard plate jug"
_WALK = (
    "walk stride pace trudge tramp stroll march plod hurry stamp limp trot stumble tiptoe shuffle clump stagger saunter"
)
_ALONG = "/along down across up into through over out about around round to towards back"
_GO = f"go come ride roll drive slip pass get run creep climb rattle {_WALK}"
_STAY = "work kneel dress sit meet eat dine drink sleep lodge dance sing play wait stand lie work pray read order buy sell haggle live lunch breakfast sup stay gather drill teach preach perform rehearse"
_LIGHT = "turn sweep shine flash wink blink swing burn glow stab reach throw cast rake gleam lay blaze revolve"
_APPLIANCES = "fridge refrigerator freezer television telly computer dishwasher escalator toaster radiogram jukebox projector dryer"
_NO_WATER = r"\b(?:kettle|rain|tap|jug|pan|gutter|pipes?|pour\w*|bucket of sand|dust|leaves lay)\b"
_HOUSE = "house inn saloon tavern hotel mill barn church chapel abbey theatre shop school library hall palace castle farm cottage club bar pub cinema museum station hospital temple store observatory laboratory mansion villa lodge priory manor foundry factory warehouse boathouse archive cinema bakery smithy forge bank office cafe restaurant"
_ROOM = "library chapel tower cellar crypt museum room study vault attic stair staircase archive laboratory loft mine tunnel garden wing chamber gallery treasury stable hall kitchen nursery workshop turret belfry catacomb"

CONDITIONS = (
    condition(  # nothing falls, and nobody walks
        r"\bweightless\w*|\bno (?:weight|gravity)\b|\bzero[- ]g\b|\bfree[- ]fall\b|\b(?:gravity|spin)\b[^.;]{0,30}\b(?:off|locked|out|down|fail\w*|stopped|dead|gone)\b",
        f"""
        pour fill slop > {_CUPS} finger water tea coffee wine beer whisky broth soup
        {_WALK} {_ALONG}
        pace
        boot footstep heel foot : ring clang clatter echo thud pound tramp clump
        sink drop flop slump collapse thump /on onto into heavily > chair bunk bench stool sofa seat cot couch bed
        climb clamber get rise struggle spring /to > foot
        fall drop clatter crash tumble roll slide smash /to on onto off > floor deck table ground deckplate
        {_CUPS} wrench spanner pencil pen tool knife bottle spoon fork : fall smash shatter clatter roll hit drop
        water tea coffee broth soup blood wine sweat : slop spill drip trickle splash run pour /down onto into over off
        set put /on down > table floor deck shelf counter
        turn turning weight spin : press pull push /into down against > mattress deck floor chair bunk
        """,
        where="deck hull bulkhead hatch bunk mess corridor airlock cabin cockpit bridge ring ship galley crew companionway hold",
        unless=r"\b(?:thrust|accelerat\w*|decelerat\w*|braking|magnet\w*|velcro|strap\w*|tether\w*|float\w*|drift\w*|bulb|straw|pouch|sticky|planet|surface|dirtside|station|docked|dock|moon|beach|simulat\w*|weightless\w*|(?:torch|drive|engine)s? (?:was |were |is )?(?:lit|burning|burned|on|firing)|gravity (?:was|came|returned|is) (?:back|on)|underfoot again)\b",
    ),
    condition(  # nobody breathes
        r"\bno (?:breathable )?(?:air|atmosphere)\b|\bair: none\b|\bairless\b|\bvacuum\b|\bair (?:\w+ )?(?:is|are) (?:poison\w*|toxic|unbreathable)\b|\b(?:nobody|no one) can breathe\b|\bunbreathable\b",
        """
        /in > shirtsleeve shirt-sleeve
        breathe inhale gulp sniff draw fill suck /in > air lung breath
        wind breeze gust air : blow stir lift tug ruffle whip moan howl smell move /across over over in through
        open lift remove take raise doff unseal push unfasten /off > helmet visor mask faceplate
        bird gull lark : sing cry call wheel
        """,
        unless=r"\b(?:domes?|inside|indoors|pressuri[sz]ed|tank|oxygen|canister|tent|hab|habitat|(?:closed|shut|sealed|cycled) behind|in the lock|aboard)\b",
    ),
    condition(  # a water that is not there
        r"\b(?:dry|dried up|run dry|drained)\b",
        f"""
        drink scoop draw haul fill wash bathe dip swim wade row sail paddle fish splash dive float punt duck drift kneel /in from on at into across down over through > *
        cross swim row wade > *
        * water current flood tide : flow run rush lap slap murmur rise flood gurgle chatter swirl roar tug brim carry wet splash chuckle
        {_BOATS} : rock ride tug float drift bob swing glide sway strain pitch /at on against down to in by
        row paddle punt scull ferry /across over down up out to
        moor > {_BOATS}
        """,
        things="river brook stream canal lake creek beck burn ditch",
        where="landing quay wharf bank jetty mooring ford riverbank weir towpath riverside ferryman boatman",
        unless=_NO_WATER,
    ),
    condition(  # a well or a fountain without water
        r"\b(?:dry|dried up|run dry|drained|empty|broken|capped|sealed|does not work|out of order|frozen|seized)\b",
        """
        work crank pump prime turn /on > * handle
        drink scoop draw haul fill wash bathe dip swim wade paddle fish splash dive float drown /in from at into > *
        * : flow run rush lap slap murmur gurgle chatter brim splash chuckle play bubble
        water : splash gurgle run play brim fall gush spurt pour /in from of into
        """,
        things="well fountain spring pond bath pool moat reservoir cistern trough pump tank standpipe hydrant",
        unless=_NO_WATER,
    ),
    condition(  # water that kills
        r"\b(?:poison(?:ed|ous)?|foul(?:ed)?|tainted|contaminated|undrinkable|unfit to drink|(?:nobody|no one) (?:can|may|must) drink)\b",
        """
        drink gulp sip swig /from of off at > *
        drink gulp drain sip swallow swig quaff down > it them dipper bucket water mouthful cup jar draught ladle
        drink
        fill drain > dipper ladle
        put set lift raise /to > bucket dipper ladle mouth lip
        """,
        things=f"{_WATERS} water pump",
        unless=r"\b(?:died|dead|dying|retch\w*|sick|ill|vomit\w*|poison\w*|spat|spit|boil\w*|filter\w*|beer|wine|whisky|whiskey|tea|coffee|milk|rainwater|brook|canteen|cramps?|clean again)\b",
    ),
    condition(  # a light that does not shine
        r"\b(?:dark|out|unlit|extinguished|put out|dead|not lit|no (?:lamp|light))\b",
        f"""
        * lamp light beam beacon lens : {_LIGHT}
        * light beam lamp : come fall pass cross go lick slide wheel /at in on over across through along round into
        see watch follow /by > * beam
        steer /by > * light
        """,
        things="lighthouse light beacon lamp lantern lightship",
        where="lighthouse lightship headland beam",
        unless=r"\b(?:moon\w*|cars?|headlights?|torch\w*|streets?|kitchen|candle\w*|lantern in|stars?|another (?:light|lamp)|ship's|mast|relit|lit again|sun\w*)\b",
    ),
    condition(  # nothing electric runs
        r"\bno (?:mains )?(?:electric\w*|power)\b|\b(?:power|electricity|mains?|grid)\b[^.;]{0,20}\b(?:cut|out|off|down|dead|fail\w*)\b|\bblackout\b",
        f"""
        flick press throw snap turn click switch /on > switch light lamp television radio kettle lightswitch
        bulb streetlight streetlamp lamp light neon chandelier striplight sign : come hum buzz flicker /on into
        {_APPLIANCES} radio kettle lift elevator bulb streetlight streetlamp neon : hum play start whirr buzz glow show boil purr shudder rise blaze shine
        take ride call > lift elevator
        watch /on > television telly
        mains : hum
        """,
        unless=r"\b(?:generator\w*|batter\w+|candle\w*|torch\w*|solar|emergency|accumulators?|nothing happened|nothing came|oil|gas|paraffin|kerosene|clockwork|wicks?|match(?:es)?|headlamps?|dynamo|turbine|flashlight)\b",
        is_everywhere=True,
    ),
    condition(  # nobody comes in or goes out
        r"\b(?:quarantine\w*|embargo\w*|blockad\w*|besieged|under siege|sealed off|closed to (?:all|strangers|ships|everyone)|cut off|snowed in|(?:nobody|no one) (?:can |may )?(?:gets?|comes?|goes) (?:in|out|in or out)|(?:nobody|no one|no ships?|no \w+) (?:may |can |must )?(?:enters?|leaves?|docks?|lands?|go(?:es)? in)\b)",
        f"""
        dock land moor berth anchor disembark unload put tie /at in alongside > *
        enter leave reach > *
        {_GO} sail sailed gallop arrive /into out > *
        take catch /to from > *
        """,
        unless=r"\b(?:smuggl\w*|tunnel|brib\w*|secret\w*|enemy|relief|hid\w*|disguis\w*|pass|permits?|papers|flag of truce|under a white|by night|crept|quarantine|embargo|siege|besieg\w*|blockade|lifted|waiv\w*|pigeons?|sort(?:ie|ies)|sall(?:y|ied)|raid\w*|envoys?|heralds?|spies|forbid\w*|special)\b",
    ),
    condition(  # a house that is no more
        r"\b(?:burnt?|burned|ruins?|ashes|rubble|gutted|demolished|torn down|razed|in ruins|blown up)\b",
        f"""
        {_STAY} take rent /at in inside > *
        open push enter leave /of through into > *
        push swing open shut close /through > *
        * : be stand /full crowded loud busy packed warm
        window door bar kitchen : shine glow blaze spill swing stand open /of at in > *
        spill pour shine glow come drift /from > *
        lean sit stand order serve drink eat /at behind in on > bar counter
        {_STAY} push swing /at behind through > bar counter batwings
        """,
        things=_HOUSE,
        unless=r"\b(?:burn\w*|ruin\w*|ash(?:es)?|charred|rubble|gutted|blackened|timbers|what was left|remains?|rebuil\w*|rais\w*|smoke\w*|cinders?|tent|new|soot\w*|embers|scorched|shell of|used to)\b",
    ),
    condition(  # where nobody can be
        r"\b(?:locked|sealed|walled up|bricked up|out of bounds|nobody (?:can )?(?:goes?|enters?|gets?)(?: in| up| down)?|no one (?:can )?(?:goes?|enters?|gets?)(?: in| up| down)?|collapsed|fallen in|flooded|under ?water|forbidden to all)\b",
        f"""
        {ANY} /in inside > *
        {_STAY} {_GO} spend hang /into up down to through > *
        he she they we you i : be gather assemble meet sit /in inside > *
        enter climb mount ascend > *
        climb creep run go mount come ascend /up down > step stair stairs staircase
        """,
        things=_ROOM,
        unless=r"\b(?:key|keyhole|unlock\w*|broke|picked|forced|rope|ladder|water|locked|barred|sealed|pump\w*|rubble|out of bounds|window|secret|mended|rebuilt|foot of|door of)\b",
    ),
    condition(  # what lifts nobody
        r"\b(?:out of (?:service|order|action|use)|broken|stopped|not (?:work|run|working|running)|stuck|off|dead|jammed|down)\b",
        """
        take ride call board catch enter /to up down > *
        step get ride go come /into in out > * car cabin
        * : rise hum open slide descend ping arrive stop climb whirr
        door : open slide close /of > *
        press push > button
        """,
        things="lift elevator escalator funicular cablecar",
        where="atrium lobby",
        unless=r"\b(?:freight|service|goods|stairs?|steps|stairwell|nothing|out of (?:order|service)|repaired|working again|other (?:lift|elevator)|another|drove|driver|street|kerb|taxi|cab|wheels?)\b",
    ),
    condition(  # what sends nothing
        r"\b(?:wires?|lines?|cables?|telegraph|telephones?|phones?|switchboard)\b[^.;]{0,40}\b(?:cut|down|dead|out|gone|broken|torn)\b|\bno (?:telegrams?|calls?|wires?)\b",
        """
        telegram : come arrive lie say read
        send receive get bring hand deliver open read have > telegram
        wire telegraph cable phone telephone /to for > * home
        wire telegraph phone telephone > he she him her me them brother sister mother father wife husband headquarters
        telegraph key sounder : chatter click clatter tick rattle
        telephone phone : ring shrill buzz
        rang answer lift pick /up > telephone phone receiver
        """,
        unless=r"\b(?:no tone|silence|silent|dead|nothing|cut|rider|yesterday's|last|week-old|old telegram|repaired|mended|spliced|satellite)\b",
        is_everywhere=True,
    ),
    condition(  # what neither sends nor hears
        r"\b(?:radio|antenna|aerial|transmitter|mast|dish|set|transceiver)\b[^.;]{0,40}\b(?:dead|gone|broken|smashed|out|down|lost|destroyed|silent)\b|\bcannot (?:send|transmit|signal|broadcast)\b",
        """
        radio set speaker receiver : crackle say speak play squawk sputter answer
        send transmit broadcast beam radio squirt signal > log message signal report call news position answer telemetry mayday word carrier
        call radio hail /up > station shore base
        call raise hail talk speak /on over > radio
        """,
        unless=r"\b(?:dead|silent|nothing|hiss|boat|runner|lamp|flags?|no one answered|repaired|mended|spare|handset)\b",
        is_everywhere=True,
    ),
    condition(  # no train runs
        r"\bno trains?\b|\b(?:railway|railroad|(?<!telegraph )(?<!phone )line|track|trestle|rails?)\b[^.;]{0,40}\b(?:closed|cut|torn up|blocked|washed out|burned|burnt|buried|down)\b",
        """
        take catch board ride > train express locomotive
        train express locomotive : pull run rattle leave arrive whistle steam roll clatter cross stop /in out past over across through to into at from
        come go arrive leave /by on > train
        """,
        unless=r"\b(?:toy|model|mule|waggon train|wagon train|baggage|stood (?:cold|dead|rusting)|of her (?:dress|gown)|no train)\b",
        is_everywhere=True,
    ),
    condition(  # what carries nobody over
        r"\b(?:do(?:es)? not run|(?:is|are) not running|on strike|laid up|out of service|suspended|no ferry|holed|sunk)\b",
        """
        take catch board ride > *
        come go cross /by on > *
        * : put leave cross run bump dock arrive swing glide slide come go move steam plough ply set cast nose carry bring take pull groan
        """,
        things="ferry tram coach bus steamer packet",
        unless=r"\b(?:laid up|another|hired|rowed)\b",
    ),
    condition(  # what has no ships moving
        r"\b(?:frozen|iced (?:over|in|up)|ice-?bound|solid ice)\b",
        f"""
        {_BOATS} fleet : put nose sail steam slip run come glide tie rock bob /out into in from up at on
        wave ripple water tide : slap lap break splash lick wash /against at on over
        row sail swim dive paddle wade steam /in into out of across on > *
        """,
        things="harbour sea bay port lake river fjord canal lagoon mere strait",
        unless=r"\b(?:ice\w*|sledge\w*|skat\w*|melt\w*|thaw\w*|frozen|tap|bath|basin|tub)\b",
    ),
    condition(  # what does not burn or drive
        r"\b(?:no fuel|out of fuel|adrift|engines? (?:is|are) (?:dead|off|gone|broken|out|wrecked)|without (?:power|engines?|fuel))\b",
        """
        engine motor drive thruster : roar throb hum start purr rumble thrum fire catch surge burn
        open push > throttle
        * : surge leap accelerate race speed /forward ahead away off past
        """,
        unless=r"\b(?:other|another|tug|refuel\w*|cold|silent|oars|tow\w*|repaired)\b",
    ),
    condition(  # the sun does not shine
        r"\b(?:nobody|no one) (?:ever )?sees? the sun\b|\bsun (?:has not|does not|no longer|never) r[io]se\w*\b|\bno sun\b|\bsunless\b|\bendless night\b|\bsun is (?:gone|dark|out|hidden)\b",
        """
        sun sunlight sunshine sunbeam : shine fall climb stand rise risen set stream pour beat warm slant sink be come break glare /on across over through down high hot up into in clear above
        /in > sunshine sunlight
        """,
        unless=r"\b(?:painted|lamp|used to|no sun|without the sun)\b",
        is_everywhere=True,
    ),
    condition(  # no rain falls
        r"\bno rain\b|\b(?:not|never) rain(?:ed|s)?\b|\bdrought\b",
        """
        rain drizzle : fall pour drum patter
        rain drizzle shower downpour : fall drum patter beat come stream run pour hiss lash /on against down in from off through
        splash wade step /through in into > puddle
        """,
        unless=r"\b(?:of (?:arrows|blows|stones|ash|sparks)|drought|at last|first|like rain)\b",
        is_everywhere=True,
    ),
    condition(  # what has no horses left
        r"\bno horses?\b|\bhorses? (?:is|are) (?:all )?(?:dead|gone|eaten)\b|\bevery horse\b[^.;]{0,20}\b(?:dead|eaten|taken|died)\b",
        """
        saddle unsaddle bridle spur rein mount ride > horse mare bay roan chestnut pony gelding cob stallion
        trot canter gallop /down up along into past out through over
        horse mare pony stallion gelding : trot neigh whinny snort stamp toss canter gallop plod stand
        carriage cab hansom coach wagon cart : draw roll rattle come stand stop wait /up down past at outside
        """,
        unless=r"\b(?:mules?|oxen|ox|donkeys?|bicycle|motor|engine|stuffed|rocking|painted|steam|wooden|hand)\b",
        is_everywhere=True,
    ),
    condition(  # land that lies under water
        r"\b(?:flooded|under ?water|drowned|submerged|inundated)\b",
        f"""
        {_GO} /through along across down into > *
        cow sheep cattle horse goat : graze stand /in on across
        plough mow sow harvest picnic camp play /in > *
        """,
        things="valley field meadow farm village street road lane pasture square quarter",
        unless=r"\b(?:row\w*|boats?|punts?|raft|swam|wad\w+|water|flood\w*|drain\w*|drowned)\b",
    ),
    condition(  # trees that no longer stand
        r"\b(?:cut down|felled|chopped down|burnt?|burned|uprooted|grubbed up|blown down|fallen)\b",
        """
        pick gather steal shake /in from > * apple pear plum cherry
        * : be stand sway rustle bloom whisper creak spread
        sit lie lean nap shelter climb play swing hide /in under against up among beneath > *
        climb > *
        """,
        things="orchard wood forest grove oak tree elm ash willow pine avenue lime beech copse",
        unless=r"\b(?:stumps?|fell\w*|cut|saw\w*|trunk|log|burn\w*|uproot\w*|roots|ash|new|sapling|replant\w*|blown)\b",
    ),
    condition(  # what is no longer where it was
        r"\b(?:missing|stolen|gone|vanished|disappeared|pawned|taken from|lost|sold|wrecked|in the garage|confiscated|impounded|given away|drowned|destroyed|smashed)\b",
        """
        * : glitter gleam flash shine lie lay hang rest stand sit wink sparkle catch glint be swing /in on from at upon around above round among under the her his
        wear straighten adjust twist turn polish kiss set lift settle put draw dust raise touch check park start drive ride play use fire load saddle dial consult wind unfold buckle unsheathe > *
        look glance /at > *
        sit stand /with > *
        """,
        unless=r"\b(?:where|had|empty|copy|false|paste|replica|found|find\w*|search\w*|look\w* for|thie\w+|st[eo]l\w*|missing|back|return\w*|new|another|dent|mark|bare\w*|without|lost|gone|pawn\w*|glass one|paper)\b",
        is_owned=True,
    ),
    condition(  # no light may show
        r"\bblacked out\b|\bblack-?out\b|\bno lights? (?:may|is|are|shows?)\b",
        """
        light lamp window streetlight lantern : blaze shine glow burn twinkle /in from across along on at behind
        """,
        unless=r"\b(?:curtain\w*|shutters?|not a light|no light|stars?|torch\w*|enemy|sky|flares?|candle\w*)\b",
        is_everywhere=True,
    ),
    condition(  # what nobody looks through
        r"\b(?:bricked up|boarded up|walled up|shuttered|painted over|blocked up)\b",
        """
        sun sunlight light daylight moonlight breeze wind : pour fall stream come shine slant blow /through > *
        lean look gaze stare climb /out through from > *
        open raise clean close shut /up > *
        """,
        things="window skylight casement dormer",
        unless=r"\b(?:bricks?|boards?|planks?|chinks?|crack|unboarded|torn|prised|other window|next window)\b",
    ),
    condition(  # no fire is lit
        r"\b(?:no fires?|no (?:coal|fuel|heating|firewood)|heating (?:is|has) (?:off|broken|failed|out)|stove (?:is|was|has been) (?:sold|broken|cold|out)|nobody (?:may |can )?lights? (?:a )?fires?|fires? (?:is|are) forbidden)\b",
        """
        fire stove hearth range : burn blaze crackle roar glow spit snap leap flicker
        light build feed stoke poke bank kindle > fire stove range
        sit warm stand huddle toast dry /by at before over beside > fire stove hearth
        radiator : tick hiss clank glow
        """,
        unless=r"\b(?:no fire|cold|fireless|candle\w*|forbidden|secret\w*|enemy|sky|gun\w*|shots?|on fire|set fire|under fire)\b",
        is_everywhere=True,
    ),
    condition(  # no moon stands in the sky
        r"\bno moon\b|\bmoonless\b|\bmoon (?:is|has) (?:gone|dark|not risen|hidden|vanished)\b|\bdark of the moon\b",
        """
        moon moonlight : rise shine stand hang climb fall lie set come ride stream sail lay /over on in above across through up at behind
        /in by under > moonlight
        """,
        unless=r"\b(?:no moon|moonless|without (?:a|the) moon|honeymoon|moons|once in a)\b",
        is_everywhere=True,
    ),
    condition(  # a weapon that is in pieces
        r"\b(?:broken|shattered|snapped|in two|in pieces|splintered)\b",
        """
        * : sweep flash sing cut bite cleave swing whistle slice fall
        run cleave slash stab hew cut swing parry strike lay /with through > *
        swing shoot loose thrust level > *
        """,
        things="sword blade axe spear bow staff lance knife dagger weapon sabre rapier crossbow",
        unless=r"\b(?:stumps?|hilt|half|halves|shards?|broken|pieces|reforg\w*|splint\w*|mended|other|spare|borrowed)\b",
    ),
    condition(  # nobody trades
        r"\b(?:closed|shut|shut down|suspended|cancelled|forbidden|not held)\b",
        f"""
        {_STAY} sell trade barter bargain /at in > *
        buy haggle /over for at > * stall
        * : be /full crowded loud busy packed open thronged
        """,
        things="market fair theatre shop school cafe restaurant bazaar inn tavern saloon baths exchange club cinema playhouse store",
        unless=r"\b(?:closed|shut\w*|boarded|bolted|empty|deserted|reopen\w*|padlock\w*|back door|outside)\b",
    ),
    condition(  # no music sounds
        r"\bno (?:music|songs?|singing|dancing)\b|\bmusic is (?:forbidden|banned|silenced)\b|\b(?:nobody|no one) (?:may |can )?(?:play|sing|dance)s?\b",
        """
        quartet trio band orchestra fiddler piper musician minstrel harper fiddle violin harpsichord : play strike scrape
        play strike /up > waltz jig reel gavotte minuet tune gallop polka march
        dance /to > fiddle music tune waltz reel jig
        """,
        unless=r"\b(?:no music|silent\w*|without music|mourning|forbidden|hushed|stopped|used to|secret\w*|dirge|lament|requiem|gramophone)\b",
        is_everywhere=True,
    ),
    condition(  # nobody has a smoke
        r"\bno (?:more )?tobacco\b|\btobacco (?:is|has) (?:all )?(?:gone|run out|finished)\b",
        """
        pull draw suck puff /at on > pipe cigar cigarette
        fill light tamp stuff pack smoke roll > pipe cigar cigarette
        """,
        unless=r"\b(?:tea ?leaves|tea|seaweed|straw|herbs?|empty|cold|unlit|lichen|moss|bark|last of|dry pipe)\b",
        is_everywhere=True,
    ),
    condition(  # what has been brought down
        r"\b(?:pulled down|torn down|demolished|razed|has fallen|have fallen|toppled)\b",
        """
        climb mount ascend > *
        * : stand rise loom tower look gaze /against over above down up in at
        meet sit wait stand /under beneath up > *
        """,
        things="tower statue steeple spire chimney monument column obelisk",
        unless=r"\b(?:fall\w*|fell|ruin\w*|rubble|stones?|stump|broken|plinth|pedestal|rebuil\w*|raised again|where the|toppled|had)\b",
    ),
    condition(  # a ship that is no more
        r"\b(?:sunk|sank|wrecked|foundered|crushed at|at the bottom of|on the rocks|scuttled)\b",
        """
        * : ride rock swing sail steam tack anchor moor run put lie lay stand /at in out into from alongside for before up off
        sail row board steer moor > *
        go come step climb stand walk sleep dine /aboard on > *
        """,
        things=f"{_BOATS} vessel schooner barque brig brigantine trawler frigate galleon whaler tug sloop cutter liner",
        unless=r"\b(?:wreck\w*|bottom|sunk\w*|sank|rocks?|drown\w*|salvag\w*|div(?:e|ed|ing|ers?)|raised|ribs|timbers|under ?water|model|picture|painting|photograph|had|hulk|keel|mast-?heads?)\b",
    ),
    condition(  # no wind blows
        r"\bno (?:breath of )?wind\b|\bbecalmed\b|\bwindless\b|\bflat calm\b",
        """
        wind breeze gale gust : blow fill lift tug howl moan whip freshen
        run scud sail fly /before > wind gale
        sail canvas : fill belly billow crack
        """,
        unless=r"\b(?:no wind|no breeze|windless|calm|at last|bellows|fan|used to|blew itself)\b",
        is_everywhere=True,
    ),
)
