"""What a careless author writes plainly, and what only looks like it: a sentence at a time, in three worlds."""

from functools import cache

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.checking import Judge

SELBY = """
position: {unit: chapter, first: 1, last: 20}
calendar: {kind: gregorian}
entities:
  - {id: edith, name: Edith Crane, kind: person, attributes: {eye_colour: grey, hair: black, handedness: left, reading: cannot read, drinks: no liquor, tattoo: an anchor on the forearm, height: very tall}, relations: {brother: hugo, husband: frank}}
  - {id: hugo, name: Hugo Marl, kind: person, attributes: {eye_colour: brown, hair: red, speech: mute since the war, swimming: cannot swim, missing: his left eye, trade: farrier}, relations: {sister: edith}}
  - {id: frank, name: Frank Crane, kind: person, attributes: {eye_colour: green, trade: keeps the chandlery on Dock Street, hearing: deaf, beard: clean-shaven}, relations: {wife: edith}}
  - {id: rowe, name: Constable Tobias Rowe, kind: person, attributes: {eye_colour: blue, hair: bald, limp: limps on the left leg, origin: born in Bristol, age: 51}}
  - {id: mina, name: Mina Pruett, aliases: [the schoolmistress, Wren (used by Hugo only)], kind: person, attributes: {hair: fair, marital: widow, legs: wheelchair since chapter 2}}
  - {id: alder, name: the Alder Bell, kind: object, attributes: {material: bronze}}
facts:
  - {id: f_bridge, about: bridge, text: The footbridge over the Wend is washed away., valid_from: 4, valid_to: 8}
  - {id: f_mill, about: mill, text: The mill wheel is broken and does not turn., valid_from: 3, valid_to: 9}
  - {id: f_well, about: town, text: The village well is dry., valid_from: 3, valid_to: 9}
  - {id: f_lamp, about: light, text: The lighthouse is dark., valid_from: 3, valid_to: 9}
  - {id: f_north, about: gate, text: The north gate is locked and nobody passes it., valid_from: 3, valid_to: 9}
deaths:
  - {id: d_lena, who: Lena Fisk, chapter: 3}
knowledge:
  - {id: k_will, who: edith, what: that Frank burned the will, chapter: 12}
  - {id: k_mina, who: rowe, what: that Mina is a spy, chapter: 12}
places:
  - {id: gale, name: Gale Island, attributes: {trees: none, water: no fresh water}}
  - {id: port, name: Port Selby, attributes: {churches: one}}
  - {id: moor, name: Harrow Moor}
travel_days:
  - {id: t_gp, from: gale, to: port, days: 3}
  - {id: t_pm, from: port, to: moor, days: 2}
timeline:
  - {id: c5, chapter: 5, date: '1902-09-14', weekday: Sunday, place: port, event: the regatta}
voice_rules:
  - {id: v_rowe, who: rowe, rule: never uses contractions, check: no_contractions}
  - {id: v_mina, who: mina, rule: never asks a question}
"""
HEST = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: tamsin, name: Tamsin Vey, kind: person, aliases: [the pilot], attributes: {eye_colour: green, hair: shaved, age: 29, missing: her right arm below the elbow, fear: never flies at night}, relations: {mother: oriel, brother: joss}}
  - {id: oriel, name: Doctor Oriel Vey, kind: person, attributes: {hair: silver, eye_colour: hazel, sight: blind, food: eats no meat}, relations: {daughter: tamsin, son: joss}}
  - {id: joss, name: Joss Vey, kind: person, aliases: [Sparrow], attributes: {age: 16, voice: has not spoken since chapter 2, eye_colour: hazel}, relations: {sister: tamsin}}
  - {id: brand, name: Warden Ulric Brand, kind: person, attributes: {beard: black, eye_colour: ice blue, weapon: a war hammer called Grief, smoking: never smokes}, relations: {wife: sunniva}}
  - {id: sunniva, name: Sunniva Brand, kind: person, attributes: {children: none, origin: from Hest, trade: weaver}}
  - {id: kess, name: Kess, kind: dragon, attributes: {colour: copper, horns: one, wings: cannot fly since chapter 4}}
  - {id: moth, name: the Moth, kind: ship, attributes: {hull: red, engines: three, crew: five}}
facts:
  - {id: f_moons, about: world, text: The world has two moons., valid_from: 1, valid_to: 20}
  - {id: f_pass, about: pass, text: The Tarn Pass is closed by snow., valid_from: 3, valid_to: 9}
  - {id: f_iron, about: hall, text: No one carries steel inside the Hall of Ash., valid_from: 1, valid_to: 20}
  - {id: f_clock, about: clock, text: The tower clock stopped at ten past four., valid_from: 2, valid_to: 9}
  - {id: f_lift, about: lift, text: The lift is broken., valid_from: 2, valid_to: 9}
