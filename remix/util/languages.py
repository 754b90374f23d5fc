"""Names of languages, and whether a model's card names a language.

Takes codes of ISO 639, gives English names; takes a card's entries, gives yes or no. Knows no text.
"""

from __future__ import annotations

from collections.abc import Sequence

_NAMES = """
af Afrikaans, am Amharic, ar Arabic, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali, br Breton, bs Bosnian,
ca Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English, eo Esperanto, es Spanish, et Estonian,
eu Basque, fa Persian, fi Finnish, fo Faroese, fr French, fy Frisian, ga Irish, gd Scottish Gaelic, gl Galician, grc
Ancient Greek, gu Gujarati, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian, is
Icelandic, it Italian, ja Japanese, jv Javanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean, ku
Kurdish, ky Kyrgyz, la Latin, lb Luxembourgish, lo Lao, lt Lithuanian, lv Latvian, mg Malagasy, mk Macedonian, ml
Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Burmese, ne Nepali, nl Dutch, nn Norwegian Nynorsk, no
Norwegian, oc Occitan, pa Punjabi, pl Polish, ps Pashto, pt Portuguese, qu Quechua, ro Romanian, ru Russian, sa
Sanskrit, se Northern Sami, si Sinhala, sk Slovak, sl Slovenian, sq Albanian, sr Serbian, sv Swedish, sw Swahili, ta
Tamil, te Telugu, tg Tajik, th Thai, tl Tagalog, tr Turkish, tt Tatar, uk Ukrainian, ur Urdu, uz Uzbek, vi
Vietnamese, wa Walloon, xh Xhosa, yue Cantonese, zh Chinese, zu Zulu
"""

NAMES = {each.split()[0]: " ".join(each.split()[1:]) for each in _NAMES.split(",")}
"""English names of languages by code."""


def name_of(language: str) -> str:
    """The English name of a language, by the language's code; the code if `NAMES` lacks the code."""
    return NAMES.get(language, language)


def is_named(language: str, card: Sequence[str]) -> bool:
    """Whether a card names a language, by code or English name; also true for a card that names no language, or
    all."""
    return not card or not {language, name_of(language).lower(), "multilingual"}.isdisjoint(card)
