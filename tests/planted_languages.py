"""Passages in German, French and Spanish, each with a faithful paraphrase, and changes to the paraphrase that make it
say something false. All written for these tests.
"""

from __future__ import annotations

from typing import NamedTuple


class Change(NamedTuple):
    """A change to a paraphrase."""

    kind: str
    """What is changed."""
    was: str
    now: str
    fact: str
    """What a measure must name."""


class Paraphrased(NamedTuple):
    """A passage with a faithful paraphrase."""

    language: str
    """By its code in ISO 639-1."""
    passage: str
    paraphrase: str
    changes: tuple[Change, ...]

    def changed(self, change: Change) -> str:
        """The paraphrase with a change, made once."""
        assert change.was in self.paraphrase
        return self.paraphrase.replace(change.was, change.now, 1)


DEVELOPED = (
    Paraphrased(
        "de",
        "Die eiserne Brücke bei Harrow wurde 1884 eröffnet, und seither war es leichter, Milch in die Stadt "
        "zu bringen. Bauern, die seit drei Generationen Butter verkauft hatten, verkauften nun nichts als "
        "Milch. Die alte Frau Tully behielt ein Butterfass in ihrem Fenster und benutzte es nie wieder. „Wir "
        "waren eine Butterstadt“, sagte sie zu einem Reporter, „und niemand hat uns gefragt.“",
        "Seit die eiserne Brücke bei Harrow im Jahr 1884 eröffnet worden war, kam die Milch leichter in die "
        "Stadt. Bauern, deren Familien drei Generationen lang Butter verkauft hatten, verkauften jetzt nur "
        "noch Milch. Frau Tully ließ das Butterfass in ihrem Fenster stehen und benutzte es nie wieder. „Wir "
        "waren eine Butterstadt“, sagte sie einem Reporter, „und niemand hat uns gefragt.“",
        (
            Change("year", "1884", "1848", "1848"),
            Change("direction", "leichter", "schwerer", "schwerer"),
            Change("number", "drei", "sieben", "7"),
            Change("name", "Frau Tully", "Frau Hobbs", "Hobbs"),
            Change("negation", "benutzte es nie wieder", "benutzte es jeden Tag", "benutzt"),
            Change("quotation", "eine Butterstadt", "eine Käsestadt", "Käsestadt"),
        ),
    ),
    Paraphrased(
        "de",
        "Ein Kalender ist ein Versprechen über ein Wetter, das noch niemand gesehen hat. Der Drucker Josiah "
        "Kemp verkaufte in einem nassen Jahr vierzigtausend Stück, in einem trockenen weniger. Die Leser "
        "glaubten den Vorhersagen nicht, aber den Gezeiten vertrauten sie. An den Rand seines eigenen "
        "Exemplars schrieb Kemp „zu kühn“ neben den 12. August.",
        "Kalender versprechen ein Wetter, das noch niemand gesehen hat. In einem nassen Jahr verkaufte Josiah "
        "Kemp 40.000 Stück, in trockenen Jahren weniger. Seine Leser glaubten den Vorhersagen nicht, sie "
        "vertrauten aber den Gezeiten. Neben dem 12. August notierte Kemp am Rand seines Exemplars: „zu "
        "kühn“.",
        (
            Change("number", "40.000", "30.000", "30000"),
            Change("direction", "weniger", "mehr", "mehr"),
            Change("negation", "Vorhersagen nicht", "Vorhersagen", "vorhersag"),
            Change("date", "12. August", "21. August", "21. August"),
            Change("name", "Josiah Kemp", "Josiah Pratt", "Pratt"),
            Change("quotation", "„zu kühn“", "„zu vorsichtig“", "zu vorsichtig"),
        ),
    ),
    Paraphrased(
        "de",
        "Bevor die Gaslampen in die Lowellstraße kamen, gingen die Leute bei Mondschein nach Hause. Die erste "
        "Lampe wurde am 3. November 1821 angezündet, und die Nacht wurde um eine Stunde kürzer. Diebe "
        "klagten, dass ihre Arbeit schwerer geworden sei. Ein Geistlicher schrieb, die Sterne seien seither "
        "nicht mehr zu sehen gewesen (Aldous 1823).",
        "In der Lowellstraße gingen die Leute bei Mondschein nach Hause, bis die Gaslampen kamen. Als am 3. "
        "November 1821 die erste Lampe angezündet wurde, war die Nacht um eine Stunde kürzer. Die Diebe "
        "klagten, ihre Arbeit sei nun schwerer. Seither, schrieb ein Geistlicher, seien die Sterne nicht mehr "
        "zu sehen (Aldous 1823).",
        (
            Change("date", "3. November", "13. November", "13. November"),
            Change("year", "1821", "1831", "1831"),
            Change("direction", "kürzer", "länger", "länger"),
            Change("direction", "schwerer", "leichter", "leichter"),
            Change("negation", "nicht mehr zu sehen", "gut zu sehen", "seh"),
            Change("citation", "Aldous", "Ormond", "Ormond"),
        ),
    ),
    Paraphrased(
        "fr",
        "Le pont de fer de Harrow fut ouvert en 1884, et il devint plus facile d’apporter le lait à la ville. "
        "Les fermiers qui avaient vendu du beurre pendant trois générations ne vendaient plus que du lait. La "
        "vieille Mme Tully gardait une baratte à sa fenêtre et ne s’en servit plus jamais. « Nous étions une "
        "ville de beurre », dit-elle à un journaliste, « et personne ne nous a demandé notre avis. »",
        "Depuis que le pont de fer de Harrow avait ouvert en 1884, il était plus facile d’apporter du lait à "
        "la ville. Les fermiers, dont les familles avaient vendu du beurre durant trois générations, ne "
        "vendaient plus que du lait. À sa fenêtre, Mme Tully gardait sa baratte et ne s’en servit plus "
        "jamais. « Nous étions une ville de beurre », dit-elle au journaliste, « et personne ne nous a "
        "demandé notre avis. »",
        (
            Change("year", "1884", "1848", "1848"),
            Change("direction", "facile", "difficile", "difficile"),
            Change("number", "trois", "sept", "7"),
            Change("name", "Mme Tully", "Mme Hobbs", "Hobbs"),
            Change("negation", "ne s’en servit plus jamais", "s’en servit chaque jour", "serv"),
            Change("quotation", "ville de beurre", "ville de fromage", "ville de fromage"),
        ),
    ),
    Paraphrased(
        "fr",
        "Un almanach est une promesse sur un temps que personne n’a encore vu. L’imprimeur Josiah Kemp en "
        "vendit quarante mille, une année humide, et moins une année sèche. Les lecteurs ne croyaient pas aux "
        "prévisions, mais ils se fiaient aux marées. Dans la marge de son propre exemplaire, Kemp écrivit « "
        "trop hardi » en face du 12 août.",
        "Les almanachs promettent un temps que personne n’a encore vu. Une année humide, Josiah Kemp en "
        "vendit 40 000, et moins une année sèche. Ses lecteurs ne croyaient pas aux prévisions, ils se "
        "fiaient pourtant aux marées. En face du 12 août, Kemp nota dans la marge de son exemplaire : « trop "
        "hardi ».",
        (
            Change("number", "40 000", "30 000", "30000"),
            Change("direction", "moins", "plus", "plus"),
            Change("negation", "ne croyaient pas aux", "croyaient aux", "prévis"),
            Change("date", "12 août", "21 août", "21 août"),
            Change("name", "Josiah Kemp", "Josiah Pratt", "Pratt"),
            Change("quotation", "« trop hardi »", "« trop prudent »", "trop prudent"),
        ),
    ),
    Paraphrased(
        "fr",
        "Avant l’arrivée des becs de gaz dans la rue Lowell, les gens rentraient au clair de lune. Le premier "
        "fut allumé le 3 novembre 1821, et la nuit devint plus courte d’une heure. Les voleurs se plaignirent "
        "que leur travail était plus difficile. Un pasteur écrivit qu’on n’avait pas revu les étoiles depuis "
        "(Aldous 1823).",
        "Rue Lowell, les gens rentraient au clair de lune jusqu’à l’arrivée des becs de gaz. Quand on alluma "
        "le premier, le 3 novembre 1821, la nuit fut plus courte d’une heure. Leur travail était devenu plus "
        "difficile, se plaignirent les voleurs. Depuis, écrivit un pasteur, on n’avait pas revu les étoiles "
        "(Aldous 1823).",
        (
            Change("date", "3 novembre", "13 novembre", "13 novembre"),
            Change("year", "1821", "1831", "1831"),
            Change("direction", "courte", "longue", "longue"),
            Change("direction", "difficile", "facile", "facile"),
            Change("negation", "n’avait pas revu", "avait revu", "revu"),
            Change("citation", "Aldous", "Ormond", "Ormond"),
        ),
    ),
    Paraphrased(
        "es",
        "El puente de hierro de Harrow se abrió en 1884, y desde entonces fue más fácil llevar la leche a la "
        "ciudad. Los granjeros que habían vendido mantequilla durante tres generaciones ya no vendían más que "
        "leche. La vieja Sra. Tully guardaba una mantequera en su ventana y nunca volvió a usarla. «Éramos un "
        "pueblo de mantequilla», dijo a un periodista, «y nadie nos preguntó».",
        "Desde que en 1884 se abrió el puente de hierro de Harrow, fue más fácil llevar leche a la ciudad. "
        "Los granjeros, cuyas familias habían vendido mantequilla durante tres generaciones, vendían ahora "
        "solo leche. En su ventana la Sra. Tully guardaba su mantequera, y nunca volvió a usarla. «Éramos un "
        "pueblo de mantequilla», le dijo a un periodista, «y nadie nos preguntó».",
        (
            Change("year", "1884", "1848", "1848"),
            Change("direction", "fácil", "difícil", "difícil"),
            Change("number", "tres", "siete", "7"),
            Change("name", "Sra. Tully", "Sra. Hobbs", "Hobbs"),
            Change("negation", "nunca volvió a usarla", "volvió a usarla", "volv"),
            Change("quotation", "pueblo de mantequilla", "pueblo de quesos", "pueblo de quesos"),
        ),
    ),
    Paraphrased(
        "es",
        "Un almanaque es una promesa sobre un tiempo que nadie ha visto todavía. El impresor Josiah Kemp "
        "vendió cuarenta mil en un año lluvioso, y menos en uno seco. Los lectores no creían en los "
        "pronósticos, pero confiaban en las mareas. En el margen de su propio ejemplar Kemp escribió "
        "«demasiado atrevido» junto al 12 de agosto.",
        "Los almanaques prometen un tiempo que nadie ha visto todavía. En un año lluvioso Josiah Kemp vendió "
        "40.000, y menos en los años secos. Sus lectores no creían en los pronósticos, aunque confiaban en "
        "las mareas. Junto al 12 de agosto, en el margen de su ejemplar, Kemp anotó: «demasiado atrevido».",
        (
            Change("number", "40.000", "30.000", "30000"),
            Change("direction", "menos", "más", "más"),
            Change("negation", "no creían", "creían", "cre"),
            Change("date", "12 de agosto", "21 de agosto", "21 de agosto"),
            Change("name", "Josiah Kemp", "Josiah Pratt", "Pratt"),
            Change("quotation", "«demasiado atrevido»", "«demasiado prudente»", "demasiado prudente"),
        ),
    ),
    Paraphrased(
        "es",
        "Antes de que llegaran las farolas de gas a la calle Lowell, la gente volvía a casa a la luz de la "
        "luna. La primera se encendió el 3 de noviembre de 1821, y la noche se hizo una hora más corta. Los "
        "ladrones se quejaron de que su trabajo era más difícil. Un clérigo escribió que desde entonces no se "
        "habían visto las estrellas (Aldous 1823).",
        "En la calle Lowell la gente volvía a casa a la luz de la luna, hasta que llegaron las farolas de "
        "gas. Cuando el 3 de noviembre de 1821 se encendió la primera, la noche fue una hora más corta. Los "
        "ladrones se quejaron de que ahora su trabajo era más difícil. Desde entonces, escribió un clérigo, "
        "no se habían visto las estrellas (Aldous 1823).",
        (
            Change("date", "3 de noviembre", "13 de noviembre", "13 de noviembre"),
            Change("year", "1821", "1831", "1831"),
            Change("direction", "corta", "larga", "larga"),
            Change("direction", "difícil", "fácil", "fácil"),
            Change("negation", "no se habían visto", "se habían visto", "vist"),
            Change("citation", "Aldous", "Ormond", "Ormond"),
        ),
    ),
)
"""Cases with which the measures were developed."""

