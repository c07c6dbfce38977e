"""Classes of words that exclude each other: colours, materials, sides, states. What two words of a class share is no contradiction."""

from collections.abc import Mapping
from functools import lru_cache

from watchbill.gates.lore.english.language import british

# A word's shades. Two words contradict each other when they share none.
_COLOURS = {
    "black": "black", "raven": "black", "jet": "black", "ebony": "black", "inky": "black",
    "white": "white", "snowy": "white", "snow-white": "white", "ivory": "white cream", "cream": "cream white",
    "silver": "silver grey white metal", "silvery": "silver grey white metal", "grey": "grey silver", "slate": "grey", "ashen": "grey",
    "steel": "grey silver metal", "pewter": "grey", "charcoal": "grey black", "grizzled": "grey", "salt-and-pepper": "grey",
    "steel-grey": "grey", "blue-grey": "grey blue", "grey-blue": "grey blue", "grey-green": "grey green", "blue-green": "blue green",
    "brown": "brown", "chestnut": "brown red", "chocolate": "brown", "mahogany": "brown red", "umber": "brown",
    "tawny": "brown yellow", "tan": "brown", "russet": "brown red", "hazel": "hazel", "amber": "amber yellow brown gold orange",
    "brunette": "brown", "mousy": "brown", "sandy": "yellow brown", "honey": "yellow brown", "bronze": "brown metal",
    "red": "red", "scarlet": "red", "crimson": "red", "ruby": "red", "ginger": "red orange", "auburn": "red brown",
    "copper": "red orange metal", "coppery": "red orange", "rust": "red brown", "maroon": "red", "burgundy": "red", "redhead": "red",
    "redheaded": "red", "vermilion": "red", "strawberry": "red yellow",
    "blue": "blue", "azure": "blue", "sapphire": "blue", "navy": "blue", "indigo": "blue purple", "cobalt": "blue",
    "cerulean": "blue", "turquoise": "blue green", "teal": "blue green", "aquamarine": "blue green", "cornflower": "blue",
    "green": "green", "emerald": "green", "jade": "green", "olive": "green brown", "moss": "green", "mossy": "green",
    "yellow": "yellow", "gold": "gold yellow metal", "golden": "gold yellow metal", "blonde": "yellow gold", "fair": "yellow", "flaxen": "yellow",
    "straw": "yellow", "straw-coloured": "yellow", "towheaded": "yellow", "lemon": "yellow", "saffron": "yellow orange", "tow": "yellow",
    "orange": "orange", "peach": "orange pink", "purple": "purple", "violet": "purple", "lilac": "purple", "lavender": "purple",
    "mauve": "purple", "plum": "purple", "magenta": "purple pink", "pink": "pink", "rose": "pink", "rosy": "pink",
    "chrome": "chrome metal silver", "mirrored": "chrome", "dark": "black brown grey",
}  # fmt: skip
_MATERIALS = {
    "wooden": "wood", "wood": "wood", "oak": "wood oak", "oaken": "wood oak", "ash-wood": "wood ash", "pine": "wood pine", "timber": "wood",
    "elm": "wood elm", "yew": "wood yew", "birch": "wood birch", "willow": "wood willow", "ebony": "wood ebony", "mahogany": "wood mahogany", "stone": "stone", "granite": "stone granite",
    "marble": "stone marble", "basalt": "stone basalt", "sandstone": "stone sandstone", "limestone": "stone limestone", "brick": "brick",
    "iron": "iron", "wrought-iron": "iron", "steel": "steel", "brass": "brass", "bronze": "bronze", "copper": "copper",
    "gold": "gold", "golden": "gold", "silver": "silver", "tin": "tin", "lead": "lead", "pewter": "pewter", "glass": "glass", "crystal": "crystal glass",
    "bone": "bone", "ivory": "ivory bone", "leather": "leather", "silk": "silk", "silken": "silk", "wool": "wool", "woollen": "wool", "cotton": "cotton",
    "linen": "linen", "velvet": "velvet", "slate": "slate stone", "turf": "turf", "sod": "turf", "flint": "flint stone", "thatch": "thatch", "thatched": "thatch", "straw": "thatch straw", "tile": "tile",
    "tiled": "tile", "paper": "paper", "plastic": "plastic", "concrete": "concrete", "clay": "clay", "obsidian": "obsidian", "jade": "jade",
    "emerald": "emerald", "ruby": "ruby", "diamond": "diamond", "sapphire": "sapphire", "pearl": "pearl", "amber": "amber", "opal": "opal", "titanium": "titanium",
    "amethyst": "amethyst", "garnet": "garnet", "turquoise": "turquoise", "platinum": "platinum", "porcelain": "porcelain", "prosthetic": "prosthetic", "artificial": "prosthetic", "bionic": "prosthetic", "grass": "grass", "gravel": "gravel", "tarmac": "tarmac", "asphalt": "tarmac", "cobbled": "stone", "dirt": "earth", "earthen": "earth", "canvas": "canvas",
}  # fmt: skip
_COMPASS = {
    "north": "n", "northern": "n", "south": "s", "southern": "s", "east": "e", "eastern": "e", "west": "w", "western": "w",
    "northwards": "n", "southwards": "s", "eastwards": "e", "westwards": "w", "northward": "n", "southward": "s", "eastward": "e", "westward": "w",
    "north-east": "n e", "northeast": "n e", "north-west": "n w", "northwest": "n w", "south-east": "s e", "southeast": "s e",
    "south-west": "s w", "southwest": "s w", "northernmost": "n", "southernmost": "s", "easternmost": "e", "westernmost": "w",
}  # fmt: skip
_SIDES = {"left": "left", "left-hand": "left", "right": "right", "right-hand": "right"}
_HEIGHT = {
    "tall": "tall", "towering": "tall", "lanky": "tall", "giant": "tall", "gangling": "tall", "short": "short", "tiny": "short", "small": "short",
    "diminutive": "short", "stubby": "short", "squat": "short", "petite": "short", "towered": "tall",
}  # fmt: skip
_BUILD = {
    "thin": "thin", "slender": "thin", "slim": "thin", "skinny": "thin", "gaunt": "thin", "bony": "thin", "lean": "thin", "wiry": "thin",
    "fat": "fat", "stout": "fat", "plump": "fat", "portly": "fat", "heavyset": "fat", "obese": "fat", "corpulent": "fat", "rotund": "fat",
}  # fmt: skip
_LENGTH = {
    "long": "long", "waist-length": "long", "flowing": "long", "shoulder-length": "medium", "short": "short", "cropped": "short",
    "close-cropped": "short", "short-cropped": "short", "shaven": "none", "shaved": "none", "bald": "none", "hairless": "none", "clean-shaven": "none", "beardless": "none", "smooth-shaven": "none", "buzzed": "none short",
}  # fmt: skip
_CURL = {
    "curly": "curly",
    "curled": "curly",
    "wavy": "curly wavy",
    "frizzy": "curly",
    "straight": "straight",
    "sleek": "straight",
}
_SHAPE = {
    "round": "round",
    "circular": "round",
    "square": "square",
    "oval": "oval",
    "rectangular": "rectangular",
    "triangular": "triangular",
}
_SEX = {
    "mare": "f", "stallion": "m", "gelding": "m", "bitch": "f", "hen": "f", "cow": "f", "bull": "m", "ewe": "f", "tomcat": "m",
    "female": "f", "male": "m", "lioness": "f",
}  # fmt: skip
_AGEISH = {"old": "old", "elderly": "old", "ancient": "old", "aged": "old", "young": "young", "youthful": "young"}
_MARRIED = {
    "married": "married", "wed": "married", "unmarried": "single", "bachelor": "single", "spinster": "single", "widow": "widowed",
    "widower": "widowed", "widowed": "widowed", "divorced": "divorced", "single": "single",
}  # fmt: skip
_WEALTH = {"rich": "rich", "wealthy": "rich", "penniless": "poor", "poor": "poor", "destitute": "poor"}
_OPEN = {"open": "open", "unlocked": "open", "ajar": "open", "unbarred": "open", "reopened": "open", "unsealed": "open",
         "closed": "shut", "shut": "shut", "locked": "shut", "barred": "shut", "sealed": "shut", "bricked": "shut", "boarded": "shut", "chained": "shut"}  # fmt: skip
