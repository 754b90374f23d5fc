"""Metadata lines: lines of `key: value` in a note, such as `Tags: #maps` or Dataview's `up:: [[Water]]`.

Takes a line of Markdown, gives a `Field` or None. Doesn't know files.

With `::` any key will do. With `:` the key must be one of the words below, and the value no sentence: tags, links, a
date, or a few words without an end of a sentence. `Status: nobody knows why the harbour closed.` is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from remix.corpus.inline_tags import inline_tags
from remix.corpus.tags import unique
from remix.corpus.trailing_tags import CLOSING, ENDS, split_trailing_tags

_TAG_KEYS = """
tags, tag, keywords, keyword, categories, category, topics, topic, hashtags
tagged, tagged as, tagged with, filed under, filed in, labels, label, document tags
schlagwörter, schlagworte, schlagwort, stichwörter, stichworte, kategorien, kategorie, themen, thema
étiquettes, étiquette, mots-clés, mots clés, mots-clefs, catégories, catégorie, sujets, thèmes
etiquetas, etiqueta, categorías, categoría, temas, palabras clave, palavras-chave, categorias, categoria
parole chiave, etichette, categorie, argomenti
теги, тег, метки, метка, категории, категория, темы, ключевые слова, рубрики, рубрика
标签, 標籤, 分类, 分類, 关键词, 關鍵詞, 主题, 主題, タグ, カテゴリ, カテゴリー, キーワード, 태그
وسوم, الوسوم, وسم, تصنيف, التصنيف, كلمات مفتاحية, תגיות
ετικέτες, etiketler, etykiety, tagi, taggar, trefwoorden, štítky
"""
_OTHER_KEYS = """
status, stage, type, date, created, created at, date created, updated, modified, date modified, published, planted
tended, last tended, last updated, last modified, author, authors, source, sources, url, link, links, related
related notes, related to, see also, up, down, next, previous, prev, parent, parents, child, children
aliases, alias, uplink, id, uuid, version, lang, language, rating
stand, typ, art, datum, erstellt, erstellt am, geändert, aktualisiert, autor, autorin, quelle, quellen, siehe auch
verwandt, sprache
statut, état, date de création, créé, créé le, modifié, mis à jour, auteur, autrice, voir aussi, liens, lien, langue
estado, tipo, fecha, creado, actualizado, autora, fuente, fuentes, ver también, véase también, relacionado, enlaces
stato, data, creato, aggiornato, autore, fonte, fonti, vedi anche, collegamenti
criado, atualizado, fontes, veja também, ver também, relacionados
статус, тип, дата, дата создания, создано, создан, обновлено, изменено, автор, источник, источники, ссылка, ссылки
см. также, связанное
状态, 狀態, 类型, 類型, 日期, 创建时间, 创建日期, 更新, 更新时间, 作者, 来源, 來源, 链接, 相关, 参见, 别名
状態, 種類, 日付, 作成日, 更新日, 著者, 出典, リンク, 関連, 参照, 別名
الحالة, حالة, النوع, التاريخ, تاريخ, المؤلف, الكاتب, المصدر, مصدر, المصادر, روابط, انظر أيضا, ذات صلة
"""


def _listed(words: str) -> frozenset[str]:
    return frozenset(word.strip() for line in words.strip().split("\n") for word in line.split(","))


TAG_WORDS = _listed(_TAG_KEYS)
_OTHERS = _listed(_OTHER_KEYS)

_FIELD = re.compile(
    r"(?P<mark>[*_]{0,3})(?P<key>[^\W_](?:[\w /.'-]{0,38}[^\W_])?)(?P=mark)?[ \t\u00a0\u202f]?(?P<colon>::|[:：])"
    r"[*_]{0,3}(?P<blank>[ \t\u00a0\u3000]*+)(?P<value>.*)"
)
_IN_BRACKETS = r"[\[(]([^\W_][\w /.-]{0,40}+)::[ \t]*+([^\[\]()]*+(?:\[\[[^\[\]]*+\]\][^\[\]()]*+)*+)[\])][ \t]*+"
_ONE_BRACKETED = re.compile(_IN_BRACKETS)
_BRACKETED = re.compile(f"(?:{_IN_BRACKETS})++")
_BARE = re.compile(
    r"[*_]{0,3}(?P<key>[^\W_](?:[\w /.'-]{0,38}[^\W_])?)[*_]{0,3}(?:[ \t]++[-–—=])?[ \t]++(?P<value>\#\S.*)"
)
"""A key of tags without a colon: `Tags #maps #cities`."""

_LINK = re.compile(r"!?\[\[[^\[\]]*+\]\]|!?\[[^\[\]]*+\]\([^()]*+\)|<?https?://[^\s<>]++>?|(?<!\S)#[^\s#]++|`[^`]*+`")
_WORDS_OF_LINK = re.compile(r"\[\[?(?:[^\[\]|]*+\|)?([^\[\]|]++)\](?:\]|\([^()]*+\))")
_ABBREVIATION = re.compile(r"\*\[[^\[\]]++\]:[ \t].*")
"""`*[HTML]: words`: kramdown and PHP Markdown Extra show the words at the pointer alone."""
_SEPARATOR = re.compile(r"[,;，；、،؛|·]")
_SENTENCE = re.compile(rf"[{ENDS}][{CLOSING}]*\Z")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff]")
"""Letters of scripts without blanks between words."""

_NO_TAGS = frozenset(["none", "null", "n/a", "-", "–", "—", "~", "keine", "aucun", "ninguna", "нет", "无", "なし"])
"""Values for a note without tags."""

_DIRECTIONS = frozenset(["up", "down", "next", "previous", "prev"])
"""Keys that are common words of prose: a line counts only if the value consists of links."""

MOST_WORDS = 8
"""Of a value, apart from tags and links."""

LETTERS = 2
"""Of a word in a script without blanks between words."""


class Field(NamedTuple):
    """A line of metadata."""

    key: str
    """In small letters."""
    tags: tuple[str, ...]
    """For the whole note."""
    is_certain: bool
    """Whether the line can't be prose, even at the head or the end of a paragraph of prose."""


