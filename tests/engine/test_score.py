"""Scores: the same in any company, and what llama.cpp computes for one sequence by itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import NamedTuple

import llama_cpp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.engine import llama
from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel
from remix.engine.local import LoadOptions, LocalModel
from remix.errors import ModelError, PromptError
from remix.records import Dist, Message, Request, Sampling, Score
from tests import tiny_gguf, tiny_hybrids
from tests.fake_decoder import FakeDecoder

LINE = FakeDecoder.LINE


class Asked(NamedTuple):
    """A text to score after a prompt, or with no text a prompt to go on from."""

    prompt: tuple[int, ...]
    text: tuple[int, ...] = ()


class Recurrent(FakeDecoder):
    """Its slots can't be cut."""

    copies_whole = True


def submit(engine: Engine, asked: Asked) -> Future[object]:
    if asked.text:
        return engine.score(asked.prompt, asked.text, {len(asked.text) - 1: (3, 4), 0: (5, *asked.text[:1])})
    sampling = Sampling(seed=1, chain=(Dist(),), max_tokens=5, stop=())
    return engine.submit(Request(token_ids=asked.prompt, sampling=sampling))


def results(asked: list[Asked], decoder: FakeDecoder, parallel: int = 8) -> list[object]:
    with Engine(decoder, parallel) as engine:
        return [future.result(timeout=10) for future in [submit(engine, each) for each in asked]]


blocks = st.sampled_from([(1,), (2,), (1, 2, 1), (1,) * 18 + (LINE, LINE), (1,) * 9 + (2,) * 9 + (LINE, LINE)])
tokens = st.lists(blocks, min_size=1, max_size=5).map(lambda parts: tuple(token for part in parts for token in part))


@settings(max_examples=300)
@given(
    st.lists(st.builds(Asked, tokens, st.one_of(st.just(()), tokens)), min_size=1, max_size=10),
    st.integers(1, 8),
    st.integers(0, 4),
    st.sampled_from([4, 20, 64]),
    st.sampled_from([1, 2, 4, None]),
    st.sampled_from([FakeDecoder, Recurrent]),
)
def test_a_score_is_the_same_in_any_company(asked, slots, prefix_slots, chunk, multiple, kind):
    config = BatchConfig(chunk=chunk, rows=slots * (multiple or 1), multiple=multiple or slots)
    alone = [results([each], FakeDecoder(1, config=BatchConfig(chunk=chunk, rows=1)))[0] for each in asked]
    together = results(asked, kind(config.rows, config=config, prefix_slots=prefix_slots))
    for one, other in zip(alone, together, strict=True):
        if isinstance(one, Score):
            assert one == other
        else:
            assert one.token_ids == other.token_ids


def test_each_token_of_the_text_is_scored_and_none_of_the_prompt():
    decoder = FakeDecoder(1)
    first, second, both = results([Asked((1, 2), (3,)), Asked((1, 2, 3), (4,)), Asked((1, 2), (3, 4))], decoder)
    assert both.pieces == (b"c", b"d")
    assert both.logprobs == first.logprobs + second.logprobs


def test_other_tokens_are_scored_in_the_place_of_a_token_of_the_text():
    with Engine(FakeDecoder(1)) as engine:
        found = engine.score((1, 2), (3, 4, 5), {2: (6, 5), 0: (7,)}).result(timeout=10)
        assert found.logprobs == engine.score((1, 2), (3, 4, 5)).result(timeout=10).logprobs
        (seven,) = engine.score((1, 2), (7,)).result(timeout=10).logprobs
        (*_, six) = engine.score((1, 2), (3, 4, 6)).result(timeout=10).logprobs
        assert found.others == ((seven,), (six, found.logprobs[2]))
        with pytest.raises(ValueError, match="a place that the text doesn't have"):
            engine.score((1, 2), (3,), {1: (4,)})


def test_bits_are_what_the_text_costs():
    assert Score((b"a", b"b"), (np.log(0.5), np.log(0.125))).bits == pytest.approx(4)


@pytest.mark.parametrize("kind", [FakeDecoder, Recurrent])
def test_texts_after_the_same_prompt_share_it(kind):
    decoder = kind(2, prefix_slots=1)
    prompt = tuple(range(1, 14))
    with Engine(decoder) as engine:
        for text in ((1, 2), (3, 4), (5, 6)):
            engine.score(prompt, text).result(timeout=10)
        # Chunks of 4: the last token of the prompt is in the fourth, whose logits are wanted each time. What can't be
        # cut is kept from the second prompt that begins so.
        assert engine.computed == 14 + 2 * 2 + (12 if kind is Recurrent else 0)


