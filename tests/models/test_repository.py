"""Which files of a repository are the model that a person asked for."""

from __future__ import annotations

import pytest

from remix.errors import ModelError
from remix.models.repository import ListedFile, Repository, choose, parse
from tests.conftest import work_of_at_most

SHA256 = "a" * 64


def repository(*names: str) -> Repository:
    files = tuple(ListedFile(name=name, size=1, sha256=SHA256) for name in names)
    return Repository(name="some/Tiny-GGUF", commit="1" * 40, files=files)


def chosen(names: list[str], choice: str | None = None) -> list[str]:
    return [file.name for file in choose(repository(*names), choice)]


def undecided(names: list[str], choice: str | None = None) -> ModelError:
    with pytest.raises(ModelError) as caught:
        chosen(names, choice)
    assert caught.value.hint
    return caught.value


# -- what a person types ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "choice"),
    [
        ("Qwen/Qwen3-4B-GGUF", "Qwen/Qwen3-4B-GGUF", None),
        ("Qwen/Qwen3-4B-GGUF:q8_0", "Qwen/Qwen3-4B-GGUF", "q8_0"),
        ("a/b:sub/c-Q4_0.gguf", "a/b", "sub/c-Q4_0.gguf"),
        ("hf.co/bartowski/x.y_z-GGUF:Q4_K_M", "bartowski/x.y_z-GGUF", "Q4_K_M"),
        ("https://huggingface.co/Qwen/Qwen3-4B-GGUF", "Qwen/Qwen3-4B-GGUF", None),
        ("https://huggingface.co/a/b/tree/main", "a/b", None),
        ("https://huggingface.co/a/b/blob/main/b-Q4_K_M.gguf", "a/b", "b-Q4_K_M.gguf"),
        ("https://huggingface.co/a/b/resolve/main/in%20here/b.gguf?download=true", "a/b", "in here/b.gguf"),
    ],
)
def test_repositories(text: str, name: str, choice: str | None) -> None:
    assert parse(text) == (name, choice)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "qwen3",
            "a/b/c",
            "/a/b",
            "a/b:",
            "../b",
            "a/..",
            "a/b..c",
            "a--b/c",
            "a/b.git",
            "a/b-",
            "a/b.",
            "-a/b",
        ),
        *("a/b\n", "a b/c", "http://huggingface.co/a/b", "https://elsewhere.example/a/b"),
        *("a/" + "b" * 95, "é/b", "a/b:\0" + "x" * 600, "~/a/b", "a\\b/c"),
        "https://huggingface.co/a/b/blob/other/b.gguf",
    ],
)
def test_what_is_no_repository(text: str) -> None:
    with pytest.raises(ModelError, match="names no repository") as caught:
        parse(text)
    assert "remix models pull" in caught.value.hint


def test_ollamas_models_are_ollamas_to_pull() -> None:
    with pytest.raises(ModelError, match="is Ollama's") as caught:
        parse("ollama:llama3.2:3b")
    assert caught.value.hint.startswith("`ollama pull llama3.2:3b`")


# -- the choice ---------------------------------------------------------------------------------------------

BARTOWSKI = ["x-IQ4_XS.gguf", "x-Q3_K_L.gguf", "x-Q4_K_L.gguf", "x-Q4_K_M.gguf", "x-Q4_K_S.gguf", "x-Q8_0.gguf"]


def test_by_default_q4_k_m() -> None:
    assert chosen(BARTOWSKI) == ["x-Q4_K_M.gguf"]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["phi-4-IQ4_NL.gguf", "phi-4-Q4_K.gguf", "phi-4-Q5_K.gguf", "phi-4-bf16.gguf"], "phi-4-Q4_K.gguf"),
        (["x-Q8_0.gguf", "x-Q6_K.gguf", "x-Q5_K_M.gguf"], "x-Q5_K_M.gguf"),
        (["x-Q8_0.gguf", "x-f16.gguf", "x-Q2_K.gguf"], "x-Q8_0.gguf"),
        (["x-Q2_K.gguf", "x-f16.gguf", "x-BF16.gguf"], "x-BF16.gguf"),
        (["gpt-oss-20b-mxfp4.gguf", "imatrix.gguf"], "gpt-oss-20b-mxfp4.gguf"),
        (["model.gguf", "mmproj-model-f16.gguf", "README.md"], "model.gguf"),
    ],
)
def test_the_next_best_where_there_is_no_q4_k_m(names: list[str], first: str) -> None:
    assert chosen(names) == [first]


