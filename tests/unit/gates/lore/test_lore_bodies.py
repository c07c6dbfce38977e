"""What a body cannot have, do or be: the many ways in which a canon and a text say it."""

import pytest


def _canon(stated: str) -> str:
    key, _, value = stated.partition(": ")
    return f'entities: [{{id: ines, name: Ines, kind: person, pronouns: she, attributes: {{"{key}": "{value}"}}}}]'


@pytest.mark.parametrize(
    ("stated", "text", "is_wrong"),
    [
        # eyes and hair
        ("eyes: brown", "Ines turned. Those blue eyes missed nothing.", True),
        ("eyes: brown", "Ines did not lift her green eyes from the page.", True),
        ("eyes: brown", "The blue of her eyes surprised him. Ines was smiling.", False),
        ("eyes: brown", "Ines was smiling. The blue of her eyes surprised him.", True),
        ("eyes: brown", "Ines blinked her ice-blue eyes.", True),
        ("eyes: brown", "Ines had eyes of the palest green.", True),
        ("eyes: brown", "Ines had eyes the colour of the sea.", False),
        ("eyes: brown", "Ines had her grandmother's green eyes.", True),
        ("eyes: grey", "Ines lowered her dark eyes.", True),
        ("eyes: dark grey", "Ines lowered her dark eyes.", False),
        ("eyes: brown", "Ines looked into his green eyes.", False),
        ("eyes: brown", "Ines looked into the cat's green eyes.", False),
        ("eyes: brown", "Ines met the green eyes of the cat.", False),
        ("eyes: brown", "Ines watched the green-eyed boy.", False),
        ("eyes: brown", "Ines was afraid of the green eyes in the dark.", False),
        ("eyes: brown", "Ines, blue-eyed and very small, stood on a chair.", True),
        ("hair: black", "Ines wound a fair plait about her finger.", False),
        ("hair: black", "Ines bent her fair head over the seam.", True),
        ("hair: black", "Ines shook the snow out of her yellow hair.", True),
        ("hair: black", "Ines had powdered her hair white for the play.", False),
        ("hair: black", "The wind took her hair, which was as red as rust. Ines swore.", False),
        ("hair: bald", "Ines combed her hair.", False),
        # hands
        ("handedness: left", "Ines wrote with her right hand.", True),
        ("handedness: left", "Ines raised her right hand and swore.", False),
        ("handedness: left", "Ines used her right for everything.", True),
        ("handedness: left", "Ines held up her right hand, the one she writes with.", True),
        ("handedness: left", "Ines held up her right hand, the one he wrote upon.", False),
        ("handedness: left", "Ines caught it in her right hand, the one she always throws with.", True),
        ("handedness: left", "Ines signed it with her right hand, since the left was burnt.", False),
        ("handedness: left", "Ines took the pen in her right hand and gave it to the boy.", False),
        ("handedness: left", "Ines wore her sword on the right, as left-handed people do.", False),
        ("fights: fights left-handed", "Ines drew her sword with her right hand.", True),
        ("handedness: right", "Ines was teaching the left-handed child to sew.", False),
        # what is missing
        ("right hand: lost", "Ines clapped her hands.", True),
        ("right hand: lost", "Ines clapped her hand to her mouth.", False),
        ("right hand: lost", "Ines rubbed both hands together.", True),
        ("right hand: lost", "Ines shook hands with both of them.", False),
        ("right hand: lost", "Ines looked at the stump where her right hand had been.", False),
        ("right hand: lost", "Ines pointed to the right. Hands went up.", False),
        ("arm: lost her left arm", "Ines folded both arms and waited.", True),
        ("fingers: lost two fingers of the left hand", "Ines drummed all ten fingers on the lid.", True),
        ("fingers: lost two fingers of the left hand", "Ines counted on the five fingers of her left hand.", True),
        ("fingers: lost two fingers of the left hand", "Ines held up five fingers.", False),
        ("fingers: lost two fingers of the left hand", "Ines drummed her fingers.", False),
        ("eye: lost her left eye", "Ines closed both eyes.", True),
        ("eye: lost her left eye", "Ines closed her eye.", False),
        ("eyes: one-eyed", "Ines opened both eyes.", True),
        ("leg: wooden left leg", "Ines put her foot down.", False),
        ("legs: one-legged", "Ines stood upon her own two feet.", True),
        ("sight: blind in the left eye", "Ines read the letter.", False),
        ("sight: blind in the left eye", "Ines shut her good left eye.", True),
        ("sight: blind in the left eye", "Ines shut her good right eye.", False),
        ("hearing: deaf in the right ear", "He shouted into her deaf left ear. Ines frowned.", False),
        ("hearing: deaf in the right ear", "Ines turned her deaf left ear to him.", True),
        ("scar: a scar over the left eyebrow", "The scar over her right eyebrow itched. Ines rubbed it.", False),
        ("scar: a scar over the left eyebrow", "Ines rubbed the scar over her right eyebrow.", True),
        ("earring: a pearl in her right ear", "Ines wore the pearl in her left ear.", True),
        ("ring: wears a ring on her left thumb", "Ines turned the ring on her right thumb.", True),
    ],
)
def test_a_body_is_as_the_canon_says(found, stated: str, text: str, is_wrong: bool) -> None:
    assert bool(found(_canon(stated), text)) is is_wrong


