"""French words and patterns for the measures.

`lexicon.py` describes their meaning.
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
a à afin ai ainsi alors après as assez au aucun aucune aujourdhui auparavant auprès auquel aussi aussitôt autant
autour autre autres aux auxquels avaient avais avait avant avec avez avoir avons ayant beaucoup bien bientôt c car
ce ceci cela celle celles celui cent cependant certains certaines ces cet cette ceux chacun chacune chaque chez ci
comme comment d dans davantage de dedans dehors déjà depuis des dès desquels dessous dessus devait devant devenu
devient devoir doit doivent donc dont du duquel durant e elle elles en encore enfin ensuite entre environ es est et
étaient étais était étant été être eu eurent eut eux faire fait faisait faisaient faut fit furent fut guère hors ici
il ils j jamais je jusqu jusque l la là laquelle le lequel les lesquelles lesquels leur leurs loin lors lorsqu
lorsque lui m ma maintenant mais malgré me même mêmes mes mettre mieux mis moi moins mon n ne néanmoins ni non nos
notre nôtre nous nul nulle on ont or ou où par parce parfois parmi pas pendant personne peu peut peuvent plus
plusieurs plutôt point pour pourquoi pourtant pouvait pouvaient pouvoir près presque pris prendre pu puis puisqu
puisque qu quand quant que quel quelle quelles quelqu quelque quelques quels qui quiconque quoi quoique rien s sa
sans sauf se selon sera seront serait seraient ses seul seule seulement si sien soi soient soit sommes son sont
souvent sous suis sur surtout t ta tandis tant te tel telle telles tels tes toi ton toujours tous tout toute toutes
très trop tu un une va vers voici voilà voir vont vos votre vous vraiment vu y dit disait disent dire aller allait
aura auront aurait auraient toutefois
"""

_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_SHORT = {
    "janv": "janvier",
    "févr": "février",
    "fév": "février",
    "avr": "avril",
    "juil": "juillet",
    "aout": "août",
    "sept": "septembre",
    "oct": "octobre",
    "nov": "novembre",
    "déc": "décembre",
}
_FORMS = {form: month for each, month in ({m: m for m in _MONTHS} | _SHORT).items() for form in (each, each.title())}
_MONTH = "|".join(rf"{form}\b\.?" for form in sorted(_FORMS, key=len, reverse=True))
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAY = re.compile(
    rf"\b(?:{ISO_DAY}"
    rf"|(?P<d2>\d{{1,2}})(?:er)? (?P<m2>{_MONTH})(?: (?P<y2>\d{{4}}))?"
    rf"|(?P<d3>\d{{1,2}})[./](?P<m3>\d{{1,2}})[./](?P<y3>\d{{4}}))(?!\w)"
)

_ANTONYMS = """
facile facilement aisé aisément simple | difficile difficilement dur pénible
rapide rapidement vite | lent lente lentement
plus davantage | moins
beaucoup nombreux nombreuses | peu rares
monter monte montait montèrent monté | baisser baisse baissa baissé descendre descend descendait descendu
monter monte montait montèrent monté | tomber tombe tombait tombé
augmenter augmente augmenta augmenté croître croissait hausse | diminuer diminue diminua diminué décroître baisse
gagner gagne gagna gagnait gagné gagnèrent | perdre perd perdit perdait perdu perdirent
avant | après
tôt | tard
toujours souvent | rarement
premier première premiers | dernier dernière derniers
dessus haut haute | dessous bas basse
bon bonne bons bonnes meilleur meilleure meilleurs mieux bien | mauvais mauvaise pire pis mal
fort forte forts renforcer renforcé | faible faibles affaiblir affaibli
grand grande grands gros grosse | petit petite petits
long longue longs allonger allongea | court courte courts raccourcir raccourcit raccourci
vieux vieille ancien ancienne | jeune jeunes neuf neuve nouveau nouvelle
riche riches | pauvre pauvres
proche près | loin lointain éloigné
ouvrir ouvre ouvrit ouvrait ouvert ouverte | fermer ferme ferma fermait fermé fermée
commencer commence commença commençait commencé début | finir finit finissait fini terminer termina fin
accepter accepte accepta acceptait accepté | refuser refuse refusa refusait refusé rejeter rejeta
permettre permet permit permettait permis autorisé | interdire interdit interdisait empêcher empêcha
souvenir souvient souvenait rappeler rappelle | oublier oublie oublia oubliait oublié
garder garde garda gardait gardé conserver conserva | perdre perdit jeter jeta jeté
réussir réussit réussissait réussi succès | échouer échoue échoua échouait échoué échec
vrai vraie vérité | faux fausse
même mêmes pareil identique | différent différente différents autrement
visible visibles vu | invisible invisibles caché
public publique | privé secret secrète
commun courant fréquent | rare rares
certain certaine sûr sûre | incertain douteux douteuse
possible | impossible
sûr sûre | dangereux dangereuse
soigneux soigneusement | négligent négligemment
cher chère coûteux | avantageux économique
clair claire lumineux | sombre obscur
chaud chaude | froid froide
plein pleine | vide
aimer aime aimait aima aimé | détester déteste détestait détesta haïr
louer loua louait loué féliciter | blâmer blâma blâmait critiquer critiqua
aider aide aidait aida aidé | gêner gênait entraver entrava nuire
bâtir bâtit bâti construire construisit construit | détruire détruisit détruit démolir démolit
unir unit uni joindre | séparer sépara séparait séparé diviser
ami amis | ennemi ennemis
arriver arrive arriva arrivait arrivé venir vint venait venu | partir part partit partait parti quitter quitta
acheter achète acheta achetait acheté | vendre vend vendit vendait vendu
entrer entre entra entrait entré | sortir sort sortit sortait sorti
nord | sud
est orient | ouest occident
gauche | droite
dedans intérieur | dehors extérieur
heureux heureuse content | malheureux malheureuse triste
sage | fou insensé
victoire vaincre vainquit | défaite
améliorer améliora amélioré | empirer empira aggraver aggravé
"""