_WHOLE = {"down": "broken", "broken": "broken", "ruined": "broken", "destroyed": "broken", "collapsed": "broken", "wrecked": "broken", "burned": "broken",
          "burnt": "broken", "demolished": "broken", "shattered": "broken", "ruins": "broken", "out": "broken", "dead": "broken", "offline": "broken", "flattened": "broken",
          "intact": "whole", "working": "whole", "standing": "whole", "up": "whole", "repaired": "whole", "rebuilt": "whole", "mended": "whole", "restored": "whole",
          "whole": "whole", "undamaged": "whole", "running": "whole", "online": "whole", "operational": "whole", "functioning": "whole",
          "stopped": "broken", "gone": "broken", "washed": "broken", "fallen": "broken", "silent": "broken"}  # fmt: skip
_WET = {
    "frozen": "frozen",
    "iced": "frozen",
    "icebound": "frozen",
    "thawed": "liquid",
    "liquid": "liquid",
    "unfrozen": "liquid",
    "ice-free": "liquid",
}
_DRY = {
    "dry": "dry",
    "parched": "dry",
    "drained": "dry",
    "flooded": "flooded",
    "submerged": "flooded",
    "underwater": "flooded",
    "drowned": "flooded",
}
_LIT = {
    "dark": "dark",
    "unlit": "dark",
    "extinguished": "dark",
    "lit": "lit",
    "burning": "lit",
    "blazing": "lit",
    "ablaze": "lit",
    "glowing": "lit",
}
_PEOPLED = {"abandoned": "empty", "deserted": "empty", "uninhabited": "empty", "empty": "empty", "derelict": "empty", "disused": "empty",
            "crowded": "peopled", "inhabited": "peopled", "bustling": "peopled", "thronged": "peopled", "packed": "peopled", "teeming": "peopled", "busy": "peopled"}  # fmt: skip
