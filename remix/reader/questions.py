"""Questions to a reader: does a passage support a claim?

Takes a passage, gives the text before a claim, the question after the claim, and the answers to choose from. Plain
text without a chat template: the text before a claim is the same for all claims about a passage, and is computed
once.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from remix.records import Answers

ANSWERS: Answers = (" Supported", " Contradicted", " Not mentioned")
"""The answers, in the order of `Score.others`; the first tokens are different."""

QUESTION = "\nVerdict:"
"""Behind a claim."""

_TASK = (
    "Each claim is checked against the passage: Supported if the passage says the same, Contradicted if any detail "
    "is different, Not mentioned if the passage is silent."
)


class _Example(NamedTuple):
    """A passage, and claims with answers."""

    passage: str
    claims: tuple[tuple[Literal["S", "C", "N"], str], ...]
    """The initial of the answer, and the claim."""


_EXAMPLES = (
    _Example(
        "When the mill at Rove closed in 1920, fewer people came to the fair than before, though the town "
        "still paid for the band. The miller’s house stood empty for thirty years, and children played in it. "
        "Nobody asked who owned the orchard behind the house, and the pears were sold to pay for the school "
        "roof.",
        (
            ("S", "After 1920 the fair at Rove drew smaller crowds."),
            ("C", "The closing of the mill brought more people to the fair."),
            ("N", "The mayor of Rove was a tall man with a grey beard."),
            ("C", "The miller’s house was lived in for thirty years."),
            (
                "S",
                "Money for the roof of the school came from the pears of an orchard whose owner no one looked for.",
            ),
            ("C", "In 1930 the mill at Rove closed."),
            ("S", "For three decades children had an empty house to play in."),
            ("C", "The school paid for the band, and the town bought the pears."),
            ("N", "Every town that loses its industry loses its memory too."),
        ),
    ),
    _Example(
        "My uncle repaired pianos because he could not play them. He worked at night in a room of twelve "
        "instruments, and tuned each one a little flat, as Madame Orlova had taught him in Riga. His "
        "customers complained at first; after a winter they said that every other piano sounded sharp.",
        (
            ("S", "Since he was no player, the uncle took to mending pianos."),
            ("C", "The uncle repaired pianos although he could not play them."),
            ("S", "He tuned the instruments slightly low, a habit he owed to Madame Orlova."),
            ("C", "By day he worked among twelve pianos."),
            ("N", "His wife kept the accounts and hated the noise."),
            ("C", "At first nobody complained about the tuning."),
            ("S", "Once winter was over, the customers found all other pianos too sharp."),
            ("C", "Madame Orlova learned to tune from him in Riga."),
            ("N", "The passage is about the way in which tradition shapes the modern world."),
        ),
    ),
    _Example(
        "Every winter the lighthouse at Skerrow lost a few panes to birds, and the keeper replaced them with "
        "wood, since glass had to be shipped from Leith. By 1888 half the lantern was dark. The board blamed "
        "the lamp and bought a stronger one; no captain was asked, though all of them knew.",
        (
            ("S", "Birds broke some of the lighthouse’s glass each year, and wood took its place."),
            ("C", "The keeper used glass for the repairs because wood had to be shipped from Leith."),
            ("S", "By 1888 half of the lantern gave no light."),
            ("C", "The board blamed the captains and bought a weaker lamp."),
            ("S", "The captains knew, but none of them was consulted."),
            ("N", "Ships were lost on the rocks below Skerrow."),
            ("N", "Half of the birds perhaps died by 1888."),
            ("C", "The stronger lamp was bought after the captains had been asked."),
            ("N", "In other words, we repair what we can see and never ask those who would know."),
        ),
    ),
    _Example(
        "Weeds are plants that the gardener did not choose. Most of them arrived with the seed that he paid "
        "for, and the best soil has more of them than the worst. When my neighbour stopped weeding, the roses "
        "died in two summers, but the bees came back.",
        (
            ("S", "Weeds are the plants which a gardener has not picked."),
            ("C", "Poor soil has more weeds than good soil."),
            ("S", "Weeds mostly came in with seed that had been bought."),
            ("C", "All weeds arrive with the seed."),
            ("S", "The roses were dead after two summers without weeding, yet bees returned."),
            ("C", "When the neighbour began weeding, the bees went away."),
            ("N", "The neighbour’s roses must have been the finest in the street."),
            ("C", "The roses died within two weeks."),
            ("N", "One reason to doubt this is that some gardeners like weeds."),
        ),
    ),
)


def before(passage: str) -> str:
    """The text before each claim about a passage: the examples and the passage, closed by a blank line."""
    return f"{_TASK}\n\n{''.join(map(_sheet, _EXAMPLES))}Passage: {passage}\n\nClaim:"


def _sheet(example: _Example) -> str:
    answers = {answer.strip()[0]: answer for answer in ANSWERS}
    lines = [f"Claim: {claim}{QUESTION}{answers[initial]}" for initial, claim in example.claims]
    return "\n".join([f"Passage: {example.passage}\n", *lines, "\n"])
