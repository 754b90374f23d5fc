"""The real model: what makes its bytes independent of the batch."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from remix.engine import llama
from remix.engine.chunks import cut
from remix.engine.decoder import BatchConfig, Row
from remix.engine.engine import Engine
from remix.engine.llama import LlamaDecoder, LlamaModel, library, samplers
from remix.errors import ModelError
from remix.records import (
    Dist,
    Dry,
    Grammar,
    Greedy,
    MinP,
    Penalties,
    Request,
    Sampler,
    Sampling,
    Temperature,
    TopK,
    TopP,
)
from remix.util import stages

pytestmark = pytest.mark.model

TEXTS = [
    "Every clock in the house tells another time, and the cat believes all of them.",
    "A map of the coast is out of date by the time the ink has dried. " * 4,
    "Two rivers meet below the town; nobody remembers which of them was here first.",
    "The archive burned, and what was left was catalogued with great care. " * 9,
]
CHAIN = (
    Penalties(last_n=64, repeat=1.05, frequency=0.0, presence=0.0),
    Dry(multiplier=0.8, base=1.75, allowed_length=2, last_n=1024, breakers=("\n", ":")),
    TopK(k=40),
    TopP(p=0.98),
    MinP(p=0.02),
    Temperature(t=0.9),
    Dist(),
)
HEARING = tuple(each.model_copy(update={"prompt": True}) if isinstance(each, Dry) else each for each in CHAIN)


@pytest.fixture(scope="module")
def model(model_path) -> Iterator[LlamaModel]:
    with LlamaModel(model_path, config=llama.exact_config("Q4_1")) as model:
        yield model


@pytest.fixture(scope="module")
def short(short_path) -> Iterator[LlamaModel]:
    """Where the words don't matter."""
    with LlamaModel(short_path, config=llama.exact_config("Q4_1")) as model:
        yield model


def ask(model: LlamaModel, count: int, max_tokens: int = 12) -> list[Request]:
    return [
        Request(
            token_ids=tuple(model.tokenize_text(TEXTS[n % len(TEXTS)])),
            sampling=Sampling(seed=n + 1, chain=(CHAIN, HEARING)[n % 2], max_tokens=max_tokens + n % 5, stop=()),
        )
        for n in range(count)
    ]


def run(
    model: LlamaModel, requests: list[Request], slots: int, config: BatchConfig, threads: int = 1
) -> list[object]:
    with LlamaDecoder(model, slots, 512, config, threads) as decoder, Engine(decoder) as engine:
        futures = [engine.submit(request) for request in requests]
        return [future.result(timeout=300).token_ids for future in futures]


@pytest.mark.parametrize(
    "config",
    [BatchConfig(), BatchConfig(multiple=8), BatchConfig(multiple=16), BatchConfig(multiple=16, flash_attn=True)],
    ids=str,
)
def test_tokens_do_not_depend_on_the_batch(short, config):
    config = config.model_copy(update={"repack": llama.exact_config("Q4_1").repack})
    requests = ask(short, 12, max_tokens=8)
    together = run(short, requests, 16, config)
    assert run(short, requests[::-1], 16, config, threads=2)[::-1] == together
    assert run(short, requests[:1], 16, config) == together[:1]


def test_tokens_do_not_depend_on_sharing(short):
    beginning = "The archive burned, and what was left was catalogued with great care. " * 10
    prompts = [beginning + ending for ending in ("Why?", "By whom, and for whom?", TEXTS[0], TEXTS[2])]
    sampling = Sampling(seed=5, chain=CHAIN, max_tokens=6, stop=())
    requests = [Request(token_ids=tuple(short.tokenize_text(prompt)), sampling=sampling) for prompt in prompts]
    config = llama.exact_config("Q4_1")
    apart = [run(short, [request], 1, config)[0] for request in requests]
    with LlamaDecoder(short, 2, 512, config, 2, prefix_slots=2) as decoder, Engine(decoder) as engine:
        shared = [future.result(timeout=300).token_ids for future in [engine.submit(each) for each in requests]]
        assert engine.computed < sum(len(request.token_ids) for request in requests) / 2
    assert shared == apart


