"""What a table of one run each cannot say: runs compared, judged again, interrupted. Each yields differences."""

import json
import re
import shutil

import scan
import verdicts


def again_offline(stack, golive, folder, first):
    """`judge` says the same of the recording, and writes the same."""
    there = fresh(folder / "judged")
    shutil.copy(folder / "golive.json", there / "recording.json")
    reports = ("--json", "golive.json", "--junit", "TEST-golive.xml")
    second = scan.run(stack, golive, there, "judge", "recording.json", "--color", "never", *reports)
    if second.exit != first.exit:
        yield f"judge exits {second.exit} instead of {first.exit}: {verdicts.last_line(second)}"
    for part in ("gate", "findings", "policy", "observations"):
        if first.report.get(part) != second.report.get(part):
            yield f"judge: {part} differs: {first_difference(first.report.get(part), second.report.get(part))}"


def under_another_policy(stack, golive, folder, first):
    """What the recording lacks is Unknown: it was not asked, and nothing is sent now."""
    there = fresh(folder / "other-policy")
    shutil.copy(folder / "golive.json", there / "recording.json")
    paths = (*scan.PATHS, "/never-asked")
    scan.write_policy(there, paths, more=f'\n[certificate]\nroots = "{stack.authority.root}"\n')
    second = scan.run(stack, golive, there, "judge", "recording.json", *scan.REPORTS)
    if second.exit != 3:
        yield f"judge under another policy exits {second.exit} instead of 3: {verdicts.last_line(second)}"
    asked = [f for f in second.findings if "/never-asked" in f["subject"]]
    if not asked:
        yield "judge under another policy: no finding about the path that was never asked"
    for finding in asked:
        if finding["status"] not in ("unknown", "skip"):
            yield f"judge under another policy: {finding['status']}: {verdicts.told(finding)}"
    if not any("not in this recording" in f["message"] for f in asked):
        yield "judge under another policy: nothing says `not in this recording`"


def twice_the_same(stack, golive, folder, first):
    """Of a target that does not vary: byte for byte, but for times, attempts, the run's random number and redaction marks."""
    second = scan.scan(stack, golive, fresh(folder / "again"))
    one, two = (steady(run.report, of_the_run(run.report)) for run in (first, second))
    if json.dumps(one) != json.dumps(two):
        yield f"the same target twice differs: {first_difference(one, two)}"


def twice_the_same_findings(stack, golive, folder, first):
    """Of a target with a nonce and the time in every page: whatever is said of it is the same."""
    second = scan.scan(stack, golive, fresh(folder / "again"))
    one, two = ([(f["check"], f["subject"], f["status"], f["gate"]) for f in run.findings] for run in (first, second))
    if one != two:
        yield f"the same target twice differs: {first_difference(one, two)}"


def folder_of_reports(stack, golive, folder, first):
    """`-o all` was among the flags; what lies there is searched for secrets with the rest."""
    for name in ("golive.json", "TEST-golive.xml"):
        if not (folder / "all" / name).exists():
            yield f"-o: no {name}"


def interrupted_at_other_moments(stack, golive, folder, first):
    for moment in (0.1, 0.7):
        there = fresh(folder / f"after-{moment}")
        run = scan.scan(stack, golive, there, interrupt_after=moment)
        if run.exit != 130 or not run.report.get("interrupted"):
            yield f"interrupted after {moment} s: exit {run.exit}, {verdicts.last_line(run)}"
        elif run.gate["exit_code"] == 0:
            yield f"interrupted after {moment} s: {run.gate['result']}"


# On a busy machine a port is asked once more.
TIMES = {"started_at", "asked_at_ms", "elapsed_ms", "took_ms", "attempts"}
MASKS = (
    (re.compile(r"‹redacted:[0-9a-f]{8}›"), "‹redacted›"),
    (re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "‹date›"),
    (re.compile(r"\b\d+(\.\d+)? m?s\b"), "‹duration›"),
    (re.compile(r"'nonce-[\w-]+'"), "‹nonce of the page›"),
    # The run's number, in the letters that an extension's name is made of.
    (re.compile(r"chrome-extension://[a-p]{32}"), "‹extension›"),
)


def of_the_run(report) -> re.Pattern:
    """The run's number, and those that follow it: what is asked again is asked under a fresh one."""
    number = int(report["observations"]["nonce"], 16)
    return re.compile("|".join(f"{number + more:08x}" for more in range(3)))


def steady(value, number):
    """The report without what may vary."""
    if isinstance(value, dict):
        return {key: steady(held, number) for key, held in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [steady(held, number) for held in value]
    if isinstance(value, str):
        for mask, word in (*MASKS, (number, "‹number›")):
            value = mask.sub(word, value)
    return value


def fresh(folder):
    folder.mkdir(parents=True)
    return folder


def first_difference(one, two, path="") -> str:
    if isinstance(one, dict) and isinstance(two, dict):
        for key in [*one, *two]:
            if one.get(key) != two.get(key) or (key in one) != (key in two):
                return first_difference(one.get(key), two.get(key), f"{path}.{key}")
    if isinstance(one, list) and isinstance(two, list):
        for at, (a, b) in enumerate(zip(one, two)):
            if a != b:
                return first_difference(a, b, f"{path}[{at}]")
        if len(one) != len(two):
            return f"{path}: {len(one)} and {len(two)} entries"
    return f"{path}: {str(one)[:150]!r} and {str(two)[:150]!r}"
