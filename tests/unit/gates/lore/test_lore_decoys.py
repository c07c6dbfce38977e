"""What only looks like a contradiction: other people, other things of the same name, what was, what is only said."""

import pytest

from tests.unit.gates.lore.test_lore_states import WORLD

PEOPLE = """entities:
  - {id: cap, name: Captain Mara Voss, kind: person, attributes: {eyes: grey, hair: white, handedness: left, drink: never drinks rum, arm: lost her right arm, sight: blind in the left eye}}
  - {id: dog, name: Biter, kind: dog, attributes: {colour: black, legs: three}}
  - {id: abb, name: Abbot Leo, kind: person, attributes: {sight: blind from birth, diet: vegetarian, boats: never goes on a boat}}
"""
DECOYS = """
The captain of the other ship had blue eyes. Mara did not like them.
A captain with blue eyes came aboard. "Voss?" said the captain.
Mara looked at the captain's blue eyes and thought of her own.
The captain's wife had blue eyes. Mara had met her once.
Tomas came in. Behind him stood Pavel's ghost.
The abbot of Saint Urh watched the snow. Leo, in the kitchen, heard of it later.
Leo felt the boy watch him.
"I watched the snow," said Leo drily.
Leo watched over them all.
Leo kept watch by the bed.
Leo read the letter with his thumbs, as he read everything, where the nib had bitten in.
Leo saw to the candles.
Leo saw what she meant.
Leo noticed a smell of smoke.
Leo had never noticed the colour of his own door.
Leo had the boy read the letter to him.
Leo had the lamb carried to the poor.
Leo passed the ham to Mara and ate the bread.
Leo climbed down to the ferry and blessed it.
Leo stood on the quay and watched for the sound of oars.
Mara raised the glass of rum, smelled it, and poured it into the sea.
Mara had drunk rum with better men than him.
Mara drank, and it was not rum.
Mara pinned up her right sleeve.
Mara felt an itch in her right hand, which lay at the bottom of the Sound.
Mara put her right foot on the rail.
Mara threw the line with both hands' worth of strength.
The mate had both hands full, and so Mara took the tiller.
Mara gave the boy both hands of cards.
Mara watched the mate clap both hands to his ears.
Tomas clapped his hands. Mara, who could not, stamped.
Biter ran on three legs faster than most dogs do on all four legs.
The fox put all four feet in the stream, and Biter barked.
She had her father's eyes. They were green, like her mother's. Ines envied her.
Ines sat beside Mary, with her green eyes and her good coat.
There was Ines, and there was the cat, with its green eyes.
Tomas looked at his sister. Those green eyes in the corner were only the cat's.
Ines turned. Those blue eyes in the picture still followed her.
Ines turned to the stranger. Those blue eyes again.
Ines saw nobody. Those blue eyes had been a trick of the glass.
Ines's little brother, as she still called him, was a foot taller than she was.
Ines was somebody's little sister, that was plain.
"You are like a big brother to me," said Ines.
"My little brother Tomas," said Ines.
"My big sister," said Tomas.
Ines, the eldest of three clerks, sat down.
Adela was Tomas's wife. Her sister Ines-Marie came too.
Ines's mother's green eyes shone.
Jan held out his left hand.
Jan took the oar, with Tomas at the other. They had three hands between them.
Father Leo was no father of his. "Father," said Tomas.
"Papa," said Ines. He took it in both hands.
The fool said nothing. "They are here," said Ines for him.
"They are here," said the fool's master.
They crossed the lake on foot.
They sailed on the lake in summer, and now they walked.
The lake of fire was painted on the church wall. They rowed across it in boats, the damned.
The water ran off the roof. Ines stood on the bank of the lake in the thaw.
Ines poured the water. The water ran over the boards of the boat.
They went over the bridge plan together.
They went through the Adler Pass papers again.
The well-known clock ticked. It was not the station's.
The Heron slid over on her side in the mud.
The Heron ran aground again when the tide lifted her.
The great hall was empty. Out in the yard Tomas drew his sword.
The great hall fell silent. He wore no blade.
Ines drew the knife-boxes in the great hall for her book of sketches.
Ines carried the bread knife to the great hall on a tray, and the guard took it away.
"Is it Pavel?" said Rosa's sister.
"He asked me: where is it," said Rosa.
Rosa asked where it was.
Pavel came ashore. Ines had gone out to the ship to meet him.
"""


@pytest.mark.parametrize("text", DECOYS.strip().split("\n"))
def test_decoys_raise_no_alarm(found, text: str) -> None:
    assert found(WORLD.replace("entities:\n", PEOPLE, 1), text) == []
