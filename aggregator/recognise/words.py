"""Words that tell what a post does, in the languages of this community.

English, German, French, Spanish and Dutch. All patterns are for text in lower case unless said
otherwise.
"""

from __future__ import annotations

import re

from aggregator.recognise.phrases import Phrases

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

# The words with which the pattern above can begin; most texts have none of them.
EVENT_STARTS = frozenset(
    """
    Conference Workshop Workshops Summit Symposium Hackathon Hack HackAthon HackaThon Unconference
    Unconf HackSprint Hacksprint CodeSprint Codesprint Coding Code Sprint sprint Day Days LinuxFest
    LinuxFestival Fest Festival Camp BarCamp Barcamp Meet MeetUp Meetup User Week Con Conf Congress
    Forum Bootcamp Boot Retreat Convention Conventions Summer Winter Spring Autumn Hackfest Hackweek
    Colloquium Expo Plenary General Annual Users Developer Community Fall All BoF Konferenz Tagung
    Treffen Jahrestagung Kongress Linux Linuxtage LinuxTage Linuxtag LinuxTag Encuentro Jornadas
    Congreso Taller Rencontre Rencontres Journée Journées Atelier Séminaire Colloque Jornada
    Encuentros Semana Foro Simposio Conferencia Cumbre Hackatón Hackaton Assises Salon Tag Dag
    Convegno Giornata Giornate Congresso Encontro Bijeenkomst
    """.split()  # noqa: SIM905
)

# The same in lower case; believed in title and first paragraphs only.
EVENT_WORD_LOW = re.compile(
    r"(?<=[^\W_] )(?:conference|workshop|hackathon|unconference|summit|symposium|meet-?up|"
    r"sprint|hackweek|barcamp)\b(?!-| (?:room|talk|organi|attend|partic|schedule|program|"
    r"series))"
)

FORWARD_STARTS = frozenset(
    """
    Congreso Jornada Jornadas Encuentro Encuentros Taller Festival Semana Foro Simposio Conferencia
    Cumbre Hackatón Hackaton Rencontre Rencontres Journée Journées Atelier Colloque Assises Salon
    Treffen Tagung Tag Dag Convegno Giornata Giornate Congresso Encontro Bijeenkomst
    """.split()  # noqa: SIM905
)
EVENT_STARTS_LOW = frozenset(
    """
    conference workshop hackathon unconference summit symposium meetup meet sprint hackweek barcamp
    """.split()  # noqa: SIM905
)

