"""English words and patterns for the measures.

`lexicon.py` describes their meaning.
"""

from __future__ import annotations

import re

from remix.measure.lexicon import ISO_DAY, Antonyms, Calendar, Lexicon, Negations, NumberWords, Numerals

FUNCTION_WORDS = """
a about above across after again against all almost along already also although always am among an and another
any anybody anyone anything are around as at away back be became because become becomes been before began
begin being below between beyond both but by came can come comes could did do does doing done down during each
either else enough even ever every everybody everyone everything far few for from gave get gets give given
gives go goes going gone got had has have having he her here hers him himself his how however i if in indeed
instead into is it its itself just keep kept least less let like made make makes making many may me might mine
more most much must my myself never no nobody none nor not nothing now of off often on once one only onto or
other others otherwise our ours ourselves out over own perhaps put quite rather really said same say says see
seen several shall she should simply since so some somebody someone something sometimes soon still such take
taken takes than that the their theirs them themselves then there therefore these they thing things this those
though through thus to together too took toward towards under until up upon us very was way we well went were
what whatever when where whether which while who whole whom whose why will with within without would yet you
your yours
"""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ABBREVIATED = [month[:3] for month in _MONTHS]
_MONTH = "|".join([*_MONTHS, *(f"{each}\\.?" for each in [*_ABBREVIATED, "Sept"])])
_DAY = re.compile(
    rf"\b(?:{ISO_DAY}"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{_MONTH})(?:,? (?P<y2>\d{{4}}))?"
    rf"|(?P<m3>{_MONTH}) (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<y3>\d{{4}}))?)(?!\w)"
)

_ANTONYMS = """
easy easier easily easiest ease | hard harder hardest difficult
fast faster quick quicker quickly | slow slower slowly
more | less fewer
most | least fewest
many | few
rise rises rose risen rising raise raised raises | fall falls fell fallen falling sink sank lower lowered drop dropped
increase increased increases increasing | decrease decreased decreases decreasing
grow grew grows grown | shrink shrank shrinks reduce reduced reduces
gain gained gains win won wins | lose lost loses losing
before | after
early earlier earliest | late later latest
always often | seldom rarely
first | last
above over | below under
top upper | bottom foot lower
good better best | bad worse worst poor
strong stronger strongest strengthen strengthened | weak weaker weakest weaken weakened
large larger largest big bigger great greater | small smaller smallest little
long longer longest lengthen | short shorter shortest shorten
high higher highest | low lower lowest
old older oldest | young younger new newer
rich richer wealthy | poor poorer
near nearer close closer | far farther further distant
open opened opens | close closed closes shut
begin began begins start started starts | end ended ends stop stopped stops finish finished
accept accepted accepts agree agreed agrees | refuse refused refuses reject rejected rejects disagree disagreed
allow allowed allows permit permitted | forbid forbade forbidden prevent prevented ban banned
remember remembered remembers | forget forgot forgotten forgets
keep kept keeps | lose lost discard discarded
succeed succeeded success | fail failed fails failure
true truth | false falsehood
right | wrong
same alike | different differently unlike
simple simpler simple | complex complicated
visible seen | invisible unseen hidden
public publicly | private privately secret
common | rare uncommon
certain sure | uncertain doubtful
possible | impossible
safe safer safely | dangerous unsafe
careful carefully | careless carelessly
cheap cheaper cheaply | dear dearer expensive costly
light lighter bright brighter | dark darker heavy heavier
warm warmer hot | cold colder cool
full | empty
love loved loves like liked | hate hated hates dislike disliked
praise praised praises | blame blamed criticise criticised
help helped helps helping | hinder hindered hinders hurt
build built builds create created | destroy destroyed destroys demolish demolished
join joined unite united | separate separated divide divided part
friend friends ally | enemy enemies foe
arrive arrived arrives come came | leave left leaves depart departed
buy bought buys | sell sold sells
give gave given | take took taken
enter entered | exit exited left
north northern | south southern
east eastern | west western
left | right
inside inner | outside outer
happy happier glad | unhappy sad sadder
wise wiser | foolish
win won victory | lose lost defeat defeated
improve improved improves | worsen worsened spoil spoiled
"""


def _ordinal(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 < number % 100 < 14 else last}"


LEXICON = Lexicon(
    "en",
    function_words=FUNCTION_WORDS,
    stemmer="english",
    numerals=Numerals(
        number=re.compile(r"(?<!\w)\d+(?:[.,]\d+)*(?:st|nd|rd|th|s)?\b", re.IGNORECASE),
        thousands=re.compile(r",(?=\d{3}(?!\d))"),
        ordinal_of=_ordinal,
    ),
    number_words=NumberWords(
        vague=re.compile(r"\b(?:hundreds|thousands|millions|billions|dozens)\b", re.IGNORECASE),
        implied={"three": "3", "triple": "3", "thrice": "3", "dozen": "12"},
    ),
    calendar=Calendar(
        months=_MONTHS,
        forms={month: month for month in _MONTHS}
        | dict(zip(_ABBREVIATED, _MONTHS, strict=True))
        | {"Sept": "September"},
        weekdays={f"{day}{ending}": day for day in _WEEKDAYS for ending in ("", "s")},
        day=_DAY,
        written="{month} {day}",
        doubtful=frozenset({"May", "March"}),
    ),
    negations=Negations(
        word=re.compile(
            r"(?:no|not|never|none|nobody|nothing|nowhere|neither|nor|without|unless|cannot|cant|wont"
            r"|(?:do|does|did|is|are|was|were|would|could|should|has|have|had|must|need)nt)"
        ),
        idioms=re.compile(
            r"\b(?:not (?:only|just|merely|simply|even|least)|no (?:doubt|sooner|longer than)|whether or not"
            r"|(?:nothing|nobody|none|no one) (?:but|except))\b",
            re.IGNORECASE,
        ),
        clause_end=re.compile(r"[,;:.!?()—–“”\"]|\b(?:but|and|because|though|although|while|so)\b", re.IGNORECASE),
    ),
    antonyms=Antonyms(
        lines=_ANTONYMS,
        comparing=frozenset({"than", "before", "after", "above", "below", "buy", "bought", "sell", "sold"}),
        than="than",
        denying=re.compile(
            r"\b(?:too|over|until|hardly|scarcely|barely|instead|lack\w*|fail\w*|refus\w*|avoid\w*|prevent\w*"
            r"|den(?:y|ied|ies)|ceas\w*|stopp?\w*|ended|gone|free (?:of|from)|any more|rather than|far from)\b",
            re.IGNORECASE,
        ),
        by_stem=False,
    ),
    forms_of_address=frozenset(
        {
            *("mr", "mrs", "ms", "miss", "dr", "prof", "professor"),
            *("sir", "lady", "lord", "saint", "st", "king", "queen"),
        }
    ),
)
