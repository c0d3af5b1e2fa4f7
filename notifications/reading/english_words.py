"""Words that take each other's place in the English rules, with "|" between, and the words of care."""

from typing import Final

GROUPS: Final = {
    "stop": "stop|stopp|quit|cease|discontinue|halt|end|cancel|unsubscribe me from",
    "dont": "don t|dont|do not|donot|don not|never|pls dont",
    "texting": (
        "texting|txting|messaging|msging|contacting|sms|smsing|bothering|spamming|harassing|pestering|bugging"
        "|writing to|writing|blowing up|reminding|notifying|alerting|pinging|hitting up"
    ),
    "text": "text|txt|message|msg|contact|sms|write to|write|bother|spam|harass",
    # Plural, or with "this": "cancel my appointment text me" is about no texts.
    "texts": (
        "texts|txts|text messages|text msgs|messages|msgs|sms|mms|text reminders|text notifications"
        "|text alerts|communications|communication|contact|correspondence|reminders|notifications|alerts"
        "|this text|this message|this reminder|this chat|this thread|this conversation"
        "|this service|this spam|spam|automated texts"
    ),
    "these": (
        "the|these|those|your|my|our|all|all of|all the|all these|any|any more|anymore|any further|more"
        "|further|future|such|so many|so much|appointment|appt|appts|text|automated|automatic|reminder"
        "|annoying|damn|stupid|constant|daily|unwanted|unsolicited|getting|receiving|me|us|every single|with"
    ),
    "said": "say|said|ask|asked|mean|meant|want|text|reply|request|requested",
    "us": ("me|us|this number|this phone|my phone|my number|my cell|here|on this number|to this number|at this number"),
    "number": (
        "my number|my phone number|my phone|my cell number|my cell|my mobile|this number|this phone number"
        "|this phone|our number|my contact info|my contact information"
    ),
    "remove": "remove|delete|erase|drop|take|strike|scratch",
    "list": (
        "list|lists|mailing list|contact list|contacts|call list|text list|texting list|sms list|texts"
        "|text messages|messages|reminders|notifications|alerts|texting|messaging|database|system"
        "|distribution|group text|group chat|phone list|reminder list"
        "|reminders list|subscription|records"
    ),
    "hours": (
        "after|before|at night|until|til|till|while|during|so early|so late|this early|this late"
        "|in the middle|on sunday|on sundays|on saturday|on saturdays|on weekends|at work|at school|today"
        "|tonight|when i|when we|too early|too late|this week|for now|for a while|in the morning|twice"
        "|so often|so much|three times"
    ),
    "emails": (
        "email|emails|e mails|e mail|emailing|calling|calls|phone calls|voicemails|voice mails|mail|letters"
        "|newsletter|newsletters|the email|the emails|your emails|your newsletter|me emails|my email"
        "|any email"
    ),
    "unsubscribe": "unsubscribe|unsub|opt out|optout|be removed|be taken off|be unsubscribed|be off|unsuscribe|stopall",
    "wrong": "wrong number|wrong person|wrong phone|wrong phone number|wrong cell|wrong guy|wrong lady|wrong party",
    "verb": ("ve|re|are|must|may|might|probably|keep|seem to|guys|think|i think|people|clearly|obviously|still|always"),
    "has": (
        "have|got|had|texted|reached|dialed|dialled|messaged|contacted|called|texting|messaging|calling|sent"
        "|send this to|sent this to|sending this to|have gotten"
    ),
    # What is stopped, ended or cancelled in care, and not in texts.
    "care": (
        "appointment|appointments|appt|appts|session|sessions|visit|visits|therapy|treatment|treatments"
        "|medication|medications|medicine|medicines|meds|med|pill|pills|dose|antibiotic|antibiotics|drops"
        "|cream|injections|class|classes|group|groups|program|exercises|exercise|diet|payment|payments|charge"
        "|charges|billing|invoice|autopay|services|care|insurance|contract|plan|speech|ot|pt|counseling"
        "|counselling|lessons|meeting|call|session today|bleeding|crying|pain|coughing|subscription|process"
        "|referral|evaluation|testing"
    ),
    "doing": (
        "taking|going|coming|seeing|attending|eating|drinking|smoking|vaping|using|being|having|working"
        "|crying|coughing|bleeding|worrying|thinking|playing|moving|paying|charging|billing|giving|wearing"
        "|talking|laughing|scratching|biting|hitting|stuttering|breastfeeding|feeding|nursing|driving|running"
        "|scheduling|rescheduling|booking"
    ),
    "they": "you|u|they|he|she|it|i|we|office|clinic|practice|who|phone|system|why",
    "fin": (
        "anymore|any more|any longer|no more|ever|ever again|again|or|and|at this|on this|here|with|from"
        "|about|for any|unless|regarding|on my|at my"
    ),
    # Said of appointments and what surrounds them.
    "about care": (
        "emails|monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tomorrow|tonight|am|pm|clock"
        "|week|weeks|month|come|coming|reschedule|rescheduled|rescheduling|schedule|scheduled|cancel"
        "|cancelled|canceled|doctor|dr|therapist|nurse|teacher|bus|train|sign|light|traffic|hospital|clinic"
        "|school|confirm|confirmed|see|meet|taking|take|email|calls"
    ),
    # Stops that need no other word.
    "bare": (
        "stop it|stop this|stop that|stop these|stop them|stop everything|stop all|stop at once|stop forever|stopp"
        "|unsub|opt out|opt me out|unsubscribed|unsuscribe|unsubcribe|unsubscribe all|discontinue|desist|cease"
    ),
}

BARE: Final = frozenset(GROUPS["bare"].split("|"))
# Where one of these stands, a bare "stop" beside it may be about that.
CARE: Final = frozenset(f"{GROUPS['care']}|{GROUPS['about care']}".split("|"))
