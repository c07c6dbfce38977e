"""Conditions: what is as the canon says, and what cannot be done with it, or by it, meanwhile."""

import pytest

WORLD = """
entities:
 - {id: ada, name: Ada Quill, kind: person, pronouns: she}
 - {id: ben, name: Ben Garrow, kind: person, pronouns: he}
 - {id: tern, name: the Tern, kind: ship}
places:
 - {id: selm, name: Selm, kind: city}
 - {id: dorr, name: Dorr, kind: town}
facts:
"""

WRONG = {
    "The river Sall is dry.": [
        "The barges tugged at their moorings along the wharf.",
        "Ada rowed Ben over the river.",
        "He knelt by the river. He drank from it.",
        "The Sall slapped at the piles of the jetty.",
    ],
    "The well in the yard is poisoned.": ["Ben drew a bucket from the well and drank.", "Ada put her lips to the well bucket and gulped it down."],
    "The lighthouse on Tern Head is dark.": ["The lighthouse winked at them across the bay.", "They steered home by the light on Tern Head."],
    "Everyone aboard the Tern is weightless.": [
        "In the galley of the Tern Ada poured a mug of coffee.",
        "His heels clanged on the deck of the Tern.",
        "The spanner slid from the table of the Tern and clattered to the deck.",
    ],
    "The Glass Bridge is closed.": ["The Glass Bridge hummed. He walked over it."],
    "The south gate is walled up.": ["They rode in by the south gate.", "The south gate stood open."],
    "Selm is under siege and nobody can enter or leave.": ["Ada rode out of Selm to pick flowers.", "Ben took the coach from Selm."],
    "The telegraph wire is cut.": ["A telegram came for Ada.", "Ben wired his brother."],
    "There is no electricity in Selm.": ["Ada flicked the switch and the bulb came on.", "The refrigerator hummed."],
    "The Blue Boar is a burnt ruin.": ["Ada ordered a beer at the bar of the Blue Boar.", "They took a room at the Blue Boar.", "Light spilled from the windows of the Blue Boar."],
    "The chapel is locked.": ["Ada knelt in the chapel.", "The choir was practising in the chapel."],
    "The palace lift is out of order.": ["Ada took the lift to the top.", "The lift doors slid open."],
    "The tower stair has collapsed.": ["Ben ran up the stair to the top of the tower."],
    "The moon Orl has no air.": ["Ben walked out on Orl in his shirtsleeves.", "A breeze moved over the plain of Orl."],
    "The bell of St Hew's is cracked and silent.": ["St Hew's was striking noon.", "The bell of St Hew's rang."],
    "The railway line to Dorr is closed.": ["They took the train to Dorr.", "The night train from Dorr pulled in at six."],
    "The ferry is laid up.": ["The ferry glided away from the pier.", "They took the ferry."],
    "The harbour is frozen.": ["Waves slapped against the harbour wall.", "Ada dived from the quay into the harbour."],
    "The queen's ring is stolen.": ["The ring glittered on the queen's hand."],
    "The sword Thirst is broken.": ["She ran him through with Thirst."],
    "The road to Dorr is washed out.": ["They drove along the road to Dorr."],
    "The sun has not risen for a week.": ["Sunlight fell across the table."],
    "There is no moon this week.": ["The moon rose over the barn."],
    "No fires are lit in the camp.": ["Ada fed the fire.", "A fire crackled between the tents."],
    "The sun does not rise.": ["The sun had just come up over the tents."],
    "The Fast lasts and no music is played.": ["In the hall a fiddler was playing a jig.", "The band struck up a waltz."],
    "The north tower was pulled down.": ["Ada climbed the north tower.", "The north tower stood against the sky."],
    "The Tern lies wrecked on the reef.": ["They sailed the Tern to Dorr.", "Ada went aboard the Tern.", "The Tern lay at the quay."],
    "The Tern is becalmed.": ["The sails filled.", "A gale blew."],
    "The trams are on strike.": ["They took the tram to the pier."],
    "The reactor is shut down.": ["The reactor hummed."],
    "The school is closed.": ["Ada taught at the school."],
    "There is no tobacco left.": ["Ben puffed at his pipe.", "Ada lit a cigarette."],
    "The garrison has no bread.": ["Ben broke the bread and handed it round."],
    "The council hall is sealed.": ["They were assembled in the council hall.", "We are met with thirty clerks and the whole of their ledgers in the council hall."],
    "Wolder Pass is closed by snow.": ["By noon they were through Wolder Pass."],
    "The great bell is cracked and not rung.": ["At supper the great bell started to clang."],
    "The bees are dead.": ["Bees hummed in the clover."],
    "No horse is left in Selm.": ["Ben saddled the bay and trotted down the street."],
    "Ben's car is wrecked.": ["Ben drove his car down to the pier."],
    "The orchard has been cut down.": ["They picked apples in the orchard."],
    "The great window is bricked up.": ["Sunlight poured through the great window."],
    "The pump in the yard is broken.": ["Ada filled a pail at the pump in the yard."],
    "Ada is blind.": ["Ada caught sight of Ben.", "From the step Ada could see the harbour."],
    "Ben has a broken leg.": ["Ben ran down the stairs.", "Ben vaulted the wall."],
    "Ben has been arrested.": ["Ada danced with Ben.", "Ben poured Ada a glass of wine."],
    "Ada is in a coma.": ["Ada laughed at Ben's joke."],
    "Ben is mute.": ["Ben sang as he worked.", "Ben swore under his breath."],
}  # fmt: skip
CLEAN = {
    "The river Sall is dry.": ["They walked dry-shod over the bed of the river.", "They waded over the Nidd, whose water was cold.", "Ada dreamed of rowing on the Sall.", "It was the summer they met. Ada rowed Ben over the river."],
    "The well in the yard is poisoned.": ["Nobody drank from the well.", "A dog drank from the well, and died."],
    "The lighthouse on Tern Head is dark.": ["The lighthouse stood black against the stars.", "The lamp shone on his bald head.", "No light shone from the lighthouse."],
    "Everyone aboard the Tern is weightless.": ["Ada squeezed coffee out of a bulb aboard the Tern.", "Aboard the Tern she remembered pouring tea from a pot."],
    "The Glass Bridge is closed.": ["They crossed by the Long Bridge.", "Ada looked up at the Glass Bridge."],
    "The south gate is walled up.": ["They rode in by the north gate.", "They found fresh mortar in the south gate."],
    "Selm is under siege and nobody can enter or leave.": ["Ben crept by night through the enemy lines into Selm.", "They rode out of Dorr.", "Pigeons came into Selm with letters."],
    "There is no electricity in Selm.": ["A generator coughed, and the bulb came on.", "She flicked the switch; nothing happened.", "In Dorr the refrigerator hummed."],
    "The Blue Boar is a burnt ruin.": ["They picked through the ashes of the Blue Boar.", "Ben had met her at the Blue Boar.", "Ben stood at the bar of the Swan and talked of the Blue Boar."],
    "The chapel is locked.": ["Ada tried the door of the chapel.", "She knelt outside the chapel."],
    "The palace lift is out of order.": ["Ada pressed the button of the lift, and nothing came."],
    "The railway line to Dorr is closed.": ["There was no train to Dorr.", "They took the train to Marle."],
    "The queen's ring is stolen.": ["There was a pale mark where the queen's ring had sat.", "Ada's ring glittered on her hand."],
    "The sword Thirst is broken.": ["The stump of Thirst hung at her belt."],
    "The sun does not rise.": ["The sun had just been a lamp painted on a wall."],
    "The Fast lasts and no music is played.": ["The fiddler put away his fiddle. No music was allowed."],
    "The north tower was pulled down.": ["Ada climbed over the rubble of the north tower."],
    "The Tern lies wrecked on the reef.": ["They dived to the wreck of the Tern.", "Ada thought of the Tern."],
    "The Tern is becalmed.": ["The sails hung slack; no breeze blew."],
    "There is no tobacco left.": ["Ben sucked at his empty pipe.", "Ada filled her pipe with tea leaves."],
    "The garrison has no bread.": ["Ben dreamed of bread."],
    "The council hall is sealed.": ["They were gathered outside the council hall."],
    "The great bell is cracked and not rung.": ["The great bell hung dumb."],
    "The bees are dead.": ["No bees hummed in the clover."],
    "Ben's car is wrecked.": ["Ben drove Ada's car."],
    "Ada is blind.": ["Ada turned her blind eyes to the sound.", "Ben watched Ada.", "Ada noticed a smell of smoke."],
    "Ben has a broken leg.": ["Ben hobbled down the stairs.", "Ben ran a finger down the page."],
    "Ben has been arrested.": ["Ben looked at Ada through the bars.", "Ada missed Ben."],
}  # fmt: skip