# Titles that frame an account of something past. Strong: hardly ever anything else.
FRAME_STRONG = Phrases(
    """
    recap | recapping | recapped | wrap up | wrapup |
    (trip/conference/event/workshop/sprint/meeting) report | impressions | takeaway | takeaways |
    take (away/aways) | retrospective | looking back | debrief | post (conference/event/mortem) |
    postconference | postmortem | back from | report from | (report/reports) on | notes from |
    highlights (from/of) | (reflection/reflections) (on/from) | lessons from | learned (at/from) | a
    review of | thank you for a | (day/days) (#/one/two/three/four) | first time (at/attending) |
    impact report | (success/successes) (at/of/story) | my experience | (experience/experiences)
    (at/from) | insights from | best talks | (favorite/favourite) talks | sketchnote | sketchnotes |
    summary of | thoughts (on/from) the | after _ | rückblick | ruckblick | nachlese | eindrücke |
    eindrucke | nachbericht | tagungsbericht | konferenzbericht | erfahrungsbericht | crónica |
    cronica | reseña | resena | compte rendu | retour sur | bilan | verslag | terugblik
    """,
    but="(day/days) (#/one/two/three/four) (video/videos)",
)
FRAME_WEAK = Phrases(
    """
    highlight | highlights | report | reports | thank you | reflection | reflections | reflecting |
    experience | experiences | summary | summaries | writeup | write up | thoughts | notes | insight
    | insights | review | sketch | learned | learnt | lessons | memories | adventure | adventures |
    journey | travel | visit | visiting | visited | attending | attended | success | successful |
    (our/my) (week/days) | (week/days) at | (i/we) liked | celebrat* | outcome | outcomes | bericht
    | zusammenfassung | ergebnisse | así fue | así vivimos | resumen | memorias | experiencia |
    experiencias | resultados | rapport | résumé | resume | resumé | résume | samenvatting |
    ervaring | ervaringen
    """
)
# Titles that look forward.
CALL = Phrases(
    """
    call for | calls for | save the date | cfp | register | registration | apply | application |
    applications | scholarship | scholarships | deadline | submit | submission | submissions |
    extended | announcing | announcement | announced | announces | upcoming | coming (soon/up) |
    coming to | join (us/the/in) | invit* | ticket | tickets | (program/programme)
    (is/now/published/available/announced) | sponsor | sponsors | sponsorship | volunteer |
    volunteers | proposal | proposals | voting | vote | preview | pre journey | excited (for/about)
    | see you (at/in) | (meet/find/visit) us | we re (going/heading) | looking forward | get ready |
    planning | (plan/plans) (for/to) | proposed | nominat* | (host/hosting) (call/city/proposals) |
    is (coming/back/open) | will be | next (week/month/year) | attend our | early bird | ankündigung
    | ankundigung | terminankündigung | terminankundigung | einladung | aufruf | anmeldung | bewerb*
    | mitmachen | save the dates | programm (ist/online) | kommt (nach/zu) | convocatoria |
    convocatorias | inscripción | inscripciones | inscripcion | anunci* | invitación | invitacion |
    postul* | únete | unete | próximo | próxima | próximos | llamado a | appel (à/a/aux) |
    inscription | inscriptions | annonce | annonces | venez | rejoignez | prochain | prochaine |
    bientôt | uitnodiging | aankondiging | aanmeld* | doe mee | oproep
    """
)
# Titles of what an event leaves behind for others, or lays before them: recordings, plans.
MEDIA = Phrases(
    """
    (video/videos) [is/are] [now] (available/online/posted/released) | videos | recordings |
    recording available | slides [now] (available/online/posted) | presentations from | present |
    presents | schedule | timetable | agenda | line up | lineup | speakers [announced] |
    (tutorial/workshop/conference/course) (material/materials) | materials available |
    proceedings | program | programme | keynotes announced | playlist
    | programm | vorträge online | aufzeichnungen | folien | horario | programa | vidéos |
    vídeos disponibles | programmation
    """,
    but="(program/programme) (committee/manager/director)",
)
# Titles that give advice or teach.
ADVICE = Phrases(
    """
    how to | guide to | a guide | tips (for/on) | best practices | getting started |
    introduction to | introducing | tutorial | what is | why you should | things to | ways to |
    lessons for | cheat sheet | step by step | faq
    | anleitung | einführung in | wie man | so geht | comment | introduction à | cómo | guía |
    introducción a | handleiding | hoe je
    """
)
# Titles of periodicals, releases and year-end posts.
PERIODICAL = Phrases(
    """
    newsletter | digest | weekly | (this) (week/month) in | monthly | roundup | round up | news
    (digest/from/for) | changelog | release | released | releases | releasing | version # | annual
    report | (year/#) in review | (our/my/the) year | financial report | transparency report |
    podcast | episode | minutes | bulletin | interview | interviews | (this/the past/last)
    (month/week) at | (january/ february/ march/ april/ may/ june/ july/ august/ september/ october/
    november/ december) (update/updates/news) | weeknotes | links (for/of) | state of the |
    jahresbericht | jahresrückblick | rundbrief | boletín | nieuwsbrief | stellenausschreibung |
    stellenangebot | we are hiring | we re hiring | open positions | survey | umfrage | birthday |
    anniversary | fellow | fellows | fellowship | award | awards | awarded | vacanc* | hiring | job
    """
)
# What an event is, though the title may not name it.
EVENT_KIND = Phrases(
    """
    conference | conferences | workshop | workshops | hackathon | hackathons | hackaton | hack day |
    hackday | hack week | meetup | meetups | meet up | sprint | sprints | unconference | unconf |
    summit | symposium | seminar | seminars | event | events | barcamp | bootcamp | camp | retreat |
    meeting | community call | user group | night | fest | festival | forum | congress | course |
    talk | talks | keynote | keynotes | codefest | cofest | doathon | konferenz |
    tagung | treffen | vortrag | vorträge | veranstaltung | kongress | linuxtage | stammtisch |
    jahrestagung | rencontre | rencontres | conférence | conférences | atelier | journée | journées
    | colloque | encuentro | encuentros | taller | talleres | jornada | jornadas | congreso | charla
    | charlas | conferencia | festival | bijeenkomst | conferentie | congres | lezing
    """
)
# Titles of what people made, read or were taught, though an event may be named.
PRODUCT = Phrases(
    """
    package | packages | internship | internships | mentee | mentees | mentoring | mentorship |
    book | books | new issue
    """
)
# Lists of many small news; they name events and are about none.
DIGEST = Phrases(
    """
    newsletter | digest | weekly | this (week/month) in | roundup | round up |
    news (digest/from/for) | bulletin | podcast
    """
)
# Titles that begin with a number: "#12: ...".
NUMBERED = re.compile(r"#\d+\b")
# Meetings of a standing group: their notes are minutes, not recaps.
ROUTINE = re.compile(
    r"\b(?:meeting|call|minutes|protokoll|sitzung) ?#\d|\b(?:coordination|group|steering|team|"
    r"board|committee|council|staff|working group|wg|packaging|"
    r"community) (?:group )?(?:meeting|call)s?[,:]? (?:#?\d|january|february|march|april|may|"
    r"june|july|august|september|october|november|december)"
    r"|\bopen house\b|\boffice hours?\b"
)