@pytest.mark.parametrize(
    ("stated", "text", "is_wrong"),
    [
        ("sight: blind", "Ines saw the colour of his face.", True),
        ("sight: blind", "Ines watched the snow.", True),
        ("sight: blind since chapter 8", "Ines watched the snow.", False),
        ("sight: blind", "Ines could not have watched the snow.", False),
        ("sight: blind", "The nurse watched the snow. Ines listened to it.", False),
        ("sight: blind", "Ines listened while the nurse watched the snow.", False),
        ("sight: colour-blind", "Ines watched the snow.", False),
        ("speech: mute", '"Go," Ines said.', True),
        ("speech: mute", '"Go," said the boy, and Ines went.', False),
        ("speech: has not spoken since the fire", '"Go," said Ines.', True),
        ("speech: says little", '"Go," said Ines.', False),
        ("cannot: fly", "Ines took off into the wind.", True),
        ("cannot: fly", "Ines took off her hat.", False),
        ("cannot: fly", "Ines flew into a rage.", False),
        ("cannot: swim", "Ines swam for the shore.", True),
        ("cannot: swim", "Her head swam. Ines sat down.", False),
        ("cannot: read or write", "Ines wrote her name.", True),
        ("diet: vegetarian", "Ines had a slice of ham.", True),
        ("diet: vegetarian", "Ines has had the chicken shut up.", False),
        ("diet: vegetarian", "Ines had a lamb to feed.", False),
        ("diet: eats no meat", "Ines finished the sausages.", True),
        ("diet: eats no fish", "Ines ate a trout.", True),
        ("diet: eats no fish", "Ines ate a bun.", False),
        ("smoking: gave up smoking", "Ines lit a cigarette.", True),
        ("smoking: gave up smoking", "Ines lit a cigarette for him.", False),
        ("smoking: quit smoking in chapter 3", "Ines lit a cigarette.", True),
        ("smoking: quit smoking in chapter 7", "Ines lit a cigarette.", False),
        ("drink: has sworn off drink", "Ines drank the wine.", True),
        ("boats: never sets foot on a boat", "Ines stepped into the boat.", True),
        ("boats: never sets foot on a boat", "Ines climbed the hill to see the boat.", False),
        ("boats: never goes on a boat", "Ines went home.", False),
        ("boats: never goes on a boat", "Ines boarded the ferry.", True),
        ("colours: never wears green", "Ines put on the green dress.", True),
        ("seat: never sits with her back to a door", "Ines sat down.", False),
        ("iron: never touches iron", "Ines touched the iron gate.", True),
        ("weapons: carries no weapon", "Ines drew a knife from her boot.", True),
        ("weapons: carries no weapon", "Ines drew a knife across the bread.", False),
        ("sleep: sleeps by day", "It was noon. Ines was wide awake.", True),
        ("sleep: sleeps by day", "It was midnight. Ines was wide awake.", False),
    ],
)
def test_deeds_that_are_never_done_are_known_by_many_words(found, stated: str, text: str, is_wrong: bool) -> None:
    assert bool(found(_canon(stated), text)) is is_wrong