def test_a_text_that_does_not_fit_is_refused():
    with Engine(FakeDecoder(1, n_ctx_seq=8)) as engine:
        with pytest.raises(PromptError, match="a prompt of 4 tokens and a text of 5 don't fit a context of 8"):
            engine.score((1,) * 4, (1,) * 5)
        with pytest.raises(PromptError, match="has no tokens"):
            engine.score((1,), ())
        with pytest.raises(PromptError):
            engine.score((), (1,))


def test_a_text_that_needs_a_larger_layout_gets_it():
    with Engine(FakeDecoder(1, n_ctx_seq=8), larger=[KVCacheLayout(16, 1, 0)]) as engine:
        assert len(engine.score((1,) * 4, (1,) * 5).result(timeout=10).logprobs) == 5


def test_a_failing_call_ends_the_scores_in_it_and_the_engine_lives_on():
    decoder = FakeDecoder(1)
    decoder.fail_after = 1
    with Engine(decoder) as engine:
        failing = engine.score((1,) * 9, (1, 2))
        with pytest.raises(ModelError, match="on purpose"):
            failing.result(timeout=10)
        decoder.fail_after = None
        assert engine.score((1,) * 9, (1, 2)).result(timeout=10).logprobs


# -- the real model -----------------------------------------------------------------------------------------

PROMPT = "The archive burned, and what was left was catalogued with great care. " * 6 + "\n\nWho did it?"
TEXTS = (" The clerk.", " The clerk, who had seen the fire from the gate and said nothing of it.")


@pytest.fixture(scope="module")
def model(short_path) -> Iterator[LlamaModel]:
    with LlamaModel(short_path, config=llama.exact_config("Q4_1")) as model:
        yield model


class ByItself(NamedTuple):
    """What llama.cpp alone computes for the tokens of a text: all tokens of one sequence in one call."""

    logprobs: list[float]
    """Softmax in float64."""
    states: list[list[float]]


def by_itself(model: LlamaModel, prompt: list[int], text: list[int]) -> ByItself:
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = 512
    params.embeddings = True
    # Flash attention rounds otherwise, which quantised activations make a difference of 0.1 nats of.
    params.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model.handle, params)
    everything = prompt + text
    batch = llama_cpp.llama_batch_init(len(everything), 0, 1)
    batch.n_tokens = len(everything)
    for place, token in enumerate(everything):
        batch.token[place], batch.pos[place], batch.logits[place] = token, place, True
        batch.n_seq_id[place], batch.seq_id[place][0] = 1, 0
    assert llama_cpp.llama_decode(context, batch) == 0
    found, states = [], []
    for place, token in enumerate(text, len(prompt) - 1):
        row = llama_cpp.llama_get_logits_ith(context, place)
        logits = np.ctypeslib.as_array(row, shape=(model.n_vocab,)).astype(np.float64)
        found.append(float(logits[token] - np.log(np.exp(logits - logits.max()).sum()) - logits.max()))
        state = llama_cpp.llama_get_embeddings_ith(context, place)
        states.append(np.ctypeslib.as_array(state, shape=(model.width,)).tolist())
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    return ByItself(found, states)


