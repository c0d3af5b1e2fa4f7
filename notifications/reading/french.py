"""What French texts mean, by rules in order: the first that fits a part of a text counts for that part."""

from typing import Final

from notifications.models import Meaning
from notifications.reading.french_words import GROUPS
from notifications.reading.phrases import NOT_TO_STOP, Rule, rule


def _fr(name: str, meaning: Meaning, phrases: str) -> Rule:
    return rule(name, meaning, "fr", GROUPS, phrases)


REQUEST: Final = _fr(
    "a request",
    Meaning.STOP,
    """
    pouvez|pourriez|pouvons|pourrais|peux|peut|voulez|voudriez|puis|veux|auriez vous|tu|on|je|bien? _
    pouvez|pourriez|peux
    est ce|possible que|de|d
    """,
)

RULES: Final[tuple[Rule, ...]] = (
    _fr("our own words sent back", Meaning.OTHER, "stop pour arreter\nunstop pour reprendre\narret pour arreter"),
    _fr(
        NOT_TO_STOP,
        Meaning.OTHER,
        """
        n <stop> surtout? pas|jamais|plus
        ai|as|a|ont|avons|avez|avaient|avait arrete|cesse
        ne me|m? arretez|cessez|desabonnez|retirez|enlevez pas|surtout|jamais
        ne pas|jamais me|m|nous? <stop>
        ne pas|jamais me|m desabonner|retirer|enlever
        ne|n veux|voudrais|souhaite|voulais pas me|m|que? <stop>|desabonner
        ne|n veux|voudrais|souhaite|voulais pas me|m? desabonner|desinscrire|arreter|stopper|cesser
        pas dit|demande d|de? <stop>
        ne me <write> plus jamais|assez rien|assez|aussi
        vous|tu ne m|me <write> plus|pas
        pourquoi _? _? ne m|me <write> plus|pas
        """,
    ),
    _fr(
        "off a list of the practice's, not of texts",
        Meaning.OTHER,
        """
        liste d attente
        de l horaire|agenda|calendrier
        du groupe|cours|programme
        """,
    ),
    _fr(
        "asks how to stop",
        Meaning.MAYBE_STOP,
        """
        comment|ou faire|fait|peut|puis|dois|on|je|faut|il|pour|est|ce|que|peux* <stop>
        comment|ou faire|fait|peut|puis|dois|on|je|faut|il|pour|est|ce|que|peux* me|m|se \
            desabonner|desinscrire|retirer
        si je|j reponds|ecris|texte|envoie|dis stop|arret
        """,
    ),
    _fr(
        "stop at some hours, or for a time",
        Meaning.MAYBE_STOP,
        """
        <stop> de|d? me|m|nous? <texting> <these>* <texts>? <hours>
        ne m|me|nous <write> plus|pas <these>* <texts>? <hours>
        """,
    ),
    _fr(
        "wrong number",
        Meaning.STOP,
        """
        ^ <wrong> !de !sur !au !dans
        vous|tu|t avez|as|aviez|etes|es|compose|texte|ecrit|ecrivez|textez|contactez|rejoint|fait|a|au|sur* \
            le|un|la|une <wrong> !de !sur !au !dans
        au <wrong>
        pas le bon|bonne numero|personne
        c|ce est|etait le|un|la|une? <wrong> !de !sur !au !dans
        vous|tu vous|t|etes|es|avez* trompez|trompe|trompes|trompee de? numero|personne
        erreur de numero|personne|destinataire
        """,
    ),
    _fr(
        "stop writing to me",
        Meaning.STOP,
        """
        <stop> de|d me|m|nous <texting>
        <stop> de|d texter|textoter|ecrire|contacter|deranger|harceler|envoyer !<care>
        <stop> de|d recevoir <these>* <texts>
        <stop> <these>* <texts>
        <stop> de m|me|nous _? <texting>
        ^ arret de|des|aux|du? <texts>
        """,
    ),
    _fr(
        "do not write to me any more",
        Meaning.STOP,
        """
        ne? m|me|nous <write> plus
        ne plus m|me|nous <texting>
        ne plus <texting> <these>* <texts>
        ne plus <texting> a? ce|mon numero
        ne pas m|me|nous texter|ecrire|contacter|deranger|harceler
        ne? m|me|nous textez|ecrivez|contactez|derangez|harcelez|achalez pas $
        ne? m|me|nous envoyez|envoie plus|pas <these>* <texts>
        ne? m|me|nous envoyez|envoie plus|pas rien $
        ne plus etre contacte|contactee|texte|derange|derangee|sollicite|sollicitee
        """,
    ),
    _fr(
        "does not want texts",
        Meaning.STOP,
        """
        veux|veut|voulons|souhaite|souhaitons|desire|voudrais|veus plus recevoir|avoir|de|d|etre <these>* <texts>
        veux|veut|voulons|souhaite|souhaitons|desire|voudrais plus etre \
            contacte|contactee|derange|derangee|texte|sollicite|sollicitee
        veux|veut|voulons|souhaite|souhaitons|desire|voudrais plus recevoir|avoir|etre? de? vos|tes|ces|aucun <texts>
        veux|veut|voulons|souhaite|souhaitons|desire|voudrais pas|plus|aucun recevoir|avoir|de|d* <these>* <texts>
        veux|voulons|souhaite|voudrais que vous|tu|ca|cela|les? textos|messages? <stop>
        veux|veut|voulons|souhaite|souhaitons|desire|voudrais plus rien recevoir|savoir
        n ai|avons plus|pas besoin <these>* <texts>
        ^ plus|pas|aucun|aucuns jamais? de|d|aucun? <texts> !recu !recus !pour !sur !dans !au !aujourd !hier
        ^ plus aucun|jamais de? <texts>
        ^ fini <these>* <texts>
        annulez|annuler|annule|desactivez|desactiver|bloquez <these>* <texts>
        retire|revoque mon consentement !de !a
        laissez|laisse|fichez|foutez|foute|crissez|calissez|sacrez|lachez|lache moi|nous|patience \
            tranquille|la|patience|paix
        """,
    ),
    _fr(
        "take me off",
        Meaning.STOP,
        """
        desabonnez|desinscrivez|desabonne|desinscris moi|nous
        me|m|nous? desabonner|desinscrire !du !de
        me|m|nous desabonner|desinscrire de|du|des <these>* _? <list>
        me|m|nous desabonner|desinscrire $
        je me desabonne|desinscris
        desabonnement $
        <remove> moi|nous $
        <remove> moi|nous de|des|du|sur? la|votre|vos|ta|cette|ce|votre|tes|toutes? _? <list>
        me|m|nous retirer|enlever|oter|rayer|supprimer de|des|du la|votre|vos|cette|ce? <list>
        me|m|nous retirer|enlever|oter|rayer|supprimer $
        <remove> <numero>
        """,
    ),
    _fr(
        "a stop that is none",
        Meaning.OTHER,
        """
        l|d|un|une|prochain|dernier|premier|mon|cet arret
        arret d|de|du|maladie|cardiaque|bus|autobus|complet|scolaire|metro
        en|a arret
        arrets
        un|au|le|mon stop
        <stop> _? _? <care>
        """,
    ),
    _fr(
        "cancel, with nothing said of what",
        Meaning.MAYBE_STOP,
        """
        ^ annulez|annuler|annule $
        ^ annulez|annuler|annule tout|ca|cela $
        """,
    ),
    _fr(
        "tired of texts",
        Meaning.MAYBE_STOP,
        """
        trop de|d <texts>
        trop souvent
        ne? m|me|nous appelez|telephonez plus
        pourquoi _? _? _? recois|recevons|recoit
        pourquoi _? _? m|me <write>
        comment avez|as _? eu|obtenu|trouve mon numero
        qui vous|t a donne mon numero
        ca|cela suffit
        assez <these>* <texts>
        ^ assez $
        jamais demande|inscrit|inscrite
        <stop> <these>* appels|courriels|emails|courriel
        ne? m|me|nous <write> plus|pas
        ne? m|me envoyez plus|pas
        plus|pas client|cliente|patient|patiente|interesse|interessee
        mauvais|faux numero $
        <remove> moi|nous|le|la|mon|ma
        foutez|allez|va le|vous|te|chier camp|faire
        est|c du? spam|pourriel|harcelement
        """,
    ),
    _fr(
        "a stop word in a text of unclear sense",
        Meaning.MAYBE_STOP,
        "^ arretez|cessez|stoppez\narretez|cessez|stoppez $\narret $\ndesabonner|desabonnement|desinscription",
    ),
)
