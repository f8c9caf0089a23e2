"""English for names: plurals and articles."""

from __future__ import annotations

import re

from jinja2.ext import Extension


def words_of(text: str) -> frozenset[str]:
    """Return the set of the words in a text."""
    return frozenset(text.split())


IRREGULAR = {
    "person": "people",
    "child": "children",
    "man": "men",
    "mouse": "mice",
    "louse": "lice",
    "goose": "geese",
    "foot": "feet",
    "tooth": "teeth",
    "ox": "oxen",
    "die": "dice",
    "quiz": "quizzes",
    "axis": "axes",
    "index": "indexes",
    "appendix": "appendices",
    "matrix": "matrices",
    "vertex": "vertices",
    "datum": "data",
    "medium": "media",
    "memorandum": "memoranda",
    "curriculum": "curricula",
    "bacterium": "bacteria",
    "stratum": "strata",
    "erratum": "errata",
    "criterion": "criteria",
    "phenomenon": "phenomena",
    "alumnus": "alumni",
    "cactus": "cacti",
    "fungus": "fungi",
    "nucleus": "nuclei",
    "radius": "radii",
    "stimulus": "stimuli",
    "corpus": "corpora",
    "genus": "genera",
    "lens": "lenses",
}
# Compounds of these end in the same way: salesperson, grandchild, woman, bookshelf.
SUFFIXES = {
    "person": "people",
    "child": "children",
    "man": "men",
    "knife": "knives",
    "wife": "wives",
    "life": "lives",
    "leaf": "leaves",
    "loaf": "loaves",
    "half": "halves",
    "calf": "calves",
    "shelf": "shelves",
    "self": "selves",
    "wolf": "wolves",
    "thief": "thieves",
    "sheaf": "sheaves",
    "hoof": "hooves",
    "scarf": "scarves",
}
REGULAR_MAN = words_of("human german roman ottoman shaman talisman caiman norman")
UNCHANGED = words_of("""advice aircraft bison chassis clothes corps crossroads data debris deer equipment evidence
    feedback fish furniture hardware headquarters homework information knowledge luggage media
    merchandise money moose news offspring people progress research salmon series sheep shrimp
    software spacecraft species staff swine traffic trout weather wildlife""")
O_WITH_ES = words_of("hero potato tomato echo veto torpedo cargo embargo volcano buffalo mosquito domino")
CH_AS_K = words_of("stomach monarch patriarch matriarch epoch loch tech")

AN_LETTERS = frozenset("aefhilmnorsx")
AN_WORDS = re.compile(r"(?:hour|honest|honou?r|heir|(?:html|http|https|mri|rfid|sql|sms|xml|x-ray|xray|8\d*|11|18)\b)")
A_WORDS = re.compile(
    r"""(?:one|once|u[a-z]?\d*|url|uri|uuid|usb|ups|uml|upc|utc|ufo)\b
    |eu|ewe|ubi|uk|uni(?!n|m|de|ss)|ura|uro(?!lith)|us[aeu](?!ble\b)|use|uti|utop|ute""",
    re.VERBOSE,
)


def plural_of(name: str) -> str:
    """Return the plural of a snake_case noun, in snake_case: `order_item` -> `order_items`."""
    words = name.split("_")
    head = next((at - 1 for at, word in enumerate(words) if at and word in {"of", "for"} and at + 1 < len(words)), -1)
    if words[-2:] == ["in", "law"] and len(words) > 2:
        head = -3
    words[head] = _plural_of_word(words[head])
    return "_".join(words)


def article_for(words: str) -> str:
    """Return `a` or `an`, by the sound with which the words begin: an hour, a user, an invoice, a one-off."""
    text = words.strip().lower().replace("_", " ")
    first = re.split(r"[\s-]", text, maxsplit=1)[0]
    if AN_WORDS.match(text) or (len(first) == 1 and first in AN_LETTERS):
        return "an"
    return "an" if text[:1] in tuple("aeiou") and not A_WORDS.match(text) else "a"


def _plural_of_word(word: str) -> str:
    if len(word) == 1:
        return word + "s"
    if word in UNCHANGED or word.endswith("ics"):
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    for singular, plural in SUFFIXES.items():
        if word.endswith(singular) and word not in REGULAR_MAN:
            return word.removesuffix(singular) + plural
    if re.search(r"[^aeiou]y$|quy$", word):
        return word[:-1] + "ies"
    if word.endswith("sis"):
        return word[:-2] + "es"
    if re.search(r"[^aeious]s$|es$", word) and len(word) > 3:
        return word  # details, settings, services: a plural already
    if re.search(r"(s|x|z|ch|sh)$", word) and word not in CH_AS_K:
        return word + "es"
    if word in O_WITH_ES:
        return word + "es"
    return word + "s"


class NamingExtension(Extension):
    """Lets the template's loader find this file; adds nothing to Jinja."""
