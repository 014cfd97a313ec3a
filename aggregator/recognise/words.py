"""Words that tell what a post does, in the languages of this community.

English, German, French, Spanish and Dutch. All patterns are for text in lower case unless said
otherwise.
"""

from __future__ import annotations

import re

MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan januar jänner janvier enero januari",
        "february feb februar février fevrier febrero februari",
        "march mar märz maerz mars marzo maart",
        "april apr avril abril",
        "may mai mayo mei",
        "june jun juni juin junio",
        "july jul juli juillet julio",
        "august aug août aout agosto augustus",
        "september sep sept septembre septiembre",
        "october oct oktober okt octobre octubre",
        "november nov novembre noviembre",
        "december dec dezember dez décembre decembre diciembre",
    ),
    start=1,
):
    MONTHS.update(dict.fromkeys(_names.split(), _number))
MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"

# What ends an event's name: "... Conference", "... Workshop". For text as it is written.
EVENT_WORD = re.compile(
    r"\b(?:Conference|Workshops?|Summit|Symposium|Hackathon|Hack-?[Aa]-?[Tt]hon|Unconference|"
    r"Unconf|(?:Hack|Code|Coding )?[Ss]print|Days?(?! (?:\d|[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our))"
    r"|(?:Linux)?Fest(?:ival)?|Camp|BarCamp|Barcamp|Meet-?[Uu]p|User Group|Week|Con|Conf|"
    r"Congress|Forum|Bootcamp|Boot Camp"
    r"|Retreat|Convention|(?:Summer|Winter|Spring|Autumn) School|Conventions?|Hackfest|"
    r"Hackweek|Hack Week|Hack Day|Colloquium|Expo"
    r"|Plenary|General Assembly|(?:Annual|User|Users|Developer|Community|Fall|Spring|Summer|"
    r"Winter|All-Hands) Meeting"
    r"|Community Call|BoF|Konferenz|Tagung|Treffen|Jahrestagung|Kongress|Linux-?[Tt]age|"
    r"Encuentro|Jornadas|Congreso|Taller"
    r"|Rencontres?|Journées?|Atelier|Séminaire|Colloque)\b(?!-| [Cc]ent(?:er|re)| [Hh]all| [Rr]oom)"
)

# The same in lower case; believed in title and first paragraphs only.
EVENT_WORD_LOW = re.compile(
    r"(?<=[^\W_] )(?:conference|workshop|hackathon|unconference|summit|symposium|meet-?up|"
    r"sprint|hackweek|barcamp)\b(?!-| (?:room|talk|organi|attend|partic|schedule|program|"
    r"series))"
)

# Titles that frame an account of something past. Strong: hardly ever anything else.
FRAME_STRONG = re.compile(
    r"\b(?:recap(?:ping|ped)?|wrap[- ]?up|trip report|conference report|event report|"
    r"workshop report|sprint report|meeting report"
    r"|impressions|takeaways?|take-aways?|retrospective|looking back|debrief|"
    r"post-?(?:conference|event|mortem)"
    r"|back from|report from|reports? on|notes from|highlights (?:from|of)|reflections? (?:on|"
    r"from)|lessons from|learned (?:at|from)"
    r"|a review of|thank you for a|days? (?:\d{1,2}|one|two|three|four)\b(?! videos?)|"
    r"first time (?:at|attending)|impact report|success(?:es)? (?:at|of|story)"
    r"|my experience|experiences? (?:at|from)|insights from|best talks|favou?rite talks|"
    r"sketchnotes?|summary of|thoughts (?:on|from) the|after "
    r"|r[üu]ckblick|nachlese|eindr[üu]cke|nachbericht|tagungsbericht|konferenzbericht|"
    r"erfahrungsbericht"
    r"|cr[óo]nica|rese[ñn]a|compte[- ]rendu|retour sur|bilan|verslag|terugblik)\b"
)
FRAME_WEAK = re.compile(
    r"\b(?:highlights?|reports?|thank you|reflections?|reflecting|experiences?|summary|"
    r"summaries|write[- ]?up|thoughts|notes|insights?|review|sketch"
    r"|learned|learnt|lessons|memories|adventures?|journey|travel|visit(?:ing|ed)?|attending|"
    r"attended|success(?:ful)?|celebrat\w+|outcomes?"
    r"|bericht|zusammenfassung|ergebnisse|resumen|memorias|experiencias?|resultados|rapport|"
    r"r[ée]sum[ée]|samenvatting|ervaring(?:en)?)\b"
)
# Titles that look forward.
CALL = re.compile(
    r"\b(?:call for|save the date|cfp|register|registration|apply|applications?|scholarships?|"
    r"deadline|submit|submissions?|extended"
    r"|announc(?:ing|ement|ed)|upcoming|coming (?:soon|up)|join us|invit\w+|tickets?|"
    r"programme? (?:is|now|published|available)|schedule"
    r"|sponsors?(?:hip)?|videos? (?:is |are |now )*(?:available|online|posted)|"
    r"presentations from|presents?\b|volunteers?|proposals?|voting|vote|how to|guide to|"
    r"tips for|preview|pre-journey|excited (?:for|about)"
    r"|see you (?:at|in)|meet us|we'?re (?:going|heading)|looking forward|planning|plans? for|"
    r"proposed|nominat\w+|host(?:ing)? (?:call|city|proposals)"
    r"|ank[üu]ndigung|terminank[üu]ndigung|einladung|aufruf|anmeldung|programm (?:ist|online)|"
    r"bewerb\w+"
    r"|convocatoria|inscripci[óo]n(?:es)?|anunci\w+|invitaci[óo]n|postul\w+|[úu]nete|"
    r"appel [àa]|inscriptions?|annonce|uitnodiging|aankondiging|aanmeld\w+)\b"
)
# Titles of periodicals, releases and year-end posts.
PERIODICAL = re.compile(
    r"\b(?:newsletter|digest|weekly|this week in|this month in|monthly|round-?up|"
    r"news (?:digest|from|for)|changelog|releas(?:e|ed|es|ing)|version \d"
    r"|annual report|year in review|financial report|transparency report|podcast|episode|"
    r"minutes|bulletin|tutorial|interview|fellows?(?:hip)?|award(?:s|ed)?|vacanc\w+|hiring|"
    r"job)\b|^#\d+\b"
)

