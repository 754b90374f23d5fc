"""Spanish words and patterns for the measures.

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
a acá ahí ahora al algo alguien algún alguna algunas alguno algunos allí allá ambos ante antes apenas aquel aquella
aquellas aquello aquellos aquí así aun aún aunque bajo bastante bien cada casi como cómo con conmigo consigo contigo
contra cual cuál cuales cualquier cualquiera cuando cuándo cuanto cuánto cuya cuyas cuyo cuyos da dado dar de debe
deben debía deber decía decir dijo dijeron del demás demasiado dentro desde despues después dice dicen donde dónde
durante e el él ella ellas ello ellos embargo en encima entonces entre era eran eras eres es esa esas ese eso esos
esta está estaba estaban estado están estar estas éstas este éste esto estos estuvo fin fue fueron fuera ha había
habían haber habrá habría hace hacen hacer hacia hacía han has hasta hay haya he hecho hizo hicieron hubo incluso ir
iba iban jamás junto la las le les lo los luego más me mediante menos mi mí mía mientras mío mis misma mismas mismo
mismos mucha muchas mucho muchos muy nada nadie ni ningún ninguna ninguno no nos nosotros nuestra nuestras nuestro
nuestros nunca o os otra otras otro otros para parece pero poca pocas poco pocos podía podían poder podría por
porque pronto propia propio pudo pudieron pueda puede pueden pues que qué quien quién quienes quizá quizás quiso se
sea sean según ser será serán sería si sí sido siempre siendo sin sino so sobre sola solamente solo sólo son su sus
suya suyo tal tales también tampoco tan tanta tanto tantos te tendrá tener tenía tenían tiene tienen ti todavía toda
todas todo todos tras tu tú tus tuvo u un una unas uno unos usted ustedes va vaya van varias varios veces vez
vosotros y ya yo
"""

_MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_SHORT = {"setiembre": "septiembre", "sept": "septiembre", "oct": "octubre", "nov": "noviembre", "dic": "diciembre"}
_FORMS = {form: month for each, month in ({m: m for m in _MONTHS} | _SHORT).items() for form in (each, each.title())}
_MONTH = "|".join(rf"{form}\b\.?" for form in sorted(_FORMS, key=len, reverse=True))
_WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_DAYS = {day: day for day in _WEEKDAYS} | {"sábados": "sábado", "domingos": "domingo"}
_DAY = re.compile(
    rf"\b(?:{ISO_DAY}"
    rf"|(?P<d2>\d{{1,2}})(?:\.?º)? de (?P<m2>{_MONTH})(?:,? (?:del? )?(?P<y2>\d{{4}}))?"
    rf"|(?P<d3>\d{{1,2}})[./](?P<m3>\d{{1,2}})[./](?P<y3>\d{{4}}))(?!\w)"
)

_ANTONYMS = """
fácil fáciles fácilmente sencillo | difícil difíciles difícilmente arduo
rápido rápida rápidos rápidamente deprisa | lento lenta lentos lentamente despacio
más | menos
muchos muchas mucho | pocos pocas poco
subir sube subió subía subieron subido | bajar baja bajó bajaba bajaron bajado caer cae cayó caía cayeron
aumentar aumentó aumentaba crecer creció crecía | disminuir disminuyó descender descendió menguar menguó bajó
ganar gana ganó ganaba ganaron ganado | perder pierde perdió perdía perdieron perdido
antes | después
temprano pronto | tarde
siempre menudo | rara raramente
primero primera primer primeros | último última últimos
encima arriba superior | debajo abajo inferior
bueno buena buenos buen mejor mejores bien | malo mala malos mal peor peores
fuerte fuertes fortalecer | débil débiles debilitar
grande grandes gran mayor | pequeño pequeña pequeños menor
largo larga largos alargar | corto corta cortos acortar acortó acortarse
alto alta altos | bajo baja bajos
viejo vieja viejos antiguo antigua | joven jóvenes nuevo nueva nuevos
rico rica ricos | pobre pobres
cerca cercano cercana próximo | lejos lejano lejana
abrir abre abrió abría abierto abierta abrieron | cerrar cierra cerró cerraba cerrado cerrada cerraron
empezar empieza empezó empezaba comenzar comenzó comienzo | acabar acaba acabó terminar terminó terminaba final
aceptar acepta aceptó aceptaba aceptaron | rechazar rechazó rechazaba rechazaron negarse
permitir permite permitió permitía permitido | prohibir prohíbe prohibió prohibía prohibido impedir impidió impedía
recordar recuerda recordó recordaba recordaban | olvidar olvida olvidó olvidaba olvidaron olvidado
guardar guarda guardó guardaba conservar conservó conservaba | tirar tiró tiraba perder perdió
lograr logra logró lograba éxito | fracasar fracasa fracasó fracasaba fracaso
verdadero verdadera verdad cierto | falso falsa mentira
mismo misma igual iguales | distinto distinta distintos diferente diferentes
visible visibles | invisible invisibles oculto
público pública | privado privada secreto secreta
común frecuente frecuentes | raro rara escaso
seguro segura | inseguro incierto dudoso peligroso peligrosa
posible | imposible
cuidadoso cuidadosa cuidadosamente | descuidado descuidada
barato barata baratos | caro cara caros costoso
claro clara luminoso | oscuro oscura
cálido caliente | frío fría
lleno llena llenos | vacío vacía
amar ama amaba amó querer quería | odiar odia odiaba odió
alabar alabó alabaron alababa elogiar elogió elogiaron | culpar culpó criticar criticó criticaron censurar
ayudar ayuda ayudó ayudaba | estorbar estorbó perjudicar perjudicó
construir construye construyó construido | destruir destruye destruyó destruido derribar derribó
unir une unió unía unido | separar separa separó separaba dividir
amigo amigos | enemigo enemigos
llegar llega llegó llegaba llegaron venir vino | partir partió marcharse marchó salir salió salieron
comprar compra compró compraba compraron | vender vende vendió vendía vendieron
entrar entra entró entraba entraron | salir sale salió salía salieron
norte | sur
este oriente | oeste occidente
izquierda izquierdo | derecha derecho
dentro interior | fuera exterior
feliz felices contento alegre | infeliz triste tristes
sabio sabia | necio necia
victoria venció vencer | derrota derrotado
mejorar mejora mejoró mejoraba | empeorar empeora empeoró empeoraba
"""

