#!/usr/bin/env python3
"""Random command lines against the program: no signal, no hang, no gigabytes, and one sentence for what is wrong.

    tests/reliability/command_lines.py ROVER [--count N] [--seed S] [--jobs J]

Each line runs in a folder of its own. One that has not ended after 3 s gets an interrupt and has to end within 2 s; then
a second interrupt. Prints each finding with the line that shows it, and ends with a count. Exit code 1 if there was any.
"""
import argparse, concurrent.futures, json, os, random, resource, shlex, shutil, signal, subprocess, sys, tempfile, time

NASTY = ["", "0", "1", "-1", "2", "3", "7", "0.5", "1e-3", "nan", "-nan", "inf", "1e300", "-1e300", "1e-320", "1e19",
         "18446744073709551615", "18446744073709551616", "-9223372036854775808", "4294967296", "2147483648", "abc", "é",
         "%s%n%x", "a" * 5000, "\n", "\t", " ", "=", ",", ";", ":", "--", "-", "../..", "/", "/dev/null", "/dev/full",
         "/dev/zero", "true", "false", "*", "$(id)", "`id`", "'", '"', "\\", "1,2", "1;2", "0x10", "1e", "--help"]


def entries(rover, kind):
    return json.loads(subprocess.run([rover, "list", kind, "--json"], capture_output=True, text=True).stdout)


class Grammar:
    def __init__(self, rover, files):
        listed = {kind: entries(rover, kind) for kind in
                  ("agents", "landscapes", "envs", "suites", "presets", "trainers")}
        self.names = {kind: [entry["id"] for entry in listed[kind]] for kind in listed}
        self.files = files
        self.options = {
            "train": ["--out", "--preset", "--config", "--set", "--seed", "--resume", "--checkpoint-seconds", "--quiet"],
            "evaluate": ["--agents", "--suite", "--starts", "--seeds", "--seed", "--budget", "--threads", "--tune",
                         "--out", "--csv", "--picture", "--force", "--dimension", "--resume", "--curves"],
            # --command is left out: it would run the hostile words
            "minimize": ["--agent", "--landscape", "--low", "--high", "--dimension", "--start", "--budget", "--target",
                         "--time", "--seed", "--jobs", "--timeout", "--on-bad-value", "--out", "--resume", "--force",
                         "--watch", "--quiet", "--plugin"],
            "tune": ["--suite", "--dimension", "--starts", "--budget", "--search", "--candidates", "--seed",
                     "--threads", "--out", "--quiet", "--plugin"],
            "reproduce": ["--preset", "--seed", "--seeds", "--out", "--threads", "--strict", "--quiet"],
            "plot": ["--out", "--force"], "list": ["--json"], "info": [], "help": [], "--version": [], "": []}
        self.settings = sorted({option["key"] for kind in ("agents", "trainers") for entry in listed[kind]
                                for option in entry["options"]} | {"label", "mode", "search.stencil"})

    def word(self, r):
        pick = r.random()
        if pick < 0.45:
            return r.choice(NASTY)
        if pick < 0.7:
            return r.choice(self.names[r.choice(list(self.names))] or ["x"])
        if pick < 0.85:
            return r.choice(self.files)
        return self.agent(r) if pick < 0.93 else f"{r.choice(self.settings)}={r.choice(NASTY)}"

    def agent(self, r):
        text = r.choice(self.names["agents"] or ["gd"])
        for k in range(r.choice([0, 0, 1, 1, 2])):
            value = r.choice(self.files) if r.random() < 0.2 else r.choice(NASTY)
            text += (":" if k == 0 else ";") + f"{r.choice(self.settings)}={value}"
        return text

    def line(self, r):
        command = r.choice(["train", "evaluate", "evaluate", "minimize", "minimize", "tune", "reproduce", "plot", "list", "info", "help",
                            "--version", ""])
        words = [command] if command else []
        if command == "train" and r.random() < 0.9:
            words += [r.choice(self.names["trainers"] or ["rover"]), "--out", "run"]
        if command == "evaluate" and r.random() < 0.9:
            words += ["--agents", ",".join(self.agent(r) for _ in range(r.randint(1, 3))),
                      "--starts", r.choice(["1", "2"]), "--budget", r.choice(["10", "200", "1000"]), "--suite",
                      r.choice(self.names["suites"] + self.names["landscapes"])]
        if command == "minimize" and r.random() < 0.9:
            words += ["--landscape", r.choice(self.names["landscapes"]), "--agent", self.agent(r), "--budget",
                      r.choice(["1", "10", "500"])]
        if command == "tune" and r.random() < 0.9:
            words += [self.agent(r), "--suite", r.choice(self.names["suites"] + self.names["landscapes"]), "--starts", "1",
                      "--budget", "50", "--candidates", r.choice(["1", "3"])]
        if command == "reproduce" and r.random() < 0.7:
            words += [r.choice(["figure4", "figure8", "table1", "dimensions"]), "--preset", "quick"]
        if command in ("plot", "info") and r.random() < 0.8:
            words.append(r.choice(self.files))
        for _ in range(r.randint(0, 4)):
            if self.options[command] and r.random() < 0.6:
                words.append(r.choice(self.options[command]))
                if r.random() < 0.8:
                    words.append(self.word(r))
            else:
                words.append(self.word(r))
        if r.random() < 0.15 and words:
            words[r.randrange(len(words))] = self.word(r)
        return [w.replace("\0", "") for w in words]