# Being there, told in the past.
ATTENDED = Phrases(
    """
    attended | participated in | took part in | (traveled/travelled) to | returned from | (got/came)
    back from | back from | went to | spent (the/a few/_ days) | flew to | (presented/spoke) at |
    exhibited at | took place | (was/were/been) held | was (hosted/organised/organized) [by/at/in] |
    were hosted | happened (in/on/last) | (we/i) [recently/just/also/have] (held/ hosted/ organised/
    organized/ ran/ attended/ joined) | [we] (met/gathered/assembled)
    (in/at/up/for) | brought together | came together | got together | gave (a/an/the) [_]
    (seminar/lecture/colloquium) | (of us/i/we) joined | held (online/virtually/in/at/on/from) |
    concluded | wrapped up | kicked off | reunited in | (attendees/ participants/ people/ members/
    researchers/ developers/ engineers/ speakers)
    (from/attended/joined/gathered/came/met/worked/took) | (event/ conference/ workshop/ meeting/
    hackathon/ sprint/ meetup/ summit/ symposium/ day) (was/ were/ started/ began/ kicked/ opened/
    ended/ closed/ included/ featured/ consisted/ brought/ attracted/ took) | (fand/fanden) ...
    statt | stattgefunden | teilgenommen | (nahm/nahmen) ... teil | trafen sich | getroffen | kamen
    ... zusammen | hat ... veranstaltet | haben ... veranstaltet | (wurde/wurden) ... (vorgestellt/
    diskutiert/ organisiert/ gegründet/ gegrundet/ präsentiert/ veranstaltet) |
    (war/waren/besuchte/besuchten) ... (konferenz/tagung/workshop/treffen) | zu gast | (war/waren)
    ... (auf/bei) (der/dem/den) | (unser/unserem) stand | lud ... ein | luden ... ein | tuvo lugar |
    se (llevó/llevo) a cabo | se (celebró/celebro/realizó/realizo/desarrolló) | participamos |
    participaron | participó | participé | asistimos | asistieron | asistí | asisti | asistió | nos
    reunimos | organizamos | celebramos (el/la) | disfrutamos | estuvimos en | fuimos a | a eu lieu
    | ont eu lieu | s est (tenu/tenue/déroulé/déroulée/achevé/achevée) | se sont
    (tenus/tenues/réunis/retrouvés) | (j ai/nous avons/ont/a)
    (assisté/assiste/participé/participe/organisé/accueilli) | j étais | nous étions | de retour
    (de/du/des) | (vond/vonden) ... plaats | bezocht | bezochten | deelgenomen | namen ... deel |
    aanwezig | (was/waren) [ik/wij/we] (bij/op/in) | kwamen ... bijeen
    """
)
# The same, but said of other things as well.
BEEN = Phrases(
    """
    visited | (was/were) at | been (at/to) | gave (a/an/the) [keynote/invited/short/great]
    (talk/seminar/lecture/workshop/presentation) | (visitors/guests/students/colleagues/friends)
    (came/met/joined/visited) | nous a (montré/parlé/ présenté) | had the
    (pleasure/opportunity/chance/privilege/honor/honour) | we (ran/met/gathered/hit/had) | gathered
    | (attendees/ participants/ people/ members/ researchers/ developers) (were/had) |
    (session/morning/afternoon/evening) (was/ were/ started/ began/ kicked/ opened/ ended/ closed/
    included/ featured) | (i/we) (learned/learnt/saw/heard/enjoyed/met/listened) |
    (great/good/nice/fun/lovely) (to see/time/talks/crowd/people) | hatten wir | gab es | habe ich |
    haben wir | hubo | conocimos | il y avait | nous avons
    """
)
RECENT = Phrases(
    """
    last (week/ weekend/ month/ year/ night/ summer/ spring/ autumn/ fall/ winter/ monday/ tuesday/
    wednesday/ thursday/ friday/ saturday/ sunday) | (this/the) past (week/weekend/month/year/few) |
    recently | earlier this (week/month/year) | yesterday | a [few/couple/couple of]
    (days/weeks/months/week/month) ago | (two/three) weeks ago | just
    (finished/got/wrapped/returned/back) | (letzte/letzten/letzter) (woche/monat/jahr) | vergangene
    | vergangenen | vergangener | kürzlich | kurzlich | gestern | la semana pasada | el
    (mes/año/ano) pasado | recientemente | la semaine (dernière/derniere) | le mois dernier | vorige
    week | afgelopen
    """
)
FUTURE = Phrases(
    """
    will (be/ take/ host/ have/ present/ give/ hold/ also/ feature/ include/ run/ start/ provide/
    bring/ focus/ offer) | we ll | ll be | (going/is going) to be | is going to | takes place | join
    us | please (register/submit/join/apply/send/consider/contact) | excited to | in anticipation |
    hoping to | (plan/plans/planning) to | (invite/invites) you | register
    (now/here/at/by/for/today) | registration (is/will/fee/opens) | submission | submissions |
    submit | deadline | save the date | sign up | stay tuned | upcoming | apply | (is/are) open |
    (invite/invites/invited) (you/everyone/submissions/proposals/all/researchers) | looking for
    (speakers/volunteers) | findet ... statt | wird ... stattfinden | anmelden | anmeldung |
    anmeldungen | anmeldefrist | einreichen | einreichung | einreichungen | bis zum # | laden ...
    ein | freuen uns auf | se (llevará/llevara) | (tendrá/tendra) lugar | inscríbete | inscribete |
    inscríbase | inscribirse | será _ | sera _ | serán _ | seran _ | esperamos (verte/contar) | aura
    lieu | se (tiendra/déroulera/deroulera) | inscrivez | inscription | inscriptions | vindt plaats
    | zal plaatsvinden
    """
)
FAREWELL = Phrases(
    """
    next year | see you (at/in/next/there/soon/all) | (look/looking/looked) forward | until next |
    (thank/thanks) (to/you/everyone/for) | thank (everyone/all) | would like to thank |
    great (event/experience/time/success/conference) | glad i | overall |
    (nächste/nächstes/nächsten) jahr | danke | bis [zum] (nächste/nächsten/nächstes) |
    el (próximo/proximo) (año/ano) | gracias | merci | l année prochaine | bedankt | volgend jaar
    """
)
# Of a talk that the author gave, not of those heard.
OWN_TALK = Phrases(
    """
    my (talk/ slides/ presentation/ keynote/ poster/ session/ proposal/ abstract/ tutorial) | my
    (lightning/conference/recent) talk | (i/we) (gave/ give/ presented/ am giving/ am presenting/
    will present/ delivered) (a/an/my/our/the) [short/lightning/invited/5 minute/keynote] (talk/
    presentation/ keynote/ tutorial/ session/ poster/ lecture/ demo) | i (spoke/talked) (at/about) |
    our (talk/slides/presentation/poster/tutorial) | slides (from/of/for) my | mein vortrag | meine
    folien | meinem vortrag | ma (présentation/conférence) | mi (charla/presentación)
    """
)

