"""Every setting: its name, default, check, and what it is for, told to administrators.

How settings are read, and from where, is config.py's matter.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TRUE = frozenset({"1", "oui", "true", "vrai", "yes", "on"})
_EMAIL = "une adresse électronique"
_FALSE = frozenset({"0", "non", "false", "faux", "no", "off"})


@dataclass(frozen=True)
class Setting:
    """One setting.

    `default` None means "worked out from the instance folder". `aliases` are names that
    cloud platforms set in the environment without our prefix. `secret` values are never
    repeated in an error message, nor shown on a page. `comment` is for the README's table,
    which is made from it; `purpose` is the French sentence of the page of settings.
    `on_sheet`: the meeting sheet and letters show it; `label` names what the sheet lacks
    without it ("" for what it can do without), and `demo` stands there, said to be made up,
    where the portfolio is fictitious.
    """

    name: str
    default: str | int | float | bool | None
    comment: str
    parse: Callable[[object], object]
    expected: str
    purpose: str
    aliases: tuple[str, ...] = ()
    secret: bool = False
    on_sheet: bool = False
    label: str = ""
    demo: str = ""

    @property
    def default_text(self) -> str:
        """The default as the README's table shows it."""
        if self.default is None:
            return "in the instance folder"
        if isinstance(self.default, bool):
            return "oui" if self.default else "non"
        return f"`{self.default}`" if self.default != "" else "empty"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value.strip()


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError


