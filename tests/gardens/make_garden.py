"""Makes a garden of any size: notes of every kind, in which no word of prose, headings or code occurs twice.

Takes a seed, gives notes with the kind of each word, by construction. Doesn't know how remix reads. The words are
syllables that count upwards, in Latin, Cyrillic, Greek, Arabic and kana, so that no word is a key or a tag of HTML.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

Kind = Literal["prose", "heading", "code", "table", "formula", "footnote", "metadata", "comment", "image", "link",
               "shortcode", "hidden", "tag"]  # fmt: skip
"""What a word is, by construction. Words of kind `tag` are tags, too."""

_LETTERS = {
    "latin": ("bcdfgklmnprstvz", "aeiou"),
    "cyrillic": ("бвгджклмнпрстфц", "аеиоу"),
    "greek": ("βγδκλμνπρτφχψ", "αειου"),
    "arabic": ("بتثجحدرسشكلمن", "ا"),
    "kana": ("かきくけさしすせたちつてなに", "ん"),
}
"""First and second letters of syllables, by script."""


class MadeNote(NamedTuple):
    """A note of the garden."""

    path: str
    text: str
    kinds: dict[str, Kind]
    """The kind of each word that occurs once in the whole garden."""


class Maker:
    """Writes the parts of one note, and remembers what each word is."""

    def __init__(self, chance: random.Random, counter: Iterator[int]) -> None:
        self.chance = chance
        self.kinds: dict[str, Kind] = {}
        self._counter = counter
        self._script = chance.choices(list(_LETTERS), weights=[10, 3, 1, 2, 2])[0]

    def word(self, kind: Kind) -> str:
        """A new word."""
        first, second = _LETTERS["latin" if kind in ("code", "link", "shortcode") else self._script]
        number, word = next(self._counter), ""
        while number:
            number, digit = divmod(number, len(first))
            word += first[digit] + second[digit % len(second)]
        self.kinds[word] = kind
        return word

    def words(self, kind: Kind = "prose", most: int = 9) -> str:
        """Some new words."""
        return " ".join(self.word(kind) for _ in range(self.chance.randint(2, most)))

    def sentence(self) -> str:
        """A sentence with the inline markup that gardens have."""
        ways = [
            lambda: self.words(),
            lambda: f"*{self.words()}* {self.word('prose')}",
            lambda: f"{self.word('prose')} **{self.words()}** ~~{self.word('prose')}~~",
            lambda: f"{self.word('prose')} [[{self.word('link')}|{self.words(most=3)}]]",
            lambda: f"{self.word('prose')} [{self.words(most=3)}](https://example.org/{self.word('link')})",
            lambda: f"{self.words()} `{self.word('prose')}` ({self.words()})",
            lambda: f"{self.words()} %%{self.words('comment')}%% {self.word('prose')}",
            lambda: f"{self.words()} <!-- {self.words('comment')} --> {self.word('prose')}",
            lambda: f"{self.words()} <b>{self.words()}</b>",
            lambda: f"{self.words()} [{self.word('metadata')}:: {self.word('metadata')}] {self.word('prose')}",
            lambda: f"{self.words()} &mdash; {self.word('prose')} &amp; {self.word('prose')}",
            lambda: f"{self.words()} ![{self.words('image')}]({self.word('image')}.png) {self.word('prose')}",
            lambda: f"{self.words()} #{self.word('tag')} {self.word('prose')}",
        ]
        return self.chance.choice(ways)() + self.chance.choice([".", "?", "…", "!"])

    def paragraph(self) -> str:
        """Sentences on one line or several, perhaps with tags at the end."""
        joint = self.chance.choice([" ", "\n"])
        text = joint.join(self.sentence() for _ in range(self.chance.randint(1, 4)))
        tags = " ".join(f"#{self.word('tag')}" for _ in range(self.chance.choice([0, 0, 1, 2])))
        return f"{text} {tags}".rstrip()


Block = Callable[[Maker], str]


def _heading(make: Maker) -> str:
    marks = "#" * make.chance.randint(1, 4)
    end = make.chance.choice(["", "", f" #{make.word('tag')}", f" {{#{make.word('shortcode')}}}", " " + marks])
    return f"{marks} {make.words('heading', 4)}{end}\n\n{make.words()}."


def _list(make: Maker) -> str:
    items = [
        f"{make.chance.choice(['- ', '- ', '- [ ] '])}{make.sentence()}" for _ in range(make.chance.randint(2, 4))
    ]
    deeper = f"\n    - {make.sentence()}\n\n      {make.sentence()}" if make.chance.random() < 0.4 else ""
    return "\n".join(items) + deeper


def _lead_in(make: Maker) -> str:
    return f"{make.words()}:\n\n1. {make.sentence()}\n2. {make.sentence()}"


def _quotation(make: Maker) -> str:
    mark = make.chance.choice(["", f"[!note] {make.words()}\n", f"[!quote]- {make.words()}\n"])
    return _within("> ", mark + make.paragraph())


def _fence(make: Maker) -> str:
    fence = make.chance.choice(["```", "~~~", "````"])
    return f"{fence}{make.word('code')}\n# {make.words('code')}\n\n- {make.words('code')}\n{fence}"


def _highlight(make: Maker) -> str:
    code = f"# {make.words('code')}\n\n- {make.words('code')}\n"
    return make.chance.choice(
        [
            f"{{% highlight {make.word('code')} %}}\n{code}{{% endhighlight %}}",
            f"{{{{< highlight {make.word('code')} >}}}}\n{code}{{{{< /highlight >}}}}",
            f"<pre>\n{code}</pre>",
        ]
    )


def _table(make: Maker) -> str:
    rows = [f"| {make.words('table')} | {make.word('table')} |" for _ in range(2)]
    return "\n|---|---|\n".join(rows)


def _formula(make: Maker) -> str:
    lines = f"\n{make.word('formula')}\n=\n- {make.word('formula')}\n"
    opening, closing = make.chance.choice(
        [("$$", "$$"), ("\\[", "\\]"), ("\\begin{align}", "\\end{align}"), ("$$", "$$ (1)")]
    )
    return opening + lines + closing


def _html(make: Maker) -> str:
    return make.chance.choice(
        [
            f"<p>{make.words()} <b>{make.words()}</b>\n{make.words()}.</p>",
            f"<div class='{make.word('shortcode')}'>\n\n{make.paragraph()}\n\n</div>",
            f"<blockquote>\n<p>{make.words()}.</p>\n<p>{make.words()}.</p>\n</blockquote>",
            f"<details>\n<summary>{make.words()}</summary>\n{make.words()}.\n</details>",
            f"<figure>\n<img src='{make.word('image')}.png'>\n<figcaption>{make.words()}</figcaption>\n</figure>",
            f"<ul>\n<li>{make.words()}</li>\n<li>{make.words()}</li>\n</ul>",
            f"<table>\n<tr><td>{make.word('table')}</td></tr>\n\n<tr><td>{make.word('table')}</td></tr>\n</table>",
            f"<!-- {make.words('comment')}\n\n{make.words('comment')} -->",
        ]
    )


def _footnote(make: Maker) -> str:
    name = make.word("footnote")
    further = f"\n\n    A {make.words()}." if make.chance.random() < 0.3 else ""
    # The mark repeats the name, so the name is no word that occurs once.
    del make.kinds[name]
    return f"{make.words()}[^{name}].\n\n[^{name}]: {make.words('footnote')}\n{make.words('footnote')}{further}"


def _shortcode(make: Maker) -> str:
    return make.chance.choice(
        [
            f'{{{{< figure src="{make.word("shortcode")}.png"\n   title="{make.words("shortcode")}" >}}}}',
            f"{{{{< notice {make.word('shortcode')} >}}}}\n{make.paragraph()}\n{{{{< /notice >}}}}",
            f"{{% include {make.word('shortcode')}.html %}}",
            f"<% tp.{make.word('shortcode')}() %>",
            f"```dataview\nLIST FROM {make.words('code')}\n```",
        ]
    )


def _metadata_line(make: Maker) -> str:
    return make.chance.choice(
        [
            f"Tags: #{make.word('tag')} #{make.word('tag')}",
            f"**Tags**: #{make.word('tag')}",
            f"tags:: {make.word('tag')}, {make.word('tag')}",
            f"{make.word('metadata')}:: {make.words('metadata')}\n{make.word('metadata')}:: #{make.word('tag')}",
        ]
    )


def _image(make: Maker) -> str:
    return make.chance.choice(
        [
            f"![{make.words('image')}]({make.word('image')}.png)",
            f"![[{make.word('image')}.png]]\n{make.sentence()}",
            f"{make.words()}\n![[{make.word('image')}.png|300]]",
        ]
    )


def _links(make: Maker) -> str:
    return make.chance.choice(
        [
            f"https://example.org/{make.word('link')}",
            f"***\n- [[{make.word('link')}]]\n- [[{make.word('link')}]]\n\n***",
            f"[[{make.word('link')}|{make.word('link')}]]",
        ]
    )


def _indented(make: Maker) -> str:
    return make.chance.choice(
        [f"\t- {make.words()}\n\t- {make.words()}", f"    A {make.words()} {make.words()}, {make.words()}."]
    )


def _tags_above(make: Maker) -> str:
    return f"#{make.word('tag')} #{make.word('tag')}\n{make.words()}."


def _within(margin: str, text: str) -> str:
    return "\n".join((margin + line).rstrip() for line in text.split("\n"))


def _in_a_list(make: Maker) -> str:
    inner = make.chance.choice([_fence, _table, _formula, _quotation])(make)
    return f"- {make.sentence()}\n\n{_within('  ', inner)}\n\n- {make.sentence()}"


def _in_a_quotation(make: Maker) -> str:
    inner = make.chance.choice([_fence, _formula, _list, _table])(make)
    return _within("> ", f"{make.sentence()}\n\n{inner}\n\n{make.sentence()}")


MARKDOWN: tuple[Block, ...] = (
    *(Maker.paragraph, Maker.paragraph, Maker.paragraph, _heading, _heading, _list, _lead_in, _quotation, _fence),
    *(_highlight, _table, _formula, _html, _html, _footnote, _shortcode, _image, _links, _indented, _tags_above),
    *(_in_a_list, _in_a_quotation, _metadata_line),
)


def _head(make: Maker) -> str:
    """Front matter in the forms of site generators, or none."""
    tag, other, word = make.word("tag"), make.word("tag"), make.word("metadata")
    return make.chance.choice(
        [
            f"---\ntitle: {word}\ntags: [{tag}, {other}]\n---\n",
            f"---\ntags:\n  - {tag}\n  - '#{other}'\nauthor:\n  twitter: {word}\n---\n",
            f'+++\ntitle = "{word}"\n[taxonomies]\ntags = ["{tag}", "{other}"]\n+++\n',
            f'{{"title": "{word}", "tags": ["{tag}", "{other}"]}}\n\n',
            f"title: {word}\ntags: [{tag}, {other}]\n---\n",
            f"Title: {word}\nTags: {tag}, {other}\n\n",
            f"#{tag} #{other}\n\n{make.words()}.\n",
            f"Tags: #{tag} #{other}\n\n{make.words()}.\n",
        ]
    )


def _markdown(make: Maker) -> str:
    blocks = [make.chance.choice(MARKDOWN)(make) for _ in range(make.chance.randint(3, 9))]
    return "\n".join([_head(make), *(f"{block}\n" for block in blocks)])


def _org(make: Maker) -> str:
    head = f"#+title: {make.words('metadata')}\n#+filetags: :{make.word('tag')}:\n#+{make.word('metadata')}: x\n"

    def drawer() -> str:
        return f":PROPERTIES:\n:ID: {make.word('metadata')}\n:END:"

    ways = [
        lambda: f"{make.words()} *{make.words()}* [[https://example.org/{make.word('link')}][{make.words()}]].",
        lambda: f"* {make.words('heading', 4)} :{make.word('tag')}:\n{drawer()}\n{make.words()}.",
        lambda: f"#+begin_src sh\n# {make.words('code')}\n\n- {make.words('code')}\n#+end_src",
        lambda: f"#+begin_quote\n{make.words()}.\n#+begin_src c\n{make.words('code')}\n#+end_src\n#+end_quote",
        lambda: f"- {make.words()}\n- {make.words()}\n  {make.words()}",
        lambda: f"| {make.word('table')} | {make.word('table')} |",
        lambda: f"#+caption: {make.words('metadata')}\n[[file:{make.word('image')}.png]]",
        lambda: f"# {make.words('comment')}",
        lambda: f"{make.words()}[fn:: {make.words('footnote')}] {make.words()}.",
        lambda: f"\\[\n{make.words('formula')}\n\\]",
    ]
    hidden = f"* {make.word('hidden')} :noexport:\n{make.words('hidden')}\n"
    blocks = [f"{make.chance.choice(ways)()}\n" for _ in range(make.chance.randint(3, 8))]
    return "\n".join([head, *blocks, *([hidden] if make.chance.random() < 0.3 else [])])


def _plain(make: Maker) -> str:
    ways = [
        lambda: f"{make.words()},\n{make.words()}.",
        lambda: f"{make.words()}. #{make.word('tag')} #{make.word('tag')}",
        lambda: "* * *",
        lambda: f"https://example.org/{make.word('link')}",
    ]
    return "\n\n".join([f"{make.words()}.", *(make.chance.choice(ways)() for _ in range(make.chance.randint(3, 8)))])


def garden(size: int, seed: int = 1) -> Iterator[MadeNote]:
    """The notes of a garden: the same for the same seed."""
    chance, counter = random.Random(seed), iter(range(1000, 10**9))
    names = [
        "{}",
        "C++ {}",
        "C# {}",
        "🌱 {}",
        "a/b {}",
        "a-b {}",
        "заметки/{}",
        "Why not? {}",
        "読書/{}",
        "20230507 {}",
    ]
    for number in range(size):
        make = Maker(chance, counter)
        suffix, write = chance.choices([(".md", _markdown), (".org", _org), (".txt", _plain)], weights=[8, 1, 1])[0]
        text = write(make)
        # A choice among written blocks leaves the words of the others unused.
        used = set(re.findall(r"\w+", text))
        kinds = {word: kind for word, kind in make.kinds.items() if word in used}
        yield MadeNote(chance.choice(names).format(number) + suffix, text, kinds)
