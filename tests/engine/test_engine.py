"""The engine's loop, over a decoder without weights."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.engine.decoder import BatchConfig, KVCacheLayout
from remix.engine.engine import Engine
from remix.errors import ModelError, PromptError
from remix.records import Dist, Generation, Request, Sampling
from tests.conftest import eventually
from tests.fake_decoder import FakeDecoder


def ask(prompt: list[int], seed: int = 1, max_tokens: int = 9, stop: tuple[str, ...] = ()) -> Request:
    return Request(
        token_ids=tuple(prompt), sampling=Sampling(seed=seed, chain=(Dist(),), max_tokens=max_tokens, stop=stop)
    )


class Recurrent(FakeDecoder):
    """Its slots can't be cut."""

    copies_whole = True


def answers(
    requests: list[Request],
    slots: int,
    parallel: int,
    prefix_slots: int = 0,
    chunk: int = 4,
    multiple: int | None = 1,
    kind: type[FakeDecoder] = FakeDecoder,
) -> list[Generation]:
    config = BatchConfig(chunk=chunk, rows=slots * (multiple or 1), multiple=multiple or slots)
    decoder = kind(config.rows, config=config, prefix_slots=prefix_slots)
    with Engine(decoder, parallel) as engine:
        return [future.result(timeout=10) for future in [engine.submit(request) for request in requests]]


class Endless(FakeDecoder):
    """Texts end when they are cut."""

    END = -1


def tokens(generations: list[Generation]) -> list[tuple[int, ...] | None]:
    return [generation.token_ids for generation in generations]


LINE = FakeDecoder.LINE
# So few words that prompts begin alike often, and paragraphs long enough to end a chunk.
blocks = st.sampled_from([(1,), (2,), (1, 2, 1), (1,) * 18 + (LINE, LINE), (1,) * 9 + (2,) * 9 + (LINE, LINE)])
requests = st.lists(
    st.builds(
        ask,
        prompt=st.lists(blocks, min_size=1, max_size=5).map(
            lambda parts: [token for part in parts for token in part]
        ),
        seed=st.integers(1, 5),
        max_tokens=st.integers(1, 40),
        stop=st.sampled_from([(), ("a",), ("ab", "z")]),
    ),
    min_size=1,
    max_size=12,
)


@given(
    requests,
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 4),
    st.sampled_from([4, 20, 64]),
    st.sampled_from([1, 2, 4, None]),
    st.sampled_from([FakeDecoder, Recurrent]),
    st.randoms(),
)
def in_any_company(requests, slots, parallel, prefix_slots, chunk, multiple, kind, order):
    alone = [answers([request], 1, 1, chunk=chunk)[0] for request in requests]
    shuffled = list(enumerate(requests))
    order.shuffle(shuffled)
    together = answers([request for _, request in shuffled], slots, parallel, prefix_slots, chunk, multiple, kind)
    for (index, _), generation in zip(shuffled, together, strict=True):
        assert (generation.token_ids, generation.text, generation.finish) == (
            alone[index].token_ids,
            alone[index].text,
            alone[index].finish,
        )


def test_the_same_request_gives_the_same_tokens_in_any_company(request):
    examples = 2000 if request.config.getoption("full") else 500
    settings(max_examples=examples)(in_any_company)()


def test_several_sequences_are_decoded_in_one_call():
    decoder = FakeDecoder(4)
    with Engine(decoder) as engine:
        futures = [engine.submit(ask([n, 1, 2], max_tokens=6)) for n in range(1, 5)]
        for future in futures:
            future.result(timeout=10)
    assert max(rows for call, rows in decoder.calls if call == "decode") > 1


def test_prompts_are_computed_in_chunks():
    decoder = FakeDecoder(1, config=BatchConfig(chunk=4, rows=1))
    with Engine(decoder) as engine:
        engine.submit(ask(list(range(1, 11)), max_tokens=1)).result(timeout=10)
    assert decoder.calls == [("prefill", 4), ("prefill", 4), ("prefill", 2)]


