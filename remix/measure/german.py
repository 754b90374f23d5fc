"""German words and patterns for the measures.

`lexicon.py` describes their meaning. All German nouns are capitalised: `german_names.py` therefore looks for names by
the neighbouring words.
"""

from __future__ import annotations

import re

from remix.measure.lexicon import (
    ISO_DAY,
    Antonyms,
    Calendar,
    Lexicon,
    Negations,
    NumberWords,
    Numerals,
    number_pattern,
    separator_pattern,
)

_FUNCTION_WORDS = """
aber all alle allem allen aller alles als also am an and andere anderem anderen anderer anderes auch auf aus außer
bald bei beide beiden beim beinahe bereits besonders bevor bin bis bist bloß da dabei dadurch dafür dagegen daher
dahin damals damit danach daneben dann daran darauf daraus darin darüber darum darunter das dass davon davor dazu
dein deine deinem deinen deiner dem den denen denn dennoch der deren derer des deshalb dessen deswegen dich die dies
diese dieselbe diesem diesen dieser dieses dir doch dort du durch dürfen darf durfte ebenso eher ein eine einem
einen einer eines einige einigen einiger einiges einmal einst er erst es etwa etwas euch euer eure fast falls für
ganz gar geben gibt gab gegen gehabt gemacht genau genug gern gerade getan gewesen geworden gleich hab habe haben
hat hatte hatten hätte hätten her heraus hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im immer
in indem ins irgend ist ja jede jedem jeden jeder jedes jedoch jemals jemand jene jenem jenen jener jenes jetzt kam
kann kein keine keinem keinen keiner keines kommen können könnte könnten konnte konnten lassen ließ ließen machen
machte man manche manchem manchen mancher manches mehr mein meine meinem meinen meiner mich mir mit möchte müssen
muss musste mussten nach nachdem neben nein nicht nichts nie niemand niemals noch nun nur ob oben obwohl oder oft
ohne sagen sagte sagten schon sehr sei seid sein seine seinem seinen seiner seines seit seitdem selbst selber sich
sie sind so sobald sodass sogar solche solchem solchen solcher solches soll sollen sollte sollten sondern sonst
soviel sowie statt trotz trotzdem über überhaupt um und uns unser unsere unserem unseren unserer unter viel viele
vielem vielen vieler vieles vielleicht vom von vor während wann war ward waren wäre wären warum was weder weg wegen
weil weiter welche welchem welchen welcher welches wem wen wenig wenige wenn wer werde werden wessen wie wieder will
wir wird wo wobei wodurch woher wohin wohl wollen wollte wollten worden wurde wurden würde würden ziemlich zu zum
zur zwar zwischen
"""

_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
_FORMS = {month: month for month in _MONTHS} | {
    "Jänner": "Januar",
    "Jan": "Januar",
    "Feb": "Februar",
    "Febr": "Februar",
    "Mrz": "März",
    "Apr": "April",
    "Jun": "Juni",
    "Jul": "Juli",
    "Aug": "August",
    "Sept": "September",
    "Sep": "September",
    "Okt": "Oktober",
    "Nov": "November",
    "Dez": "Dezember",
}
_MONTH = "|".join(rf"{form}\b\.?" for form in sorted(_FORMS, key=len, reverse=True))
_WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonnabend", "Sonntag")
_DAY = re.compile(
    rf"\b(?:{ISO_DAY}"
    rf"|(?P<d2>\d{{1,2}})\.? (?P<m2>{_MONTH})(?: (?P<y2>\d{{4}}))?"
    rf"|(?P<d3>\d{{1,2}})\. ?(?P<m3>\d{{1,2}})\. ?(?P<y3>\d{{4}}))(?!\w)"
)

_ANTONYMS = """
leicht einfach mühelos | schwer schwierig mühsam
schnell rasch | langsam
mehr | weniger
meist meisten | wenigsten
viele viel | wenige wenig
steigen steigt stieg stiegen gestiegen anstieg | fallen fällt fiel fielen gefallen sinken sinkt sank sanken gesunken
zunehmen zunahm nahm wachsen wächst wuchs wuchsen gewachsen | abnehmen schrumpfen schrumpft schrumpfte schrumpften
gewinnen gewinnt gewann gewannen gewonnen | verlieren verliert verlor verloren
vor bevor | nach nachdem
früh früher | spät später
immer stets oft häufig | selten kaum
erste ersten erster zuerst | letzte letzten letzter zuletzt
über oberhalb oben obere | unter unterhalb unten untere
gut besser beste besten | schlecht schlechter schlimm schlimmer schlechteste
stark stärker | schwach schwächer
groß größer größte | klein kleiner kleinste
lang länger längste | kurz kürzer kürzeste
hoch hohe hohen höher höchste | tief niedrig niedriger niedrigste
alt älter älteste | jung jünger neu neuer jüngste
reich reicher wohlhabend | arm ärmer
nah nahe näher | fern weit weiter entfernt
öffnen öffnet öffnete öffneten geöffnet offen | schließen schließt schloss schlossen geschlossen
beginnen beginnt begann begannen begonnen anfang | enden endet endete endeten geendet ende
annehmen angenommen zustimmen stimmte | ablehnen abgelehnt lehnte lehnten weigern weigerte weigerten
erlauben erlaubt erlaubte erlaubten | verbieten verbietet verbot verboten
erinnern erinnert erinnerte erinnerten | vergessen vergisst vergaß vergaßen
behalten behielt behielten | verlieren verlor verloren wegwerfen
gelingen gelingt gelang gelungen erfolg | misslingen misslang scheitern scheiterte scheiterten misserfolg
wahr wahrheit | falsch
richtig | falsch
gleich gleiche gleichen | verschieden verschiedene anders unterschiedlich
sichtbar | unsichtbar verborgen
öffentlich | heimlich privat
häufig gewöhnlich | selten ungewöhnlich
sicher gewiss | unsicher ungewiss zweifelhaft
möglich | unmöglich
sicher | gefährlich
sorgfältig | nachlässig achtlos
billig günstig | teuer kostspielig
hell heller | dunkel dunkler
warm wärmer heiß | kalt kälter kühl
voll | leer
lieben liebt liebte liebten | hassen hasst hasste hassten
loben lobt lobte lobten gelobt | tadeln tadelte tadelten getadelt rügte
helfen hilft half halfen geholfen | hindern hindert hinderte hinderten behindern
bauen baut baute bauten gebaut errichtet | zerstören zerstört zerstörte zerstörten abgerissen
verbinden verband verbunden vereint | trennen trennt trennte trennten getrennt
freund freunde | feind feinde
ankommen kam kamen kommen kommt | weggehen verlassen verließ verließen gehen geht ging gingen
kaufen kauft kaufte kauften gekauft | verkaufen verkauft verkaufte verkauften
norden nördlich | süden südlich
osten östlich | westen westlich
links linke linken | rechts rechte rechten
innen drinnen innere | außen draußen äußere
glücklich froh | unglücklich traurig
klug weise | dumm töricht
sieg siegte siegten | niederlage unterlag unterlagen
verbessern verbessert verbesserte verbesserten | verschlechtern verschlechtert verschlechterte verschlechterten
"""