deaths:
  - {id: d_old, who: Captain Rusk, chapter: 3, how: burned}
knowledge:
  - {id: k_father, who: joss, what: that Brand is his father, chapter: 14}
  - {id: k_ring, who: sunniva, what: that Tamsin stole the ring, chapter: 14}
  - {id: k_moth, who: brand, what: where the Moth is hidden, chapter: 14}
places:
  - {id: hest, name: Hest, attributes: {walls: black basalt, gates: two, stands: on the west bank of the Orr}}
  - {id: tarn, name: Tarn Keep, attributes: {towers: four}}
travel_days:
  - {id: t1, from: hest, to: tarn, days: 6}
banned_words:
  - {id: b, words: [warp, okay, laser]}
voice_rules:
  - {id: v_b, who: brand, rule: 'speaks in sentences of at most eight words', check: 'max_words: 8'}
  - {id: v_o, who: oriel, rule: 'never says "sorry"'}
units: {id: u, use: [span, league], never: [mile, knot]}
spelling:
  - {id: s, use: grey, not: [gray]}
"""
SKAGEN = """
position: {unit: chapter, first: 1, last: 20}
entities:
  - {id: brandt, name: Captain Elsa Brandt, kind: person, relations: {brother: nils, first_mate: rook, husband: tor}}
  - {id: nils, name: Nils Holm, kind: person, relations: {sister: brandt}}
  - {id: tor, name: Tor Brandt, kind: person, attributes: {trade: runs the ropewalk at Skagen}, relations: {wife: brandt}}
  - {id: una, name: Una Holm, kind: person, attributes: {trade: keeps the bakery on the quay}, relations: {brother: nils}}
  - {id: rook, name: Amos Rook, kind: person, attributes: {speech: quiet}}
  - {id: petrel, name: the Petrel, kind: ship, attributes: {masts: two}}
  - {id: gull, name: the Gull, kind: ship, attributes: {masts: three}}
facts:
  - {id: f_mast, about: petrel, text: "The Petrel's mainmast is gone; she sails on the foremast alone.", valid_from: 4, valid_to: 8}
places:
  - {id: skagen, name: Skagen, attributes: {taverns: 'one, the Anchor', trees: none}}
voice_rules:
  - {id: v_rook, who: rook, rule: stutters on every line}
  - {id: v_nils, who: nils, rule: never swears and never names the Devil}
  - {id: v_tor, who: tor, rule: 'says thee, never you'}
