#!/usr/bin/env python3
"""Trainings killed with -9 at random moments and resumed: the same bits as of one that was never disturbed.

    tests/reliability/kills.py ROVER [--kills N] [--seed S] [--runs NAME ...]

Compares checkpoint.h5, model.h5 and the exported replay. Prints a line a kill, and ends with counts. Exit code 1 if any
resumed run differs or cannot be resumed.
"""
import argparse, filecmp, os, random, shutil, signal, subprocess, sys, tempfile, time

RUNS = {
    "rover": ["rover", "--preset", "quick", "--set", "heading.updates=600", "heading.collection.functions=3000",
              "ddpg.iterations=10", "ddpg.export_episodes=64", "walk.evolution.generations=6", "walk.pool=300",
              "walk.test=60", "test=60", "env.pool=400"],
    "evolution": ["rover", "--preset", "evolution-quick", "--set", "heading.updates=300",
                  "heading.collection.functions=2000", "evolution.generations=40", "walk.evolution.generations=0",
                  "test=60", "env.pool=400"],
    "steering": ["es", "--preset", "search-quick", "--set", "env.pool=90", "test=60", "evolution.generations=12"],
    "lopt-unroll": ["lopt", "--preset", "quick", "--set", "unroll.meta_steps=4000", "test=64", "validation=64"],
    "lopt-evolution": ["lopt", "--preset", "small-fc", "--set", "evolution.meta_steps=40", "evolution.pairs=8",
                       "meta_steps_per_step=2", "validate_every=5", "validation=8", "test=8", "test_steps=50"],
    "lopt-backprop": ["lopt", "--preset", "relative", "--set", "backprop.tasks=teacher-student, mixture",
                      "backprop.meta_steps=24", "meta_steps_per_step=2", "validate_every=3", "validation=8", "test=8"],
}


def command(rover, name, folder, resume):
    return [rover, "train", *RUNS[name], "--seed", "7", "--checkpoint-seconds", "0.3", "--quiet", "--out", folder,
            *(["--resume"] if resume else [])]


def differences(a, b):
    out = [name for name in ("checkpoint.h5", "model.h5") if
           not filecmp.cmp(os.path.join(a, name), os.path.join(b, name), shallow=False)]
    for root, _, names in os.walk(os.path.join(a, "replay")):
        for name in names:
            path = os.path.join(root, name)
            other = os.path.join(b, os.path.relpath(path, a))
            if not os.path.exists(other) or not filecmp.cmp(path, other, shallow=False):
                out.append(os.path.relpath(path, a))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rover")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--runs", nargs="+", choices=list(RUNS), default=list(RUNS))
    given = parser.parse_args()
    rover, r = os.path.abspath(given.rover), random.Random(given.seed)
    scratch = tempfile.mkdtemp(prefix="rover-kills-")
    whole, seconds = {}, {}
    for name in given.runs:
        whole[name] = os.path.join(scratch, name)
        begin = time.monotonic()
        subprocess.run(command(rover, name, whole[name], False), check=True)
        seconds[name] = time.monotonic() - begin
        print(f"{name}: undisturbed in {seconds[name]:.1f} s", flush=True)
    kills, bad, finished = 0, 0, 0
    while kills < given.kills:
        name = r.choice(given.runs)
        folder = os.path.join(scratch, "run")
        shutil.rmtree(folder, ignore_errors=True)
        moments = []
        while True:
            child = subprocess.Popen(command(rover, name, folder, os.path.isdir(folder)), stderr=subprocess.PIPE)
            moment = r.uniform(0, seconds[name]) if len(moments) < 3 else 10 * seconds[name]
            try:
                _, errors = child.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.communicate()
                kills += 1
                moments.append(f"{moment:.2f}")
                continue
            break
        if child.returncode != 0:
            errors = errors.decode(errors="replace").strip()
            if "holds no run" in errors or "no checkpoint" in errors:  # killed before there was anything to resume
                print(f"{name}: killed after {', '.join(moments)} s, before its first checkpoint: {errors}", flush=True)
                continue
            bad += 1
            print(f"{name}: killed after {', '.join(moments)} s, could not be resumed: {errors}", flush=True)
            continue
        finished += 1
        different = differences(whole[name], folder)
        bad += bool(different)
        print(f"{name}: killed after {', '.join(moments) or '-'} s: {'differs in ' + ', '.join(different) if different else 'same bits'}",
              flush=True)
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"{kills} kills, {finished} runs finished, {bad} with other bits or not resumed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