@pytest.mark.model
def test_scores_are_those_of_llama_cpp_alone_and_identical_in_any_company(model):
    prompt = model.tokenize_text(PROMPT)
    texts = [model.tokenize_text(text) for text in TEXTS]
    config = llama.exact_config("Q4_1")
    alone = []
    for text in texts:
        with LlamaDecoder(model, 1, 512, config, 1) as decoder, Engine(decoder) as engine:
            alone.append(submit(engine, Asked(tuple(prompt), tuple(text))).result(timeout=300))
            written = submit(engine, Asked(tuple(prompt))).result(timeout=300)
    with LlamaDecoder(model, 16, 512, config, 2, prefix_slots=2) as decoder, Engine(decoder) as engine:
        futures = [submit(engine, Asked(tuple(prompt), tuple(text))) for text in ([], *texts[::-1], *texts, [])]
        before, *scores, after = [future.result(timeout=300) for future in futures]
        assert engine.computed < 3 * len(prompt)
    assert scores == alone[::-1] + alone
    for score, text in zip(alone, texts, strict=True):
        assert b"".join(score.pieces).decode() == TEXTS[texts.index(text)]
        found = by_itself(model, prompt, text)
        assert score.logprobs == pytest.approx(found.logprobs, abs=1e-4)
        first, last = score.others
        assert first == pytest.approx(
            [by_itself(model, prompt, [other]).logprobs[0] for other in (5, text[0])], abs=1e-4
        )
        assert last == pytest.approx(
            [by_itself(model, prompt, [*text[:-1], other]).logprobs[-1] for other in (3, 4)], abs=1e-4
        )
        assert np.array(score.states) == pytest.approx(np.array(found.states)[[0, -1]], abs=1e-2)
    assert written.token_ids == before.token_ids == after.token_ids


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "falcon-h1", "rwkv7"])
def test_scores_of_tiny_models_are_those_of_llama_cpp_alone(architecture, tmp_path):
    path = tmp_path / "tiny.gguf"
    if architecture in tiny_hybrids.RECURRENT | tiny_hybrids.HYBRID:
        tiny_hybrids.write(path, architecture)
    else:
        tiny_gguf.write(path, architecture)
    config = BatchConfig(chunk=8, rows=4, multiple=4)
    with LlamaModel(path, config=config) as model:
        prompt = [token % 200 for token in range(3, 60, 2)]
        texts = [[5, 9, 2, 7, 7, 1], [5, 9, 2] * 4, [8]]
        with LlamaDecoder(model, 4, 256, config, 1, prefix_slots=2) as decoder, Engine(decoder) as engine:
            futures = [engine.score(prompt, text) for text in (*texts, *texts[::-1])]
            scores = [future.result(timeout=60) for future in futures]
        assert scores[:3] == scores[:2:-1]
        for text, score in zip(texts, scores, strict=False):
            assert score.logprobs == pytest.approx(by_itself(model, prompt, text).logprobs, abs=1e-4)


ESSAYS = (
    "The harbour froze in the third week of January, and the pilots walked to the ships with their charts under "
    "their arms. What they wrote down of the channel that winter was drawn from the ice, where everybody could see "
    "the deep places by their colour.",
    "A choir that sings without an organ sinks, a few cents in each verse, and nobody in it hears how. When the "
    "organ comes in again the congregation looks up, as if somebody had spoken too loudly in the street.",
)


@pytest.mark.model
def test_a_passage_given_its_own_text_keeps_its_bits_and_given_another_loses_them(model_path, model_file):
    with LocalModel(model_path, model_file, LoadOptions(contexts=(256,), parallel=2, threads=2)) as model:

        def given(text: str) -> Future[Score]:
            message = Message(role="user", content=f"Here is a text:\n\n{text}\n\nWrite the text again.")
            return model.score([message], ESSAYS[0])

        # Asked in the same way: by its manner alone a question tells 4 % of the bits.
        futures = [given(text) for text in ("...", *ESSAYS)]
        bits, own, other = (future.result(timeout=300).bits for future in futures)
        assert b"".join(futures[0].result().pieces).decode() == ESSAYS[0]
        assert (bits - own) / bits > 0.95
        assert (bits - other) / bits < 0.05


@pytest.mark.model
def test_a_text_can_be_scored_by_itself(model_path, model_file):
    with LocalModel(model_path, model_file, LoadOptions(contexts=(256,), parallel=1, threads=2)) as model:
        alone, after = model.score_text("", "and so on"), model.score_text("One, two, three, ", "and so on")
        assert alone.result(timeout=60).pieces == after.result(timeout=60).pieces
        assert alone.result().bits > after.result().bits
        parts = model.score_text("One, two, three, ", "and so", (" on", " far")).result(timeout=60)
        assert (parts.pieces, parts.logprobs) == (after.result().pieces, after.result().logprobs)
        ((on, far),) = parts.others
        assert on == parts.logprobs[-1] > far


@pytest.mark.model
def test_a_token_that_the_model_lacks_ends_its_score_alone(model):
    with LlamaDecoder(model, 2, 256, llama.exact_config("Q4_1"), 1) as decoder, Engine(decoder) as engine:
        with pytest.raises(ModelError, match="has no token 1000000"):
            engine.score([1, 2], [3], {0: [10**6]})
        bad, good = engine.score([1, 2], [10**6]), engine.score([1, 2], [3])
        with pytest.raises(ModelError, match="has no token 1000000"):
            bad.result(timeout=60)
        assert len(good.result(timeout=60).logprobs) == 1
