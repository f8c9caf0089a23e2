"""Plurals and articles of common English."""

import pytest
from copier_template_extensions.domain import article_for, plural_of

PLURALS = """
category categories, address addresses, person people, status statuses, order_item order_items, child children, man men,
woman women, salesman salesmen, grandchild grandchildren, human humans, series series, species species, news news,
equipment equipment, analysis analyses, basis bases, diagnosis diagnoses, leaf leaves, knife knives, life lives,
bookshelf bookshelves, roof roofs, belief beliefs, staff staff, hero heroes, potato potatoes, photo photos,
video videos, box boxes, tax taxes, bus buses, virus viruses, bonus bonuses, quiz quizzes, waltz waltzes, index indexes,
datum data, medium media, criterion criteria, mouse mice, foot feet, tooth teeth, ox oxen, key keys, day days,
boy boys, city cities, company companies, soliloquy soliloquies, class classes, process processes, lens lenses,
gas gases, alias aliases, canvas canvases, dish dishes, church churches, stomach stomachs,
axis axes, matrix matrices, vertex vertices, phenomenon phenomena, house houses, purchase purchases, course courses,
invoice invoices, page pages, user users, api_key api_keys, settings settings, details details, analytics analytics,
point_of_sale points_of_sale, mother_in_law mothers_in_law, check_in check_ins, sku skus, x xs, fish fish,
sheep sheep, cactus cacti, goose geese, half halves, wolf wolves, chief chiefs, wife wives, axe axes, cache caches
"""

ARTICLES = {
    "a": "product user unit union unique_code university one-off one_time_code use_case url uuid european_order "
    "ukulele house year utility yacht username usage ewe usb_key uranium_rod",
    "an": "order invoice hour honest_offer honour heir item entry analysis uncle umbrella umpire unimportant_note "
    "unidentified_object x-ray sms e-mail update upload image onion 8_bit_value html_page",
}


@pytest.mark.parametrize("pair", [pair.strip() for pair in PLURALS.replace("\n", " ").split(",")])
def test_plural(pair: str) -> None:
    singular, plural = pair.split()
    assert plural_of(singular) == plural


@pytest.mark.parametrize(("words", "article"), [(words, a) for a, text in ARTICLES.items() for words in text.split()])
def test_article(words: str, article: str) -> None:
    assert article_for(words) == article
    assert article_for(words.replace("_", " ").capitalize()) == article