def test_a_shared_beginning_is_computed_once():
    decoder = FakeDecoder(4, prefix_slots=4)
    prompts = [[*range(1, 13), n, n] for n in range(1, 5)]
    with Engine(decoder) as engine:
        for future in [engine.submit(ask(prompt, max_tokens=3)) for prompt in prompts]:
            future.result(timeout=10)
        assert engine.computed == 12 + 4 * 2


def test_a_finished_sequences_prompt_stays_in_a_prefix_slot():
    with Engine(FakeDecoder(1, prefix_slots=2)) as engine:
        for prompt in ([*range(1, 11)], [*range(20, 30)], [*range(1, 9), 5, 5]):
            engine.submit(ask(prompt, max_tokens=2)).result(timeout=10)
        assert engine.computed == 10 + 10 + 2


@pytest.mark.parametrize("kind", [FakeDecoder, Recurrent])
def test_a_beginning_that_occurred_before_is_kept_for_prompts_that_come_later(kind):
    with Engine(kind(1, prefix_slots=2)) as engine:
        computed = []
        for ending in range(1, 5):
            before = engine.computed
            engine.submit(ask([*range(1, 13), ending, ending], max_tokens=2)).result(timeout=10)
            computed.append(engine.computed - before)
    # Slots that can't be cut are kept where a second prompt parts from the first.
    assert computed == ([14, 2, 2, 2] if kind is FakeDecoder else [14, 14, 2, 2])


def test_the_least_recently_used_prefix_slot_is_overwritten():
    first, second, third = ([start, *range(2, 11)] for start in (1, 11, 21))
    with Engine(FakeDecoder(1, prefix_slots=2)) as engine:
        computed = []
        for prompt in (first, second, first, third, first, second):
            before = engine.computed
            engine.submit(ask(prompt, max_tokens=1)).result(timeout=10)
            computed.append(engine.computed - before)
    assert computed == [10, 10, 2, 10, 2, 10]


def test_parallel_caps_the_rows():
    decoder = FakeDecoder(8)
    with Engine(decoder, parallel=3) as engine:
        for future in [engine.submit(ask([n, 3], max_tokens=8)) for n in range(1, 9)]:
            future.result(timeout=10)
    assert max(rows for call, rows in decoder.calls if call == "decode") == 3


def test_max_tokens_cuts_and_says_so():
    (generation,) = answers([ask([1, 2], seed=3, max_tokens=2)], 1, 1)
    assert generation.token_ids is not None
    assert len(generation.token_ids) == 2
    assert generation.finish == "length"


def test_a_stop_string_ends_the_text_and_is_not_part_of_it():
    (free,) = answers([ask([1, 2], seed=2, max_tokens=20)], 1, 1)
    stop = free.text[3:5]
    (stopped,) = answers([ask([1, 2], seed=2, max_tokens=20, stop=(stop,))], 1, 1)
    assert stopped.text == free.text[: free.text.index(stop)]
    assert stopped.finish == "stop"


def test_streamed_words_make_up_the_text_and_never_show_a_stop_string():
    (free,) = answers([ask([5, 2], seed=6, max_tokens=30)], 1, 1)
    stop = free.text[6:9]
    heard: list[str] = []
    with Engine(FakeDecoder(1)) as engine:
        generation = engine.submit(ask([5, 2], seed=6, max_tokens=30, stop=(stop,)), heard.append).result(timeout=10)
    assert "".join(heard) == generation.text


def test_what_does_not_fit_the_context_is_refused_rather_than_cut():
    with Engine(FakeDecoder(1, n_ctx_seq=16)) as engine:
        with pytest.raises(PromptError, match="a prompt of 12 tokens and up to 5 new ones"):
            engine.submit(ask([1] * 12, max_tokens=5))
        assert engine.submit(ask([1] * 12, max_tokens=4)).result(timeout=10).token_ids


