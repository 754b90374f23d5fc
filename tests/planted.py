"""Passages with texts in which one thing was planted: what the measures must find, and what they are known to miss.

All written for these tests. Each passage has a faithful paraphrase, and texts that go wrong in one way.
"""

from __future__ import annotations

from typing import NamedTuple

from remix.measure.sentences import sentences


class Planted(NamedTuple):
    """A passage and a text that was made from it, or so it seems."""

    kind: str
    """What was planted."""
    passage: str
    text: str
    fact: str = ""
    """What a measure must name."""


BRIDGE = (
    "The iron bridge at Harrow Ford was opened in 1884, and it made it easier to bring milk to the city. "
    "Farmers who had sold butter for three generations now sold nothing but milk. Old Mrs. Tully kept a churn "
    "in her window and never used it again. “We were a butter town,” she told a reporter, “and nobody asked "
    "us.”"
)
ALMANAC = (
    "An almanac is a promise about weather that nobody has seen. The printer Josiah Kemp sold forty thousand "
    "of them in a wet year, and fewer in a dry one. Readers did not believe the forecasts, but they trusted "
    "the tides. In the margin of his own copy Kemp wrote “too bold” beside the entry for 12 August."
)
LIGHT = (
    "Before the gas lamps came to Lowell Street, people walked home by the moon. The first lamp was lit on 3 "
    "November 1821, and the night grew shorter by an hour. Thieves complained that it was harder to work. A "
    "clergyman wrote that the stars had not been seen since (Aldous 1823)."
)
MAP = (
    "The surveyor drew the coast twice, once for the king and once for himself. On the royal sheet the harbour "
    "at Penmarrow is deep and the rocks are few. His own sheet shows seventeen rocks and no harbour at all. "
    "The king’s ships trusted the first map, and eleven of them were lost."
)
ORCHARD = (
    "My grandmother grafted apples, and she never wrote down which twig went where. When she died in the "
    "winter of 1962 there were twenty-two kinds on one tree. A man from the college at Ashby came to name them "
    "and gave up after nine. The sweetest grew on the lowest branch, where the children could reach."
)
CHOIR = (
    "A choir that sings without instruments sinks. The singers do not notice, because they sink together. Dr. "
    "Halvorsen measured it in Bergen: in a piece of six minutes they lost a quarter tone. The best choirs fell "
    "faster than the bad ones, since they listened more closely."
)
POST = (
    "In the village of Sern the post came by boat on Tuesdays, if the lake was not frozen. Letters were read "
    "aloud on the pier, so that a secret was always safer in a parcel. When the road was built in 1938 the "
    "post came every day, and people wrote less. The pier is still there, and the boatman’s hut has become a "
    "café."
)
CLERK = (
    "The clerk copied each deed twice and burned the draft. His hand was so regular that two judges in Tarrow "
    "took it for print. After his death in 1711 the county bought a press, and the first sheet had nine "
    "mistakes. It was cheaper, and everybody praised it."
)
GLASS = (
    "Window glass was once made by spinning, and the middle of the disc kept a knot. Rich houses bought the "
    "clear edges, and the poor looked out through the knots. By 1850 the glassmakers of Stourton could roll a "
    "sheet four feet wide. Nothing was distorted any longer, and nobody remembered that it had been."
)
SALT = (
    "Salt was carried over the Varn Pass by mules, eighty pounds to each side. The tax was collected at the "
    "top, because no one could turn back from there. Smugglers learned to cross in snow, when the guards "
    "stayed indoors. The last mule train came down in 1904 and found that the railway had arrived first."
)
CLOCK = (
    "The town had two clocks, and they never agreed. The church kept the time of the sun, and the station kept "
    "the time of London. For eleven years a man named Pruett walked between them with a watch and sold the "
    "difference. The railway won in 1852, and noon moved nine minutes."
)
LOOM = (
    "The looms at Brackley ran on cards, and the pattern was in the holes. A weaver could not change a flower "
    "without punching a new set of four hundred cards. Mary Oakes kept the old cards and lent them to her "
    "neighbours for a penny. The mill called it theft, and the town called it sharing."
)

