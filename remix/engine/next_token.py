"""The next token of a sequence: sampled, given by the request, or a token of a mark that closes a thought.

Takes a decoder with logits for the sequence's slot; gives a token, or an error of this sequence alone.
"""

from __future__ import annotations

from remix.engine.decoder import Decoder
from remix.engine.failures import dead_end
from remix.engine.sequence import Sequence
from remix.errors import RemixError


def next_token(decoder: Decoder, sequence: Sequence) -> int | RemixError:
    """The next token of a sequence. The samplers always draw a token, so that the random numbers are the same in all
    cases."""
    given, closing = sequence.given, sequence.filter.forced
    try:
        if sequence.new_seed is not None:
            decoder.reseed(sequence.slot, sequence.new_seed)
        # While a mark closes a thought at the limit, samplers accept the drawn tokens instead of the mark's, in a
        # branch as in any text.
        token = decoder.sample(sequence.slot, None if closing else given)
    except RemixError as error:
        return error
    if closing:
        token = closing[0]
    if given is not None:
        token = given
    return dead_end() if token is None else token