def _continued(model: LlamaModel, prompt: str, *chain: Sampler) -> str:
    sampling = Sampling(seed=3, chain=(*chain, Greedy()), max_tokens=12, stop=())
    request = Request(token_ids=tuple(model.tokenize_text(prompt)), sampling=sampling)
    (tokens,) = run(model, [request], 1, llama.exact_config("Q4_1"))
    return b"".join(map(model.piece, tokens)).decode()


def test_a_text_that_hears_its_prompt_repeats_names_and_figures_only(model):
    dry = Dry(multiplier=2, base=1.75, allowed_length=2, last_n=1024, breakers=(), prompt=True)
    lamp, clerk = "The lamp over the gate was lit at nine and put out at dawn.", "Zbigniew Kowalczyk, 1730."
    sentences, names = (" ".join([text] * 4 + [text[:8]]) for text in (lamp, clerk))
    assert _continued(model, sentences).startswith(" over the gate was lit")
    assert _continued(model, sentences, dry.model_copy(update={"prompt": False})).startswith(" over the gate was lit")
    assert "over the gate was" not in _continued(model, sentences, dry)
    assert _continued(model, names, dry).startswith(clerk[8:-1])


def test_a_run_penalty_that_hears_the_prompt_draws_as_llama_cpp_does(model):
    _, request = ask(model, 2)
    free = {"allowed_length": 2**31 - 1}
    heard, unheard = (
        [each.model_copy(update=free) if isinstance(each, Dry) else each for each in chain]
        for chain in (HEARING, CHAIN)
    )
    requests = [
        request.model_copy(update={"sampling": request.sampling.model_copy(update={"chain": tuple(chain)})})
        for chain in (heard, unheard)
    ]
    first, second = run(model, requests, 2, llama.exact_config("Q4_1"))
    assert first == second


def test_texts_that_hear_their_prompts_are_the_same_in_any_batch_and_from_their_records(short):
    requests = [Request.model_validate_json(each.model_dump_json()) for each in ask(short, 6)[1::2]]
    one, five, sixteen = (run(short, requests, slots, llama.exact_config("Q4_1")) for slots in (1, 5, 16))
    assert one == five == sixteen


def test_a_moved_sequence_goes_on_as_if_it_had_stayed(short):
    (request,) = ask(short, 1)
    stayed, moved = (_decode_by_hand(short, request, move=move) for move in (False, True))
    assert stayed == moved


def _decode_by_hand(model: LlamaModel, request: Request, move: bool) -> list[int]:
    with LlamaDecoder(model, 3, 512, BatchConfig(repack=llama.exact_config("Q4_1").repack), 1) as decoder:
        prompt, slot = request.token_ids, 2
        decoder.open(slot, request.sampling, prompt)
        for start in range(0, len(prompt), 64):
            decoder.prefill(slot, prompt[start : start + 64], start)
        tokens = [decoder.sample(slot)]
        for position in range(len(prompt), len(prompt) + 8):
            if move and position == len(prompt) + 3:
                decoder.move(slot, 0)
                slot = 0
            decoder.decode([Row(slot, tokens[-1], position)])
            tokens.append(decoder.sample(slot))
        return tokens


@pytest.mark.parametrize(
    "sampler", [*CHAIN, Greedy(), Grammar(source='root ::= "a"')], ids=lambda sampler: sampler.name
)
def test_each_sampler_of_a_record_exists_in_llama_cpp(model, sampler):
    handle = samplers.create(model, sampler, seed=7)
    try:
        name = llama_cpp.llama_sampler_name(handle).decode().lstrip("?+")
        assert name.replace("-", "_") in {sampler.name, "temp" if sampler.name == "temperature" else sampler.name}
    finally:
        llama_cpp.llama_sampler_free(handle)


def test_the_seed_matters_and_is_enough(short):
    one, two = ask(short, 1)[0], ask(short, 1)[0]
    other = one.model_copy(update={"sampling": one.sampling.model_copy(update={"seed": 99})})
    config = llama.exact_config("Q4_1")
    same, again, different = run(short, [one, two, other], 3, config)
    assert same == again != different


def test_an_emptied_slot_leaves_nothing_behind(short):
    requests = ask(short, 3)
    one_slot = run(short, requests, 1, llama.exact_config("Q4_1"))
    assert one_slot == [run(short, [request], 1, llama.exact_config("Q4_1"))[0] for request in requests]