LEXICON = Lexicon(
    "es",
    function_words=_FUNCTION_WORDS,
    stemmer="spanish",
    numerals=Numerals(
        number=number_pattern("(?:º|ª|er|s)?"),
        thousands=separator_pattern("."),
        ordinal=re.compile(r"(?:º|ª|er)$"),
        roman=re.compile(r"(?i:(?<=\bsiglo )|(?<=\bsiglos ))(?P<roman>[IVX]{1,6})\b"),
        decade_named=re.compile(r"\b(?:años|década de(?: los)?|decenio de) (?P<decade>1\d\d|20\d)0\b", re.IGNORECASE),
    ),
    number_words=NumberWords(
        vague=re.compile(
            r"\b(?:cientos|centenares|miles|millares|cuartos?|quintos?|segundos?|octavas?"
            r"|(?:los|las|con|a|y|por|hay|había) millones)\b",
            re.IGNORECASE,
        ),
        implied={"tres": "3", "triple": "3", "decena": "10", "docena": "12", "veintena": "20", "centenar": "100"},
    ),
    calendar=Calendar(
        months=_MONTHS,
        forms=_FORMS,
        weekdays={form: day for each, day in _DAYS.items() for form in (each, each.title())},
        day=_DAY,
        written="{day} de {month}",
    ),
    negations=Negations(
        word=re.compile(r"(?:no|nunca|jamás|nada|nadie|ningún|ningun[ao]s?|tampoco|ni|sin)"),
        idioms=re.compile(
            r"\b(?:no (?:sólo|solo|solamente|únicamente|obstante|más que|bien)|sin (?:embargo|duda|cesar|falta)"
            r"|nada más|ni siquiera|ni más ni menos|o no|(?:nada|nadie) (?:más )?que|no cabe duda"
            r"|no (?:\w+ ){1,3}(?:más|otra cosa) que)\b",
            re.IGNORECASE,
        ),
        clause_end=re.compile(r"[,;:.!?¿¡()—–“”«»\"]|\b(?:pero|sino|y|porque|aunque|mientras|pues)\b", re.IGNORECASE),
        agreeing=True,
    ),
    antonyms=Antonyms(
        lines=_ANTONYMS,
        comparing=frozenset({"más", "menos", "antes", "después", "encima", "debajo", "compró", "vendió"}),
        than="que",
        denying=re.compile(
            r"\b(?:demasiad\w*|hasta|apenas|en vez|en lugar|falt\w*|carec\w*|neg(?:ó|aba|aron|arse)|rechaz\w*|evit\w*"
            r"|imped\w*|impid\w*|dej(?:ó|aba|aron) de|ces\w*|fracas\w*|lejos de)\b",
            re.IGNORECASE,
        ),
    ),
    forms_of_address=frozenset(
        {
            *(
                "sr",
                "sra",
                "srta",
                "señor",
                "señora",
                "señorita",
                "don",
                "doña",
                "d",
                "dr",
                "dra",
                "doctor",
                "doctora",
            ),
            *("profesor", "profesora", "san", "santa", "santo", "rey", "reina", "sir", "lord", "lady", "mr", "mrs"),
        }
    ),
)