_RULED = {"forbidden": "forbidden", "banned": "forbidden", "outlawed": "forbidden", "illegal": "forbidden", "prohibited": "forbidden",
          "allowed": "allowed", "permitted": "allowed", "legal": "allowed", "lawful": "allowed"}  # fmt: skip
_SPECIES = {word: word for word in ["cat", "dog", "horse", "pony", "mule", "donkey", "fox", "wolf", "raven", "crow", "owl", "hawk", "falcon", "otter", "hedgehog", "rabbit", "badger", "mouse", "rat", "goat", "sheep", "bear", "parrot", "spaniel", "terrier", "collie", "greyhound", "mastiff", "tabby", "lynx", "leopard", "tiger", "lion", "elf", "dwarf", "orc", "human", "android", "robot", "ghost", "dragon", "wyvern", "griffin"]}  # fmt: skip
_SPECIES |= {"tabby": "cat", "dog": "dog terrier spaniel collie greyhound mastiff wolfhound poodle", "hound": "dog greyhound mastiff wolfhound", "wolfhound": "wolfhound", "poodle": "poodle",
             "tomcat": "cat", "kitten": "cat", "puppy": "dog terrier spaniel collie greyhound mastiff wolfhound poodle", "pony": "horse pony", "mare": "horse", "stallion": "horse"}  # fmt: skip
_SEASON = {"spring": "spring", "summer": "summer", "autumn": "autumn", "winter": "winter"}
_ELEMENTS = {"fire": "fire", "water": "water", "ice": "ice water", "air": "air", "wind": "air", "earth": "earth"}

CLASSES: Mapping[str, Mapping[str, str]] = {
    "colour": _COLOURS, "material": _MATERIALS, "compass": _COMPASS, "side": _SIDES, "height": _HEIGHT, "build": _BUILD,
    "length": _LENGTH, "curl": _CURL, "shape": _SHAPE, "sex": _SEX, "marriage": _MARRIED, "wealth": _WEALTH, "opening": _OPEN,
    "wholeness": _WHOLE, "ice": _WET, "flood": _DRY, "light": _LIT, "people": _PEOPLED, "law": _RULED, "species": _SPECIES,
    "season": _SEASON, "years": _AGEISH, "element": _ELEMENTS,
}  # fmt: skip

STATES = frozenset(("opening", "wholeness", "ice", "flood", "light", "people", "law"))  # these come and go


_COMPOUNDS = ("eyed", "haired", "clad", "coloured")


@lru_cache(maxsize=65_536)
def meanings(word: str, kind: str) -> frozenset[str]:
    """What a word of a class means; empty when it is none of that class. "grey-eyed" and "brass-bound" count by their first part.

    >>> sorted(meanings("Gray", "colour")), sorted(meanings("left", "colour"))
    (['grey', 'silver'], [])
    """
    word = british(word.lower())
    found = CLASSES[kind].get(word)
    if found is None and kind == "colour" and word.count("-") == 1 and not word.endswith(_COMPOUNDS):
        found = _COLOURS.get(word.partition("-")[2])  # "ice-blue", "nut-brown"
    return frozenset(found.split()) if found else frozenset()


def kinds_of(word: str) -> list[str]:
    """The classes that a word belongs to."""
    return [kind for kind in CLASSES if meanings(word, kind)]
