# SPDX-License-Identifier: Apache-2.0
"""Time and memory of commands. Times come from runs in which nothing else is done; memory from
runs of its own, in which the whole process tree is sampled.
"""
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SAMPLE_S = 0.002
# A command of a few milliseconds is over after a few samples: it is run again until there are so
# many, though not for ever.
SAMPLES_MIN = 50
SAMPLED_RUNS_MAX = 10


class Result:
    def __init__(self, wall, cpu):
        self.wall = wall
        self.cpu = cpu


def process_tree(pid):
    found = [pid]
    for parent in found:
        try:
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as file:
                    found.extend(int(child) for child in file.read().split())
        except OSError:
            pass
    return found


def tree_bytes(pid):
    """Proportional set size of all processes: a page shared by two counts once."""
    total = 0
    for process in process_tree(pid):
        try:
            with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration, ValueError):
            pass
    return total


def start(command, errors):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=errors)


def finish(process, command, errors):
    """Waits with what the kernel counted for the process and all that it waited for."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # 4: scanned, though not everything in it is supported.
    if process.returncode not in (0, 4):
        errors.seek(0)
        text = errors.read().decode(errors="replace")[-2000:]
        sys.exit(f"{' '.join(command)}: exit {process.returncode}\n{text}")
    return usage.ru_utime + usage.ru_stime


def run_once(command, prepare=None):
    """Wall and CPU seconds."""
    if prepare:
        prepare()
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        cpu = finish(start(command, errors), command, errors)
        return Result(time.monotonic() - started, cpu)


def peak_bytes(command, prepare=None):
    """The largest sum seen while the command ran, over as many runs as give enough samples."""
    peak, n_samples, n_runs = 0, 0, 0
    while n_runs == 0 or (n_samples < SAMPLES_MIN and n_runs < SAMPLED_RUNS_MAX):
        if prepare:
            prepare()
        with tempfile.TemporaryFile() as errors:
            process = start(command, errors)
            is_over = threading.Event()

            def sample():
                nonlocal peak, n_samples
                while not is_over.is_set():
                    peak = max(peak, tree_bytes(process.pid))
                    n_samples += 1
                    is_over.wait(SAMPLE_S)

            sampler = threading.Thread(target=sample)
            sampler.start()
            finish(process, command, errors)
            is_over.set()
            sampler.join()
        n_runs += 1
    return peak


def median(results):
    return Result(statistics.median(r.wall for r in results),
                  statistics.median(r.cpu for r in results))


def ratio(results, others, what):
    """The median of the ratios pair by pair: both ran one after the other under the same load."""
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(results, others))
