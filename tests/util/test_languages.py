"""Names of languages, and whether a model's card names one."""

from __future__ import annotations

from remix.util.languages import NAMES, is_named, name_of


def test_languages_have_names() -> None:
    assert (name_of("fi"), name_of("gd"), name_of("xx")) == ("Finnish", "Scottish Gaelic", "xx")
    assert all(code == code.strip() and name[0].isupper() for code, name in NAMES.items())


def test_a_card_names_a_language_by_code_or_by_name() -> None:
    assert is_named("de", ("en", "de"))
    assert is_named("de", ("english", "german"))
    assert not is_named("de", ("en", "fr"))


def test_a_card_without_languages_or_with_all_excludes_none() -> None:
    assert is_named("de", ())
    assert is_named("de", ("en", "multilingual"))