@pytest.mark.parametrize("choice", ["Q8_0", "q8_0", "x-Q8_0.gguf", "X-q8_0.GGUF"])
def test_by_type_or_file(choice: str) -> None:
    assert chosen(BARTOWSKI, choice) == ["x-Q8_0.gguf"]


def test_a_type_is_a_word_of_its_own() -> None:
    assert chosen(["x-Q4_K_M.gguf", "x-Q4_K.gguf", "x-IQ4_K.gguf"], "q4_k") == ["x-Q4_K.gguf"]
    assert chosen(["x.UD-Q4_K_XL.gguf", "x.Q4_K_M.gguf"], "Q4_K_XL") == ["x.UD-Q4_K_XL.gguf"]


def test_a_file_in_a_folder() -> None:
    names = ["Q4_K_M/x-Q4_K_M.gguf", "Q8_0/x-Q8_0.gguf"]
    assert chosen(names, "x-Q8_0.gguf") == chosen(names, "Q8_0/x-Q8_0.gguf") == ["Q8_0/x-Q8_0.gguf"]


def test_all_parts_of_a_split_model_in_order() -> None:
    names = [f"x-q4_k_m-{number:05}-of-00011.gguf" for number in range(11, 0, -1)]
    assert chosen([*names, "x-q8_0.gguf"]) == names[::-1]
    assert chosen(names, "x-q4_k_m-00007-of-00011.gguf") == names[::-1]


def test_no_model_of_that_type() -> None:
    error = undecided(BARTOWSKI, "Q5_0")
    assert error.message.startswith("some/Tiny-GGUF has no Q5_0, only x-IQ4_XS.gguf, ")
    assert "some/Tiny-GGUF:FILE.gguf" in error.hint


def test_several_models_of_a_type_are_listed() -> None:
    error = undecided(["x-1b-Q4_K_M.gguf", "x-3b-Q4_K_M.gguf"])
    assert "2 models to choose from: x-1b-Q4_K_M.gguf, x-3b-Q4_K_M.gguf." in error.message
    assert "of type q8_0" in undecided(["x-Q8_0.gguf", "y-Q8_0.gguf"], "q8_0").message
    assert "…" in undecided([f"x-{number}.gguf" for number in range(99)]).message


@pytest.mark.parametrize("names", [[], ["README.md", "model.safetensors"], ["mmproj-x.gguf", "x.imatrix.gguf"]])
def test_a_repository_without_models(names: list[str]) -> None:
    assert "has no GGUF file" in undecided(names).message


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["x-00001-of-00003.gguf", "x-00003-of-00003.gguf"], "lacks part 2 of the 3 parts"),
        (["x-00002-of-00002.gguf"], "lacks part 1 of the 2 parts"),
        (["x-00001-of-00000.gguf"], "lacks part 0 of the 0 parts"),
        (["x-00001-of-99999.gguf"], "lacks part 2 of the 99999 parts"),
    ],
)
def test_a_missing_part_is_named(names: list[str], words: str) -> None:
    assert words in undecided(names).message


def test_a_name_that_comes_twice_counts_once() -> None:
    assert chosen(["x.gguf", "x.gguf"]) == ["x.gguf"]


@pytest.mark.parametrize(
    "name",
    ["../x.gguf", "/x.gguf", "a//x.gguf", "a/./x.gguf", "c:x.gguf", "a\\x.gguf", "\x1b[2J.gguf", "x" * 600 + ".gguf"],
)
def test_names_that_are_no_safe_paths(name: str) -> None:
    assert "has no GGUF file" in undecided([name]).message


def test_ten_thousand_hostile_names() -> None:
    names = [f"{'-00001-of-' * 45}{number}.gguf" for number in range(10_000)]
    with work_of_at_most(10):
        undecided(names, "Q4_K_M" * 80)