def test_an_empty_prompt_is_refused():
    with Engine(FakeDecoder(1)) as engine, pytest.raises(PromptError):
        engine.submit(ask([]))


def test_a_failing_call_fails_those_in_it_and_the_engine_lives_on():
    decoder = Endless(2)
    decoder.fail_after = 3
    with Engine(decoder) as engine:
        futures = [engine.submit(ask([n], max_tokens=40)) for n in (1, 2)]
        for future in futures:
            with pytest.raises(ModelError, match="fails on purpose"):
                future.result(timeout=10)
        decoder.fail_after = None
        assert engine.submit(ask([3])).result(timeout=10).text


def test_a_listener_that_fails_does_not_take_the_others_along():
    def fails(_: str) -> None:
        raise RuntimeError("no")

    with Engine(FakeDecoder(2)) as engine:
        bad = engine.submit(ask([1, 1], seed=2, max_tokens=40), fails)
        good = engine.submit(ask([2, 1], seed=2, max_tokens=40))
        with pytest.raises(RuntimeError, match="no"):
            bad.result(timeout=10)
        assert good.result(timeout=10).token_ids == answers([ask([2, 1], seed=2, max_tokens=40)], 1, 1)[0].token_ids


def close_and_then(engine: Engine, release: threading.Event) -> None:
    """Close an engine, and let its decoder go on as soon as the engine knows."""
    threading.Thread(target=lambda: (eventually(lambda: engine._closing), release.set())).start()
    engine.close()


def test_close_cancels_what_is_not_finished():
    release = threading.Event()

    class Slow(FakeDecoder):
        END = -1

        def decode(self, rows):
            release.wait(60)
            super().decode(rows)

    engine = Engine(Slow(1, n_ctx_seq=4000))
    running, waiting = engine.submit(ask([1], max_tokens=3000)), engine.submit(ask([2]))
    close_and_then(engine, release)
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result(timeout=10)
    with pytest.raises(ModelError, match="closed"):
        engine.submit(ask([1]))


def test_a_cancelled_request_never_runs():
    hold = threading.Event()

    class Held(FakeDecoder):
        def prefill(self, slot, tokens, position):
            hold.wait(10)
            super().prefill(slot, tokens, position)

    decoder = Held(1)
    with Engine(decoder) as engine:
        first, second = engine.submit(ask([1], max_tokens=1)), engine.submit(ask([2], max_tokens=1))
        assert second.cancel()
        hold.set()
        first.result(timeout=10)
    assert decoder.calls == [("prefill", 1)]


def test_sampled_counts_tokens():
    with Engine(FakeDecoder(2)) as engine:
        done = [engine.submit(ask([n], max_tokens=5)).result(timeout=10) for n in range(1, 4)]
        assert engine.sampled == sum(len(each.token_ids or ()) for each in done)


# -- layouts --------------------------------------------------------------------------------------------------

SMALL, LARGE = (
    KVCacheLayout(n_ctx_seq=32, slots=4, prefix_slots=2),
    KVCacheLayout(n_ctx_seq=256, slots=2, prefix_slots=1),
)


class Watched(Endless):
    """Notes the layouts it was given."""

    def resize(self, layout):
        self.calls.append(("resize", layout.n_ctx_seq))
        super().resize(layout)


def with_larger(decoder: FakeDecoder, *larger: KVCacheLayout) -> Engine:
    return Engine(decoder, larger=larger)


def test_what_is_too_long_waits_until_the_others_are_done_and_gets_its_own_room():
    decoder = Watched(SMALL.slots, SMALL.n_ctx_seq, prefix_slots=SMALL.prefix_slots)
    long, *short = [ask([1] * 40, max_tokens=20), *(ask([n], max_tokens=9) for n in range(1, 10))]
    submitted = threading.Event()
    with with_larger(decoder, LARGE) as engine:
        assert (engine.parallel, engine.longest) == (4, 256)
        # The first one lasts until all have been submitted.
        first = engine.submit(short[0], lambda _: submitted.wait(10))
        futures = [engine.submit(request) for request in (long, *short[1:])]
        submitted.set()
        together = [future.result(timeout=10) for future in (first, *futures)]
        assert engine.parallel == 2
        assert engine.submit(short[0]).result(timeout=10).token_ids == together[0].token_ids
    assert [name for name, _ in decoder.calls].count("resize") == 1
    before = decoder.calls[: decoder.calls.index(("resize", 256))]
    assert sum(rows for name, rows in before if name == "decode") == 9 * 8, "all short ones came first"