def field(line: str) -> Field | None:
    """The metadata of a line that contains only metadata."""
    line = line.strip()
    if ":" not in line and "：" not in line:
        return _bare(line)
    if _ABBREVIATION.fullmatch(line):
        return Field("abbreviation", (), True)
    if _BRACKETED.fullmatch(line):
        pairs = [(_plain(key), value) for key, value in _ONE_BRACKETED.findall(line)]
        return Field(pairs[0][0], unique(tag for key, value in pairs for tag in _tags(key, value)), True)
    match = _FIELD.fullmatch(line)
    if not match or not (match["blank"] or match["colon"] == "：" or match["value"][:1] in ("", "#", "[")):
        return None
    key, value = _plain(match["key"]), match["value"].strip()
    tags = tuple(_tags(key, value))
    if match["colon"] == "::":
        return Field(key, tags, True)
    if not (key in TAG_WORDS or key in _OTHERS) or not _is_value(key, value):
        return None
    return Field(key, tags, bool(tags or match["mark"] or _LINK.search(value)))


def _bare(line: str) -> Field | None:
    """A line of a key of tags and a list of tags, without a colon between the two."""
    match = _BARE.fullmatch(line) if "#" in line else None
    if match and _plain(match["key"]) in TAG_WORDS:
        rest, listed = split_trailing_tags(match["value"])
        if listed and not rest and all(" " not in tag for tag in listed):
            return Field(_plain(match["key"]), listed, True)
    return None


def _plain(key: str) -> str:
    return " ".join(key.casefold().split())


def _is_value(key: str, value: str) -> bool:
    """Whether a value is no sentence."""
    words = _LINK.sub(" ", value).strip()
    if key in _DIRECTIONS:
        return not words or words != value
    count = len(words.split()) + len(_UNSPACED.findall(words)) // LETTERS
    if count > 2 and _SENTENCE.search(words):
        return False
    return count <= (5 * (1 + len(_SEPARATOR.findall(words))) if key in TAG_WORDS else MOST_WORDS)


def _tags(key: str, value: str) -> Iterator[str]:
    """The tags of a value: for a key of tags also words between commas and links' words."""
    rest, listed = split_trailing_tags(value)
    if listed and not rest:
        yield from listed
    elif key not in TAG_WORDS:
        yield from inline_tags(value)
    else:
        if value.startswith("[") and value.endswith("]") and not _LINK.search(value):
            value = value[1:-1]  # a list in YAML, below an empty line or a heading
        elif not _SEPARATOR.search(value) and all(map(_UNSPACED.match, value.split())):
            value = ", ".join(value.split())
        for part in _SEPARATOR.split(_WORDS_OF_LINK.sub(r" \1, ", value.replace("` `", "`, `"))):
            tag = part.strip(" \t\"'*_`").removeprefix("#").strip()
            if tag and tag.casefold() not in _NO_TAGS:
                yield tag
