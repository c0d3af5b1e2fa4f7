"""Words that take each other's place in the French rules, with "|" between, and the words of care."""

from typing import Final

GROUPS: Final = {
    "stop": (
        "arretez|arrete|arreter|arreterez|arretiez|cessez|cesse|cesser|stoppez|stoppe|stopper|stop|finissez"
        "|arretez vous"
    ),
    "texting": (
        "texter|textoter|ecrire|contacter|deranger|achaler|ecoeurer|harceler|solliciter|importuner|messager"
        "|spammer|envoyer|recevoir|gosser"
    ),
    "write": (
        "ecrivez|ecris|textez|texte|textes|envoyez|envoie|envoies|contactez|contacte|contactes|derangez"
        "|derange|harcelez|achalez|sollicitez|importunez|recontactez|ecrives"
    ),
    # Plural, or with "this": "cancel my appointment text me" is about no texts.
    "texts": (
        "textos|texto|messages|message|messages textes|message texte|sms|rappels|rappels par texto|notifications"
        "|alertes|envois|avis par texto|messages automatiques|rappels textos|pourriels|spams|ca|cela"
        "|ces messages|ces textos|tout ca|contact|communications|correspondance"
    ),
    "these": (
        "de|d|des|aux|au|du|les|ces|vos|tes|tous|tout|toutes|ce|cette|me|m|nous|avec|a|l|aucun|aucuns|autres|autre|par"
    ),
    "numero": (
        "mon numero|mon nom|mon numero de telephone|ce numero|mon cellulaire|mon cell|mon telephone|notre numero"
    ),
    "remove": (
        "retirez|retire|retirer|enlevez|enleve|enlever|otez|supprimez|supprimer|supprime|effacez|effacer"
        "|efface|rayez|sortez|desinscrivez|desabonnez|desabonne|desinscris|radiez"
    ),
    "list": (
        "liste|listes|liste de contacts|liste d envoi|liste de diffusion|contacts|base de donnees|systeme"
        "|fichiers|envois|textos|messages|rappels|notifications|sms|registre|registres"
    ),
    "wrong": "mauvais numero|faux numero|mauvaise personne|mauvais num|mauvais telephone|mauvais no",
    # What is stopped, ended or cancelled in care, and not in texts.
    "care": (
        "rendez vous|rdv|seance|seances|therapie|traitement|traitements|medicament|medicaments|medication"
        "|suivi|suivis|pilule|pilules|antibiotique|antibiotiques|creme|paiement|paiements|prelevement"
        "|prelevements|cours|groupe|programme|exercices|facturation|fumer|travail|pleurer|tousser|prendre"
        "|venir|consultations|visites"
    ),
    "hours": (
        "apres|avant|la nuit|le soir|le matin|pendant|quand|lorsque|si tot|si tard|aussi tot|aussi tard"
        "|le dimanche|le samedi|le weekend|la fin|cette semaine|aujourd|ce soir|au travail|trop tot|trop tard"
        "|pour l instant|jusqu|entre"
    ),
    # Said of appointments and what surrounds them.
    "about care": (
        "rendez|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|demain|aujourd|soir|semaine|mois|heure"
        "|heures|autobus|bus|docteur|medecin|therapeute|annuler|annulez|deplacer|reporter|confirme|confirmer"
        "|viens|venons|maladie|ecole|courriels|courriel|appels"
    ),
    # Stops that need no other word.
    "bare": (
        "arret|arrete|arreter|stopper|cesser|arretez|arretez ca|arrete ca|arretez tout|stoppez|cessez|desabonner"
        "|desabonnement|desinscription|desinscrire|desinscrivez|se desabonner|me desabonner"
    ),
}

BARE: Final = frozenset(GROUPS["bare"].split("|"))
# Where one of these stands, a bare "stop" beside it may be about that.
CARE: Final = frozenset(f"{GROUPS['care']}|{GROUPS['about care']}".split("|"))
