"""Journeys: who is where, one place after another, and how much time lies between at most."""

from functools import lru_cache

import pytest

from tests.unit.gates.lore.conftest import judge
from watchbill.gates.lore.checking import Judge

BRACK = """entities:
  - {id: osk, name: Osk Vanner, kind: person, attributes: {sex: male}}
  - {id: lide, name: Lide Marran, kind: person, attributes: {sex: female}}
places:
  - {id: brack, name: Brackwater}
  - {id: tolm, name: Tolmin Gate}
  - {id: eyre, name: the Eyre Mine}
  - {id: sund, name: Sundmouth}
travel_days:
  - {id: t1, from: brack, to: tolm, days: 4}
  - {id: t2, from: tolm, to: eyre, days: 2}
  - {id: t3, from: brack, to: sund, days: 9}
"""
HOLLIN = """# Hollin

## Travel
- From Hollin to Cray Abbey is three days by cart.
- Hollin to the Salt Ferry: half a day.
- The Salt Ferry lies six days from Port Ansel.
"""
PORT = """entities:
  - {id: nell, name: Nell Adair, kind: person, attributes: {sex: female}}
  - {id: rusk, name: Captain Rusk, kind: person, attributes: {sex: male}}
  - {id: tern, name: the Tern, kind: ship}
places:
  - {id: holm, name: Port Holm}
  - {id: vane, name: Vane}
  - {id: skerry, name: the Skerry Light}
  - {id: osmund, name: Saint Osmund's}
  - {id: kell, name: the Kell Works}
travel_days:
  - {id: t1, from: holm, to: vane, days: 6}
  - {id: t2, from: vane, to: osmund, days: 3}
  - {id: t3, from: holm, to: skerry, hours: 5}
  - {id: t4, from: holm, to: kell, days: 12}
"""


@lru_cache
def _judge(canon: str) -> Judge:
    return judge(canon)


