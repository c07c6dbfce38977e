"""The demo's world: a small repository with a novel, an interactive scene and a tool, and a queue of eight tasks."""

from collections.abc import Mapping

FILES: Mapping[str, str] = {
    "README.md": "# The Lantern Ferry\n\nA short novel, a playable scene, and the tool that counts its words.\n\n"
    "- [Chapter 1](chapters/01.md)\n",
    "AI_WORKER_RULES.md": "# Rules\n\n- Ines never uses contractions.\n- Past tense, third person.\n",
    "lore/canon.md": "# Canon\n\n## Ines Corvo\n\n- ferrywoman, left-handed\n- her brother is Tomas\n",
    "chapters/01.md": "# Chapter 1\n\nThe lantern on the Long Quay had burned all night. Ines Corvo trimmed the wick with her left\n"
    "hand and waited for the fog to lift.\n",
    "game/startup.txt": "*title The Lantern Ferry\n*author The demo\n*scene_list\n  startup\n  crossing\n*create trust 50\n"
    "\nThe quay is wet under your boots.\n\n*goto_scene crossing\n",
    "game/scenes/crossing.txt": "*label crossing\nThe ferry rocks.\n\n*choice\n  #Help with the rope.\n    *set trust +10\n"
    "    *goto landing\n  #Stay by the rail.\n    *goto landing\n\n*label landing\nThe far bank comes out of the fog.\n*finish\n",
    "tools/wordcount.py": '"""Count the words of the novel."""\n\n\ndef count(text):\n    return len(text.split(" "))\n',
    "docs/AI_TASK_QUEUE.md": """# Task queue

## PRIORITY 1: the story

### The novel
- [ ] Write chapter 2, the flood [id:: chapter-2] #write
  - **Files:** `chapters/02.md`
  - **Requirements:** the river rises over the Long Quay; Ines decides to cross
  - **Success:** one scene, about 100 words

- [ ] Polish chapter 2 [id:: polish-2] [after:: chapter-2] #polish
  - **Files:** `chapters/02.md`
  - **Requirements:** Ines never uses contractions

### The game
- [ ] Add a storm to the crossing [id:: storm] #write
  - **Files:** `game/scenes/crossing.txt`
  - **Requirements:** a second choice with a consequence for trust
  - **Success:** every path reaches the landing

## PRIORITY 2: the tool
- [ ] Fix wordcount: runs of blanks are counted as words [id:: fix-count] #fix
  - **Files:** `tools/wordcount.py`

- [ ] Give wordcount a main function [id:: count-main] #refactor
  - **Files:** `tools/wordcount.py`

- [ ] Write tests for wordcount [id:: count-tests] [after:: fix-count] #test
  - **Files:** `tools/test_wordcount.py`

## PRIORITY 3: background
- [ ] Play-test: run the checks over all scenes [id:: playtest] #validate
  - **Files:** `game/**`
  - **AI Autonomy:** HIGH

- [ ] Write the players' guide [id:: guide] #docs
  - **Files:** `docs/guide.md`
  - **Requirements:** how to play, in three paragraphs
""",
}

CHAPTER_2 = (
    "# Chapter 2\n\nBy the third bell the river stood over the lowest step of the Long Quay. Ines watched a barrel turn in\n"
    'the brown water and counted the planks that were still dry.\n\n"It won\'t hold," said Tomas.\n\n'
    '"It does not have to hold," she said. "It has to hold until I am across."\n'
)
STORM_BROKEN = (
    "*label crossing\nThe ferry rocks. Thunder walks along the bank.\n\n*choice\n  #Help with the rope.\n    *set trust +10\n"
    "    *goto landing\n  #Hold the lantern into the wind.\n    *set courage +5\n    *goto the_storm\n\n"
    "*label landing\nThe far bank comes out of the fog.\n*finish\n"
)
STORM = (
    "*label crossing\nThe ferry rocks. Thunder walks along the bank.\n\n*choice\n  #Help with the rope.\n    *set trust +10\n"
    "    *goto storm\n  #Hold the lantern into the wind.\n    *set trust -5\n    *goto storm\n\n*label storm\n"
    "The rain comes sideways.\n\n*if trust > 50\n  Ines nods at you, once.\n  *goto landing\n*else\n  Nobody speaks.\n"
    "  *goto landing\n\n*label landing\nThe far bank comes out of the fog.\n*finish\n"
)
COUNT_FIXED = '"""Count the words of the novel."""\n\n\ndef count(text):\n    return len(text.split())\n'
COUNT_MAIN = (
    '"""Count the words of the novel."""\n\nimport sys\nfrom pathlib import Path\n\n\ndef count(text):\n    return len(text.split())\n'
    "\n\ndef main():\n    for name in sys.argv[1:]:\n        print(name, count(Path(name).read_text()))\n\n\n"
    'if __name__ == "__main__":\n    main()\n'
)
TESTS = "from wordcount import count\n\n\ndef test_runs_of_blanks_are_no_words():\n    assert count('a  b') == 2\n"
GUIDE = (
    "# How to play\n\nYou are a passenger of [Ines](../chapters/01.md). Read, and choose.\n\nWhat you do moves her trust in you; it "
    "starts at 50.\n\nThere is no wrong choice, only a wet one.\n"
)
CHAPTER_3_TASK = """
## PRIORITY 1: next
- [ ] Write chapter 3, the far bank [id:: chapter-3] #write
  - **Files:** `chapters/03.md`
  - **Requirements:** slow and careful; Ines comes home
"""
CHAPTER_3 = ("# Chapter 3\n\nThe far bank had no lantern.\n", "\nInes lit one.\n", "\nThen she went home.\n")
NOTES = "# Notes\n\nSee [the map](map.png).\n"  # a link to a file that is not there