FAITHFUL = [
    Planted(
        "paraphrase",
        BRIDGE,
        "Once the iron bridge at Harrow Ford had opened in 1884, getting milk to the city was easier. Farmers "
        "whose families had lived by butter for three generations sold milk and nothing else. Mrs. Tully left "
        "her churn in the window, unused. “We were a butter town,” she said to a reporter, “and nobody asked "
        "us.”",
    ),
    Planted(
        "paraphrase",
        ALMANAC,
        "Almanacs promise a weather that no one has seen yet. In a wet year Josiah Kemp printed and sold "
        "40,000; in dry ones he sold fewer. His readers put no faith in the forecasts, though they relied on "
        "the tides. Next to 12 August, in his own copy, Kemp noted: “too bold”.",
    ),
    Planted(
        "paraphrase",
        LIGHT,
        "People on Lowell Street went home by moonlight until the gas lamps came. With the lighting of the "
        "first, on November 3, 1821, night was an hour shorter. For thieves, they complained, work became "
        "harder. According to a clergyman the stars had not been visible since (Aldous 1823).",
    ),
    Planted(
        "paraphrase",
        MAP,
        "The coast was drawn twice by the surveyor: for the king, and for his own use. The king’s sheet has a "
        "deep harbour at Penmarrow and hardly any rocks. On the other there are 17 rocks, and there is no "
        "harbour. Eleven royal ships relied on the first and were lost.",
    ),
    Planted(
        "paraphrase",
        ORCHARD,
        "Grandmother grafted apple trees and kept no note of which twig she had put where. At her death, in "
        "the winter of 1962, a single tree bore twenty-two kinds. Somebody from the Ashby college tried to "
        "name them and stopped at nine. On the lowest branch, within reach of children, hung the sweetest.",
    ),
    Planted(
        "paraphrase",
        CHOIR,
        "Without instruments a choir goes flat. Because everyone sinks at once, the singers do not notice. In "
        "Bergen, Halvorsen found a loss of a quarter tone over six minutes. Since they listen more closely, "
        "the best choirs fall faster than bad ones.",
    ),
    Planted(
        "paraphrase",
        POST,
        "On Tuesdays, unless the lake had frozen, a boat brought Sern its post. Since letters were read out on "
        "the pier, secrets were safer in parcels. A road was built in 1938; post then came daily, and people "
        "wrote less. One can still see the pier, and where the boatman had his hut there is a café.",
    ),
    Planted(
        "paraphrase",
        CLERK,
        "Each deed the clerk copied two times, burning the draft. So regular was his hand that a pair of "
        "judges at Tarrow believed it was print. When he had died, in 1711, a press was bought by the county; "
        "its first sheet contained nine mistakes. Everybody praised it, for it was cheaper.",
    ),
    Planted(
        "paraphrase",
        GLASS,
        "Glass for windows used to be spun, which left a knot in the middle of each disc. The clear edges went "
        "to rich houses; poor people saw the world through the knots. In 1850 a sheet four feet wide could be "
        "rolled at Stourton. Distortion was over, and nobody remembered it.",
    ),
    Planted(
        "paraphrase",
        SALT,
        "Mules carried salt across the Varn Pass with eighty pounds on either side. At the top, where no one "
        "could turn back, the tax was taken. Snow kept the guards indoors, and so smugglers learned to cross "
        "in it. When the last train of mules came down, in 1904, the railway was there before it.",
    ),
    Planted(
        "paraphrase",
        CLOCK,
        "There were two clocks in the town, which never agreed. Sun time was kept by the church, London time "
        "by the station. Between them, for eleven years, went a man called Pruett with a watch, selling the "
        "difference. In 1852 the railway won and noon was moved by nine minutes.",
    ),
    Planted(
        "paraphrase",
        LOOM,
        "At Brackley the looms were run by cards whose holes held the pattern. To change one flower a weaver "
        "had to punch four hundred new ones. The old cards Mary Oakes kept, lending them to neighbours at a "
        "penny. Theft, said the mill; sharing, said the town.",
    ),
]


FREE = [
    Planted("free", BRIDGE, "Dairying replaced the older trade entirely within those families.", "2"),
    Planted(
        "free", ALMANAC, "Nobody took his predictions seriously, yet sailors relied on the hours of high water.", "3"
    ),
    Planted("free", LIGHT, "Moonlight was all that lit anyone's way back before then.", "1"),
    Planted("free", MAP, "Nearly a dozen vessels of the crown sank because they relied on the false chart.", "4"),
    Planted("free", ORCHARD, "The best fruit hung low enough for small hands.", "4"),
    Planted("free", CHOIR, "Unaccompanied voices gradually go flat.", "1"),
    Planted("free", POST, "Mail arrived weekly across the water unless there was ice.", "1"),
    Planted("free", CLERK, "His writing looked like type even to magistrates.", "2"),
    Planted("free", GLASS, "Wealthy homes had good panes while others got the flawed centres.", "2"),
    Planted(
        "free", SALT, "Those who dodged the duty went over in bad weather while the watchmen sat by the fire.", "3"
    ),
    Planted("free", CLOCK, "The chapel followed the sun, the trains followed the capital.", "2"),
    Planted("free", LOOM, "Altering even a single blossom meant preparing hundreds of fresh sheets.", "2"),
]
"""One of a passage's sentences, named by its number, said again in quite other words."""