def test_vocabulary(model):
    (end,) = model.tokenize_markup("<|im_end|>")
    assert model.is_end(end)
    assert model.piece(end) == b""
    assert len(model.tokenize_text("<|im_end|>")) > 1
    words = model.tokenize_text("Ein Täßchen, ☕ bitte!")
    assert b"".join(map(model.piece, words)).decode() == "Ein Täßchen, ☕ bitte!"
    assert model.special_text("eos") == "<|im_end|>"
    assert model.bos is None


def test_loading_tells_how_far_it_is(model_path):
    told = []
    with stages.listening(lambda *stage: told.append(stage)):
        LlamaModel(model_path).close()
    assert {stage for stage, _ in told} == {"Loading the model"}
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert told[-1][1] == 1.0


@pytest.mark.parametrize(("slots", "multiple"), [(3, 16), (12, 8)])
def test_slots_come_in_multiples_as_rows_do(model, slots, multiple):
    with pytest.raises(ValueError, match=f"{slots} slots aren't a multiple of {multiple}"):
        LlamaDecoder(model, slots, 512, BatchConfig(multiple=multiple), 1)


def test_rows_come_in_multiples():
    with pytest.raises(ValueError, match="12 rows aren't a multiple of 8"):
        BatchConfig(rows=12, multiple=8)
    assert [BatchConfig(multiple=8).rows_for(sequences) for sequences in (1, 8, 9, 16)] == [8, 8, 16, 16]
    words = [BatchConfig(rows=32, multiple=multiple).in_words for multiple in (1, 8, 32)]
    assert words == ["1 to 32 rows", "8, 16, 24 or 32 rows", "always 32 rows"]


def test_a_file_that_is_no_model_gives_llama_cpps_reason(tmp_path):
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ModelError, match=r"no\.gguf: not a model llama\.cpp can load"):
        LlamaModel(path)


def test_llama_cpp_is_silent_unless_asked(model_path):
    code = (
        "from pathlib import Path; from remix.engine import llama; import sys; "
        "llama.set_verbose(sys.argv[2] == 'loud'); llama.LlamaModel(Path(sys.argv[1]), vocab_only=True).close()"
    )
    spoken = {
        how: subprocess.run([sys.executable, "-c", code, model_path, how], capture_output=True, text=True, check=True)
        for how in ("quiet", "loud")
    }
    assert (spoken["quiet"].stdout, spoken["quiet"].stderr) == ("", "")
    assert "llama" in spoken["loud"].stderr


def test_libraries_are_named_by_content():
    hashes = llama.library_sha256s()
    assert any("llama" in name for name in hashes)
    assert any("ggml-cpu" in name for name in hashes)
    assert len(set(hashes.values())) == len(hashes)


def test_weight_types_that_are_not_row_invariant_get_fixed_rows():
    assert llama.exact_config("Q8_0").multiple == 1
    assert llama.exact_config("Q4_K_M").is_fixed
    assert llama.exact_config("Q4_0", "Q6_K").is_fixed, "a file's type says nothing of each of its tensors"
    assert llama.exact_config().is_fixed


def test_amx_libraries_keep_weights_unpacked(monkeypatch):
    monkeypatch.setattr(library, "system_info", lambda: "CPU : AVX2 = 1 | AMX_INT8 = 1")
    # A run that another machine began, or a stranger forged.
    with pytest.raises(ModelError, match="doesn't survive"):
        LlamaModel(Path("model.gguf"), config=BatchConfig(repack=True))
    assert not llama.exact_config("Q8_0").repack
    monkeypatch.setattr(library, "system_info", lambda: "CPU : AVX2 = 1")
    assert llama.exact_config("Q8_0").repack