def run(rover, words, folder, patience):
    """(finding or None, seconds)"""
    def limits():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.setsid()
    begin = time.monotonic()
    child = subprocess.Popen([rover, *words], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, preexec_fn=limits, errors="replace", text=True)
    finding = None
    try:
        output = child.communicate(timeout=3)[0]
    except subprocess.TimeoutExpired:
        os.kill(child.pid, signal.SIGINT)
        try:
            output = child.communicate(timeout=patience)[0]
        except subprocess.TimeoutExpired:
            finding = "no end after an interrupt"
            os.kill(child.pid, signal.SIGINT)
            try:
                output = child.communicate(timeout=patience)[0]
            except subprocess.TimeoutExpired:
                finding = "no end after two interrupts"
                os.killpg(child.pid, signal.SIGKILL)
                output = child.communicate()[0]
    code = child.returncode
    if finding is None and code < 0 and code != -signal.SIGINT:
        finding = f"signal {-code}"
    if finding is None and code in (1, 2) and not output.strip():
        finding = f"exit code {code} without a word"
    if finding is None and code not in (0, 1, 2, 130, -signal.SIGINT):
        finding = f"exit code {code}"
    if finding is None and any(s in output for s in ("Sanitizer", "terminate called", "Assertion", "backtrace")):
        finding = "an internal message: " + output.strip().splitlines()[-1][:200]
    return finding, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rover")
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--patience", type=float, default=2, help="seconds an interrupt may take; more on a busy machine")
    given = parser.parse_args()
    rover = os.path.abspath(given.rover)
    scratch = tempfile.mkdtemp(prefix="rover-lines-")
    with open(os.path.join(scratch, "text.txt"), "w") as file:
        file.write("not a file of this program\n")
    subprocess.run([rover, "evaluate", "--agents", "gd,random", "--starts", "1", "--budget", "50", "--suite", "sphere",
                    "--out", os.path.join(scratch, "results.h5")], capture_output=True)
    files = [os.path.join(scratch, name) for name in ("text.txt", "results.h5", "missing.h5", "")] + ["run", "out.h5"]
    grammar, findings, ended = Grammar(rover, files), [], 0

    def one(k):
        words = grammar.line(random.Random(given.seed * 1_000_003 + k))
        folder = tempfile.mkdtemp(prefix=f"{k}-", dir=scratch)
        try:
            return k, words, *run(rover, words, folder, given.patience)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for k, words, finding, _ in pool.map(one, range(given.count)):
            ended += 1
            if finding:
                findings.append(finding)
                print(f"{finding}: rover {' '.join(shlex.quote(w[:200]) for w in words)}", flush=True)
            if ended % 500 == 0:
                print(f"{ended} of {given.count}, {len(findings)} findings, {time.monotonic() - begin:.0f} s",
                      file=sys.stderr, flush=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"{ended} command lines, {len(findings)} findings, at most {peak:.0f} MiB, {time.monotonic() - begin:.0f} s")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