@settings(max_examples=300)
@given(requests, st.integers(1, 4), st.integers(0, 2))
def test_the_same_request_gives_the_same_tokens_in_any_layout(requests, slots, prefix_slots):
    alone = [answers([request], 1, 1)[0].token_ids for request in requests]
    decoder = FakeDecoder(slots, 30, BatchConfig(chunk=4, rows=slots), prefix_slots)
    with with_larger(decoder, KVCacheLayout(60, slots, prefix_slots), KVCacheLayout(512, 1, prefix_slots)) as engine:
        futures = [engine.submit(request) for request in requests]
        assert [future.result(timeout=10).token_ids for future in futures] == alone


def test_what_fits_no_room_is_refused_at_once():
    with (
        with_larger(FakeDecoder(1, n_ctx_seq=16), LARGE) as engine,
        pytest.raises(PromptError, match="a context of 256"),
    ):
        engine.submit(ask([1] * 250, max_tokens=9))


def test_a_room_that_cannot_be_had_fails_those_that_need_it():
    class Narrow(FakeDecoder):
        def resize(self, layout):
            raise ModelError("no memory", "buy some")

    with with_larger(Narrow(1, n_ctx_seq=16), LARGE) as engine:
        with pytest.raises(ModelError, match="no memory"):
            engine.submit(ask([1] * 40)).result(timeout=10)
        assert engine.submit(ask([1, 2])).result(timeout=10).token_ids
        with pytest.raises(PromptError, match="a context of 16"):
            engine.submit(ask([1] * 40))


def test_closing_cancels_what_waits_for_its_room():
    release = threading.Event()

    class Slow(Endless):
        def decode(self, rows):
            release.wait(60)
            super().decode(rows)

    engine = with_larger(Slow(1, n_ctx_seq=64), LARGE)
    engine.submit(ask([1], max_tokens=50))
    waiting = engine.submit(ask([1] * 100))
    close_and_then(engine, release)
    assert waiting.cancelled()


# -- what one sequence can't do is no other's affair ----------------------------------------------------------


class Picky(FakeDecoder):
    """Refuses the samplers of seed 2, and finds no third token for seed 3."""

    def open(self, slot, sampling, prompt):
        if sampling.seed == 2:
            raise ModelError("this is no grammar.", "Mend it.")
        super().open(slot, sampling, prompt)

    def sample(self, slot, given=None):
        sampling = self._sampling[slot]
        assert sampling is not None
        return None if sampling.seed == 3 and len(self._memory[slot]) > 4 else super().sample(slot, given)


@pytest.mark.parametrize("trace", [False, True])
def test_a_sequence_that_cannot_go_on_ends_alone(trace):
    requests = [ask([1, 2, 1], seed=seed, max_tokens=20) for seed in (1, 2, 3, 4, 2, 1)]
    with Engine(Picky(3, prefix_slots=1), trace=trace) as engine:
        futures = [engine.submit(request) for request in requests]
        errors = [future.exception(timeout=10) for future in futures]
    assert [type(error) for error in errors] == [
        type(None),
        ModelError,
        ModelError,
        type(None),
        ModelError,
        type(None),
    ]
    assert "no grammar" in str(errors[1])
    assert "allows no token" in str(errors[2])
    kept = [requests[number] for number in (0, 3, 5)]
    assert [futures[number].result().token_ids for number in (0, 3, 5)] == tokens(answers(kept, 1, 1))
