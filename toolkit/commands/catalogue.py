"""The nouns and verbs, written out: what `grace --help` prints, and where each verb's module is.

No imports: the help of the whole program costs nothing but this table.
"""

NOUNS = {
    "template": "notification message templates: the mails that Intune sends",
    "action": "what happens to a noncompliant device, in time order",
    "policy": "compliance policies: settings, assignments, status",
    "device": "managed devices and their compliance",
    "group": "groups and their members",
    "fleet": "who will be touched, when, by what",
    "config": "saved plans",
    "tenant": "which tenant the commands speak to",
    "journal": "what was done, and what became of it",
    "lab": "the embedded lab tenant: its clock, its mails, its devices",
}

VERBS = {
    "template": {
        "list": "list templates",
        "show": "one template with its messages",
        "new": "create a template",
        "edit": "change name, branding, description or scope tags",
        "localize": "add or change the message in one language",
        "unlocalize": "remove the message in one language",
        "remove": "remove a template that no policy uses",
        "preview": "the mail as the user will read it",
        "test": "send the preview mail to yourself",
        "usage": "which policies and actions use a template",
        "check": "lengths, tokens, HTML, locales, default",
    },
    "action": {
        "list": "every action of every policy, in time order",
        "add": "add an action to one or several policies",
        "edit": "change when an action happens, its template or its recipients",
        "remove": "remove an action",
        "copy": "give other policies the same schedule",
        "set": "replace a whole schedule from a file",
        "explain": "the dated sequence for one device",
    },
    "policy": {
        "list": "list policies",
        "show": "one policy: settings, schedule, assignments",
        "new": "create a policy",
        "edit": "change settings, name or description",
        "remove": "remove a policy",
        "assign": "choose who a policy is for",
        "settings": "the settings of a platform: type, range, meaning",
        "status": "how many devices are in which state",
    },
    "device": {
        "list": "list devices with their compliance",
        "show": "one device and how each policy stands with it",
    },
    "group": {
        "list": "list groups",
        "show": "one group",
        "members": "everybody in a group, nested groups opened",
    },
    "fleet": {"impact": "who is touched on which day, by what"},
    "config": {"apply": "apply a saved plan, exactly as it was shown"},
    "tenant": {
        "list": "the tenants that Grace knows",
        "use": "choose the tenant for the commands that follow",
        "show": "the tenant in use",
    },
    "journal": {
        "list": "what was done to this tenant, newest last",
        "show": "one entry: before, after, and what became of it",
    },
    "lab": {
        "init": "make a lab tenant from a story",
        "import": "take in policies, templates and more from Graph JSON files",
        "reset": "put the lab back to the beginning of its story",
        "clock": "what time it is in the lab",
        "advance": "turn the clock, and let everything happen that falls due",
        "mail": "the mails that were sent",
        "events": "everything that happened, and why something did not",
        "device": "break, fix, check in, enrol or take a device offline",
        "faults": "what goes wrong with requests to the lab: throttling, lost answers, stale reads",
        "rules": "the rules of the lab, and which of them are choices",
        "app": "the apps that may sign in to the lab while it is served",
        "serve": "the lab as Microsoft Graph over HTTP, for other programs",
        "signin": "what Conditional Access would make of a sign-in",
    },
}

ALONE = {
    "undo": "take back what an entry of the journal did",
    "graph": "any Graph request, behind the same gate",
    "tour": "the main job from end to end on a throw-away lab tenant",
}
"""Commands of one word."""

FLAGS = (
    ("--tenant NAME", "tenant to use (GRACE_TENANT); else the active one; else lab"),
    ("-o, --output FORMAT", "table list json jsonl csv tsv yaml markdown ids none (GRACE_OUTPUT)"),
    ("--query EXPR", "JMESPath over the JSON form"),
    ("--what-if", "show the plan and the exact requests, change nothing"),
    ("--yes, --force [NAME]", "do not ask; for high risk, say the name or the count"),
    ("-v, --debug, -q", "what is done; every request and answer; only errors"),
    ("--help", "help for any noun or verb: grace action add --help"),
    ("--version", "the version"),
)


def module_of(noun: str, verb: str) -> str:
    """The name of the module that holds a verb; `grace undo` is noun "undo" with no verb."""
    if not verb:
        return f"toolkit.commands.{noun}"
    verb = {"import": "import_files"}.get(verb, verb)
    return f"toolkit.commands.{noun}.{verb}"


def overview(version: str) -> str:
    """The text of `grace --help`."""
    width = max(len(name) for name in (*NOUNS, *ALONE)) + 2
    lines = [
        f"Grace {version}: Intune actions for noncompliance, from a terminal.",
        "",
        "usage: grace NOUN VERB [WHAT] [--options]",
        "",
        "Nouns",
    ]
    for noun, about in NOUNS.items():
        lines.append(f"  {noun:{width}}{about}")
        lines.append(f"  {'':{width}}  " + " ".join(VERBS[noun]))
    lines += ["", "Commands"]
    lines += [f"  {name:{width}}{about}" for name, about in ALONE.items()]
    lines += ["", "Everywhere"]
    lines += [f"  {flag:24}{about}" for flag, about in FLAGS]
    lines += [
        "",
        "Without a tenant of your own everything runs on the embedded lab tenant. Start with: grace tour",
    ]
    return "\n".join(lines) + "\n"


def noun_help(noun: str) -> str:
    """The text of `grace NOUN --help`."""
    verbs = VERBS[noun]
    width = max(map(len, verbs)) + 2
    lines = [f"grace {noun}: {NOUNS[noun]}", "", f"usage: grace {noun} VERB [WHAT] [--options]", "", "Verbs"]
    lines += [f"  {verb:{width}}{about}" for verb, about in verbs.items()]
    lines += ["", f"More: grace {noun} VERB --help"]
    return "\n".join(lines) + "\n"