FORMS_OF_ADDRESS = frozenset(
    {
        *(
            "herr",
            "herrn",
            "frau",
            "fräulein",
            "dr",
            "doktor",
            "prof",
            "professor",
            "professorin",
            "pfarrer",
            "pastor",
        ),
        *("sankt", "st", "könig", "königin", "kaiser", "kaiserin", "graf", "gräfin", "fürst", "fürstin", "papst"),
        *(
            "bischof",
            "prinz",
            "prinzessin",
            "herzog",
            "herzogin",
            "bruder",
            "schwester",
            "onkel",
            "tante",
            "mr",
            "mrs",
        ),
    }
)

LEXICON = Lexicon(
    "de",
    function_words=_FUNCTION_WORDS,
    stemmer="german",
    numerals=Numerals(
        number=number_pattern("(?:er|tes?|te[nrm]|stes?|ste[nrm])?"),
        thousands=separator_pattern("."),
        ordinal=re.compile(r"(?:tes?|te[nrm]|stes?|ste[nrm])$"),
        decade="er",
    ),
    number_words=NumberWords(
        vague=re.compile(
            r"\b(?:hunderte[nr]?|tausende[nr]?|dutzende[nr]?|achten|(?:außer|in) acht|acht (?:geben|zu geben)"
            r"|(?:die|der|den|für|von|und|es gab|gab es) (?:Millionen|Milliarden))\b",
            re.IGNORECASE,
        ),
        implied={"drei": "3", "dreimal": "3", "dreifach": "3", "dutzend": "12"},
    ),
    calendar=Calendar(
        months=_MONTHS,
        forms=_FORMS,
        weekdays={f"{day}{ending}": day for day in _WEEKDAYS for ending in ("", "e", "en", "s")},
        day=_DAY,
        written="{day}. {month}",
    ),
    negations=Negations(
        word=re.compile(
            r"(?:nicht|nichts|nie|niemals|nimmer|nirgends|nirgendwo|niemand(?:e[mn]|es)?|kein(?:e[mnrs]?)?|keinerlei"
            r"|keines(?:falls|wegs)|weder|ohne)"
        ),
        idioms=re.compile(
            r"\b(?:nicht (?:nur|bloß|allein|zuletzt|einmal|minder|zu vergessen)|ohne (?:zweifel|weiteres)|kein wunder"
            r"|kein(?:en)? zweifel|nichts (?:als|anderes als|weiter als)|niemand (?:als|außer)|ob \w+ oder nicht"
            r"|nicht wahr)\b",
            re.IGNORECASE,
        ),
        clause_end=re.compile(
            r"[,;:.!?()—–„“”»«\"]|\b(?:aber|sondern|und|weil|denn|obwohl|während|doch|sodass)\b", re.IGNORECASE
        ),
    ),
    antonyms=Antonyms(
        lines=_ANTONYMS,
        comparing=frozenset(
            {
                *("als", "vor", "nach", "bevor", "nachdem", "über", "unter"),
                *("kaufte", "gekauft", "verkaufte", "verkauft"),
            }
        ),
        than="als",
        denying=re.compile(
            r"\b(?:allzu|zu \w+,? (?:um|als dass)|bis|kaum|schwerlich|statt|anstatt"
            r"|anstelle|fehl\w*|mangel\w*|weiger\w*|vermied\w*|vermeid\w*"
            r"|verhinder\w*|leugn\w*|hör\w* auf|aufgehört|un\w+bar\w*|fern von"
            r"|lehnt\w*|verweiger\w*|unterl(?:ieß|ass)\w*)\b",
            re.IGNORECASE,
        ),
    ),
    forms_of_address=FORMS_OF_ADDRESS,
    no_end=re.compile(r"\b\d{1,2}\.\s(?=(?:Jahrhundert|Jh\b|Kapitel|Jahrestag|Lebensjahr|Geburtstag))"),
    unfound=("names that stand alone",),
    separated=lambda text: re.sub(r"\b(Dr|Prof|St|Hr|Fr)\.(?= [A-ZÄÖÜ])", r"\1", text),
)
