"""Models that lie about their vocabulary or their numbers: refused in words, and this process lives on."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from remix.engine import llama, load_check
from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaEmbedder, LlamaModel
from remix.engine.local import LoadOptions, LocalModel
from remix.errors import ModelError, PromptError, RemixError
from remix.generation import prepare
from remix.models import identity
from remix.records import Dist, Grammar, Greedy, Options, Request, Sampler, Sampling
from tests.conftest import make_workspace
from tests.tiny_models import (
    CONTROL,
    FLOAT32,
    INT32,
    NORMAL,
    STRING,
    UINT32,
    UINT64,
    WIDTH,
    Header,
    Tensor,
    byte_pairs,
    learned_positions,
    letter_of,
    sentence_piece,
    whole,
    write,
)

pytestmark = pytest.mark.model

Lie = Callable[[Header], object]


def unspelt(*numbers: int) -> Lie:
    """No token for some bytes."""

    def lie(header: Header) -> None:
        tokens = header.get("tokenizer.ggml.tokens").items
        for number in numbers:
            name = f"<0x{number:02X}>".encode()
            at = tokens.index(name) if name in tokens else tokens.index(letter_of(number).encode())
            tokens[at] = b"no%d" % number
            header.get("tokenizer.ggml.token_type").items[at] = NORMAL

    return lie


def token(at: int, text: bytes) -> Lie:
    return lambda header: header.get("tokenizer.ggml.tokens").items.__setitem__(at, text)


def every(name: str, value: float) -> Lie:
    """One value for all items of an array."""

    def lie(header: Header) -> None:
        items = header.get(f"tokenizer.ggml.{name}").items
        items[:] = [value] * len(items)

    return lie


def number(name: str, value: int) -> Lie:
    return lambda header: header.put(f"tokenizer.ggml.{name}", UINT32, value)


def items(name: str, kind: int, values: list[object]) -> Lie:
    return lambda header: header.put_items(f"tokenizer.ggml.{name}", kind, values)


def text(name: str, value: str) -> Lie:
    return lambda header: header.put(f"tokenizer.ggml.{name}", STRING, value)


REFUSED: list[tuple[str, Callable[[], Header], Lie, str]] = [
    ("no tokens for bytes", lambda: sentence_piece(bytes_too=False), lambda header: None, "while it spells U+0041"),
    ("no token for one byte", sentence_piece, unspelt(0xC3), "while it spells U+00C0"),
    ("bytes that are control tokens", sentence_piece, every("token_type", CONTROL), ""),
    ("no letters for bytes", byte_pairs, unspelt(*range(0x80, 0x100)), "can't spell "),
    ("no letter for one byte", byte_pairs, unspelt(0x41), "can't spell A (U+0041)"),
    ("the same token twice", byte_pairs, token(257, b"th"), "GGML_ASSERT(id_to_token.size() == token_to_id.size())"),
    ("no tokens", sentence_piece, items("tokens", STRING, []), ""),
    ("no tokens, and none wanted", sentence_piece, text("model", "none"), ""),
    ("bos beyond the vocabulary", byte_pairs, number("bos_token_id", 10**6), ""),
    ("eos of 32 bits", sentence_piece, number("eos_token_id", 2**32 - 1), ""),
    ("fewer scores than tokens", sentence_piece, items("scores", FLOAT32, [0.0] * 3), ""),
    ("fewer types than tokens", sentence_piece, items("token_type", INT32, [1] * 3), ""),
    ("scores that are texts", sentence_piece, items("scores", STRING, ["1"] * 276), ""),
    ("merges that are numbers", byte_pairs, items("merges", INT32, [1, 2]), ""),
    ("merges of one part", byte_pairs, items("merges", STRING, ["th", "", "x"]), ""),
    ("merges of unknown tokens", byte_pairs, items("merges", STRING, ["zz yy", "qq qq"]), ""),
    ("no merges", byte_pairs, lambda header: header.drop("tokenizer.ggml.merges"), ""),
    ("a pre-tokenizer of no kind", byte_pairs, text("pre", "bogus"), "not a model llama.cpp can load"),
    ("a tokenizer of no kind", byte_pairs, text("model", "bogus"), ""),
    ("word pieces without any", sentence_piece, text("model", "bert"), ""),
    ("unigrams without a map", sentence_piece, text("model", "t5"), ""),
    ("a tokenizer that never ends with such tokens", byte_pairs, text("model", "rwkv"), "bad_alloc, while it spells"),
    ("one token too few", byte_pairs, lambda header: header.get("tokenizer.ggml.tokens").items.pop(), ""),
]
"""What is refused or is fine: an empty last word leaves that to llama.cpp."""

FINE: list[tuple[str, Callable[[], Header], Lie]] = [
    ("as it is", sentence_piece, lambda header: None),
    ("as it is, of byte pairs", byte_pairs, lambda header: None),
    ("scores that are no numbers", sentence_piece, every("scores", math.nan)),
    ("scores without end", sentence_piece, every("scores", math.inf)),
    ("types of unknown numbers", sentence_piece, lambda header: token_types(header, 99)),
    ("a token of a megabyte", sentence_piece, token(270, b"x" * 2**20)),
    ("a token that isn't UTF-8", sentence_piece, token(270, b"\xff\xfe\xc3")),
    ("a token that is empty", sentence_piece, token(270, b"")),
    ("a token of zeros", sentence_piece, token(270, b"\0\0")),
]
"""Strange, but they harm nobody: every text can be spelt."""


def token_types(header: Header, kind: int) -> None:
    """Another type for the tokens that are words."""
    kinds = header.get("tokenizer.ggml.token_type").items
    kinds[262:270] = [kind] * 8


def use(path: Path) -> None:
    """Look at a model, then do in this process what a run does."""
    file = identity.identify(path)
    load_check.check(path, file)
    config = BatchConfig(rows=2, multiple=2)
    with LlamaModel(path, config=config) as model, LlamaDecoder(model, 2, 256, config, 1) as decoder:
        for each in load_check.TEXTS:
            model.tokenize_text(each)
            model.tokenize_markup(each)
        with Engine(decoder, trace=True) as engine:
            prompt = tuple(model.tokenize_text("the théater, and 漢字") or [0])
            futures = [engine.submit(ask(prompt, chain)) for chain in (Greedy(), Dist(), Greedy())]
            for future in futures:
                assert future.result(timeout=60).token_ids


def ask(prompt: tuple[int, ...], *chain: Sampler) -> Request:
    return Request(token_ids=prompt, sampling=Sampling(seed=1, chain=chain, max_tokens=4, stop=()))


@pytest.mark.parametrize(("make", "lie", "why"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_a_vocabulary_that_lies_is_refused_in_words(
    tmp_path: Path, make: Callable[[], Header], lie: Lie, why: str
) -> None:
    header = make()
    lie(header)
    path = write(tmp_path / "lying.gguf", header)
    told = ""
    try:
        use(path)
    except RemixError as error:
        told = error.message
    assert why in told
    assert not told or "lying" in told
    assert len(told) < 500


@pytest.mark.parametrize(("make", "lie"), [each[1:] for each in FINE], ids=[each[0] for each in FINE])
def test_a_vocabulary_that_is_merely_strange_is_used(tmp_path: Path, make: Callable[[], Header], lie: Lie) -> None:
    header = make()
    lie(header)
    use(write(tmp_path / "strange.gguf", header))


def test_letters_have_every_byte_and_every_script() -> None:
    found = load_check.letters()
    assert {byte for each in found for byte in each.encode()} == {
        *range(0x80),
        *range(0x80, 0xC0),
        *range(0xC2, 0xF5),
    }
    scripts = {unicodedata.name(each, "?").split()[0] for each in found}
    known = "LATIN GREEK CYRILLIC HEBREW ARABIC DEVANAGARI THAI GEORGIAN ETHIOPIC HANGUL CJK YI LINEAR"
    assert scripts >= set(known.split())
    assert len(found) == len(set(found)) < 3000


# -- numbers that aren't finite -------------------------------------------------------------------------------


def poisoned(path: Path, tensor: str, value: float, rows: slice = slice(None), header: Header | None = None) -> Path:
    """A model with one value in some rows of a tensor."""
    header = header or sentence_piece()
    packed = header.pack()
    data = bytearray(whole(packed, header.data_bytes))
    found = next(each for each in header.tensors if each.name == tensor.encode())
    begin = len(data) - header.data_bytes + found.offset
    count = math.prod(found.shape)
    numbers = np.frombuffer(bytes(data[begin : begin + 4 * count]), np.float32).reshape(found.shape[::-1]).copy()
    numbers[rows] = value
    data[begin : begin + 4 * count] = numbers.tobytes()
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("trace", [False, True])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38])
def test_logits_that_are_not_finite_end_a_text_with_an_error(tmp_path: Path, value: float, trace: bool) -> None:
    """Used to hang for ever: the generation's own validation raised when its slot was free already."""
    path = poisoned(tmp_path / "poisoned.gguf", "output_norm.weight", value)
    with loaded(path, trace) as engine:
        for chain in ((Greedy(),), (Dist(),)):
            with pytest.raises(
                ModelError, match=r"poisoned\.gguf: the largest logit that the model computes"
            ) as caught:
                engine.submit(ask((5, 6, 7), *chain)).result(timeout=30)
            assert "take another model" in caught.value.hint