def test_the_users_own_thread_settings_are_left_alone():
    code = "import os; import remix.engine.llama; print(os.environ.get('GOMP_SPINCOUNT'))"
    for variable, expected in (("GOMP_SPINCOUNT", "77"), ("OMP_WAIT_POLICY", "None")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": "/usr/bin:/bin", variable: "77" if variable == "GOMP_SPINCOUNT" else "active"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected


def test_a_trace_says_how_likely_each_token_was(model):
    (request,) = ask(model, 1)
    with LlamaDecoder(model, 2, 512, llama.exact_config("Q4_1"), 1) as decoder:
        decoder.open(0, request.sampling, request.token_ids)
        decoder.prefill(0, request.token_ids, 0)
        logits = decoder.logits(0).astype(np.float64)
        token = decoder.sample(0)
        (choice,) = decoder.choices_of([0], [token])
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    assert choice.piece == model.piece(token).decode()
    assert choice.logprob == pytest.approx(np.log(probabilities[token]), abs=1e-3)
    assert choice.entropy == pytest.approx(-(probabilities * np.log(probabilities)).sum(), abs=1e-3)
    ranked = [each for each in np.argsort(-probabilities)[:6] if each != token][:5]
    assert [each.piece for each in choice.alternatives] == [model.piece(int(each)).decode() for each in ranked]
    assert [each.probability for each in choice.alternatives] == pytest.approx(probabilities[ranked], abs=1e-4)


@pytest.mark.parametrize("multiple", [1, 2, 4])
def test_tracing_changes_no_token_and_weighs_each_row_apart(short, multiple):
    config = llama.exact_config("Q4_1").model_copy(update={"multiple": multiple, "rows": 4})
    requests = ask(short, 4, max_tokens=5)
    plain = run(short, requests, 4, config)
    with LlamaDecoder(short, 4, 512, config, 1) as decoder, Engine(decoder, trace=True) as engine:
        together = [future.result(timeout=300) for future in [engine.submit(request) for request in requests]]
    with LlamaDecoder(short, 4, 512, config, 1) as decoder, Engine(decoder, trace=True) as engine:
        alone = [engine.submit(request).result(timeout=300) for request in requests]
    assert [each.token_ids for each in together] == plain
    assert [each.choices for each in together] == [each.choices for each in alone]
    assert [len(each.choices or ()) for each in together] == [len(tokens) for tokens in plain]


def test_fillers_leave_no_mark(short):
    """They used to want no logits, and the last layer then ran with as many rows as were active."""
    config = llama.exact_config("Q4_1").model_copy(update={"multiple": 4, "rows": 4})
    requests = ask(short, 4)
    with LlamaDecoder(short, 4, 512, config, 2) as decoder:
        rows = []
        for slot, request in enumerate(requests):
            decoder.open(slot, request.sampling, request.token_ids)
            for start in range(0, len(request.token_ids), 64):
                decoder.prefill(slot, request.token_ids[start : start + 64], start)
            rows.append(Row(slot, decoder.sample(slot), len(request.token_ids)))
        decoder.decode(rows[:1])
        alone = decoder.logits(0).copy()
        llama_cpp.llama_memory_seq_rm(decoder._memory, 0, rows[0].position, -1)
        decoder._cached[0] -= 1
        decoder.decode(rows)
        assert np.array_equal(decoder.logits(0), alone)


# -- grammars -----------------------------------------------------------------------------------------------

LIST = Grammar(source='root ::= "[" item ("," item)* "]"\nitem ::= " "? "\\"" [a-zé ]{1,12} "\\""')
TAILS: dict[str, tuple[Sampler, ...]] = {
    "usual": (TopK(k=40), MinP(p=0.05), Temperature(t=0.7), Dist()),
    "greedy": (Greedy(),),
    "min-p": (MinP(p=0.02), Temperature(t=1.5), Dist()),
    "top-p": (TopK(k=400), TopP(p=0.9), Temperature(t=1.2), Dist()),
    "penalties": CHAIN,
}


def ask_within(model: LlamaModel, grammar: Grammar, tail: tuple[Sampler, ...], count: int = 4) -> list[Request]:
    """The same texts to go on from, under a grammar."""
    return [
        request.model_copy(update={"sampling": request.sampling.model_copy(update={"chain": (grammar, *tail)})})
        for request in ask(model, count, max_tokens=24)
    ]


@pytest.mark.parametrize("tail", TAILS)
def test_a_grammar_on_the_most_probable_tokens_is_as_good_as_on_all(model, monkeypatch, tail):
    requests, config = ask_within(model, LIST, TAILS[tail], 2), llama.exact_config("Q4_1")
    quick = run(model, requests, 2, config)
    assert all(b"".join(map(model.piece, tokens)).startswith(b"[") for tokens in quick)
    monkeypatch.setattr(samplers, "GRAMMAR_CANDIDATES", ())
    assert run(model, requests, 2, config) == quick


def test_tokens_under_a_grammar_do_not_depend_on_the_batch(short):
    config = llama.exact_config("Q4_1")
    requests = [*ask_within(short, LIST, TAILS["usual"]), *ask(short, 3)]
    together = run(short, requests, 16, config)
    assert run(short, requests[::-1], 5, config, threads=2)[::-1] == together
    assert [run(short, [request], 1, config)[0] for request in requests] == together


def test_a_text_ends_with_its_grammar(model):
    [request] = ask_within(model, Grammar(source='start ::= "yes" | "no"', root="start"), TAILS["usual"], 1)
    with LlamaDecoder(model, 1, 512, llama.exact_config("Q4_1"), 1) as decoder, Engine(decoder) as engine:
        generation = engine.submit(request).result(timeout=60)
    assert generation.text in ("yes", "no")
    assert generation.finish == "stop"
    assert model.is_end(generation.token_ids[-1])


def test_control_tokens_stay_out_of_a_grammar_s_strings(model):
    start = model.tokenize_markup("<|im_start|>")
    assert len(start) == 1
    assert start[0] not in model.writable
    [request] = ask_within(model, Grammar(source='root ::= "<|im_start|>"'), (Greedy(),), 1)
    [tokens] = run(model, [request], 1, llama.exact_config("Q4_1"))
    assert b"".join(map(model.piece, tokens)) == b"<|im_start|>"


@pytest.mark.parametrize(
    ("source", "root"),
    [("root ::= nowhere", "root"), ('root ::= root "a"', "root"), ('root ::= "a"', "start"), ("root ::= (", "root")],
)
def test_a_bad_grammar_is_an_error_in_words_and_its_own(model, source, root):
    good, bad = ask(model, 1)[0], ask_within(model, Grammar(source=source, root=root), (Greedy(),), 1)[0]
    with LlamaDecoder(model, 2, 512, llama.exact_config("Q4_1"), 1) as decoder, Engine(decoder) as engine:
        first, refused, again = (engine.submit(request) for request in (good, bad, good))
        with pytest.raises(ModelError, match="can't read the grammar"):
            refused.result(timeout=60)
        assert first.result(timeout=60).token_ids == again.result(timeout=60).token_ids


def test_a_grammar_without_a_way_on_is_an_error_and_its_own(model):
    nothing = Grammar(source='root ::= "a" [^\\x00-\\U0010FFFF]')
    good, bad = ask(model, 1)[0], ask_within(model, nothing, TAILS["usual"], 1)[0]
    with LlamaDecoder(model, 2, 512, llama.exact_config("Q4_1"), 1) as decoder:
        with Engine(decoder) as engine:
            alone = engine.submit(good).result(timeout=60).token_ids
        with Engine(decoder, trace=True) as engine:
            first, lost = engine.submit(good), engine.submit(bad)
            with pytest.raises(ModelError, match="allows no token"):
                lost.result(timeout=60)
            assert first.result(timeout=60).token_ids == alone


def test_a_lone_token_with_flash_attention_would_depend_on_threads_and_is_never_computed_alone(short):
    """From 512 cells on llama.cpp splits a lone row's attention between threads."""
    prompt = short.tokenize_text("The lake has no middle, and the ferries leave at noon. " * 60)[: 64 * 9 + 1]
    config = BatchConfig(flash_attn=True, multiple=2, rows=2, repack=llama.exact_config("Q4_1").repack)

    def logits(threads: int, chunks: tuple[tuple[int, ...], ...]) -> bytes:
        with LlamaDecoder(short, 2, 768, config, threads) as decoder:
            decoder.open(0, Sampling(seed=1, chain=CHAIN, max_tokens=1, stop=()), prompt)
            start = 0
            for chunk in chunks:
                decoder.prefill(0, chunk, start)
                start += len(chunk)
            return decoder.logits(0).tobytes()

    aligned = tuple(tuple(prompt[start : start + 64]) for start in range(0, len(prompt), 64))
    assert len(aligned[-1]) == 1
    assert logits(1, aligned) != logits(2, aligned), "llama.cpp no longer does: the rule can go"
    chunks = cut(prompt, 64, short.piece)
    assert len(chunks[-1]) == 2
    assert logits(1, chunks) == logits(2, chunks)