HELD_OUT = (
    Paraphrased(
        "de",
        "Die Stadt hatte zwei Uhren, und sie stimmten nie überein. Die Kirche hielt sich an die Zeit der "
        "Sonne, der Bahnhof an die Zeit von London. Elf Jahre lang ging ein Mann namens Pruett mit einer "
        "Taschenuhr zwischen beiden hin und her und verkaufte den Unterschied. Im Jahr 1852 gewann die "
        "Eisenbahn, und der Mittag rückte um neun Minuten vor.",
        "Zwei Uhren gab es in der Stadt, die sich nie einig waren. Während die Kirche der Sonne folgte, ging "
        "der Bahnhof nach Londons Zeit. Zwischen ihnen lief elf Jahre lang ein gewisser Pruett mit seiner "
        "Taschenuhr hin und her; den Unterschied verkaufte er. 1852 gewann schließlich die Eisenbahn, und es "
        "wurde neun Minuten früher Mittag.",
        (
            Change("year", "1852", "1825", "1825"),
            Change("number", "elf", "siebzehn", "17"),
            Change("name", "Londons Zeit", "Bristols Zeit", "Bristol"),
            Change("name", "ein gewisser Pruett", "ein gewisser Hobbs", "Hobbs"),
            Change("direction", "gewann", "verlor", "verlor"),
            Change("negation", "die sich nie einig waren", "die sich immer einig waren", "überein"),
        ),
    ),
    Paraphrased(
        "de",
        "Salz wurde von Maultieren über den Varnpass getragen, achtzig Pfund auf jeder Seite. Die Steuer "
        "erhob man oben, weil dort niemand umkehren konnte. Schmuggler lernten, bei Schnee zu gehen, wenn die "
        "Wächter im Haus blieben. Der letzte Zug kam am 4. Mai 1904 herunter und fand, dass die Bahn vor ihm "
        "da war. „Wir sind das Salz gewesen“, sagte Mary Oakes.",
        "Achtzig Pfund Salz trug jedes Maultier auf jeder Seite über den Varnpass. Oben, wo niemand mehr "
        "umkehren konnte, wurde die Steuer erhoben. Bei Schnee blieben die Wächter im Haus, und die "
        "Schmuggler lernten, dann zu gehen. Am 4. Mai 1904 stieg der letzte Zug ab: Die Bahn war schon vor "
        "ihm da. Mary Oakes sagte: „Wir sind das Salz gewesen.“",
        (
            Change("number", "Achtzig", "Neunzig", "90"),
            Change("date", "4. Mai", "14. Mai", "14. Mai"),
            Change("year", "1904", "1940", "1940"),
            Change("name", "Mary Oakes", "Mary Tilling", "Tilling"),
            Change("direction", "der letzte Zug", "der erste Zug", "erste"),
            Change("direction", "vor ihm da", "nach ihm da", "nach"),
            Change("negation", "niemand mehr umkehren konnte", "jeder umkehren konnte", "umkehr"),
            Change("quotation", "Wir sind das Salz gewesen", "Wir sind die Diebe gewesen", "die Diebe"),
        ),
    ),
    Paraphrased(
        "fr",
        "La ville avait deux horloges, et elles n’étaient jamais d’accord. L’église suivait l’heure du "
        "soleil, et la gare l’heure de Londres. Pendant onze ans, un homme nommé Pruett marcha de l’une à "
        "l’autre avec une montre et vendit la différence. Le chemin de fer gagna en 1852, et midi se déplaça "
        "de neuf minutes.",
        "Des deux horloges de la ville, jamais l’une ne s’accordait avec l’autre. À la gare on vivait à "
        "l’heure de Londres, à l’église à celle du soleil. Onze ans durant, un certain Pruett alla de l’une à "
        "l’autre, montre en main, et vendit cette différence. En 1852 le chemin de fer gagna : midi bougea de "
        "neuf minutes.",
        (
            Change("year", "1852", "1825", "1825"),
            Change("number", "Onze", "Dix-sept", "17"),
            Change("name", "Londres", "Bristol", "Bristol"),
            Change("name", "un certain Pruett", "un certain Hobbs", "Hobbs"),
            Change("direction", "gagna", "perdit", "perdit"),
            Change("negation", "jamais l’une ne s’accordait", "toujours l’une s’accordait", "accord"),
        ),
    ),
    Paraphrased(
        "fr",
        "Le sel passait le col de Varn à dos de mulet, quatre-vingts livres de chaque côté. La taxe était "
        "perçue en haut, car personne ne pouvait y faire demi-tour. Les contrebandiers apprirent à passer par "
        "temps de neige, quand les gardes restaient à l’abri. Le dernier convoi descendit le 4 mai 1904 et "
        "trouva que le chemin de fer était arrivé avant lui. « Nous étions le sel », dit Mary Oakes.",
        "À dos de mulet, à raison de quatre-vingts livres par côté, le sel passait le col de Varn. On "
        "percevait la taxe en haut : là, personne ne pouvait faire demi-tour. Quand il neigeait, les gardes "
        "restaient à l’abri, et les contrebandiers apprirent à passer. Lorsque le dernier convoi descendit, "
        "le 4 mai 1904, le chemin de fer était arrivé avant lui. Et Mary Oakes : « Nous étions le sel. »",
        (
            Change("number", "quatre-vingts", "quatre-vingt-dix", "90"),
            Change("date", "4 mai", "14 mai", "14 mai"),
            Change("year", "1904", "1940", "1940"),
            Change("name", "Mary Oakes", "Mary Tilling", "Tilling"),
            Change("direction", "le dernier convoi", "le premier convoi", "premier"),
            Change("direction", "avant lui", "après lui", "après"),
            Change("negation", "personne ne pouvait faire", "chacun pouvait faire", "dem"),
            Change("quotation", "Nous étions le sel", "Nous étions les voleurs", "les voleurs"),
        ),
    ),
    Paraphrased(
        "es",
        "La ciudad tenía dos relojes, y nunca estaban de acuerdo. La iglesia seguía la hora del sol, y la "
        "estación la hora de Londres. Durante once años un hombre llamado Pruett caminó de uno a otro con un "
        "reloj de bolsillo y vendió la diferencia. El ferrocarril ganó en 1852, y el mediodía se movió nueve "
        "minutos.",
        "Dos relojes tenía la ciudad, y nunca se ponían de acuerdo. En la estación regía la hora de Londres; "
        "en la iglesia, la del sol. Con su reloj de bolsillo, un tal Pruett caminó once años de uno a otro y "
        "vendió esa diferencia. En 1852 ganó el ferrocarril, y nueve minutos se movió el mediodía.",
        (
            Change("year", "1852", "1825", "1825"),
            Change("number", "once", "diecisiete", "17"),
            Change("name", "Londres", "Bristol", "Bristol"),
            Change("name", "un tal Pruett", "un tal Hobbs", "Hobbs"),
            Change("direction", "ganó", "perdió", "perdió"),
            Change("negation", "nunca se ponían de acuerdo", "siempre se ponían de acuerdo", "acuerd"),
        ),
    ),
    Paraphrased(
        "es",
        "La sal cruzaba el paso de Varn a lomos de mula, ochenta libras a cada lado. El impuesto se cobraba "
        "arriba, porque allí nadie podía dar la vuelta. Los contrabandistas aprendieron a cruzar con nieve, "
        "cuando los guardias se quedaban dentro. La última recua bajó el 4 de mayo de 1904 y descubrió que el "
        "ferrocarril había llegado antes. «Nosotros éramos la sal», dijo Mary Oakes.",
        "A lomos de mula, con ochenta libras a cada lado, cruzaba la sal el paso de Varn. Como arriba nadie "
        "podía dar la vuelta, allí se cobraba el impuesto. Con nieve los guardias se quedaban dentro, y los "
        "contrabandistas aprendieron a cruzar entonces. Cuando la última recua bajó, el 4 de mayo de 1904, el "
        "ferrocarril había llegado antes. Y dijo Mary Oakes: «Nosotros éramos la sal».",
        (
            Change("number", "ochenta", "noventa", "90"),
            Change("date", "4 de mayo", "14 de mayo", "14 de mayo"),
            Change("year", "1904", "1940", "1940"),
            Change("name", "Mary Oakes", "Mary Tilling", "Tilling"),
            Change("direction", "la última recua", "la primera recua", "primera"),
            Change("direction", "llegado antes", "llegado después", "después"),
            Change("negation", "nadie podía dar", "cualquiera podía dar", "vuelt"),
            Change("quotation", "Nosotros éramos la sal", "Nosotros éramos los ladrones", "los ladrones"),
        ),
    ),
)
"""Written after the measures, which were not changed for them; the paraphrases are freer."""