def _instead(kind: str, passage: str, old: str, new: str, fact: str) -> Planted:
    """The passage with one thing changed."""
    assert passage.count(old) == 1, old
    return Planted(kind, passage, passage.replace(old, new), fact)


def _in_paraphrase(kind: str, passage: str, old: str, new: str, fact: str) -> Planted:
    """The paraphrase with one thing changed."""
    text = next(each.text for each in FAITHFUL if each.passage == passage)
    assert text.count(old) == 1, old
    return Planted(kind, passage, text.replace(old, new), fact)


YEARS = [
    _instead("year", BRIDGE, "1884", "1894", "1894"),
    _in_paraphrase("year", BRIDGE, "1884", "1848", "1848"),
    _in_paraphrase("year", LIGHT, "1821,", "1812,", "1812"),
    _in_paraphrase("year", ORCHARD, "1962", "1926", "1926"),
    _in_paraphrase("year", POST, "1938", "1983", "1983"),
    _in_paraphrase("year", CLERK, "1711", "1811", "1811"),
    _in_paraphrase("year", GLASS, "In 1850", "In the 1870s", "1870s"),
    _in_paraphrase("year", SALT, "1904", "1940", "1940"),
    _in_paraphrase("year", CLOCK, "1852", "the nineteenth century, in 1825,", "1825"),
]

NUMBERS = [
    _in_paraphrase("number", ALMANAC, "40,000", "fourteen thousand", "14000"),
    _in_paraphrase("number", MAP, "17 rocks", "seventy rocks", "70"),
    _in_paraphrase("number", ORCHARD, "twenty-two", "twenty-five", "25"),
    _in_paraphrase("number", CHOIR, "six minutes", "sixteen minutes", "16"),
    _in_paraphrase("number", CLOCK, "nine minutes", "19 minutes", "19"),
    _in_paraphrase("number", LOOM, "four hundred", "five hundred", "500"),
    _in_paraphrase("number", LIGHT, "November 3, 1821", "November 13, 1821", "November 13"),
    _in_paraphrase("number", POST, "Tuesdays", "Thursdays", "Thursday"),
]

DIRECTIONS = [
    _instead("direction", BRIDGE, "easier", "harder", "harder"),
    _in_paraphrase("direction", BRIDGE, "easier", "harder", "harder"),
    _instead("direction", LIGHT, "harder", "easier", "easier"),
    _in_paraphrase("direction", LIGHT, "an hour shorter", "an hour longer", "longer"),
    _instead("direction", ORCHARD, "sweetest grew on the lowest", "sweetest grew on the highest", "highest"),
    _instead("direction", CHOIR, "fell faster", "fell slower", "slower"),
    _instead("direction", MAP, "deep and the rocks are few", "deep and the rocks are many", "many"),
    _in_paraphrase("direction", ORCHARD, "lowest", "highest", "highest"),
    _in_paraphrase("direction", CHOIR, "faster", "slower", "slower"),
    _in_paraphrase("direction", POST, "people wrote less", "people wrote more", "more"),
    _instead("negation", POST, "always safer", "never safer", "safer"),
    _in_paraphrase("direction", CLERK, "cheaper", "dearer", "dearer"),
]

NEGATIONS = [
    _instead("negation", BRIDGE, "never used it again", "used it again", "use"),
    _instead("negation", ALMANAC, "did not believe", "did believe", "believ"),
    _instead("negation", ALMANAC, "trusted the tides", "never trusted the tides", "trust"),
    _instead("negation", MAP, "and no harbour", "and a harbour", "harbour"),
    _instead("negation", ORCHARD, "never wrote down", "always wrote down", ""),
    _instead("negation", CHOIR, "do not notice", "notice", "notic"),
    _instead("negation", CLERK, "It was cheaper", "It wasn’t cheaper", "cheaper"),
    _instead("negation", CLOCK, "they never agreed", "they agreed", "agre"),
    _instead("negation", LOOM, "could not change", "could change", "chang"),
]

