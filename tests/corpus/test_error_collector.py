"""Errors of inputs that are left out: collected, raised if strict, found by an essay's name."""

from __future__ import annotations

import pytest

from remix.corpus.error_collector import ErrorCollector, naming
from remix.corpus.memory import MemoryCorpus
from remix.errors import PromptError, RemixError, SeedError, UnreadError


def unread(name: str) -> UnreadError:
    return UnreadError(name, SeedError(f"seeds/{name}:2: broken front matter.", "Mend the YAML."))


def test_errors_are_kept_once_and_in_order() -> None:
    collector = ErrorCollector()
    for error in (unread("b.md"), PromptError("prompts/x.md.j2: broken.", "Fix it."), unread("b.md"), unread("a.md")):
        collector.note(error)
    assert [error.message.split(":")[0] for error in collector.errors] == [
        "seeds/b.md",
        "prompts/x.md.j2",
        "seeds/a.md",
    ]


def test_a_strict_collector_raises_the_first() -> None:
    with pytest.raises(UnreadError, match=r"seeds/b\.md"):
        ErrorCollector(strict=True).note(unread("b.md"))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("other.md", "other"),
        ("Some Folder/My Note.org", "some-folder-my-note"),
        ("v1.2 notes.txt", "v1-2-notes"),
        ("locked", "locked-note"),
        ("C++.md", "c-0a1b2c"),
        ("Some Folder/My Note.org", "some-folder--my-note"),
        ("Some Folder/My Note.org", "Some Folder/My Note"),
        ("Journal/2024", "journal-2024-may"),
        ("", "anything"),
    ],
)
def test_an_essay_is_found_by_its_file_or_folder(name: str, slug: str) -> None:
    collector = ErrorCollector()
    collector.note(unread(name))
    with pytest.raises(SeedError, match="broken front matter"):
        collector.refuse(slug, "")


@pytest.mark.parametrize("slug", ["others", "othe", "another", "md", "other-zzz"])
def test_another_essay_is_not_found(slug: str) -> None:
    collector = ErrorCollector()
    collector.note(unread("other.md"))
    collector.refuse(slug, "")
    assert collector.of_file(f"{slug}.md") is None


def test_a_file_below_a_folder_that_can_not_be_read() -> None:
    collector = ErrorCollector()
    collector.note(unread("Journal"))
    assert collector.of_file("Journal/2024/May.md") is collector.of_file("Journal") is collector.errors[0]
    assert collector.of_file("Journals/May.md") is None


def test_an_essay_asked_for_by_name_is_not_left_out() -> None:
    def missing(corpus: object) -> None:
        raise SeedError("there is no essay 'other'.", "See what there is.")

    collector = ErrorCollector()
    for name in ("some.md", "other.md"):
        collector.note(unread(name))
    with pytest.raises(SeedError, match=r"seeds/other\.md:2: broken front matter") as caught, collector.explaining():
        naming(missing, ["Other"], collector)(MemoryCorpus([]))
    assert caught.value.hint == "Mend the YAML. Or leave this essay out of --essay."
    assert caught.value.left_out == ()
    with pytest.raises(SeedError, match="there is no essay"):
        naming(missing, ["further"], collector)(MemoryCorpus([]))


def test_an_error_is_explained_by_what_was_left_out_before() -> None:
    collector = ErrorCollector()
    collector.note(unread("other.md"))
    with pytest.raises(RemixError) as caught, collector.explaining():
        raise SeedError("no passage has the tag 'maps'.", "See what there is.")
    assert caught.value.left_out == collector.errors
