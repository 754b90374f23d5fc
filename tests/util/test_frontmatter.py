"""Front matter: what is taken off a text's head, and what is refused, with its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from remix.util import frontmatter
from remix.util.frontmatter import FrontMatterError, line_of, read_text, split, split_strings


@pytest.mark.parametrize(
    ("text", "meta", "body", "line"),
    [
        ("", {}, "", 1),
        ("Plain.\n", {}, "Plain.\n", 1),
        ("---\na: 1\n---\nBody.\n", {"a": 1}, "Body.\n", 4),
        ("---\n---\nBody.", {}, "Body.", 3),
        ("---  \na: 1\n---\t\nBody.", {"a": 1}, "Body.", 4),
        ("---\na: 1\n---", {"a": 1}, "", 4),
        ("---\na: 1\n...\nBody.\n---\n", {"a": 1}, "Body.\n---\n", 4),
        ("---\na: 1\n---\n---\nb: 2\n---\n", {"a": 1}, "---\nb: 2\n---\n", 4),
        ("Words.\n---\nno: matter\n---\n", {}, "Words.\n---\nno: matter\n---\n", 1),
        ("----\nA rule.", {}, "----\nA rule.", 1),
    ],
)
def test_split(text: str, meta: dict[str, object], body: str, line: int) -> None:
    assert split(text, "seed.md") == (meta, body, line)


def test_body_line_is_where_the_body_stands() -> None:
    text = "---\ntitle: A\ndate: 2026\n---\n\nFirst.\n"
    parts = split(text, "seed.md")
    assert text.split("\n")[parts.body_line - 1 :] == parts.body.split("\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\na: 1\n", "s.md:1: the front matter is never closed."),
        ("---\na: 1\nb: [2\n---\n", "s.md:3: broken front matter"),
        ("---\na: 1\nb: c: d\n---\n", "s.md:3: broken front matter (mapping values are not allowed here)."),
        ("---\n- a\n- b\n---\n", "s.md:2: the front matter is not a list of `key: value`."),
        ("---\njust words\n---\n", "s.md:2: the front matter is not"),
        ("---\na: \x07\n---\n", "s.md:2: broken front matter"),
        ("---\ndate: 2026-02-30\n---\n", "s.md:2: broken front matter (day"),
        ("---\na: !!python/object:os.system {}\n---\n", "s.md:2: broken front matter (could not determine"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split(text, "s.md")
    assert caught.value.message.startswith(message)
    assert caught.value.hint


@pytest.mark.parametrize("value", ["!!bool x", "!!timestamp x", "!!int ''", "!!float ''"])
def test_what_pyyaml_trips_over_is_refused_too(value: str) -> None:
    """PyYAML raises KeyError, AttributeError and IndexError for these."""
    with pytest.raises(FrontMatterError, match=r"^s\.md:2: broken front matter"):
        split(f"---\na: {value}\n---\n", "s.md")


@pytest.mark.parametrize("escape", [r"\ud800", r"\uD83D\uDE00", r"\U0000dfff"])
def test_half_a_character_is_refused(escape: str) -> None:
    """It used to come through, and no file and no terminal takes it."""
    with pytest.raises(FrontMatterError) as caught:
        split(f'---\na: 1\nb: ["{escape}"]\n---\n', "s.md")
    assert caught.value.message == "s.md:3: broken front matter (half a character)."
    assert caught.value.hint == r"Write the character itself in place of \ud… escapes."


def test_other_escapes_are_read() -> None:
    text = '---\na: "\\u00e9\\U0001f5fa"\nb: C:\\udder\\ud800\n---\n'
    assert split(text, "s.md").meta == {"a": "é🗺", "b": r"C:\udder\ud800"}


@pytest.mark.parametrize(("key", "line"), [("title", 2), ("tags", 4), ("ta", 1), ("absent", 1)])
def test_line_of(key: str, line: int) -> None:
    assert line_of("---\ntitle: A\n  tags: nested\ntags: []\n---\n", key) == line


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"\xef\xbb\xbfa\r\nb\rc\n", "a\nb\nc\n"), ("é\n".encode(), "é\n"), (b"", ""), (b"a\xc2\x85b", "a\x85b")],
)
def test_read_text(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "s.md").write_bytes(data)
    assert read_text(tmp_path / "s.md") == text


def test_more_lines_than_anyone_writes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontmatter, "MOST_LINES", 3)
    path = tmp_path / "a.md"
    path.write_bytes(b"a\r\nb\rc\nd")
    assert frontmatter.read_text(path) == "a\nb\nc\nd"
    path.write_bytes(b"a\r\nb\rc\nd\n")
    with pytest.raises(FrontMatterError, match=r"a\.md: has more than 3 lines"):
        frontmatter.read_text(path)


def test_read_text_names_the_byte(tmp_path: Path) -> None:
    (tmp_path / "s.md").write_bytes(b"caf\xe9 noir")
    with pytest.raises(FrontMatterError, match=r"s\.md: not UTF-8 at byte 3\."):
        read_text(tmp_path / "s.md")


@pytest.mark.parametrize(("name", "why"), [("absent.md", "No such file"), (".", "Is a directory")])
def test_read_text_of_no_file(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(FrontMatterError, match=why):
        read_text(tmp_path / name)


# -- TOML ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meta", "body", "line"),
    [
        ("+++\ntitle = 'A'\n+++\nBody.\n", {"title": "A"}, "Body.\n", 4),
        ("+++\n+++", {}, "", 3),
        ("+++ \na = [1, 1.50, true]\n+++\t\n", {"a": ["1", "1.50", "true"]}, "", 4),
        ("+++\nd = 2024-01-02\nt = 07:32:00\n+++\n", {"d": "2024-01-02", "t": "07:32:00"}, "", 5),
        ("+++\nd = 2024-01-02T03:04:05Z\n+++\n", {"d": "2024-01-02T03:04:05+00:00"}, "", 4),
        ("+++\n[a]\nb.c = 1\n+++\n", {"a": {"b": {"c": "1"}}}, "", 5),
        ("---\ntitle: No\n---\nBody.", {"title": "No"}, "Body.", 4),
        ("Words.\n+++\nno = 1\n+++\n", {}, "Words.\n+++\nno = 1\n+++\n", 1),
    ],
)
def test_split_strings(text: str, meta: dict[str, object], body: str, line: int) -> None:
    assert split_strings(text, "seed.md") == (meta, body, line)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("+++\na = 1\n", "s.md:1: the front matter is never closed."),
        ("+++\na = 1\nb = word\n+++\n", "s.md:3: broken front matter (Invalid value)."),
        ("+++\na = 1\na = 2\n+++\n", "s.md:"),
        ("+++\nd = 2024-02-30\n+++\n", "s.md:2: broken front matter (Invalid date or datetime)."),
        ("+++\n\na = " + "[" * 9_000 + "\n+++\n", "s.md:3: broken front matter (nested too deeply)."),
        ("+++\n\n" + "a." * 30 + "a = 1\n+++\n", "s.md:3: broken front matter (nested too deeply)."),
        ("+++\na = " + "9" * 5_000 + "\n+++\n", "s.md:2: broken front matter (a number or a word of more than 200"),
        (
            "+++\n\na = 0x" + "f" * 9_000 + "\n+++\n",
            "s.md:3: broken front matter (a number or a word of more than 200",
        ),
        ("+++\nx = {" + "a." * 9_000 + "a = 1}\n+++\n", "s.md:2: broken front matter (nested too deeply)."),
        ("+++\n" + r'"\"".' * 9_000 + "a = 1\n+++\n", "s.md:2: broken front matter (nested too deeply)."),
        ("+++\nx = [\n{" + "'a'.\t" * 9_000 + "a = 1}]\n+++\n", "s.md:3: broken front matter (nested too deeply)."),
        ("+++\nx = {" + "a={" * 30 + "\n+++\n", "s.md:2: broken front matter (nested too deeply)."),
        ("+++\n" + "# long\n" * 20_000 + "+++\n", "s.md:1: the front matter is longer than 64 KiB."),
    ],
)
def test_what_is_refused_of_toml(text: str, message: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        split_strings(text, "s.md")
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_line_of_a_key_in_toml() -> None:
    assert line_of("+++\ntitle = 'A'\ntags=[]\n+++\n", "tags") == 3


# -- strangers' numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0x" + "f" * 60_000, "a number of more than 100 digits"),
        ("0b" + "1" * 60_000, "a number of more than 100 digits"),
        ("0" + "7" * 60_000, "a number of more than 100 digits"),
        ("1:" * 30_000 + "1", "a number of more than 100 digits"),
        ("1:" * 30_000 + "1.0", "a number of more than 100 digits"),
        ("9" * 4_000, "a number of more than 100 digits"),
        ("1_" * 30_000 + "1", "a number of more than 100 digits"),
        ("!!int " + "a" * 101, "a number of more than 100 digits"),
        ("2026-99-01", "month must be in 1..12"),
        ("2026-01-01T00:00:00+99:99", "offset must be"),
        ("0001-01-01T99:00:00Z", "hour must be"),
        ("!!timestamp 2026", "'NoneType'"),
    ],
)
def test_numbers_that_python_cannot_write(value: str, why: str) -> None:
    """Hexadecimal and sexagesimal numbers pass Python's limit on digits, and fail where they are written."""
    with pytest.raises(FrontMatterError) as caught:
        split(f"---\na: 1\n\nb: [{value}]\n---\n", "s.md")
    assert caught.value.message.startswith("s.md:4: broken front matter (")
    assert why in caught.value.message
    # Of a seed all values stay as they are written.
    assert split_strings(f'---\nb: ["{value}"]\n---\n', "s.md").meta == {"b": [value]}


@pytest.mark.parametrize(
    "source",
    [
        "a: " + "{<<: " * 19 + "1" + "}" * 19,
        "<<: [" + ",".join(f"{{a{n}: 1}}" for n in range(5_000)) + "]",
        "\n".join(f"{' ' * n}a:" for n in range(300)),
        "a:\n " + "- " * 15_000 + "b",
        "? " * 20_000,
        "a: &a {b: 1}\nc:\n  <<: *a",
        "a: !!set {b, c}\nd: !!omap [e: 1]\nf: !!pairs [g: 1]",
        "%TAG ! x\n" * 3_000 + "--- a",
        "a: " + "'" * 30_000,
        "a: |\n" + "\n" * 60_000,
        "a: !!int [b]",
        "? [a]\n: b",
    ],
)
def test_yaml_that_is_read_or_refused(source: str) -> None:
    for take_apart in (split, split_strings):
        try:
            assert isinstance(take_apart(f"---\n{source}\n---\n", "s.md").meta, dict)
        except FrontMatterError as error:
            assert re.match(r"s\.md:\d+: ", error.message)  # noqa: PT017
