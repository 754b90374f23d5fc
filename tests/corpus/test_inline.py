"""Inline tags: which `#` begins one, and which doesn't."""

from __future__ import annotations

import pytest

from remix.corpus.inline import comments, inline_tags, markup, open_comment


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        # where one begins
        ("I love #maps and cities", "maps"),
        ("#maps are out of date", "maps"),
        ("Out of date:\n#maps", "maps"),
        ("One\t#maps", "maps"),
        ("One\u00a0#maps", "maps"),
        ("Wide\u3000#地図 space", "地図"),
        ("#maps #loss", "maps loss"),
        ("#maps, #loss; #time", "maps loss time"),
        ("#maps #maps #Maps", "maps"),
        ("a#maps", ""),
        ("(#maps)", ""),
        ("“#maps”", ""),
        ("see:#maps", ""),
        ("*#maps*", ""),
        ("-#maps", ""),
        ("##maps", ""),
        ("# maps", ""),
        ("#", ""),
        ("ends in #", ""),
        ("#maps#loss", "maps"),
        (r"\#maps", ""),
        (r"one \#maps two", ""),
        (r"\\ #maps", "maps"),
        ("", ""),
        # where it ends
        ("so much for #maps.", "maps"),
        ("so much for #maps!", "maps"),
        ("#maps) and", "maps"),
        ("#maps’ edges", "maps"),
        ("#poet's corner", "poet"),
        ("#r&d", "r"),
        ("#v1.2", "v1"),
        ("#one+two", "one"),
        ("#maps:", "maps"),
        ("#maps…", "maps"),
        ("#maps—and", "maps"),
        ("#maps–and", "maps"),
        ("#maps»", "maps"),
        ("#地図、と", "地図"),
        ("#地図。", "地図"),
        # what it is made of
        ("#généalogie", "généalogie"),
        ("#ge\u0301ne\u0301alogie", "ge\u0301ne\u0301alogie"),
        ("#Straße", "Straße"),
        ("#日本語", "日本語"),
        ("#三", "三"),
        ("#карты", "карты"),
        ("#χάρτης", "χάρτης"),
        ("#خرائط", "خرائط"),
        ("#می\u200cخواهم", "می\u200cخواهم"),
        ("#מפות", "מפות"),
        ("#हिन्दी", "हिन्दी"),
        ("#𞤆𞤵𞤤𞤢𞥄𞤪", "𞤆𞤵𞤤𞤢𞥄𞤪"),
        ("#𑄌𑄋𑄴𑄟𑄳𑄦", "𑄌𑄋𑄴𑄟𑄳𑄦"),
        ("#แผนที่", "แผนที่"),
        ("#한국어", "한국어"),
        ("#🗺 of #🌱seedling", "🗺 🌱seedling"),
        ("#⭐ and #⏰late", "⭐ ⏰late"),
        ("#👩\u200d🚀", "👩\u200d🚀"),
        ("#snake_case", "snake_case"),
        ("#kebab-case", "kebab-case"),
        ("#time/clocks", "time/clocks"),
        ("#a/b/c", "a/b/c"),
        ("#time/", "time"),
        ("#_private", "_private"),
        ("#-maps", "-maps"),
        # what is a number, or nothing
        ("#1984", ""),
        ("#12, #13", ""),
        ("#१९८४", ""),
        ("#y1984", "y1984"),
        ("#3d", "3d"),
        ("#2024-01-02", "2024-01-02"),
        ("#2024/01", "2024/01"),
        ("#1984/", ""),
        ("issue #12a", "12a"),
        ("#-", ""),
        ("#--", ""),
        ("#_", ""),
        ("#/", ""),
        ("#/components/schemas", ""),
        # other uses of the sign
        ("C# and F#", ""),
        ("C# or #csharp", "csharp"),
        ("in F# minor", ""),
        ("#️⃣", ""),
        ("a #!bang", ""),
        ("colour: #fff", "fff"),  # nothing tells it from a tag, in Obsidian neither
        # code
        ("`#maps`", ""),
        ("` #maps `", ""),
        ("`a #maps b` #loss", "loss"),
        ("``a ` #maps`` #loss", "loss"),
        ("`a\n#maps\nb`", ""),
        ("a ` #maps", "maps"),
        ("a `` #maps `", "maps"),
        (r"\` #maps `", "maps"),
        (r"`\` #maps `", "maps"),
        (r"`\` #maps", "maps"),
        ("`a`#maps", ""),
        # links
        ("[see #maps](m.md)", ""),
        ("[see #maps][m]", ""),
        ("[see #maps][] #loss", "loss"),
        ("[a](m.md #maps)", ""),
        ('[a](m.md "the #maps")', ""),
        ("[a](m_(1 #x).md #maps)", ""),
        ("![a #maps](m.png)", ""),
        ("[![a #maps](m.png) #loss](m.md) #time", "time"),
        ("[a [b #maps] c](m.md)", ""),
        ("[see #maps]", "maps"),
        ("[ ] #todo", "todo"),
        ("[see](m.md) #maps", "maps"),
        ("[see #maps (m.md)", "maps"),
        (r"\[see #maps](m.md)", "maps"),
        ("https://example.org/#maps", ""),
        ("https://example.org/ #maps", "maps"),
        ("<https://example.org/#a #maps>", ""),
        ("[^1]: see #maps", "maps"),
        # Obsidian's links
        ("[[note#heading]]", ""),
        ("[[note #heading]]", ""),
        ("[[#heading]]", ""),
        ("[[note|the #maps]]", ""),
        ("![[note #heading]] #maps", "maps"),
        ("[[note#^block]] #maps", "maps"),
        ("[[note #maps", "maps"),
        ("[[note\n#maps]]", "maps"),
        # HTML
        ('<a title="the #maps">x</a>', ""),
        ("<b>the #maps</b>", "maps"),
        ("<!-- #maps -->", ""),
        ("<!-- #maps", "maps"),
        ("<br> #maps", "maps"),
        ("1 < 2 #maps > 1", "maps"),
        ("<b #maps", "maps"),
        # comments
        ("%%#maps%%", ""),
        ("%% #maps %% #loss", "loss"),
        ("%%one\n#maps\n%% #loss", "loss"),
        ("100%% #maps", "maps"),
        ("`%%` #maps `%%`", "maps"),
        ("%%a ` b%% #maps `", "maps"),
        ("%%%% #maps", "maps"),
    ],
)
def test_inline_tags(text: str, tags: str) -> None:
    assert inline_tags(text) == tuple(tags.split(" ") if tags else ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a `b` c", ["code `b`"]),
        ("%%a%% b <!--c-->", ["comment %%a%%", "comment <!--c-->"]),
        ("[a](b) ![c][d] [[e]]", ["link [a](b)", "link [c][d]", "link [[e]]"]),
        ("[a [b](c) d](e)", ["link [b](c)", "link [a [b](c) d](e)"]),
        ("[a](b(c)d) [e](f", ["link [a](b(c)d)"]),
        ("<b>a</b> <https://e.org>", ["html <b>", "html </b>", "html <https://e.org>"]),
        ("`[a](b)` [`c](d)`", ["code `[a](b)`", "code `c](d)`"]),
        ("] [ ](", []),
    ],
)
def test_markup(text: str, found: list[str]) -> None:
    assert [f"{span.kind} {text[span.start : span.end]}" for span in markup(text)] == found


def test_comments_and_what_is_left_open() -> None:
    assert comments("a %%b%% `%%c%%` <!--d") == [(2, 7)]
    assert open_comment("a %%b%% `%%` %%c") == 13
    assert open_comment("a %%b%% `%%`") is None