NAMES = [
    _in_paraphrase("name", BRIDGE, "Harrow Ford", "Marlow Bridge", "Marlow"),
    _in_paraphrase("name", ALMANAC, "Josiah Kemp", "Josiah Franklin", "Franklin"),
    _in_paraphrase("name", LIGHT, "on Lowell Street", "on Market Street", "Market"),
    _in_paraphrase("name", MAP, "at Penmarrow", "at Porthallow", "Porthallow"),
    _in_paraphrase("name", CHOIR, "Halvorsen found", "the physicist Lindqvist found", "Lindqvist"),
    _in_paraphrase("name", POST, "brought Sern", "brought Como", "Como"),
    _in_paraphrase("name", CLERK, "at Tarrow", "at Westminster", "Westminster"),
    _in_paraphrase("name", GLASS, "at Stourton", "at Stourbridge", "Stourbridge"),
    _in_paraphrase("name", SALT, "Varn Pass", "Brenner Pass", "Brenner"),
    _in_paraphrase("name", CLOCK, "London time", "true Paris time", "Paris"),
    _in_paraphrase("name", LOOM, "cards Mary Oakes kept", "cards Mary Acton kept", "Acton"),
]

WORDS = [
    _in_paraphrase(
        "quotation", BRIDGE, "“We were a butter town,”", "“We made the best butter,”", "We made the best butter"
    ),
    _in_paraphrase("quotation", ALMANAC, "too bold", "not bold enough", "not bold enough"),
    _in_paraphrase("quotation", CLOCK, "the difference", "“the true hour”", "the true hour"),
    _in_paraphrase("citation", LIGHT, "(Aldous 1823)", "(Aldous 1832)", "Aldous 1832"),
    _in_paraphrase("citation", LIGHT, "(Aldous 1823)", "(see Huxley 1823, p. 4)", "Huxley 1823"),
    _in_paraphrase("citation", CHOIR, "Halvorsen found", "Halvorsen (1987) found", "Halvorsen 1987"),
]


def _without(passage: str, number: int) -> Planted:
    """The passage without one of its sentences."""
    found = sentences(passage)
    return Planted("dropped", passage, " ".join(found[: number - 1] + found[number:]), str(number))


DROPPED = [
    _without(BRIDGE, 3),
    _without(ALMANAC, 1),
    _without(LIGHT, 3),
    _without(MAP, 4),
    _without(ORCHARD, 2),
    _without(POST, 4),
]

COPIES = [Planted("copy", passage, passage) for passage in (BRIDGE, CHOIR, SALT)]
COPIES += [Planted("copy", LOOM, f"Put plainly, {LOOM[0].lower()}{LOOM[1:]}")]

LOOPS = [
    Planted(
        "loop",
        CLOCK,
        "The town had two clocks and they never agreed, and so the town had two clocks and they never agreed.",
    ),
    Planted(
        "loop", GLASS, "It was about the knots in the glass. It was about the knots in the glass and in the houses."
    ),
    Planted("loop", CLERK, "The press was bought by the county. " * 3),
]

FOUND = [*YEARS, *NUMBERS, *DIRECTIONS, *NEGATIONS, *NAMES, *WORDS, *DROPPED, *COPIES, *LOOPS]
"""What the measures must find."""

