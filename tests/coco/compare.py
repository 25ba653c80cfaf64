"""Compares the functions of bbob with COCO's own (pip install coco-experiment) at random points, to ten digits.

compare.py PROGRAM              24 functions, 5 instances, 3 dimensions, 4 points each; exit code 77 without COCO
compare.py PROGRAM --write FILE writes tests/env/landscapes/bbob_values.h instead
"""
import random
import subprocess
import sys

try:
    import cocoex
except ImportError:
    print("skipped: COCO is not here (pip install coco-experiment)")
    sys.exit(77)


def problem(function, dimension, instance):
    return cocoex.Suite("bbob", f"instances: {instance}", f"dimensions: {dimension} function_indices: {function}")[0]


def written_point(function, dimension, instance):
    """As in tests/env/landscapes/bbob.cpp."""
    return [(37 * i + 13 * function + 7 * instance) % 101 / 10 - 5 for i in range(dimension)]


def main():
    program = sys.argv[1]
    if sys.argv[2:3] == ["--write"]:
        with open(sys.argv[3], "w") as table:
            table.write("// COCO's values at the points of bbob.cpp: function, dimension, instance, f(x). Written by compare.py.\n")
            for function in range(1, 25):
                for dimension in (2, 5, 20):
                    for instance in range(1, 6):
                        value = float(problem(function, dimension, instance)(written_point(function, dimension, instance)))
                        table.write(f"{{{function}, {dimension}, {instance}, {value!r}}},\n")
        return
    random.seed(1)
    lines, values = [], []
    for function in range(1, 25):
        for dimension in (2, 5, 20):
            for instance in range(1, 6):
                f = problem(function, dimension, instance)
                for k in range(4):
                    edge = 5 if k else 6
                    x = [random.uniform(-edge, edge) for _ in range(dimension)]
                    lines.append(" ".join(map(repr, [function, dimension, instance] + x)))
                    values.append(f(x))
    ours = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True).stdout.split()
    assert len(ours) == len(values)
    worst = max(abs(float(a) - b) / abs(b) for a, b in zip(ours, values))
    print(f"{len(values)} points, largest relative difference {worst:.1e}")
    sys.exit(0 if worst <= 1e-10 else 1)


main()