# Single words that are counted over the whole text, by what they speak for.
PAST = frozenset(
    """
    was were had did gave went spoke told showed saw heard met felt came took began led said ran
    brought found thought learned learnt talked presented attended discussed shared explained
    enjoyed introduced mentioned described demonstrated participated joined covered focused
    ate wrote rewrote taught spent built flew left sat stood kept lost won chose threw broke sang
    drank slept drove rode bought sold sent paid meant caught held knew grew rose fell got became
    forgot woke gathered travelled traveled arrived walked visited laughed asked agreed decided
    wurde wurden war waren hatte hatten gab gaben stellte stellten trafen sprach sprachen zeigte
    zeigten berichtete hielt hielten kamen kam ging gingen erzählte diskutierten diskutierte fand
    fanden fue fueron fueran hubo era tuvimos presentó presentaron habló hablaron enseñó contó
    mostró compartió explicó estuvo estuvieron hicimos vimos aprendimos asistieron participaron
    pudimos celebramos celebró
    était étaient avons ont avait montré parlé présenté expliqué discuté partagé animé réunis
    retrouvés retrouvées participé assisté
    werd werden sprak spraken vertelde gaf gaven hield kwamen ging
    """.split()  # noqa: SIM905
)
WILL = frozenset("will ll shall tendrá será serán aura sera seront zal zullen".split())  # noqa: SIM905
WARES = frozenset("package packages cran function functions api library install installed".split())  # noqa: SIM905
COURSE = frozenset(("learners", "helpers", "curriculum"))
SESSION = frozenset(
    """
    keynote keynotes talk talks session sessions speaker speakers presentation presentations panel
    poster posters breakout attendees participants audience track tracks unconference plenary
    seminar lecture lectures visitors booth exposés diapos
    hallway hackathon hackathons hackers hacked judges teams demo demos sprinter sprinters
    vortrag vorträge vorträgen podiumsdiskussion teilnehmer teilnehmerinnen teilnehmenden
    sprecher sprecherinnen charla charlas ponencia ponencias asistentes participantes
    conférencier conférenciers présentation présentations atelier ateliers lezing lezingen
    """.split()  # noqa: SIM905
)
WE = frozenset("i we our us my wir uns ich nous notre je nosotros nuestro wij ons".split())  # noqa: SIM905
# Words before an event's name that tell of something there.
AT = frozenset("at from in auf bei beim am der à au aux en del al desde op naar bij @".split())  # noqa: SIM905
# Words beside an event's name that say nothing of their own.
BESIDE_NAMES = frozenset(
    """
    . , the a conference workshop meeting day days part 1 2 3 4 5 one two three first second third
    die der das la le el les los l annual online virtual of
    """.split()  # noqa: SIM905
)
CLOCK = re.compile(r"\b[012]?\d[:.][0-5]\d\b(?:\s?[ap]m\b)?|\b\d{1,2} ?[ap]m\b")
DOERS = frozenset("i we he she they who everyone everybody nobody team group people".split())  # noqa: SIM905
TALLY = {
    word: name
    for name, words in (
        ("we", WE),
        ("past", PAST),
        ("will", WILL),
        ("wares", WARES),
        ("course", COURSE),
        ("session", SESSION),
    )
    for word in words
}
GOING = Phrases("going to")
GENRE = re.compile(
    r"\b(?:events?|conferences?|conference report|recaps?|reports?|meetings?|meetups?|"
    r"trip report|workshops?|hackathons?|unconf\w*|sprints?|veranstaltung(?:en)?|eventos?|"
    r"[ée]v[ée]nements?|travel)\b"
)
NO_GENRE = re.compile(
    r"\b(?:announcements?|cfp|call|jobs?|vacanc\w+|newsletters?|releases?|tutorials?|how-?to|"
    r"interviews?|fellows\w*|grants?|minutes|podcasts?|digest|tips)\b"
)
