"""Claims about the passages of `planted.py` in words of their own, true ones and ones turned round, for development.

Here nothing is exchanged in one of the passage’s own sentences, as in most of `planted.DIRECTIONS` and `NEGATIONS`:
what is turned round lies within a free paraphrase, as in texts by models.
"""

from __future__ import annotations

from tests.planted import ALMANAC, BRIDGE, CHOIR, CLERK, CLOCK, GLASS, LIGHT, LOOM, MAP, ORCHARD, POST, SALT, Planted


def _of(passage: str, faithful: tuple[str, ...], turned_round: tuple[tuple[str, str], ...]) -> list[Planted]:
    return [
        *(Planted("faithful", passage, claim) for claim in faithful),
        *(Planted(kind, passage, claim) for kind, claim in turned_round),
    ]


CLAIMS = [
    *_of(
        BRIDGE,
        (
            "Getting milk into town took less effort once the crossing stood.",
            "The churn in her window served no purpose any longer.",
        ),
        (
            ("direction", "Those families earned more from butter after the bridge was built than they had before."),
            ("negation", "Mrs. Tully went on churning by her window."),
            ("hard", "The reporter told Mrs. Tully that the town had lived on butter."),
        ),
    ),
    *_of(
        ALMANAC,
        (
            "Rainy years were better for Kemp’s sales than dry ones.",
            "The printer himself thought that one of his entries went too far.",
        ),
        (
            ("direction", "Kemp did his best business when there was little rain."),
            ("negation", "In his own copy the printer found no entry that went too far."),
            ("hard", "Readers put more faith in the weather than in the tides."),
        ),
    ),
    *_of(
        LIGHT,
        (
            "Gas light made a thief’s trade more difficult.",
            "According to a man of the church nobody could make out the stars any more.",
        ),
        (
            ("direction", "With the lamps it stayed dark for longer on Lowell Street."),
            ("hard", "The clergyman was glad that the stars could be seen again."),
        ),
    ),
    *_of(
        MAP,
        (
            "On the surveyor’s private drawing there was nowhere for a ship to shelter.",
            "The chart made for the crown was the misleading one.",
        ),
        (
            ("direction", "The private chart flattered the coast, and the royal one told the truth."),
            ("negation", "The fleet did not rely on the drawing that was made for the king."),
        ),
    ),
    *_of(
        ORCHARD,
        (
            "The expert from Ashby could name fewer than half of the apples.",
            "Nobody could look up which kind of apple grew on which twig.",
        ),
        (
            ("direction", "The man from Ashby managed to name most of the kinds."),
            ("hard", "The grandmother kept a record of her grafts, and the man from the college used it."),
        ),
    ),
    *_of(
        CHOIR,
        (
            "Good singers lose their pitch sooner, since they hear one another better.",
            "As all go flat at the same time, no one in the choir hears it.",
        ),
        (
            ("direction", "Poor choirs go flat sooner than good ones."),
            ("hard", "Singers hear that they are going flat because the others hold the pitch."),
        ),
    ),
    *_of(
        POST,
        (
            "Fewer letters were written after daily delivery had begun.",
            "Whoever wanted to keep something private was better off sending a parcel.",
        ),
        (
            ("direction", "By road the mail came more seldom than it had by boat."),
            ("negation", "What a letter to Sern said stayed between the writer and the reader."),
            ("hard", "The boatman’s hut has gone, and a café stands on the pier."),
        ),
    ),
    *_of(
        CLERK,
        (
            "The printed sheet cost less, and it had faults that his copies hadn’t.",
            "The county went over to printing once the clerk was dead.",
        ),
        (
            ("direction", "Printing cost the county more than the clerk had."),
            ("hard", "The clerk took the writing of two judges for print."),
        ),
    ),
    *_of(
        GLASS,
        (
            "It was the poor who had to look through the flawed middle of the disc.",
            "In time people forgot that windows had ever bent the view.",
        ),
        (
            ("direction", "The knotted centres went to wealthy homes."),
            ("negation", "Even the rolled sheets bent what one saw through them."),
        ),
    ),
    *_of(
        SALT,
        (
            "Bad weather was when the smugglers went over.",
            "Trains had made the mules needless by the time the last of them came down.",
        ),
        (
            ("direction", "Smugglers chose clear days, when the guards were out on the pass."),
            ("hard", "The tax was taken at the foot of the pass, where people could still turn round."),
        ),
    ),
    *_of(
        CLOCK,
        (
            "Pruett lived off the disagreement between the clocks.",
            "Since the railway’s victory midday has come at another moment.",
        ),
        (
            ("direction", "In the end the town kept the time of the church."),
            ("negation", "Both clocks always showed the same hour."),
        ),
    ),
    *_of(
        LOOM,
        (
            "What the factory saw as stealing was sharing in the eyes of the town.",
            "A new flower took hundreds of new cards.",
        ),
        (
            ("direction", "To alter one flower, a weaver needed only a few new cards."),
            ("negation", "The mill had no objection to what Mary Oakes did."),
            ("hard", "For a penny the neighbours lent Mary Oakes their old cards."),
        ),
    ),
]