# Titles of what people made, read or were taught, though an event may be named.
PRODUCT = re.compile(
    r"\b(?:packages?|internships?|mentees?|mentoring|mentorship|books?|new issue)\b"
)

# Lists of many small news; they name events and are about none.
DIGEST = re.compile(
    r"\b(?:newsletter|digest|weekly|this (?:week|month) in|round-?up|news (?:digest|from|for)|"
    r"bulletin|podcast)\b|^#\d+\b"
)

# Meetings of a standing group: their notes are minutes, not recaps.
ROUTINE = re.compile(
    r"\b(?:meeting|call|minutes|protokoll|sitzung) ?#\d|\b(?:coordination|group|steering|team|"
    r"board|committee|council|staff|working group|wg|packaging|"
    r"community) (?:group )?(?:meeting|call)s?[,:]? (?:#?\d|january|february|march|april|may|"
    r"june|july|august|september|october|november|december)"
    r"|\bopen house\b|\boffice hours?\b"
)

# Being there, told in the past.
ATTENDED = re.compile(
    r"\b(?:(?:recently |just |also |all |both |have |had )?(?:attended|participated in|"
    r"took part in|travell?ed to|visited|returned from|got back from|came back from"
    r"|went to|spent (?:the|a few|\w+ days)|flew to|presented at|spoke at|was at|were at|"
    r"been (?:at|to)|exhibited at)"
    r"|(?:had|have had) the (?:pleasure|opportunity|chance|privilege|honou?r)|took place|"
    r"was held|were held|have been held|was hosted|was organi[sz]ed|happened (?:in|on|last)"
    r"|we (?:recently |just |also )?(?:held|hosted|organi[sz]ed|ran|met|gathered|hit|had)|"
    r"brought together|came together|gathered (?:in|at|for|to)|got together|met (?:in|at|up)|"
    r"concluded|wrapped up|kicked off"
    r"|(?:attendees|participants|people|members|researchers|developers) (?:from|attended|"
    r"joined|gathered|were|came|met|worked|had|took)"
    r"|(?:day|session|event|conference|workshop|meeting|morning|afternoon) (?:was|were|"
    r"started|began|kicked|opened|ended|closed|included|featured|consisted|brought|attracted)"
    r"|fand(?:en)? [^.\n]{0,80}\bstatt|stattgefunden|teilgenommen|nahmen? [^.\n]{0,60}\bteil|"
    r"trafen sich|getroffen|hat [^.\n]{0,60}veranstaltet|wurde[n]? [^.\n]{0,80}(?:vorgestellt|"
    r"diskutiert|organisiert|gegr[üu]ndet|präsentiert)"
    r"|tuvo lugar|se llev[óo] a cabo|se celebr[óo]|particip(?:amos|aron|[óée])|asist(?:imos|"
    r"ieron|[íi]|i[óo])|nos reunimos|se realiz[óo]|organizamos"
    r"|a eu lieu|ont eu lieu|s'est (?:tenue?|d[ée]roul[ée]e?)|(?:j'ai|nous avons|"
    r"ont) (?:assist[ée]|particip[ée])|j'[ée]tais|nous [ée]tions|s'est achev[ée]e?"
    r"|vond(?:en)? plaats|(?:bezocht|deelgenomen|aanwezig))\b"
)
RECENT = re.compile(
    r"\b(?:last (?:week(?:end)?|month|year|night|summer|spring|autumn|fall|winter|(?:mon|tues|"
    r"wednes|thurs|fri|satur|sun)day)|(?:this|the) past (?:week(?:end)?|month|year|few)|"
    r"recently|earlier this (?:week|month|year)|yesterday"
    r"|a (?:few |couple (?:of )?)?(?:days|weeks|months|week|month) ago|(?:two|"
    r"three) weeks ago|just (?:finished|got|wrapped|returned|back)|letzte[nr]? (?:woche|monat|"
    r"jahr)|vergangene[nr]?|k[üu]rzlich|gestern|la semana pasada|el (?:mes|a[ñn]o) pasado|"
    r"recientemente|la semaine derni[èe]re|le mois dernier|vorige week|afgelopen)\b"
)
FUTURE = re.compile(
    r"\b(?:will (?:be|take|host|have|present|give|hold|also|feature|include|run|start|provide|"
    r"bring|focus|offer)|we'll|'ll be|going to be|is going to|takes place|join us|"
    r"please (?:register|submit|join|apply|send|consider|contact)|excited to|in anticipation|"
    r"hoping to|plan(?:s|ning)? to|invites? you|register (?:now|here|at|by|for|today)|"
    r"registration (?:is|will|fee|opens)"
    r"|submissions?|submit|deadline|save the date|sign up|stay tuned|upcoming|apply|is open|"
    r"are open|invite(?:s|d)? (?:you|everyone|submissions|proposals|all|researchers)|"
    r"looking for (?:speakers|volunteers)"
    r"|findet [^.\n]{0,80}\bstatt|wird [^.\n]{0,80}\bstattfinden|anmeld\w+|einreich\w+|"
    r"bis zum \d|laden [^.\n]{0,30}ein|freuen uns auf"
    r"|se llevar[áa]|tendr[áa] lugar|inscr[íi]b\w+|ser[áa]n? |esperamos (?:verte|contar)|"
    r"aura lieu|se tiendra|se d[ée]roulera|inscri(?:vez|ption)\w*|vindt plaats|"
    r"zal plaatsvinden)\b"
)
FAREWELL = re.compile(
    r"\b(?:next year|see you (?:at|in|next|there|soon|all)|look(?:ing|ed)? forward|until next|"
    r"thanks? (?:to|you|everyone|for)|thank (?:everyone|all)|would like to thank|"
    r"great (?:event|experience|time|success|conference)|glad i|overall|n[äa]chste[sn]? jahr|"
    r"danke|bis (?:zum )?n[äa]chste|el pr[óo]ximo a[ñn]o|gracias|merci|l'ann[ée]e prochaine|"
    r"bedankt|volgend jaar)\b"
)
# Single words that are counted over the whole text; sets, because counting is most of the cost.
PAST = frozenset(
    """
    was were had did gave went spoke told showed saw heard met felt came took began led said ran
    brought found thought learned learnt talked presented attended discussed shared explained
    enjoyed introduced mentioned described demonstrated participated joined covered focused
    wurde wurden war waren hatte gab stellte fue fueron fueran hubo era tuvimos presentó
    était étaient avons ont avait werd
    """.split()  # noqa: SIM905
)
WILL = frozenset("will ll shall tendrá será serán aura sera seront zal zullen".split())  # noqa: SIM905
WARES = frozenset("package packages cran function functions api library install installed".split())  # noqa: SIM905
COURSE = frozenset(("learners", "helpers", "curriculum"))
SESSION = frozenset(
    """
    keynote keynotes talk talks session sessions speaker speakers presentation presentations panel
    poster posters breakout attendees participants audience track tracks unconference plenary
    hallway hackathon hackathons hackers hacked judges teams demo demos sprinter sprinters
    vortrag vorträge vorträgen podiumsdiskussion teilnehmer teilnehmerinnen teilnehmenden
    sprecher sprecherinnen charla charlas ponencia ponencias asistentes participantes
    conférencier conférenciers présentation présentations atelier ateliers lezing lezingen
    """.split()  # noqa: SIM905
)
GENRE = re.compile(
    r"\b(?:events?|conferences?|conference report|recaps?|reports?|meetings?|meetups?|"
    r"trip report|workshops?|hackathons?|unconf\w*|sprints?|veranstaltung(?:en)?|eventos?|"
    r"[ée]v[ée]nements?|travel)\b"
)