def _integer(low: int, high: int) -> tuple[Callable[[object], int], str]:
    """Give the parser of a whole number in a range, and the words for it."""

    def parse(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse, f"un entier entre {low} et {high}"


def _number(low: float, high: float) -> tuple[Callable[[object], float], str]:
    """Give the parser of a number in a range, and the words for it."""

    def parse(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value.replace(",", ".")) if isinstance(value, str) else float(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return parse, f"un nombre entre {low:g} et {high:g}".replace(".", ",")


def _database_url(value: object) -> str:
    url = _text(value)
    # Heroku-like platforms still write postgres://, which SQLAlchemy no longer reads.
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    if not re.match(r"^(sqlite:///|postgresql\+psycopg://)\S+$", url):
        raise ValueError
    return url


def _secret(value: object) -> str:
    text = _text(value)
    if len(text) < 32:
        raise ValueError
    return text


def _email(value: object) -> str:
    text = _text(value)
    if text and not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", text):
        raise ValueError
    return text


def _hosts(value: object) -> str:
    text = _text(value)
    if not re.match(r"^[\w.:*, -]*$", text):
        raise ValueError
    return text


def _bureaux(value: object) -> str:
    names = [name.strip() for name in _text(value).split(",")]
    if names != [""] and (len(names) != 3 or not all(names)):
        raise ValueError
    return ", ".join(names)


def _contacts(value: object) -> str:
    contacts = [contact.strip() for contact in _text(value).split(";")]
    if contacts != [""] and (len(contacts) != 3 or not all(contacts)):
        raise ValueError
    return " ; ".join(contacts)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "LIMIT",
        0.48,
        "Largest tolerated probability of not repaying: above it the loan is refused.",
        # The ends are left out: there the odds of the limit, which the points stand on, have no value.
        *_number(0.01, 0.99),
        purpose="Plus grande probabilité tolérée de ne pas rembourser : au-dessus, le prêt est refusé.",
    ),
    Setting(
        "LEVER_INSTALMENT",
        1.25,
        "Levers: how many times today’s instalment a proposed one may be.",
        *_number(1, 10),
        purpose="Leviers : combien de fois la mensualité d’aujourd’hui une mensualité proposée peut valoir.",
    ),
    Setting(
        "LEVER_CUT",
        0.25,
        "Levers: share of the amount by which a proposal may lower it.",
        *_number(0.01, 0.9),
        purpose="Leviers : part du montant dont une proposition peut le baisser.",
    ),
    Setting(
        "LEVER_POINTS",
        5,
        "Levers: points beyond the limit from which a proposal is safe; below it is told as fragile.",
        *_integer(0, 100),
        purpose="Leviers : points au-delà de la limite à partir desquels une proposition est sûre.",
    ),
    Setting(
        "INSTALMENT_SHARE",
        0.35,
        "House rule: share of the income that a raised instalment may take, in levers and room.",
        *_number(0.01, 1),
        purpose="Règle de l’établissement : part du revenu que peut prendre une mensualité augmentée.",
    ),
    Setting(
        "NEAR_POINTS",
        10,
        "Points around the limit within which an application is near it: motives and a second reader.",
        *_integer(0, 100),
        purpose="Points autour de la limite entre lesquels un dossier en est proche : il faut des motifs "
        "et une seconde lecture.",
    ),
    Setting(
        "READER_AMOUNT",
        20_000,
        "Amount (in the currency shown) above which a granted loan waits for a second reader; 0: never.",
        *_integer(0, 1_000_000_000),
        purpose="Montant, dans la monnaie affichée, au-dessus duquel un accord attend une seconde lecture ; "
        "0 : jamais.",
    ),
    Setting(
        "READER_DAYS",
        2,
        "Days within which a second reader answers.",
        *_integer(1, 60),
        purpose="Jours dans lesquels la seconde lecture est faite.",
    ),
    Setting(
        "REVIEW_DAYS",
        30,
        "Days within which a client’s request for a review is answered.",
        *_integer(1, 366),
        purpose="Jours dans lesquels une demande de réexamen reçoit sa réponse.",
    ),
    Setting(
        "CONTEST_DAYS",
        60,
        "Days after a letter within which it invites the client to contest the decision.",
        *_integer(1, 3660),
        purpose="Jours, comptés depuis le courrier, pendant lesquels il invite le client à contester.",
    ),
    Setting(
        "DEBT_RATIO",
        0.35,
        "House rule: share of the resources that all instalments and charges may take.",
        *_number(0.01, 1),
        purpose="Règle de l’établissement : part des ressources que peuvent prendre toutes les charges.",
    ),
    Setting(
        "LEFT_FIRST",
        700,
        "House rule: what is left to live on by the month for a household’s first person (currency shown).",
        *_integer(0, 1_000_000_000),
        purpose="Règle de l’établissement : reste à vivre par mois pour la première personne du foyer.",
    ),
    Setting(
        "LEFT_OTHER",
        300,
        "The same for each further person.",
        *_integer(0, 1_000_000_000),
        purpose="Règle de l’établissement : reste à vivre par mois pour chaque autre personne du foyer.",
    ),
    Setting(
        "KEEP_REFUSED",
        6,
        "Months that a refused application’s decision is kept; then `flask retention run` erases it.",
        *_integer(1, 1200),
        purpose="Mois pendant lesquels est gardé ce qui a été écrit d’une demande refusée.",
    ),
    Setting(
        "KEEP_DECISIONS",
        60,
        "Months that other decisions, their reviews and letters are kept.",
        *_integer(1, 1200),
        purpose="Mois pendant lesquels sont gardées les autres décisions, leurs réexamens et leurs lettres.",
    ),
    Setting(
        "KEEP_JOURNAL",
        12,
        "Months that the journal keeps who opened which file, and who signed in.",
        *_integer(1, 1200),
        purpose="Mois pendant lesquels le journal garde qui a ouvert quel dossier et qui s’est connecté.",
    ),
    Setting(
        "COST_RATIO",
        10,
        "How many good clients refused a default costs; used when the model is trained.",
        *_integer(1, 1000),
        purpose="Combien de bons clients refusés coûte un défaut de paiement. Il sert à l’entraînement.",
    ),
    Setting(
        "MEMORY",
        1000,
        "Megabytes of memory that an import takes at most, and the clients of a training; what does not fit "
        "waits in the instance folder.",
        *_integer(500, 1_000_000),
        purpose="Mémoire que prennent un import ou les clients d’un entraînement, en mégaoctets. Ce qui n’y "
        "tient pas attend sur le disque.",
    ),
    Setting(
        "DATABASE_URL",
        None,
        "Database of users: an SQLite file in the instance folder, or postgresql://…",
        _database_url,
        "une adresse sqlite:///… ou postgresql://…",
        aliases=("DATABASE_URL",),
        secret=True,
        purpose="Base de données des utilisateurs.",
    ),
    Setting(
        "SECRET_KEY",
        None,
        "Key that signs sessions; made at the first start, in secret.key.",
        _secret,
        "un texte d’au moins 32 caractères",
        secret=True,
        purpose="Clé qui signe les sessions.",
    ),
    Setting(
        "HOST",
        "127.0.0.1",
        "Address the server listens on.",
        _text,
        "une adresse",
        aliases=("HOST",),
        purpose="Adresse sur laquelle le serveur écoute.",
    ),
    Setting(
        "PORT",
        8000,
        "Port the server listens on.",
        *_integer(1, 65535),
        aliases=("PORT",),
        purpose="Port sur lequel le serveur écoute.",
    ),
    Setting(
        "WORKERS",
        2,
        "Worker processes; one per processor core is right.",
        *_integer(1, 64),
        aliases=("WEB_CONCURRENCY",),
        purpose="Nombre de processus qui répondent.",
    ),
    Setting(
        "THREADS",
        4,
        "Threads of each worker.",
        *_integer(1, 64),
        purpose="Nombre de fils dans chaque processus.",
    ),
    Setting(
        "PROXIES",
        0,
        "Trusted proxies in front of the application (nginx alone: 1).",
        *_integer(0, 5),
        purpose="Nombre de serveurs mandataires de confiance devant l’application.",
    ),
    Setting(
        "HTTPS",
        False,
        "`oui` when advisors always come by https: cookies are kept to https, HSTS is sent.",
        _boolean,
        "oui ou non",
        purpose="Les conseillers viennent toujours par https : les cookies ne passent que par lui.",
    ),
    Setting(
        "HOSTS",
        "",
        "Host names served, separated by commas; empty: all.",
        _hosts,
        "une liste de noms de domaine séparés par des virgules",
        purpose="Noms de domaine servis ; vide : tous.",
    ),
    Setting(
        "SESSION_HOURS",
        24,
        "Hours before a session asks for the password again, however much it is used.",
        *_integer(1, 168),
        purpose="Heures avant qu’une session redemande le mot de passe, même si elle sert.",
    ),
    Setting(
        "SESSION_IDLE",
        60,
        "Minutes without activity after which a session ends; what was typed in a form is kept.",
        *_integer(5, 1440),
        purpose="Minutes sans activité après lesquelles une session se termine.",
    ),
    Setting(
        "WATCH_RESULTS",
        "",
        "Folder of another study for `/veille` (`make research-demo` makes one); empty: the published one.",
        _text,
        "un dossier",
        purpose="Dossier d’une autre étude à montrer dans la veille ; vide : celle qui est publiée.",
    ),
    Setting(
        "LOGIN_ATTEMPTS",
        5,
        "Failed sign-ins of one account in a day that cost no wait; each further one doubles it.",
        *_integer(1, 1000),
        purpose="Échecs de connexion d’un compte en un jour sans attente ; chacun des suivants la double.",
    ),
    Setting(
        "LOGIN_ATTEMPTS_ADDRESS",
        30,
        "The same from one address (IPv6: its /64), for browsers that have never signed in.",
        *_integer(1, 10_000),
        purpose="De même depuis une adresse, pour les navigateurs qui ne se sont jamais connectés.",
    ),
    Setting(
        "LOGIN_MINUTES",
        15,
        "Longest wait after failed sign-ins, in minutes.",
        *_integer(1, 1440),
        purpose="Plus longue attente après des échecs de connexion, en minutes.",
    ),
    Setting(
        "API_REQUESTS",
        600,
        "Requests to the API allowed per minute and token.",
        *_integer(1, 1_000_000),
        purpose="Demandes permises à l’interface de programmation, par minute et par jeton.",
    ),
    Setting(
        "API_ROWS",
        10_000,
        "Clients allowed in one request to the API.",
        *_integer(1, 1_000_000),
        purpose="Clients permis dans une demande à l’interface de programmation.",
    ),
    Setting(
        "ORGANISATION_NAME",
        "Prêt à dépenser",
        "Name of the lender, on the meeting sheet and in the footer.",
        _text,
        "un texte",
        purpose="Nom du prêteur, sur la fiche d’entretien et en bas des pages.",
        on_sheet=True,
    ),
    Setting(
        "ORGANISATION_ADDRESS",
        "",
        "Postal address of the lender.",
        _text,
        "un texte",
        purpose="Adresse postale du prêteur, pour les clients.",
        on_sheet=True,
        label="l’adresse du prêteur",
        demo="1 rue de l’Exemple, 75000 Ville-Fictive",
    ),
    Setting(
        "ORGANISATION_PHONE",
        "",
        "Telephone number for clients.",
        _text,
        "un texte",
        purpose="Numéro de téléphone pour les clients.",
        on_sheet=True,
        label="le téléphone du prêteur",
        demo="01 99 00 12 34",
    ),
    Setting(
        "ORGANISATION_EMAIL",
        "",
        "E-mail address for clients.",
        _email,
        _EMAIL,
        purpose="Adresse électronique pour les clients.",
        on_sheet=True,
    ),
    Setting(
        "ORGANISATION_DPO",
        "",
        "E-mail address of the data protection officer.",
        _email,
        _EMAIL,
        purpose="Adresse électronique du délégué à la protection des données (RGPD, article 13).",
        on_sheet=True,
        label="le délégué à la protection des données",
        demo="dpo@preteur.example",
    ),
    Setting(
        "ACCESSIBILITY_EMAIL",
        "",
        "E-mail address for what somebody cannot read or use; empty: the lender's ways of contact.",
        _email,
        _EMAIL,
        purpose="Adresse électronique à laquelle signaler un défaut d’accessibilité, sur la déclaration "
        "d’accessibilité ; vide : les coordonnées du prêteur.",
    ),
    Setting(
        "OUTCOME_MEANING",
        "",
        "What a default is in the lender's data, after « environ 37 ont »; empty: what it is in Kaggle's.",
        _text,
        "un texte",
        purpose="Ce qu’est une difficulté de paiement dans les données, après « environ 37 ont » ; "
        "vide : ce qu’elle est dans celles de Kaggle.",
    ),
    Setting(
        "EXTERNAL_BUREAUX",
        "",
        "Names of the bodies behind `EXT_SOURCE_1` to `3`, separated by commas, for the meeting sheet.",
        _bureaux,
        "trois noms séparés par des virgules",
        purpose="Noms des trois organismes qui donnent les notes extérieures, séparés par des virgules.",
        on_sheet=True,
        label="le nom des organismes extérieurs",
        demo="Alpha fictif, Bêta fictif, Gamma fictif",
    ),
    Setting(
        "MEDIATOR_NAME",
        "",
        "Name of the consumer mediator, on the meeting sheet.",
        _text,
        "un texte",
        purpose="Nom du médiateur de la consommation.",
        on_sheet=True,
        label="le nom du médiateur",
        demo="Médiateur fictif",
    ),
    Setting(
        "MEDIATOR_ADDRESS",
        "",
        "Postal or web address of the consumer mediator.",
        _text,
        "un texte",
        purpose="Adresse postale ou site du médiateur.",
        on_sheet=True,
        label="l’adresse du médiateur",
        demo="mediateur.example",
    ),
    Setting(
        "CONTROLLER_NAME",
        "",
        "Name of the data controller (GDPR, article 13), on the meeting sheet.",
        _text,
        "un texte",
        purpose="Responsable du traitement des données (RGPD, article 13).",
        on_sheet=True,
        label="le responsable du traitement",
        demo="Société fictive Exemple",
    ),
    Setting(
        "CONTROLLER_ADDRESS",
        "",
        "Postal address of the data controller.",
        _text,
        "un texte",
        purpose="Adresse postale du responsable du traitement.",
        on_sheet=True,
        label="l’adresse du responsable du traitement",
        demo="1 rue de l’Exemple, 75000 Ville-Fictive",
    ),
    Setting(
        "REVIEW_CONTACT",
        "",
        "Named person who answers for decisions and reviews them, with the way to reach this person.",
        _text,
        "un texte",
        purpose="Personne nommée qui répond des décisions et les revoit, et comment la joindre "
        "(RGPD, article 22).",
        on_sheet=True,
        label="la personne qui répond des décisions",
        demo="Claude Exemple, personne fictive, 01 99 00 12 35",
    ),
    Setting(
        "PURPOSES",
        "",
        "What the data are used for, in the client's words.",
        _text,
        "un texte",
        purpose="Ce à quoi servent les données, dans les mots du client (RGPD, article 13).",
        on_sheet=True,
        label="le but du traitement",
        demo="évaluer votre demande de crédit et vous répondre",
    ),
    Setting(
        "LEGAL_BASIS",
        "",
        "Legal basis of the processing (GDPR, article 6).",
        _text,
        "un texte",
        purpose="Base légale du traitement (RGPD, article 6).",
        on_sheet=True,
        label="la base légale",
        demo="la préparation du contrat que vous demandez et notre obligation de vérifier "
        "que vous pourrez rembourser (RGPD, article 6, paragraphe 1, points b et c)",
    ),
    Setting(
        "RECIPIENTS",
        "",
        "Who receives the data.",
        _text,
        "un texte",
        purpose="Qui reçoit les données (RGPD, article 13).",
        on_sheet=True,
        label="les destinataires",
        demo="nos conseillers et nos auditeurs",
    ),
    Setting(
        "RETENTION",
        "",
        "How long the data are kept.",
        _text,
        "un texte",
        purpose="Combien de temps les données sont gardées (RGPD, article 13).",
        on_sheet=True,
        label="la durée de conservation",
        demo="cinq ans après la fin du crédit, six mois après un refus (durées fictives)",
    ),
    Setting(
        "BUREAUX_CONTACTS",
        "",
        "How to reach the three bodies of `EXTERNAL_BUREAUX`, separated by semicolons.",
        _contacts,
        "trois coordonnées séparées par des points-virgules",
        purpose="Comment joindre ces trois organismes, dans le même ordre, séparés par des points-virgules. "
        "Un refus doit nommer le fichier consulté (directive (UE) 2023/2225, article 19).",
        on_sheet=True,
        label="les coordonnées des organismes extérieurs",
        demo="alpha.example ; beta.example ; gamma.example",
    ),
    Setting(
        "CREDIT_FILE",
        "",
        "Who keeps the file of credits elsewhere (`bureau`), and how to reach them; letters name it.",
        _text,
        "un texte",
        purpose="Qui tient le fichier des crédits, et comment le joindre. Un refus doit le nommer s’il a été "
        "consulté (directive (UE) 2023/2225, article 19).",
        on_sheet=True,
        label="qui tient le fichier des crédits",
        demo="Fichier fictif des crédits, fichier.example",
    ),
)