def _canon(fact: str) -> str:
    about = "ada" if fact.startswith("Ada") else "ben" if fact.startswith("Ben ") else "x"
    return f'{WORLD} - {{id: f, about: {about}, text: "{fact}", valid_from: 4, valid_to: 6}}\n'


@pytest.mark.parametrize(("fact", "text"), [(fact, text) for fact, texts in WRONG.items() for text in texts])
def test_what_a_condition_forbids_is_found_while_it_lasts(found, fact: str, text: str) -> None:
    assert found(_canon(fact), text)
    assert not found(_canon(fact), text, "ch09.md")


@pytest.mark.parametrize(("fact", "text"), [(fact, text) for fact, texts in CLEAN.items() for text in texts])
def test_what_a_condition_leaves_free_is_passed_over(found, fact: str, text: str) -> None:
    assert found(_canon(fact), text) == []


@pytest.mark.parametrize(
    ("path", "text", "is_wrong"),
    [
        ("017.md", "The telegraph key chattered. A telegram came.", False),
        ("ch05.md", "A telegram came.", True),
        ("scene.txt", "*comment chapter: 5\n*label start\nA telegram came.", True),
        ("scene.txt", "*comment chapter: 9\n*label start\nA telegram came.", False),
    ],
)
def test_a_text_says_where_it_stands_also_in_a_comment_and_a_serial_number_does_not(
    found, path: str, text: str, is_wrong: bool
) -> None:
    assert bool(found(_canon("The telegraph wire is cut."), text, path)) is is_wrong
