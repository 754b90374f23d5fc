"""Org's keywords: the head of a file."""

from __future__ import annotations

from typing import Any

import pytest

from remix.corpus.org_keywords import read_head, states


@pytest.mark.parametrize(
    ("head", "meta"),
    [
        ("#+TITLE: On\n#+title: /Maps/", {"title": "On Maps"}),
        (
            "#+subtitle: S\n#+author: A\n#+date: <2024-01-02>",
            {"subtitle": "S", "author": "A", "date": "<2024-01-02>"},
        ),
        ("#+created: 2024", {"created": "2024"}),
        ("#+hugo_draft: true\n#+startup: x\n#+options: toc:nil", {}),
        (
            ':PROPERTIES:\n:ROAM_ALIASES: "Old rope" tar\n:END:\n#+hugo_aliases: /a/',
            {"aliases": ["Old rope", "tar", "/a/"]},
        ),
        ("#+begin_src org\n#+title: T\n#+end_src", {}),
    ],
)
def test_what_the_head_says(head: str, meta: dict[str, Any]) -> None:
    assert read_head(head.split("\n")) == {**meta, "tags": []}


@pytest.mark.parametrize(
    ("head", "tags"),
    [
        ("#+filetags: :a:b_c:\n#+FILETAGS: d", ["a", "b_c", "d"]),
        ('#+hugo_tags: rope "old tar"\n#+hugo_categories: logs', ["rope", "old tar", "logs"]),
        ("#+roam_tags: rope tar", ["rope", "tar"]),
        ('#+roam_tags: "old rope", tar', ["old rope", "tar"]),
        (':PROPERTIES:\n:ID: 1\n:ROAM_TAGS: rope "old tar"\n:END:', ["rope", "old tar"]),
        ("#+TAGS: rope, old tar", ["rope", "old tar"]),
        ("#+tags: rope tar", ["rope", "tar"]),
        ("#+TAGS: { @work(w) @home(h) }\n#+TAGS: [ a : b ]\n#+TAGS: laptop(l)", []),
        ("#+TAGS: :startgroup: a b :endgroup:", []),
        ("#+keywords: rope, old tar\n#+category: Ships", ["rope", "old tar", "Ships"]),
    ],
)
def test_tags(head: str, tags: list[str]) -> None:
    assert read_head(head.split("\n"))["tags"] == tags


def test_states() -> None:
    assert states(["#+TODO: WAIT(w) | GONE", "#+seq_todo: X"]) == {"WAIT", "|", "GONE", "X"}
    assert states([]) == {"TODO", "DONE"}