"""


@cache
def _judge(canon: str) -> Judge:
    return judge(canon)


@pytest.mark.parametrize(
    ("canon", "text"),
    [
        (SELBY, "Hugo sat on the step. His blue eye watched the gulls."),
        (SELBY, "Edith set down the basket and smiled. Her brown eyes shone."),
        (SELBY, "The constable took off his helmet and scratched his red hair."),
        (SELBY, "Edith looked at him out of large brown eyes."),
        (SELBY, "Edith's eyes were as brown as peat."),
        (SELBY, "Edith pinned up her yellow hair."),
        (SELBY, "Edith ran a hand through her short red hair."),
        (SELBY, "Edith took up the letter and read it twice."),
        (SELBY, "Edith read the notice on the door and laughed."),
        (SELBY, "Edith ran her eye down the page and shook her head."),
        (SELBY, "Edith bent over the newspaper and began to read aloud."),
        (SELBY, "Edith scanned the first lines of the letter."),
        (SELBY, "Edith sat reading by the window until the light went."),
        (SELBY, "Edith was reading the paper when he came in."),
        (SELBY, "Edith deciphered the label at a glance."),
        (SELBY, "Edith poured herself a whisky and drank it off."),
        (SELBY, "Edith raised the glass and swallowed the gin."),
        (SELBY, "Edith had two glasses of port before dinner."),
        (SELBY, "Edith sipped her wine."),
        (SELBY, "Edith knocked back a brandy."),
        (SELBY, "Edith tossed off the rum."),
        (SELBY, 'Hugo cleared his throat. "It will rain," he said.'),
        (SELBY, '"It will rain," said Hugo.'),
        (SELBY, "Hugo told her about the horses."),
        (SELBY, "Hugo shouted for help."),
        (SELBY, "Hugo called out to the boat."),
        (SELBY, "Hugo whispered her name."),
        (SELBY, "Hugo asked the constable the way."),
        (SELBY, "In a hoarse voice Hugo said that he was tired."),
        (SELBY, "Hugo dived off the quay and swam out to the boat."),
        (SELBY, "Hugo struck out for the far bank."),
        (SELBY, "Hugo swam across the river every morning."),
        (SELBY, "Hugo was swimming strongly toward the buoy."),
        (SELBY, "Hugo opened both eyes."),
        (SELBY, "Hugo winked with his left eye."),
        (SELBY, "Edith signed the book with her right hand."),
        (SELBY, "Edith held the pen in her right hand."),
        (SELBY, "Edith, who was right-handed, took the other oar."),
        (
            SELBY,
            "The anchor was gone from her thoughts. Edith rolled up her sleeve, and there was the swallow tattooed on her forearm.",
        ),
        (SELBY, "Edith had a rose tattooed on her forearm."),
        (SELBY, "They crossed the footbridge in single file."),
        (SELBY, "Frank came back over the footbridge with the milk."),
        (SELBY, "Frank stood on the footbridge and looked at the water."),
        (SELBY, "The cart rattled across the footbridge."),
        (SELBY, "The mill wheel turned slowly in the race."),
        (SELBY, "Edith could hear the mill wheel creaking round."),
        (SELBY, "The lighthouse swept its beam over the bay."),
        (SELBY, "The light of the lighthouse fell on the bed."),
        (SELBY, "They rode in by the north gate."),
        (SELBY, "The north gate stood open."),
        (SELBY, "Frank strolled out through the north gate."),
        (SELBY, "Lena Fisk poured the tea."),
        (SELBY, "Lena Fisk came in with the milk."),
        (SELBY, '"Good morning," said Lena Fisk.'),
        (SELBY, "They met Lena Fisk on the stairs."),
        (SELBY, "Frank danced with Lena Fisk until midnight."),
        (SELBY, "Lena Fisk's laugh rang down the passage."),
        (SELBY, "Edith knew that Frank had burned the will."),
        (SELBY, "Edith told the lawyer that Frank had burned the will."),
        (SELBY, '"Frank burned the will," said Edith.'),
        (SELBY, '"You burned the will, Frank," said Edith.'),
        (SELBY, "Edith thought of the will that Frank had burned."),
        (SELBY, "Rowe knew what Mina was."),
        (SELBY, "Rowe knew that Mina was a spy."),
        (SELBY, '"Mina is a spy," said Rowe.'),
        (SELBY, "Rowe had long known Mina for a spy."),
        (SELBY, "Rowe had known who she was since Easter. Mina smiled at him."),
        (SELBY, "They drank from the spring on Gale Island."),
        (SELBY, "On Gale Island they sat in the shade of the pines."),
        (SELBY, "A stream ran down through Gale Island to the beach."),
        (SELBY, "They left Gale Island at dawn and were in Port Selby by noon."),
        (SELBY, "Frank set out from Port Selby in the morning and reached Harrow Moor that evening."),
        (SELBY, "It was an hour's ride from Port Selby to Harrow Moor."),
        (SELBY, "She breakfasted in Port Selby and dined the same day on Harrow Moor."),
        (SELBY, "The regatta was held on a Saturday."),
        (SELBY, "The fourteenth of September was a Tuesday."),
        (SELBY, "On Monday, the fourteenth of September, the band played."),
        (SELBY, "It was Friday, 14 September 1902."),
        (SELBY, '"I don\'t know," said Rowe.'),
        (SELBY, 'Rowe shook his head. "It\'s late."'),
        (SELBY, '"You can\'t go in," the constable said.'),
        (SELBY, 'The constable stood up. "That\'ll do," he said.'),
        (SELBY, '"Where is he?" said Mina.'),
        (SELBY, 'Mina looked up. "Who told you?" she asked.'),
        (SELBY, "Hugo, Edith's husband, sat down."),
        (SELBY, "Edith kissed her cousin Hugo."),
        (SELBY, "Frank and his sister Edith came in."),
        (SELBY, "Hugo was Edith's uncle."),
        (SELBY, "Edith married Hugo in May."),
        (SELBY, "Edith's son Hugo came in."),
        (SELBY, "Rowe was born in Leeds."),
        (SELBY, "Rowe was forty years old."),
        (SELBY, "Rowe, a man of thirty, laughed."),
        (SELBY, "Rowe rubbed his lame right leg."),
        (SELBY, "Rowe limped on his right leg."),
        (SELBY, "Frank stroked his beard."),
        (SELBY, "Frank tugged at his moustache and his beard."),
        (SELBY, "Frank heard the kettle whistle."),
        (SELBY, "Frank listened to the rain."),
        (SELBY, "Mina got up and walked to the door."),
        (SELBY, "Mina ran down the stairs."),
        (SELBY, "Mina stood up."),
        (SELBY, '"Come, Wren," said Frank.'),
        (SELBY, "Mina shook out her black hair."),
        (SELBY, "Edith, a short woman, stood on a chair."),
        (SELBY, "Hugo, the baker, came in."),
        (SELBY, "Hugo worked as a tailor."),
        (SELBY, "Edith wound her red hair into a knot."),
        (SELBY, "Edith, a brown-eyed woman of forty, shut the door."),
        (SELBY, "Frank's brown eyes met hers."),
        (SELBY, "The constable's brown eyes were kind."),
        (SELBY, "Hugo blinked his green eye."),
        (SELBY, "Edith was drinking gin when they came."),
        (SELBY, "Edith drained her glass of claret."),
        (SELBY, 'Hugo said, "It will rain."'),
        (SELBY, '"It will rain," Hugo muttered.'),
        (SELBY, '"Look out!" Hugo shouted.'),
        (SELBY, "Hugo asked her where the boat was."),
        (SELBY, "Edith was writing with her right hand."),
        (SELBY, "Edith always used her right hand."),
        (SELBY, "Edith took the pen into her right hand and wrote."),
        (SELBY, "A swallow was tattooed on Edith's forearm."),
        (SELBY, "Edith scratched the swallow tattoo on her arm."),
        (SELBY, "Frank walked home across the footbridge."),
        (SELBY, "They drove the sheep over the footbridge."),
        (SELBY, "The footbridge swayed beneath them."),
        (SELBY, "The footbridge shook as they crossed."),
        (SELBY, "The mill wheel was turning again."),
        (SELBY, "Water rushed over the mill wheel, which turned and groaned."),
        (SELBY, "A light burned in the lighthouse."),
        (SELBY, "The lighthouse flashed twice."),
        (SELBY, "They passed through the north gate at noon."),
        (SELBY, "Lena Fisk laughed."),
        (SELBY, "Lena Fisk sat by the fire."),
        (SELBY, "Lena Fisk, who had brought a cake, kissed them all."),
        (SELBY, '"Lena," said Frank, and Lena Fisk turned.'),
        (SELBY, "Frank and Lena Fisk walked down to the quay."),
        (SELBY, "Beside him Lena Fisk was singing."),
        (SELBY, "Rowe was sure that Mina was a spy."),
        (SELBY, "Since Mina was a spy, Rowe told her nothing."),
        (SELBY, "It was Frank who had burned the will, Edith knew."),
        (SELBY, "Edith had found out that Frank burned the will."),
        (SELBY, "On Gale Island an oak shaded the hut."),
        (SELBY, "There was a well on Gale Island."),
        (SELBY, "There are two churches in Port Selby."),
        (SELBY, "The second church in Port Selby was St Anne's."),
        (SELBY, "The road from Port Selby to Harrow Moor takes an hour."),
        (SELBY, "By evening they had come from Gale Island to Port Selby."),
        (SELBY, "They sailed from Gale Island on Monday and made Port Selby on Tuesday."),
        (SELBY, "Rowe was fifty-six."),
        (SELBY, "Rowe combed back his black hair."),
        (SELBY, "Frank stroked his long beard."),
        (SELBY, "Frank overheard every word."),
        (SELBY, "Mina climbed the stairs."),
        (SELBY, '"Won\'t you sit down?" said Rowe.'),
        (SELBY, 'Rowe sighed. "We\'re closed."'),
        (SELBY, "Frank, Edith's brother, came in."),
        (SELBY, "Edith's father Hugo came in."),
        (SELBY, "Hugo and his wife Edith came in."),
        (SELBY, "Edith hugged her uncle Hugo."),
        (HEST, "Tamsin leaned into the light, and it caught the brown of her eyes."),
        (HEST, "Tamsin ran a comb through her long black hair."),
        (HEST, '"Give it here," said the pilot. She held out both hands.'),
        (HEST, "Tamsin gripped the wheel with both hands."),
        (HEST, "The ring on Tamsin's right hand caught the light."),
        (HEST, "Oriel watched her son cross the yard."),
        (HEST, "The doctor read the label and set it down."),
        (HEST, "Oriel peered at the wound."),
        (HEST, "Oriel cut herself a slice of mutton and ate it standing."),
        (HEST, "Oriel picked at the chicken on her plate and ate a little."),
        (HEST, '"I am sorry, child," said Oriel.'),
        (HEST, 'Joss laughed. "I told you so," he said.'),
        (HEST, '"Come down!" shouted Joss.'),
        (HEST, "Joss said that the boat was late."),
        (HEST, "Joss asked for bread."),
        (HEST, "Joss answered her at once."),
        (HEST, "Brand lit his pipe and drew on it."),
        (HEST, "Brand tapped the ash from his cigar."),
        (HEST, "Brand scratched at his red beard."),
        (HEST, "Brand's brown eyes did not move."),
        (HEST, "Brand swung his hammer, Sorrow, over his head."),
        (HEST, '"I have told you three times already that nobody is to open that door," said Brand.'),
        (HEST, "Sunniva put her son to bed."),
        (HEST, "Sunniva kissed her little daughter."),
        (HEST, "Sunniva, a baker by trade, knew flour."),
        (HEST, "Sunniva worked as a nurse in the town."),
        (HEST, "Kess flew down the valley."),
        (HEST, "Kess's green scales shone."),
        (HEST, "Kess lowered her two horns."),
        (HEST, "The Moth's blue hull slid by."),
        (HEST, "The Moth had four engines."),
        (HEST, "All five engines of the Moth were burning."),
        (HEST, "The three moons were up."),
        (HEST, "They rode through the Tarn Pass on Tuesday."),
        (HEST, "The wagons came down out of the Tarn Pass at noon."),
        (HEST, "Brand drew his sword in the Hall of Ash."),
        (HEST, "The tower clock struck nine."),
        (HEST, "They heard the tower clock strike."),
        (HEST, "They took the lift to the roof."),
        (HEST, "The lift rose without a sound."),
        (HEST, "Captain Rusk slammed the door."),
        (HEST, '"No," said Captain Rusk.'),
        (HEST, "They found Captain Rusk asleep by the fire."),
        (HEST, "Joss knew that Brand was his father."),
        (HEST, "Sunniva knew that Tamsin had stolen the ring."),
        (HEST, '"Tamsin stole my ring," said Sunniva.'),
        (HEST, "Sunniva had seen Tamsin steal the ring."),
        (HEST, "Hest lay on the east bank of the Orr."),
        (HEST, "The white walls of Hest rose before them."),
        (HEST, "They went in by the third gate of Hest."),
        (HEST, "The five towers of Tarn Keep were dark."),
        (HEST, "They left Hest in the morning and slept that night at Tarn Keep."),
        (HEST, "It was two days from Hest to Tarn Keep."),
        (HEST, "Two days out of Hest they saw the gates of Tarn Keep."),
        (HEST, "It was a mile off."),
        (HEST, "Tamsin kissed her husband, Joss."),
        (HEST, "Joss, Tamsin's cousin, laughed."),
        (SKAGEN, "Elsa stood under both masts and looked up."),
        (SKAGEN, "Two men climbed the mainmast."),
        (SKAGEN, "Rook went up the mainmast like a cat."),
        (SKAGEN, "The mainmast creaked in the wind."),
        (SKAGEN, "Elsa Brandt waved. Then Nils, her husband's brother, came up the ladder."),
        (SKAGEN, "Nils was fond of his cousin, and Captain Brandt smiled at him."),
        (SKAGEN, "Nils wrote to his aunt, who kept the bakery."),
        (SKAGEN, "Nils wrote home that night, and then he wrote again to his cousin, who kept the bakery on the quay."),
        (SKAGEN, "Nils married Una in May."),
        (SKAGEN, "They ate in a second tavern in Skagen."),
        (SKAGEN, "There are three taverns in Skagen."),
        (SKAGEN, "In Skagen they lay under the birches."),
        (SKAGEN, '"The Devil take it," said Nils.'),
        (SKAGEN, '"The d-devil take it," said Nils.'),
        (SKAGEN, '"Damn it," said Nils.'),
        (SKAGEN, '"What the hell is that?" said Nils.'),
        (SKAGEN, '"I saw you," said Tor.'),
        (SKAGEN, '"Take your hat," said Tor.'),
    ],
)
def test_what_is_plainly_told_otherwise_is_found(canon: str, text: str) -> None:
    assert _judge(canon).check("ch05.md", text)


@pytest.mark.parametrize(
    ("canon", "text"),
    [
        (SELBY, "Edith looked into the constable's blue eyes."),
        (SELBY, "Edith met his eyes. They were brown, like a dog's."),
        (SELBY, "The girl at the counter had brown eyes. Edith paid her."),
        (SELBY, "Edith dreamed that her eyes were brown."),
        (SELBY, '"My eyes are brown," said Edith, lying cheerfully.'),
        (SELBY, "Edith wore a wig of red hair for the play."),
        (SELBY, "The doll had red hair and brown eyes. Edith set it down."),
        (SELBY, "If her eyes had been brown, Edith thought, nobody would have looked twice."),
        (SELBY, "Hugo watched her. Her sister Anna had brown eyes."),
        (SELBY, "Frank's brown coat was wet. Edith shook it."),
        (SELBY, "Edith held the letter out to Frank, who read it to her."),
        (SELBY, "Edith could not read the letter, so she kept it."),
        (SELBY, "Edith read his face."),
        (SELBY, "Frank read the letter aloud, and Edith listened."),
        (SELBY, "Edith pretended to read the paper."),
        (SELBY, "Edith looked at the pictures in the book."),
        (SELBY, "Edith poured the gin down the sink."),
        (SELBY, "Edith poured him a whisky and drank her tea."),
        (SELBY, "Edith pushed the wine away."),
        (SELBY, "Edith never touched the port."),
        (SELBY, "Frank drank the wine. Edith watched."),
        (SELBY, "Hugo told her with his hands that he was tired."),
        (SELBY, "Hugo wrote that he was tired."),
        (SELBY, "Hugo said nothing."),
        (SELBY, "Hugo shook his head, and the constable told him to sit."),
        (SELBY, '"He would say it will rain," said Edith, and Hugo nodded.'),
        (SELBY, "Hugo watched the boys swim."),
        (SELBY, "Hugo paddled in the shallows."),
        (SELBY, "The dog swam after the stick Hugo threw."),
        (SELBY, "Hugo shut his eye."),
        (SELBY, "Edith raised her right hand to wave."),
        (SELBY, "Edith shook his right hand."),
        (SELBY, "Edith had an anchor tattooed on her forearm."),
        (SELBY, "The sailor had a rose tattooed on his neck. Edith stared."),
        (SELBY, "Where the footbridge had been there were two posts."),
        (SELBY, "Frank could not cross the footbridge."),
        (SELBY, "They talked of the footbridge."),
        (SELBY, "Frank remembered crossing the footbridge as a boy."),
        (SELBY, "The mill wheel hung still."),
        (SELBY, "Frank looked into the village well and saw only stones."),
        (SELBY, "The lighthouse stood black against the sky."),
        (SELBY, "Frank knocked at the north gate in vain."),
        (SELBY, "Frank laid flowers on the grave of Lena Fisk."),
        (SELBY, "Frank thought of Lena Fisk, and how she had laughed."),
        (SELBY, "Lena Fisk had loved this room."),
        (SELBY, "For a moment he thought he saw Lena Fisk in the crowd."),
        (SELBY, "Edith did not know that Frank had burned the will."),
        (SELBY, "Edith wondered who had burned the will."),
        (SELBY, '"Did Frank burn the will?" said Edith.'),
        (SELBY, "Frank burned the will while Edith slept."),
        (SELBY, "Rowe did not know what Mina was."),
        (SELBY, "Rowe knew what Mina was doing."),
        (SELBY, "There was not a tree on Gale Island."),
        (SELBY, "Three days after leaving Gale Island they came into Port Selby."),
        (SELBY, "On Sunday, the fourteenth of September, the band played."),
        (SELBY, '"I don\'t know," said Frank to Rowe.'),
        (SELBY, 'Rowe waited. "I can\'t," said Frank.'),
        (SELBY, '"Where is he?" Frank asked Mina.'),
        (SELBY, "Hugo, Edith's brother, sat down."),
        (SELBY, "The dog opened both eyes. Hugo patted it."),
        (SELBY, "Hugo covered both her eyes with his hands."),
        (SELBY, "Frank told Hugo in a low voice that the boat was gone."),
        (SELBY, "Hugo heard her say that it was late, and nodded."),
        (SELBY, "A voice told Hugo that it was late."),
        (SELBY, "Hugo was asked where he had been. The constable said it did not matter."),
        (SELBY, "Hugo nodded, and she told him in a low voice what she had seen."),
        (SELBY, '"He is late," said Frank. Hugo shrugged.'),
        (SELBY, 'Hugo wrote on the slate. "It will rain," it said.'),
        (SELBY, 'Hugo spoke with his hands. "It will rain."'),
        (SELBY, "Before the war Hugo had told her everything."),
        (SELBY, "Edith watched Frank read the letter."),
        (SELBY, "Edith sat by Frank, who was reading the paper."),
        (SELBY, "Frank sat reading while Edith sewed."),
        (SELBY, "Edith was listening to Frank, who read the letter aloud."),
        (SELBY, "Edith went through the door with the letter in her pocket."),
        (SELBY, "Edith studied the picture on the page."),
        (SELBY, "Edith carried the whisky to Frank, who drank it off."),
        (SELBY, "Edith smelled the whisky on Frank and drank her tea."),
        (SELBY, "Edith finished her tea and put the port back on the shelf."),
        (SELBY, "Hugo kicked out at the dog on the beach."),
        (SELBY, "Hugo plunged his hand into the river."),
        (SELBY, "Hugo dived under the table as the boat struck."),
        (SELBY, "Hugo rowed with long strokes to the shore."),
        (SELBY, "Frank walked along the river to where they were building the footbridge again."),
        (SELBY, "Frank stood on the quay and looked at the footbridge's two stumps."),
        (SELBY, "Frank took the footbridge plans from the drawer."),
        (SELBY, "They spoke of the footbridge and stood on the bank."),
        (SELBY, "The well of the staircase was full of smoke."),
        (SELBY, "The beam of the lantern crossed the lighthouse."),
        (SELBY, "Frank dreamed he danced with Lena Fisk."),
        (SELBY, "Frank had danced with Lena Fisk, once."),
        (SELBY, '"You danced with Lena Fisk," said Edith, and Frank laughed.'),
        (SELBY, "Frank dined with Lena Fisk's brother."),
        (SELBY, "They met Lena Fisk's mother on the stairs."),
        (SELBY, "Frank had met Lena Fisk on the stairs that morning in May."),
        (SELBY, "Edith thought of Lena Fisk's laugh."),
        (SELBY, "Edith knew who he was. Rowe smiled."),
        (SELBY, "Rowe wanted to know what she was. Mina smiled."),
        (SELBY, "Rowe knew who she was at once: the schoolmistress."),
        (SELBY, "On Gale Island there is no spring."),
        (SELBY, "There was no spring on Gale Island, and they drank from the casks."),
        (SELBY, "From Gale Island you can see the trees of the mainland."),
        (SELBY, "A sailor with a ship tattooed on his chest pushed past Frank."),
        (SELBY, "His rose tattoo had faded. The sailor laughed at Edith."),
        (SELBY, "Edith liked the swallow tattooed on Frank's wrist."),
        (SELBY, "Edith smiled at her cousin Ann."),
        (SELBY, "Edith thanked her cousin, and Hugo waved from the gate."),
        (SELBY, "Edith wrote to her cousin. Hugo posted the letter."),
        (SELBY, "Edith, whose husband's brother was a sailor, laughed."),
        (SELBY, "Frank married young. Edith was nineteen."),
        (SELBY, "The priest who married Edith was dead."),
        (SELBY, "Frank felt for the beard of the goat."),
        (SELBY, "Frank had no beard."),
        (SELBY, "He rubbed his beard. Frank looked away."),
        (SELBY, "The old carter stroked his beard, and Frank laughed."),
        (SELBY, "Frank saw the kettle boil."),
        (SELBY, "The constable's dog whined. \"It's late,\" said Frank."),
        (SELBY, '"I do not know," said Rowe. "It\'s late," said Frank.'),
        (SELBY, "The man limped on his right leg. Rowe let him pass."),
        (SELBY, "Like a man of thirty, Rowe took the stairs."),
        (SELBY, "Mina's brother stood up."),
        (SELBY, "Mina looked up as he got up and ran to the door."),
        (SELBY, "Mina wheeled the chair to the door."),
        (SELBY, "Mina remembered running down these stairs."),
        (SELBY, "On Monday they came home. The fourteenth of September had been hot."),
        (SELBY, "The week after the fourteenth, a Monday, it rained."),
        (SELBY, "The seventh, a Monday, was wet."),
        (SELBY, "Edith looked at the boy. His brown eyes were wet."),
        (SELBY, "The boy looked at Edith. Her mother had brown eyes, he said."),
        (SELBY, "Hugo sat down beside the boy, whose blue eyes were wet."),
        (SELBY, "The sailor turned. His blue eyes found Hugo."),
        (SELBY, "The stranger watched Hugo. His blue eyes did not blink."),
        (SELBY, "Hugo came in with the carter. His blue eyes were wet."),
        (SELBY, "As a singer in a red wig, Edith passed the guards."),
        (SELBY, "Edith, disguised as a nun, had a brown veil."),
        (SELBY, "In the photograph Edith had fair hair."),
        (SELBY, "They left Gale Island at dawn. Three days later they were in Port Selby."),
        (SELBY, "The letter from Gale Island reached Port Selby that evening."),
        (SELBY, "From Port Selby he could see the lamps of Gale Island that evening."),
        (SELBY, "They talked that evening of Port Selby and Harrow Moor."),
        (HEST, "The ram lowered its two horns at Kess."),
        (HEST, "A goat with two horns stood beside Kess."),
        (HEST, "The warped door stuck."),
        (HEST, "The boards had warped in the wet."),
        (HEST, "Tamsin tied two knots in it."),
        (HEST, "Tamsin made a knot."),
        (HEST, "The door had a knot in it."),
        (HEST, 'Joss wrote: "I told you so."'),
        (HEST, "Joss shook his head, and Tamsin said that the boat was late."),
        (HEST, "Oriel turned her face to the fire, and Tamsin saw the smoke."),
        (HEST, "Tamsin described the smoke, and Oriel saw it in her mind."),
        (HEST, "Oriel listened while Joss ate the mutton."),
        (HEST, "Oriel pushed the mutton across to Joss."),
        (HEST, "The cook lit a pipe. Brand coughed."),
        (HEST, "Brand looked at the man with the red beard."),
        (HEST, "Sunniva held her sister's daughter."),
        (HEST, "Sunniva put the boy to bed."),
        (HEST, "Kess spread her wings and did not rise."),
        (HEST, "Kess dreamed of flying."),
        (HEST, "The birds flew over Kess."),
        (HEST, "A blue ship slid by the Moth."),
        (HEST, "In the old song there were three moons."),
        (HEST, "They could not get through the Tarn Pass."),
        (HEST, "They spoke of the Tarn Pass."),
        (HEST, "Brand left his sword at the door of the Hall of Ash."),
        (HEST, "The tower clock said ten past four."),
        (HEST, "The lift was out of order, so they took the stairs."),
        (HEST, "Tamsin remembered how Captain Rusk laughed."),
        (HEST, "Captain Rusk's chair was empty."),
        (HEST, "Captain Rusk had built the bridge."),
        (HEST, "Joss did not know who his father was."),
        (HEST, "Brand had no son. Joss watched him."),
        (HEST, "Sunniva looked for the ring. Tamsin helped her."),
        (HEST, '"Who stole my ring?" said Sunniva.'),
        (HEST, '"Somebody stole my ring," said Sunniva. Tamsin looked away.'),
        (HEST, "They left Hest, and six days later they slept at Tarn Keep."),
        (HEST, 'Brand shouted for the guards. "No!" said the boy.'),
        (HEST, '"I have told you three times already that nobody is to open that door," said the boy to Brand.'),
        (HEST, '"I am sorry," said Tamsin, and Oriel smiled.'),
        (HEST, "Tamsin smiled at the old woman. Her silver hair was wet."),
        (HEST, "Tamsin's right sleeve was pinned up."),
        (HEST, "Tamsin's left hand was cold."),
        (HEST, "Tamsin's mechanical right arm whirred."),
        (SKAGEN, "Both masts of the Gull were bare."),
        (SKAGEN, "The stump of the mainmast was still there."),
        (SKAGEN, "They climbed the foremast."),
        (SKAGEN, "Nobody climbed the mainmast."),
        (SKAGEN, "There were both masts to think of, said the enemy captain."),
        (SKAGEN, "Elsa Brandt waved. Then Olaf, her husband's brother, came up the ladder."),
        (SKAGEN, "Nils was fond of his cousin Kari, and Captain Brandt smiled at him."),
        (SKAGEN, "Nils was fond of his cousin."),
        (SKAGEN, "Nils wrote to his sister, who kept the bakery."),
        (SKAGEN, "Nils wrote to his aunt, who kept geese."),
        (SKAGEN, "Nils married Kari in May."),
        (SKAGEN, "If Nils married Una, the sky would fall."),
        (SKAGEN, "They drank at the tavern in Skagen called the Anchor."),
        (SKAGEN, "They drank at the tavern in Skagen."),
        (SKAGEN, "There were no birches in Skagen."),
        (SKAGEN, '"W-we had better put about before the weather turns on us," said Rook.'),
        (SKAGEN, '"Aye," said Rook.'),
        (SKAGEN, '"We had better put about before the weather turns on us," said Nils to Rook.'),
        (SKAGEN, '"The weather take it," said Nils.'),
        (SKAGEN, '"The Devil take it," said Elsa. Nils laughed.'),
        (SKAGEN, '"I saw thee," said Tor.'),
        (SKAGEN, '"I saw you," said Nils to Tor.'),
    ],
)
def test_what_only_looks_like_it_is_passed_over(canon: str, text: str) -> None:
    assert _judge(canon).check("ch05.md", text) == []