_PREPARE = re.compile(r"\b((?:[dljmtscnDLJMTSCN]|[Qq]u|[Jj]usqu|[Ll]orsqu|[Pp]uisqu|[Qq]uoiqu)[’'])(?=\w)")

LEXICON = Lexicon(
    "fr",
    function_words=_FUNCTION_WORDS,
    stemmer="french",
    numerals=Numerals(
        number=number_pattern("(?:ers?|ère|ème|eme|e|nde?|s|°)?"),
        thousands=separator_pattern("."),
        ordinal=re.compile(r"(?:ers?|ère|ème|eme|e|nde?)$"),
        roman=re.compile(r"(?<!\w)(?P<roman>[IVX]{1,6})(?:e|ème|er)\b"),
        decade_named=re.compile(r"\bannées (?P<decade>1\d\d|20\d)0\b", re.IGNORECASE),
    ),
    number_words=NumberWords(
        vague=re.compile(
            r"\b(?:centaines|milliers|(?:des|les|aux) (?:millions|milliards)|(?:tout|flambant|à|de|remis|pont) neufs?"
            r"|neufs?(?= ?[.,;:!?)»”])|second|secondes?)\b",
            re.IGNORECASE,
        ),
        implied={
            "trois": "3",
            "triple": "3",
            "dizaine": "10",
            "douzaine": "12",
            "quinzaine": "15",
            "vingtaine": "20",
            "trentaine": "30",
            "quarantaine": "40",
            "cinquantaine": "50",
            "soixantaine": "60",
            "centaine": "100",
        },
    ),
    calendar=Calendar(
        months=_MONTHS,
        forms=_FORMS,
        weekdays={form: day for day in _WEEKDAYS for each in (day, f"{day}s") for form in (each, each.title())},
        day=_DAY,
        written="{day} {month}",
        doubtful=frozenset({"Mars"}),
    ),
    negations=Negations(
        word=re.compile(r"(?:sans|non|aucune?|nulle?|nullement|ni|jamais)"),
        with_particle=re.compile(r"(?:pas|point|plus|rien|personne|guère|nulle?)"),
        particle=re.compile(r"(?:ne|n)"),
        idioms=re.compile(
            r"\b(?:pas (?:seulement|uniquement|simplement|même)|non (?:seulement|plus)|sans (?:aucun )?doute"
            r"|sans cesse|à jamais|si jamais|ou non|rien (?:que|d[’'] ?autre que)|personne (?:d[’'] ?autre )?que)\b",
            re.IGNORECASE,
        ),
        clause_end=re.compile(
            r"[,;:.!?()—–“”«»\"]|\b(?:mais|et|car|parce|quoique|tandis|puisque|donc)\b", re.IGNORECASE
        ),
        agreeing=True,
    ),
    antonyms=Antonyms(
        lines=_ANTONYMS,
        comparing=frozenset({"plus", "moins", "avant", "après", "dessus", "dessous", "acheta", "vendit", "vendu"}),
        than="que",
        denying=re.compile(
            r"\b(?:trop|jusqu\w*|à peine|guère|au lieu|plutôt que|manqu\w*|refus\w*|évit\w*|empêch\w*"
            r"|ni(?:e|ait|a|er)|cess\w*|arrêt\w*|échou\w*|loin de|faute de)\b",
            re.IGNORECASE,
        ),
    ),
    forms_of_address=frozenset(
        {
            *("m", "mm", "mme", "mmes", "mlle", "monsieur", "madame", "mademoiselle", "dr", "docteur", "professeur"),
            *("saint", "sainte", "st", "ste", "roi", "reine", "sir", "lord", "lady", "mr", "mrs"),
        }
    ),
    no_end=re.compile(r"(?:\b(?:MM?|Dr|St|Ste|Mgr|av|apr)|\bJ\.-C)\.\s(?=\w)|\bJ\.(?=-C)"),
    separated=lambda text: _PREPARE.sub(r"\1 ", text),
)