def test_a_model_that_computes_no_numbers_is_refused_before_a_run(tmp_path: Path) -> None:
    path = poisoned(tmp_path / "poisoned.gguf", "output_norm.weight", math.nan)
    with pytest.raises(ModelError, match=r"poisoned\.gguf: the largest logit that the model computes is nan"):
        load_check.check(path, identity.identify(path))


@pytest.mark.parametrize("trace", [False, True])
def test_only_the_text_that_meets_such_a_number_ends(tmp_path: Path, trace: bool) -> None:
    """Token 200's own vector isn't finite: who reads it gets no logits, and nobody else is touched."""
    header = sentence_piece()
    # With an output of its own, so that the vector isn't a row of it too.
    header.tensors.append(Tensor(b"output.weight", [WIDTH, 276], 0, header.data_bytes))
    path = poisoned(tmp_path / "poisoned.gguf", "token_embd.weight", math.nan, slice(200, 201), header)
    with loaded(path, trace) as engine:
        good, bad = (engine.submit(ask(prompt, Greedy())) for prompt in ((5, 6, 7), (5, 200, 7)))
        with pytest.raises(ModelError, match="the model computes is nan"):
            bad.result(timeout=30)
        alone = engine.submit(ask((5, 6, 7), Greedy())).result(timeout=30)
        assert good.result(timeout=30).token_ids == alone.token_ids


