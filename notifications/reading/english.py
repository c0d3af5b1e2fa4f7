"""What English texts mean, by rules in order: the first that fits a part of a text counts for that part."""

from typing import Final

from notifications.models import Meaning
from notifications.reading.english_words import GROUPS
from notifications.reading.phrases import NOT_TO_STOP, Rule, rule


def _en(name: str, meaning: Meaning, phrases: str) -> Rule:
    return rule(name, meaning, "en", GROUPS, phrases)


# A wish put as a question: "could you ...?"
REQUEST: Final = _en(
    "a request",
    Meaning.STOP,
    """
    can|could|would|will|may|might|wont|cant you|u|ya|i|we|someone|somebody|y|yall|yous
    can|won t you
    how about
    stop <texting> <us>
    why don t|dont you
    """,
)

RULES: Final[tuple[Rule, ...]] = (
    _en("our own words sent back", Meaning.OTHER, "stop to stop\nunstop to resume"),
    _en("a driver's automatic answer", Meaning.OTHER, "do not disturb while driving\ndo not disturb turned on"),
    _en(
        NOT_TO_STOP,
        Meaning.OTHER,
        """
        <dont> ever|want|wish|need|mean|you|u? to? stop|unsubscribe|cancel|quit|end|opt !<texting> $
        <dont> ever|want|wish|need|mean? to? stop|unsubscribe|cancel|quit|end|opt|remove|delete
        <dont> take me|us|my off
        <dont> want|wish to be removed|taken|unsubscribed
        <dont> want|wish|need _ _? <these>* <texts> to stop|end
        <dont> want|wish|need <these>* <texts> to stop|end
        didn|haven|hadn t <said> to? stop|<unsubscribe>
        never|didnt|havent <said> to? stop|<unsubscribe>
        did|have not <said> to? stop|<unsubscribe>
        not to stop|unsubscribe|cancel
        no need to stop|unsubscribe|cancel
        """,
    ),
    _en(
        "told us before not to text",
        Meaning.STOP,
        """
        told|asked|said you|u|to|y|all* <dont> <text> <us>
        told|asked|said you|u|y|all* not|never to <text> <us>
        """,
    ),
    _en(
        "misses our texts",
        Meaning.OTHER,
        """
        <they> <dont> <text> <us>
        why <dont> you <text> <us>
        why <dont> i|we get
        """,
    ),
    _en(
        "off a list of the practice's, not of texts",
        Meaning.OTHER,
        """
        off|from the|your|that|a? \
            wait|waiting|waitlist|cancellation|cancelation|schedule|calendar|roster|books|rotation
        off|from|of the|your|this|a? monday|tuesday|wednesday|thursday|friday|saturday|sunday
        """,
    ),
    _en(
        "asks how to stop, or what stopping does",
        Meaning.MAYBE_STOP,
        """
        how|where do|does|can|could|to|would|should i|we|one|you|u? stop|unsubscribe|unsub|opt
        if i|we|you|they reply|text|say|send|type|write|answer|respond|stop|opt|unsubscribe \
            you|u|with|back|the|word? stop|getting|out|receiving|these|unsubscribe
        should|must|can|could|to i|we|have|need|to* reply|say|send|type|text stop
        what happens
        when do|does|can|will|would i|we|you|they|these|the texts|messages? stop
        trying|tried to <unsubscribe>|stop
        <unsubscribe> link|page|option|button
        """,
    ),
    _en(
        "stop at some hours, or for a time",
        Meaning.MAYBE_STOP,
        """
        <texting> <us>? <these>? _? <hours>
        <dont> <text> <us>? _? <hours>
        stop|quit sending <us>? <these>* <texts> <hours>
        stop|pause|hold <these>* <texts> <hours>
        """,
    ),
    _en(
        "stop for somebody or something else",
        Meaning.MAYBE_STOP,
        """
        stop <texting> my|the|her|his !phone !number !cell _
        <remove> my|the|his|her husband|wife|ex|son|daughter|mom|mother|dad|father|old|other|spouse|partner|email
        unsubscribe my|the|his|her husband|wife|ex|son|daughter|mom|mother|dad|father|old|other|spouse|partner|email
        unsubscribe me|us? from|to? <emails>
        """,
    ),
    _en("stops writing to us", Meaning.OTHER, "stop|quit|stopping|quitting <texting> you|u|y"),
    _en(
        "wrong number",
        Meaning.STOP,
        """
        ^ <wrong> !of !on !for !in !is !was !listed
        you|u|ya|all <verb>* <has> the|a? <wrong> !of !on !for !in !listed !as !down
        you|u <dont> have|got the right|correct number|person
        this is|s the|a? <wrong> !of !on !for !in
        it|that s|is the|a? <wrong> !of !on !for !in
        it|its|thats the|a? <wrong> !of !on !for !in
        think|believe|afraid you|u have|got the|a <wrong>
        ^ texting|messaging|contacting the|a? <wrong>
        """,
    ),
    _en(
        "stop texting me",
        Meaning.STOP,
        """
        <stop> with|all|the* <texting> <us>
        <stop> with|all|the* <texting> $
        <stop> with|all|the* <texting> <fin>
        <stop> with|all|the* <texting> <these>* <texts>
        <stop> calling|emailing|phoning|mailing|ringing <us>? and|or|n <texting>
        to|please|just|must stop <texting>
        """,
    ),
    _en(
        "stop sending me these",
        Meaning.STOP,
        """
        <stop> sending <these>* <texts>
        <stop> sending <us>? this|these|those|that|your? \
            stuff|crap|shit|anything|things|them|this|these|those|that|junk|nonsense $
        <stop> sending <us>? $
        <stop> sending these|this|those|it|them to <us>
        <stop> sending <us> _? _? text|texts|messages
        <stop> <these>* <texts> !app
        <stop> <these>* texting|messaging $
        stop|quit these|those|them $
        stop msg|txt|text|message|reminder $
        """,
    ),
    _en(
        "unsubscribe me",
        Meaning.STOP,
        """
        want|wish|like|need|have|ask|asked|asking|prefer|going|love|choose to <unsubscribe> !of !from
        want|wish|like|need|have|ask|asked|asking|prefer|going|love|choose to <unsubscribe> of|from <these>* _? <list>
        can|may|could|let|please i|we|me|us <unsubscribe> $
        can|may|could|let|please i|we|me|us <unsubscribe> of|from <these>* <list>
        ^ unsubscribe|unsuscribe|unsubcribe|unsub !my !button !link !email !emails
        unsubscribe|unsuscribe|unsubcribe|unsub me|us|this|<number>
        unsubscribe|unsuscribe|unsubcribe|unsub <number>
        unsubscribe|unsuscribe|unsubcribe|unsub from <these>* <list>
        opt me|us out !of
        i|we opt out $
        opt me|us? out of <these>* <list>
        opting out !of
        ^ opt out of <these>* <list>
        opting out of <these>* <list>
        """,
    ),
    _en(
        "remove me",
        Meaning.STOP,
        """
        <remove> me|us off|out? of? $
        get me|us off <these>* _? <list>
        <remove> me|us off|from|out|of* <these>* _? <list> !of
        <remove> me|us off|from|out|of* this|these|it|that|everything|all|here $
        take|remove my name off $
        take|remove off <number>
        <remove> <number> !is !from
        <remove> <number> from <these>* _? <list>
        lose my|this number
        forget my|this number
        """,
    ),
    _en(
        "do not text me",
        Meaning.STOP,
        """
        <dont> <text> <us> <fin>
        <dont> <text> anymore|again|ever|here
        <dont> <text> <us>? $
        <dont> send <us>? <these>* <texts>
        <dont> send <us>? anything|this|these|any $
        <dont> send <us>? anything|any more|else|again|further
        leave me|us alone !with !for !at !in
        """,
    ),
    _en(
        "no more texts",
        Meaning.STOP,
        """
        ^ no more|further|additional <these>* <texts>
        ^ no <texts> $
        ^ no <texts> to <number>
        want|wish|need|send no more|further|longer? <texts>
        enough with|of <these>* <texts>
        """,
    ),
    _en(
        "does not want texts",
        Meaning.STOP,
        """
        <dont> want|need|wish|consent|agree|care <these>* <texts>
        <dont> want|need|wish|consent|agree|care to|keep|continue|be|have|get|receive|getting|receiving* \
            <these>* <texts>
        <dont> want|need to|get|receive|getting|receiving|keep* these|those anymore? $
        <dont> want|wish to be texted|contacted|messaged|bothered|on|in
        <dont> want you|u|y|all|anyone|anybody* to? <text>|texting me|us
        <dont> want you|u|y|all* to? <text> me|us
        <dont> want you|u|y|all* texting|messaging|contacting me|us
        no longer want|wish|need|consent|care|interested to|keep|continue|be|get|receive|getting|receiving|in* \
            <these>* <texts>
        no longer want|wish to be texted|contacted|messaged
        want|wish|like|need <these>* <texts> to stop|end|cease
        want|wish|like|need you to stop <texting>
        <texts> must|need|have|has|needs|gotta|please to? stop|end|cease
        make it|this|these|them|the|texts|messages* stop
        revoke|revoking|withdraw|withdrawing|rescind my|all? consent|permission $
        revoke|revoking|withdraw|withdrawing|rescind my|all? consent|permission to|for|from \
            be|receive|receiving|get|getting|the|these|your|any* <texts>
        revoke|revoking|withdraw|withdrawing|rescind my|all? consent|permission to|for be? \
            texting|text|texted|contact|contacted|message|messaged
        turn|shut|switch off <these>* <texts>
        turn|shut|switch <these>* <texts> off
        disable|deactivate <these>* <texts>
        i|we already|have|ve|just|had|did* say|said|told|asked you|u|y|all|guys|people* to? stop $
        """,
    ),
    _en(
        "a stop that is none",
        Meaning.OTHER,
        """
        stop by|in|over|off|at|there|for|near|into|to|after|along|and
        stopping by|in|over|off|at
        bus|train|subway|next|last|first|pit|truck|one|a|the|my|our|your|non|full|short|transit|traffic|metro|rest stop
        streetcar stop
        stop sign|light|watch|lights|signs
        can|cannot|cant|couldn|won|doesn|isn|wouldn t? stop !<texting> !sending
        it|he|she|rain|pain|bleeding|crying|symptoms|fever|cough|seizures|attacks will|to|did|does|doesn|won t? stop
        rain|pain|bleeding|crying|symptoms|fever|cough|seizures|attacks stop
        stop <doing>
        stop _? <care> !<texts>
        stop _? _? <care> !<texts>
        when|whether|if|should _? _? _? stop _? <care>
        """,
    ),
    _en(
        "a wrong number of their own",
        Meaning.OTHER,
        """
        i|we|she|he gave|called|dialed|dialled|texted|have|had|put|wrote|entered|typed|got you|u|them|in|down? \
            the|a? wrong
        is|was this|that|it the|a? wrong
        """,
    ),
    _en(
        "cancel, with nothing said of what",
        Meaning.MAYBE_STOP,
        """
        ^ cancel|end|quit|revoke now? $
        ^ cancel|end|quit|revoke|stop it|this|that|these|them|everything|all $
        can|could|would you|i|we cancel $
        """,
    ),
    _en(
        "tired of texts",
        Meaning.MAYBE_STOP,
        """
        too many <these>* <texts>
        too many text|txt|msg|message|notification|reminder
        so many <texts>
        why am|do|are|did|is i|we|you|u|this|someone keep|still|always? \
            get|getting|receiving|receive|texting|messaging|contacting|got|spamming
        why am|do|are|did i|we|you|u keep? send|sending
        how did you|u|y|all* get my
        who gave you|u my
        <dont> want|need this|it|them|to
        <dont> <text>
        did not|didn t? sign|subscribe|ask
        didn t sign|subscribe|ask
        never signed|subscribed|agreed
        tired|sick of
        report you|this|as spam|u|number*
        this|it is|s spam|harassment|annoying
        go away
        fuck|piss|screw|buzz off|you|u
        no longer a|your|at|with|go|goes|live|need|client|clients|patient|patients|customer|customers|belongs
        not a|your client|patient|customer
        not|isn t? his|her|my|their number|phone|cell
        nobody|one|none here? by|with|named|called that|this? name
        not interested
        that s|is? enough
        enough $
        ^ no more $
        unwanted|unsolicited
        stop sending
        stop|quit calling|emailing|phoning
        wrong number|person $
        you|u <verb>* <has> the|a? <wrong>
        cancel|end <these>? reminder|text|message $
        """,
    ),
)

# Comes after all others, the French ones too.
UNCLEAR: Final = _en(
    "a stop word in a text of unclear sense",
    Meaning.MAYBE_STOP,
    """
    stop|stopp|stopall|unsubscribe|unsub|optout
    opt out $
    opt out of <these>* <list>
    """,
)
