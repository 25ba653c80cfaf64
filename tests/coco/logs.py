"""Plays two agents on bbob with logs and reads them with the field's tools (pip install cocopp six iohinspector): every run
must be there, with the best value that the results' own file holds. Exit code 77 without the tools.

logs.py PROGRAM FOLDER
"""
import contextlib
import io
import pathlib
import shutil
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")  # cocopp looks for its archive in the internet
try:
    with contextlib.redirect_stdout(io.StringIO()):
        import cocopp
        import iohinspector
        import polars
except ImportError as error:
    print(f"skipped: {error} (pip install cocopp six iohinspector)")
    sys.exit(77)

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
agents, dimensions, budget, starts = ["cma-es", "random"], [2, 5], 300, 15
best = {}  # best values of (agent, function, dimension), one a start
for dimension in dimensions:
    table = folder / f"{dimension}.csv"
    subprocess.run([program, "evaluate", "--suite", "bbob", "--dimension", str(dimension), "--agents", ",".join(agents),
                    "--budget", str(budget), "--starts", str(starts), "--csv", str(table), "--quiet",
                    "--log", "coco", str(folder / "coco"), "ioh", str(folder / "ioh")], check=True)
    lines = table.read_text().splitlines()
    for line in lines[1:]:
        row = dict(zip(lines[0].split(","), line.split(",")))
        if int(row["evaluations"]) == budget:
            key = row["agent"], int(row["landscape"][1:]), dimension
            best.setdefault(key, {})[int(row["start"])] = float(row["best_value"])
best = {key: [of[start] for start in range(starts)] for key, of in best.items()}


def optima(agent, function, dimension):
    """Fopt of each run, as the heads in COCO's log give it."""
    text = (folder / "coco" / agent / f"data_f{function}" / f"bbobexp_f{function}_DIM{dimension}.dat").read_text()
    return [float(line.split("Fopt (")[1].split(")")[0]) for line in text.splitlines() if line.startswith("%")]


def check(gaps, key):
    expected = [value - optimum for value, optimum in zip(best[key], optima(*key))]
    assert len(gaps) == len(expected) == starts, (key, gaps)
    assert all(abs(a - b) <= 1e-6 * abs(b) + 1e-9 for a, b in zip(gaps, expected)), (key, gaps, expected)


with contextlib.redirect_stdout(io.StringIO()):
    sets = [data for agent in agents for data in cocopp.load(str(folder / "coco" / agent))]
assert len(sets) == len(best), (len(sets), len(best))
for data in sets:
    assert list(data.instancenumbers) == list(range(1, starts + 1)) and data.consistency_check()
    check(data.finalfunvals, (data.algId, data.funcId, data.dim))
    for evaluations, gap in zip(data.maxevals, data.finalfunvals):  # cocopp ends a run where it reached 1e-8
        assert evaluations == budget or gap <= 1e-8
print(f"cocopp: {len(sets)} data sets")

manager = iohinspector.DataManager()
manager.add_folder(str(folder / "ioh"))
runs = manager.load(monotonic=True, include_meta_data=True)
for key in best:
    agent, function, dimension = key
    of = runs.filter(algorithm_name=agent, function_id=function, dimension=dimension)
    check(list(of.group_by("instance").agg(polars.col("raw_y").min()).sort("instance")["raw_y"]), key)
print(f"iohinspector: {len(manager.overview)} runs")
