"""Branches of a text, over a decoder without weights: given tokens, tokens in common, and where branches part."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remix.engine.decoder import BatchConfig
from remix.engine.engine import Engine
from remix.engine.scheduler import Scheduler
from remix.engine.sequence import Sequence
from remix.errors import ModelError, PromptError
from remix.records import Dist, Fork, Generation, Request, Sampling
from tests.engine.test_engine import Endless, Recurrent
from tests.fake_decoder import FakeDecoder

PROMPT = (1, 2, 3, 4, 5, 6)


def ask(seed: int = 1, max_tokens: int = 20, stop: tuple[str, ...] = (), prompt: tuple[int, ...] = PROMPT) -> Request:
    sampling = Sampling(seed=seed, chain=(Dist(),), max_tokens=max_tokens, stop=stop)
    return Request(token_ids=prompt, sampling=sampling)


def branch(request: Request, *tokens: int, seed: int | None = None) -> Request:
    return request.model_copy(update={"fork": Fork(token_ids=tokens, seed=seed)})


def write(decoder: FakeDecoder, requests: list[Request], parallel: int | None = None) -> list[Generation]:
    with Engine(decoder, parallel, trace=True) as engine:
        return [future.result(timeout=10) for future in [engine.submit(request) for request in requests]]


def alone(request: Request, kind: type[FakeDecoder] = FakeDecoder) -> Generation:
    return write(kind(1, config=BatchConfig(chunk=4, rows=1)), [request])[0]


def said(generation: Generation) -> tuple[object, ...]:
    return generation.text, generation.finish, generation.token_ids, generation.choices


def tokens_of(generation: Generation) -> tuple[int, ...]:
    assert generation.token_ids is not None
    return generation.token_ids


def steps(decoder: FakeDecoder) -> int:
    return sum(call == "decode" for call, _ in decoder.calls)


originals = st.builds(
    ask,
    seed=st.integers(1, 3),
    max_tokens=st.integers(1, 30),
    stop=st.sampled_from([(), ("a",), ("ab", "z")]),
    prompt=st.sampled_from([PROMPT, PROMPT[:3], (7, 8)]),
)


@st.composite
def families(draw: st.DrawFn) -> list[tuple[Request, Generation | None]]:
    """Texts with branches, each with the text that it must give if that is known from its original."""
    asked: list[tuple[Request, Generation | None]] = []
    for original in draw(st.lists(originals, min_size=1, max_size=3)):
        written = alone(original)
        asked += [(original, written)] * draw(st.integers(0, 1))
        for _ in range(draw(st.integers(0, 8))):
            begun = tokens_of(written)[: draw(st.integers(1, len(tokens_of(written))))]
            seed = draw(st.sampled_from([None, None, 1, 7]))
            other = draw(st.lists(st.integers(0, 27), max_size=3))[: original.sampling.max_tokens - len(begun)]
            known = written if seed is None and not other else None
            asked.append((branch(original, *begun, *other, seed=seed), known))
    return asked


@settings(max_examples=600)
@given(
    families(),
    st.integers(1, 8),
    st.integers(1, 8),
    st.integers(0, 3),
    st.sampled_from([1, 2, 4, None]),
    st.sampled_from([FakeDecoder, Recurrent]),
    st.randoms(),
)
def test_a_branch_gives_the_same_in_any_company_and_its_original_s_tokens_give_the_original(
    asked, slots, parallel, prefix_slots, multiple, kind, order
):
    order.shuffle(asked)
    config = BatchConfig(chunk=4, rows=slots * (multiple or 1), multiple=multiple or slots)
    decoder = kind(config.rows, config=config, prefix_slots=prefix_slots)
    for (request, known), came in zip(asked, write(decoder, [each for each, _ in asked], parallel), strict=True):
        assert said(came) == said(known or alone(request))
        given_ = request.fork.token_ids if request.fork else ()
        assert tokens_of(came) == given_[: len(tokens_of(came))] + tokens_of(came)[len(given_) :]


def test_branches_at_one_place_decode_what_they_have_in_common_once():
    original = ask(max_tokens=40)
    begun = tokens_of(alone(original, Endless))[:30]
    single = Endless(16, config=BatchConfig(chunk=4, rows=16))
    write(single, [branch(original, *begun, 1)])
    several = Endless(16, config=BatchConfig(chunk=4, rows=16))
    branches = write(several, [branch(original, *begun, token) for token in range(1, 17)])
    assert len({each.token_ids for each in branches}) == 16
    assert (steps(single), steps(several)) == (39, 39)
    rows = sum(rows for call, rows in several.calls if call == "decode")
    assert rows == 30 + 16 * 9, "the thirty tokens in common have a row each, once"


def test_branches_at_different_places_go_along_with_the_longest():
    original = ask(max_tokens=40)
    begun = tokens_of(alone(original, Endless))
    decoder = Endless(16, config=BatchConfig(chunk=4, rows=16))
    places = [3, 30, 11, 38, 0]
    asked = [branch(original, *begun[:place], (begun[place] + 1) % 26 + 1) for place in places]
    branches = write(decoder, asked)
    assert [said(each) for each in branches] == [said(alone(each, Endless)) for each in asked]
    assert steps(decoder) == 39
    # The longest has 38 rows before its own fork; each has rows of its own from its fork on.
    assert sum(rows for call, rows in decoder.calls if call == "decode") == 38 + sum(39 - place for place in places)


def test_more_branches_than_slots_are_all_written():
    original = ask(max_tokens=20)
    begun = tokens_of(alone(original, Endless))[:10]
    asked = [branch(original, *begun, seed=seed) for seed in range(1, 12)]
    came = write(Endless(3, config=BatchConfig(chunk=4, rows=3)), asked)
    assert [said(each) for each in came] == [said(alone(each, Endless)) for each in asked]
    assert len({each.token_ids for each in came}) == 11


def queue(slots: int, requests: list[Request]) -> list[int]:
    """The places in the queue of the sequences that begin at once, in the order in which they begin."""
    scheduler = Scheduler(range(slots), ())
    sequences = [Sequence(request) for request in requests]
    for sequence in sequences:
        scheduler.add(sequence)
    begun = []
    while admitted := scheduler.admit():
        begun.append(sequences.index(admitted[0]))
    return begun


def test_branches_that_go_along_keep_slots_from_later_sequences_and_not_from_earlier_ones():
    branches = [branch(ask(), 1), branch(ask(), 1, 2, 3), branch(ask(), 1, 2)]
    text, others = ask(prompt=(7, 8)), [branch(ask(seed=2), 1), branch(ask(seed=2), 2)]
    assert queue(3, [*branches, text]) == [1]
    assert queue(4, [*branches, text]) == [1, 3]
    assert queue(3, [text, *branches]) == [0, 2]
    assert queue(5, [*branches, *others, text]) == [1, 3]
    assert queue(6, [*branches, *others, text]) == [1, 3, 5]


def test_of_many_texts_the_branches_share_as_much_as_of_one():
    places = (4, 9, 13, 20, 22, 31, 35)
    asked: list[list[Request]] = []
    for number in range(1, 9):
        original = ask(max_tokens=40, prompt=(number, *PROMPT))
        begun = tokens_of(alone(original, Endless))
        asked.append([branch(original, *begun[:place], (begun[place] + 1) % 26 + 1) for place in places])
    apart = 0
    for some in asked:
        decoder = Endless(8, config=BatchConfig(chunk=4, rows=8))
        write(decoder, some)
        apart += sum(rows for call, rows in decoder.calls if call == "decode")
    decoder = Endless(8, config=BatchConfig(chunk=4, rows=8))
    write(decoder, [each for some in asked for each in some])
    assert sum(rows for call, rows in decoder.calls if call == "decode") < 1.4 * apart


def test_variants_begin_to_differ_at_the_fork():
    original = ask(max_tokens=20)
    begun = tokens_of(alone(original, Endless))[:10]
    first, second = (alone(branch(original, *begun, seed=seed), Endless) for seed in (5, 6))
    assert first.token_ids != second.token_ids
    assert tokens_of(first)[:10] == tokens_of(second)[:10] == begun
    # A seed belongs to the place where its random numbers begin.
    assert tokens_of(alone(branch(original, *begun[:9], seed=5), Endless))[9:] != tokens_of(first)[9:]


def test_a_given_end_and_a_given_stop_string_end_the_text():
    original = ask(stop=("dd",))
    assert alone(branch(original, 3, FakeDecoder.END)).text == "c"
    stopped = alone(branch(original, 3, 4, 4, 5, 5))
    assert (stopped.text, stopped.finish, stopped.token_ids) == ("c", "stop", (3, 4, 4))
    full = alone(branch(ask(max_tokens=3), 3, 4, 5))
    assert (full.text, full.finish) == ("cde", "length")


def test_more_given_tokens_than_the_text_may_have_are_refused():
    with (
        Engine(FakeDecoder(1)) as engine,
        pytest.raises(PromptError, match="4 tokens are given, and the text may have 3"),
    ):
        engine.submit(branch(ask(max_tokens=3), 1, 2, 3, 4))


def test_a_given_token_that_the_model_lacks_is_refused():
    class Small(FakeDecoder):
        def piece(self, token: int) -> bytes:
            if token > 27:
                raise ModelError("no such token", "none")
            return super().piece(token)

    with Engine(Small(1)) as engine, pytest.raises(ModelError, match="no such token"):
        engine.submit(branch(ask(), 1, 28))


def test_given_tokens_are_passed_on_as_they_are_taken():
    original = ask(max_tokens=12)
    begun = tokens_of(alone(original, Endless))[:8]
    heard: dict[int, str] = {1: "", 2: "", 3: ""}

    def listen(number: int):
        def hear(text: str) -> None:
            heard[number] += text

        return hear

    with Engine(Endless(4)) as engine:
        futures = [engine.submit(branch(original, *begun, token), listen(token)) for token in heard]
        texts = [future.result(timeout=10).text for future in futures]
    assert list(heard.values()) == texts


def test_a_listener_that_hangs_up_ends_its_own_branch_only():
    original = ask(max_tokens=12)
    begun = tokens_of(alone(original, Endless))[:8]
    asked = [branch(original, *begun, token) for token in (1, 2, 3)]

    def hang_up(_: str) -> None:
        raise ConnectionError("gone")

    for number in range(3):
        with Engine(Endless(4), trace=True) as engine:
            futures = [engine.submit(each, hang_up if at == number else None) for at, each in enumerate(asked)]
            for at, future in enumerate(futures):
                if at == number:
                    assert isinstance(future.exception(timeout=10), ConnectionError)
                else:
                    assert said(future.result(timeout=10)) == said(alone(asked[at], Endless))


def test_cancelled_branches_leave_no_slot_taken():
    original = ask(max_tokens=20)
    begun = tokens_of(alone(original, Endless))[:10]
    chance = random.Random(3)
    with Engine(Endless(3, config=BatchConfig(chunk=4, rows=3)), trace=True) as engine:
        futures = [engine.submit(branch(original, *begun, seed=seed)) for seed in range(1, 30)]
        kept = [future for future in futures if chance.random() < 0.5 or not future.cancel()]
        assert len(kept) < 29
        for future in kept:
            assert tokens_of(future.result(timeout=10))[:10] == begun
        # Each slot can be had again.
        again = [engine.submit(ask(seed=seed)) for seed in range(1, 4)]
        assert [said(each.result(timeout=10)) for each in again] == [
            said(alone(ask(seed=seed), Endless)) for seed in range(1, 4)
        ]