HARD = [
    # Roles that change places: every word is there.
    _instead(
        "roles",
        CLOCK,
        "The church kept the time of the sun, and the station",
        "The station kept the time of the sun, and the church",
        "",
    ),
    _instead(
        "roles",
        GLASS,
        "Rich houses bought the clear edges, and the poor",
        "The poor bought the clear edges, and rich houses",
        "",
    ),
    _instead("roles", LOOM, "The mill called it theft, and the town", "The town called it theft, and the mill", ""),
    # Facts that change places: each is the passage's own.
    _instead(
        "moved",
        ALMANAC,
        "The printer Josiah Kemp sold forty thousand of them in a wet year, and fewer in a dry",
        "The printer Josiah Kemp sold forty thousand of them in a dry year, and fewer in a wet",
        "",
    ),
    _instead("moved", MAP, "shows seventeen rocks", "shows eleven rocks", ""),
    _instead("moved", CHOIR, "six minutes they lost a quarter", "a quarter of a minute they lost six", ""),
    # A claim turned round in words that are on no list.
    _instead("reworded", BRIDGE, "made it easier", "made it all but impossible", ""),
    _instead("reworded", CLERK, "everybody praised it", "everybody sneered at it", ""),
    _instead("reworded", POST, "people wrote less", "people wrote as never before", ""),
    _instead("reworded", ALMANAC, "but they trusted the tides", "and they laughed at the tides", ""),
    _instead("reworded", LIGHT, "had not been seen", "had been admired", ""),
    # A word whose opposite stands elsewhere in the sentence.
    _instead("both", GLASS, "Rich houses", "Poor houses", ""),
    _instead("both", SALT, "arrived first", "arrived last", ""),
    # A name at the head of a sentence.
    _instead("head", LOOM, "Mary Oakes kept", "Hannah kept", ""),
    _instead("head", CHOIR, "Dr. Halvorsen measured", "Lindqvist measured", ""),
    _instead("head", LIGHT, "Thieves complained", "Constables complained", ""),
    # How sure the passage is.
    _instead("modality", SALT, "because no one could turn back", "because perhaps no one could turn back", ""),
    _instead("modality", ORCHARD, "where the children could reach", "where the children must reach", ""),
    _instead("modality", POST, "people wrote less", "people may have written less", ""),
    # Causes, and what is meant by a quantity.
    _instead("cause", CHOIR, "because they sink together", "although they sink together", ""),
    _instead("cause", SALT, "because no one could turn back", "so no one could turn back", ""),
    _instead("unit", SALT, "eighty pounds", "eighty tons", ""),
    _instead("unit", GLASS, "four feet wide", "four miles wide", ""),
    _instead("quantity", LOOM, "lent them to her neighbours", "lent some of them to a few neighbours", ""),
    _instead("quantity", MAP, "once for the king and once for himself", "for the king and for himself", ""),
    # Things that nobody in the passage saw, in lower case.
    _instead("thing", BRIDGE, "a churn in her window", "a cannon in her window", ""),
    _instead("thing", POST, "has become a café", "has become a prison", ""),
]
"""What they are known to miss: the flags can't see it, and a reader must."""

INNOCENT = [
    Planted(
        "innocent", CHOIR, "The bad choirs fell more slowly than the best ones, since those listened more closely."
    ),
    Planted("innocent", MAP, "Of the royal fleet, eleven ships trusted the first map and none of these came home."),
    Planted("innocent", CLOCK, "In the middle of the 19th century the railway moved noon by nine minutes."),
    Planted("innocent", ALMANAC, "In August, Kemp doubted what he had printed; he wrote so beside the twelfth."),
    Planted("innocent", GLASS, "In the 1850s nobody remembered that windows had been distorted."),
    Planted(
        "innocent",
        BRIDGE,
        "Farmers around Harrow Ford were not selling butter any more after 1884: it was milk only.",
    ),
    Planted("innocent", LOOM, "A weaver could change a flower only with a new set of four hundred cards."),
    Planted("innocent", CLERK, "The clerk’s hand was not irregular; it was taken for print."),
    Planted(
        "innocent", ORCHARD, "Twenty-two sorts of apple grew on a tree of which my grandmother had no written plan."
    ),
    Planted("innocent", SALT, "At the Varn Pass it was too late to turn back, and so the tax was collected there."),
    Planted("innocent", LIGHT, "The moon was the only lamp in Lowell Street until 1821."),
    Planted("innocent", POST, "Until the road came, Sern had its letters weekly, on a Tuesday."),
]
"""True to the passage, in ways that invite a false alarm."""


# -- held out -----------------------------------------------------------------------------------------------

# Written when the measures were finished, and none was changed for them: what they find here says more of what they
# find elsewhere than the cases above, by which they were made.

FERRY = (
    "The ferry to Ostrey ran twice a day until 1967, and the captain knew every passenger by name. He refused "
    "to sail in fog, though the company threatened to dismiss him. Islanders who moved to the mainland seldom "
    "returned. When the bridge was finished, the shop closed within a year, and the school grew."
)
DYE = (
    "Indigo is not a colour until it meets the air. The cloth comes out of the vat yellow, turns green and "
    "then blue in about ten minutes. Dyers in Kano judged the vat by its smell, and a sweet one was thrown "
    "away. A chemist named Adolf Baeyer described the molecule in 1883, and the fields of Bihar were abandoned."
)
TUNE = (
    "A fiddler who cannot read keeps more tunes than one who can. Collectors came to Clare with machines in "
    "the 1930s and asked for the oldest. “It was never the same twice,” said Junior Crehan, “so which do you "
    "want?” They took the slowest version, because it was easier to write down."
)
BEES = (
    "The monks kept their bees in straw, and to take the honey they killed the hive. In 1851 Lorenzo "
    "Langstroth noticed that bees leave a gap of three eighths of an inch open. A frame hung in that gap can "
    "be lifted out, and no bee dies. Every beekeeper praised the invention, and nobody paid him for it."
)