@pytest.mark.parametrize(
    ("canon", "text", "is_wrong"),
    [
        (
            BRACK,
            "Osk left Brackwater at first light. He ate his supper that evening in Tolmin Gate, with his boots off.",
            True,
        ),
        (
            BRACK,
            "They quitted Brackwater on the Monday. By Tuesday noon they were riding in under the arch of Tolmin Gate.",
            True,
        ),
        (
            BRACK,
            "Lide had breakfasted in Brackwater. Before the lamps were lit she was knocking at a door in Sundmouth.",
            True,
        ),
        (
            BRACK,
            "Lide walked out of Brackwater with the dawn behind her. It was a dull road, and she talked to the mule. Two days later she saw the harbour lights of Sundmouth and wept.",
            True,
        ),
        (BRACK, "It was barely an hour's ride from Brackwater to Tolmin Gate, and Osk took it at a walk.", True),
        (
            BRACK,
            "Osk locked his house in Brackwater behind him. The dew was still on the grass when he rode down into Sundmouth.",
            True,
        ),
        (
            BRACK,
            "They sailed from Sundmouth with the morning tide, and the same night they tied up at Brackwater.",
            True,
        ),
        (
            BRACK,
            "Lide shut the gate of the Eyre Mine behind her at noon. She was in Tolmin Gate before her tea had gone cold.",
            True,
        ),
        (BRACK, "Osk set out from Tolmin Gate on foot. An hour later he stood at the head of the Eyre Mine.", True),
        (
            BRACK,
            "Brackwater was behind them by sunrise. They rode hard all that day and the next, and on the second evening they came down into Sundmouth.",
            True,
        ),
        (BRACK, "They were out of Brackwater on the third of the month and in Sundmouth on the fifth.", True),
        (BRACK, "Osk crossed from Brackwater to Sundmouth in three days.", True),
        (BRACK, "They left Brackwater on the Monday. At noon on Wednesday Sundmouth rose before them.", True),
        (BRACK, "Osk left Brackwater on Tuesday. On Friday he was taken to the mayor of Sundmouth.", True),
        (BRACK, "They left Brackwater on the Monday. On Thursday they spoke of the mayor of Sundmouth.", False),
        (
            BRACK,
            "The whole company had marched out of Brackwater at dawn, singing. The drums were still wet with dew when the walls of Sundmouth rose in front of them, and the gates opened.",
            True,
        ),
        (
            BRACK,
            "In the morning Lide was in Brackwater, haggling over a goose. That afternoon she sat in the customs house at Sundmouth.",
            True,
        ),
        (
            BRACK,
            "Lide left Brackwater on a Friday. Before the week was out she was standing on the mole at Sundmouth, counting masts.",
            True,
        ),
        (BRACK, "It took them a day and a half, Brackwater to Sundmouth, with a good wind.", True),
        (BRACK, "He said goodbye to Lide in Brackwater after lunch. By nightfall he was drinking in Sundmouth.", True),
        (
            BRACK,
            "They left Brackwater together. Neither of them spoke. Within the hour they had reached Sundmouth.",
            True,
        ),
        (
            BRACK,
            "Overnight they came down from the Eyre Mine, and Brackwater was just waking as they rode into it.",
            True,
        ),
        (
            BRACK,
            "Osk left Brackwater at first light. He thought about his supper, and about Tolmin Gate, which was four days off.",
            False,
        ),
        (BRACK, "They left Brackwater in the spring. By the time they reached Sundmouth the apples were in.", False),
        (
            BRACK,
            "Lide left Brackwater at dawn. By noon she was on the moor, and nine days later she came down into Sundmouth.",
            False,
        ),
        (BRACK, "Osk left Brackwater at dawn. He slept in barns. On the tenth evening he came to Sundmouth.", False),
        (
            BRACK,
            "Osk left Brackwater that morning. In Sundmouth, the same evening, a man he had never met was loading a pistol.",
            False,
        ),
        (
            BRACK,
            "Lide left Brackwater at noon. Osk, in Sundmouth, ate his supper that evening and thought of her.",
            False,
        ),
        (
            BRACK,
            '"We could be in Sundmouth by nightfall if we had wings," said Osk, looking back at Brackwater.',
            False,
        ),
        (BRACK, "Osk dreamed that he left Brackwater at dawn and stood in Sundmouth by noon.", False),
        (BRACK, "Osk left Brackwater at dawn, bound for Sundmouth, and by noon he was hungry.", False),
        (
            BRACK,
            "They left Brackwater at first light. By evening they had set up camp under the first of the hills, on the road to Sundmouth.",
            False,
        ),
        (
            BRACK,
            "On the first day out of Brackwater it rained. On the second it rained. A week later they saw Sundmouth, and it was raining there.",
            False,
        ),
        (BRACK, "Osk had been born in Brackwater. That same evening he sat in Sundmouth and told them so.", False),
        (BRACK, "He had left Brackwater long ago. That evening in Sundmouth he missed it.", False),
        (
            BRACK,
            "She looked at the map. In an hour her finger had gone from Brackwater to Sundmouth and back again.",
            False,
        ),
        (BRACK, "The news from Brackwater came by the telegraph, and by noon all Sundmouth knew it.", False),
        (
            BRACK,
            "Lide left Brackwater. Days went by, and then more. One morning, before breakfast, she saw Sundmouth.",
            False,
        ),
        (BRACK, '"You can\'t get from Brackwater to Sundmouth in two days," said Osk.', False),
        (
            BRACK,
            "They left Brackwater on the Monday. By Tuesday noon Osk had already told them twice about the whorehouses of Sundmouth.",
            False,
        ),
        (
            BRACK,
            "At noon Osk left Brackwater for Tolmin Gate, and at dusk Lide closed her shutters in Sundmouth.",
            False,
        ),
        (
            BRACK,
            "Osk left Brackwater after breakfast. They were nine days on the road. The sun had not yet set when they stood on the mole at Sundmouth.",
            False,
        ),
        (BRACK, "That night, in Brackwater, Lide lit a candle.\n\nThat night, in Sundmouth, Osk lit his pipe.", False),
        (BRACK, "Lide left Brackwater at dawn.\n\nOsk had been waiting in Sundmouth since noon.", False),
        (BRACK, "It was two days before Osk left Brackwater. When he reached Sundmouth the herring were in.", False),
        (BRACK, "The carter from Brackwater came in that evening and sat down by the fire in Sundmouth.", False),
        (BRACK, "By noon he would be out of Brackwater; by night, if God was kind, he might be in Tolmin Gate.", False),
        (
            BRACK,
            "Osk left Brackwater at dawn. He ate at noon, under a tree, and slept at dusk. So it went until Sundmouth.",
            False,
        ),
        (
            HOLLIN,
            "Abbot Wyn left Hollin after prime. He was at the high table of Cray Abbey that same night, and hungry.",
            True,
        ),
        (HOLLIN, "She took the cart from Hollin at daybreak and was at Cray Abbey in time for vespers.", True),
        (HOLLIN, "\"It's no more than a day's walk from Hollin to Cray Abbey,\" said the carter.", True),
        (HOLLIN, "She left Hollin at daybreak and was at the Salt Ferry in time for vespers.", False),
        (HOLLIN, "He walked from Hollin to Cray Abbey, and three days it took him.", False),
        (HOLLIN, "Nobody had ever gone from the Salt Ferry to Port Ansel in under six days.", False),
        (
            PORT,
            "I walked out of Port Holm with the milk carts. By the time the shops were shutting I was in Vane, asking the way.",
            True,
        ),
        (PORT, "Nell leaves Port Holm on the early train of carts. She is in Vane before the day is over.", True),
        (PORT, "You leave Port Holm at dawn. By noon you are standing on the quay at Vane.", True),
        (PORT, "We were at Port Holm on Tuesday and at Vane on Thursday.", True),
        (PORT, "Rusk was seen in Port Holm at breakfast. At supper the same day he was seen in Vane.", True),
        (PORT, "It is four hours from Port Holm to Vane, and Nell slept through three of them.", True),
        (PORT, "In less than a day the riders had come from Vane to Saint Osmund's.", True),
        (PORT, "Twenty minutes after she cast off from Port Holm, Nell was tying up at the Skerry Light.", True),
        (
            PORT,
            "They put out from Port Holm. A day and a night later they had the chimneys of the Kell Works in sight.",
            True,
        ),
        (PORT, "Port Holm to the Kell Works took them five days, with the wind behind.", True),
        (
            PORT,
            "Nell had been in Port Holm that morning, and now, with the sun going down, she stood in the square at Vane.",
            True,
        ),
        (PORT, "On the fourth of March Nell was still in Port Holm. On the sixth she was in Vane.", True),
        (PORT, "He rode from Vane at midnight and reached Saint Osmund's for breakfast.", True),
        (PORT, "Rusk took two days over the road from Port Holm to Vane.", True),
        (PORT, "She left Port Holm after the noon bell and slept that night in her own bed at Vane.", True),
        (PORT, "Nell left Port Holm on Tuesday. She came into Vane on the Monday after.", False),
        (PORT, "They had dined in Port Holm a hundred times. They breakfasted in Vane.", False),
        (PORT, '"If I left Port Holm now I could be in Vane by Sunday," said Nell.', False),
        (PORT, "In Port Holm the shops were shutting. In Vane, at that same hour, Nell lit the lamp.", False),
        (
            PORT,
            "They were six days on the road. Nell had left Port Holm on a Tuesday, and it was the Monday when she saw Vane.",
            False,
        ),
        (PORT, "The coach from Port Holm drew up in Vane that evening, and Nell got down.", False),
        (PORT, "Nell was in Vane by noon. She had left Port Holm the week before.", False),
        (PORT, "By evening Nell was halfway from Port Holm to Vane, or so she told herself.", False),
        (PORT, "She rowed out from Port Holm after breakfast and was at the Skerry Light for her tea.", False),
        (
            PORT,
            '"I was never in Vane in my life," said Nell. "I was in Port Holm yesterday, and the day before."',
            False,
        ),
        (PORT, "Nell sent the boy from Port Holm to Vane and had her answer in a fortnight.", False),
        (PORT, "They left Port Holm at dawn. Six days later, before supper, they were in Vane.", False),
        (PORT, "The road from Port Holm to Vane climbs for a day and then falls for five.", False),
        (
            PORT,
            "For two days after Port Holm they saw no one. Then the country changed. In Vane they were told why.",
            False,
        ),
        (PORT, "Rusk left Port Holm that night. The next morning the women of Vane hung out their washing.", False),
        (
            PORT,
            "Nell thought of Port Holm. By noon she was at the gate of Vane again, where she had been every day that week.",
            False,
        ),
        (
            PORT,
            "He remembered how they had left Port Holm at dawn and been in Vane by dusk, when the sea road was still there.",
            False,
        ),
        (PORT, "That evening a letter from Port Holm was waiting for her in Vane.", False),
        (PORT, "At noon they were still in Port Holm. At dusk, a week later, they came to Vane.", False),
    ],
)
def test_nobody_is_sooner_somewhere_than_the_way_allows(canon: str, text: str, is_wrong: bool) -> None:
    assert bool(_judge(canon).check("x.md", text)) is is_wrong