@contextmanager
def loaded(path: Path, trace: bool) -> Iterator[Engine]:
    """An engine over a model."""
    config = BatchConfig(rows=2)
    with (
        LlamaModel(path, config=config) as model,
        LlamaDecoder(model, 2, 256, config, 1) as decoder,
        Engine(decoder, trace=trace) as engine,
    ):
        yield engine


def test_minus_infinity_for_some_tokens_is_no_error(model_path: Path) -> None:
    """Some models rule tokens out that way; a trace then counts them as impossible, not as no number."""
    config = BatchConfig(rows=1)
    with LlamaModel(model_path, config=config) as model, LlamaDecoder(model, 1, 256, config, 1) as decoder:
        decoder.open(0, ask((1, 2), Greedy()).sampling, [1, 2])
        decoder.prefill(0, [1, 2], 0)
        logits = decoder.logits(0)
        best = decoder.sample(0)
        assert best is not None
        logits[np.argsort(logits)[:1000]] = -np.inf
        assert decoder.sample(0) == best
        (choice,) = decoder.choices_of([0], [best])
        assert math.isfinite(choice.entropy)
        assert 0 < choice.entropy < math.log(model.n_vocab)
        assert choice.logprob < 0


# -- texts that llama.cpp doesn't survive ---------------------------------------------------------------------