_HELD_OUT_FAITHFUL = [
    Planted(
        "paraphrase",
        FERRY,
        "Until 1967 a ferry went to Ostrey two times daily, with a captain to whom no passenger was a "
        "stranger. In fog he would not sail, even when the company said it would dismiss him. Few islanders "
        "came back once they had moved to the mainland. A year after the bridge the shop was gone, but there "
        "were more children at the school.",
    ),
    Planted(
        "paraphrase",
        DYE,
        "Only in the air does indigo become a colour. From the vat the cloth comes yellow; in some ten minutes "
        "it has gone through green to blue. By smell the dyers of Kano judged a vat, throwing away a sweet "
        "one. In 1883 the chemist Baeyer described the molecule, after which nobody worked the fields of Bihar.",
    ),
    Planted(
        "paraphrase",
        TUNE,
        "Fiddlers unable to read keep more tunes than those who are able to. In the thirties collectors "
        "brought machines to Clare, asking for the oldest ones. Junior Crehan asked which they wanted, since "
        "“it was never the same twice”. What they took down was the slowest version: writing it was easier.",
    ),
    Planted(
        "paraphrase",
        BEES,
        "Monks had straw hives, and killed the bees when they took the honey. Langstroth saw in 1851 that a "
        "gap of three eighths of an inch is left open by bees. If a frame hangs there one can lift it out "
        "without killing any. All beekeepers praised what he had invented; none paid.",
    ),
]


def _held(kind: str, number: int, old: str, new: str, fact: str) -> Planted:
    """One of the paraphrases with one thing changed."""
    passage, text = _HELD_OUT_FAITHFUL[number].passage, _HELD_OUT_FAITHFUL[number].text
    assert text.count(old) == 1, old
    return Planted(kind, passage, text.replace(old, new), fact)


HELD_OUT = [
    *_HELD_OUT_FAITHFUL,
    _held("year", 0, "1967", "1976", "1976"),
    _held("year", 1, "1883", "1838", "1838"),
    _held("year", 2, "the thirties", "the 1960s", "1960s"),
    _held("year", 3, "1851", "1951", "1951"),
    _held("number", 0, "two times", "five times", "5"),
    _held("number", 1, "ten minutes", "ten hours", "hours"),
    _held("number", 1, "some ten", "some twelve", "12"),
    _held("number", 3, "three eighths", "five eighths", "5"),
    _held("name", 0, "to Ostrey", "to Skye", "Skye"),
    _held("name", 1, "of Bihar", "of Bengal", "Bengal"),
    _held("name", 1, "Baeyer", "Perkin", "Perkin"),
    _held("name", 2, "Junior Crehan asked", "Willie Clancy asked", "Clancy"),
    _held("name", 3, "Langstroth saw", "Huber saw", "Huber"),
    _held("name", 2, "brought machines to Clare", "brought machines to Kerry", "Kerry"),
    _held("direction", 0, "more children", "fewer children", "fewer"),
    _held("direction", 0, "Few islanders", "Most islanders", "most"),
    _held("direction", 0, "was gone", "was thriving", "thriving"),
    _held("direction", 1, "a sweet one", "a sour one", "sour"),
    _held("direction", 2, "keep more tunes", "keep fewer tunes", "fewer"),
    _held("direction", 2, "the slowest", "the fastest", "fastest"),
    _held("direction", 2, "easier", "more difficult", "difficult"),
    _held("direction", 2, "the oldest", "the newest", "newest"),
    _held("direction", 3, "praised", "mocked", "mocked"),
    _held("direction", 3, "left open", "kept closed", "closed"),
    _held("negation", 0, "he would not sail", "he would sail", "sail"),
    _held("negation", 1, "nobody worked", "everybody worked", "work"),
    _held("negation", 2, "never the same", "always the same", "same"),
    _held("negation", 2, "unable to read", "able to read", "read"),
    _held("negation", 3, "without killing any", "by killing some", "kill"),
    _held("negation", 3, "none paid", "all paid", "paid"),
    _held("negation", 1, "throwing away", "never throwing away", "throw"),
    _held("quotation", 2, "it was never the same twice", "a tune is like a river", "a tune is like a river"),
]