@pytest.mark.parametrize("pre", ["gpt-4o", "tekken", "deepseek-v3", "bloom", "default"])
@pytest.mark.parametrize("letter", ["a", "1", "!", " ", "\n", "é", "e\u0301", "漢", "aB", "a1-"])
def test_a_word_without_end_is_refused_instead_of_ending_the_process(tmp_path: Path, pre: str, letter: str) -> None:
    """std::regex recursed with each letter: 26,000 in a row ended the process, with DeepSeek's vocabulary for one."""
    header = byte_pairs()
    header.put("tokenizer.ggml.pre", STRING, pre)
    path = write(tmp_path / "regular.gguf", header)
    with LlamaModel(path, vocab_only=True) as model:
        longest = letter * (llama.LONGEST_WORD // len(letter))
        assert model.tokenize_text(longest)
        assert model.tokenize_text(f"{longest[:9000]}x. " * 20)
        with pytest.raises(PromptError, match="be split into words"):
            model.tokenize_text(letter * 100_000)


def test_a_passage_with_such_a_word_is_named_and_may_be_left_out(tmp_path: Path) -> None:
    place = make_workspace(tmp_path / "garden")
    (place.root / "seeds" / "blob.md").write_text(f"An image: {'iVBOR' * 6000}\n", encoding="utf-8")
    with pytest.raises(PromptError, match=r"blob\.md:1: blob/.* 30000 characters that can.t be split") as caught:
        prepare.prepare(place, Options(strict=True))
    assert "image" in caught.value.hint
    job = prepare.prepare(place, Options())
    assert {task.place.split("/")[0] for task in job.run.tasks} == {"two-clocks"}


def test_a_vector_of_such_a_word_is_that_of_its_beginning(model_path: Path) -> None:
    with LlamaModel(model_path) as model, LlamaEmbedder(model, 64, 1) as embedder:
        assert np.array_equal(embedder.embed("a" * 100_000), embedder.embed("a" * llama.LONGEST_WORD))


def test_spaces_that_take_more_tokens_than_bytes(tmp_path: Path) -> None:
    """A vocabulary without a token for the space spells each as three bytes."""
    path = write(tmp_path / "tiny.gguf", _without_space())
    with LlamaModel(path, vocab_only=True) as model:
        assert len(model.tokenize_text(" " * 1000)) >= 3000


def _without_space() -> Header:
    header = sentence_piece()
    token(259, b"nothing")(header)
    return header


def test_keys_of_64_bits_where_32_are_meant(tmp_path: Path) -> None:
    header = sentence_piece()
    header.put("llama.block_count", UINT64, 2**40)
    path = write(tmp_path / "lying.gguf", header)
    with pytest.raises(ModelError, match=r"lying\.gguf"):
        use(path)


# -- positions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("context", [1, 16, 64, 256])
def test_a_model_that_learned_too_few_positions_is_refused_in_words(tmp_path: Path, context: int) -> None:
    """The probe read behind the table of positions, and llama.cpp ended the process."""
    path = write(tmp_path / "short.gguf", learned_positions(context))
    file = identity.identify(path)
    with pytest.raises(ModelError, match=rf"short.gguf: knows {context} positions, and a text has more tokens"):
        LocalModel(path, file, LoadOptions(contexts=(64,), parallel=1, threads=1))


def test_a_text_longer_than_the_table_of_positions(tmp_path: Path) -> None:
    """A stranger's run may ask a model for more tokens than it takes: then there is no memory for so many."""
    path = write(tmp_path / "gpt2.gguf", learned_positions(1024))
    with LocalModel(path, identity.identify(path), LoadOptions(contexts=(2048,), parallel=2, threads=1)) as model:
        sampling = Sampling(seed=1, chain=(Greedy(),), max_tokens=1, stop=())
        fitting = model.engine.submit(Request(token_ids=(5,) * 1023, sampling=sampling))
        for tokens in (1024, 1500):
            with pytest.raises(PromptError, match="don't fit a context of 1024"):
                model.engine.submit(Request(token_ids=(5,) * tokens, sampling=sampling))
        assert fitting.exception(timeout=60) is None


# -- grammars --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_end", [False, True])
def test_a_token_of_a_megabyte_is_not_held_against_a_grammar(tmp_path: Path, is_end: bool) -> None:
    """llama.cpp went one call deeper for each of its characters, and ended the process."""
    header = sentence_piece()
    header.get("tokenizer.ggml.tokens").items[262] = b"x" * 10**6
    if is_end:
        header.put("tokenizer.ggml.eos_token_id", UINT32, 262)
    path = write(tmp_path / "long.gguf", header)
    sampling = Sampling(seed=1, chain=(Grammar(source="root ::= [a-z]*"), Dist()), max_tokens=5, stop=())
    with LocalModel(
        path, identity.identify(path), LoadOptions(contexts=(64,), parallel=1, threads=1, fast=True)
    ) as model:
        request = Request(token_ids=(5, 6), sampling=sampling)
        assert 262 not in (model.engine.submit(request).result(timeout=60).token_ids or ())[:-1]
