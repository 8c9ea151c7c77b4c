# SPDX-License-Identifier: Apache-2.0
"""Runs the scan engine alone (tests/oracle/scan_print.c): no database, no command line program."""
import json
import os
import subprocess

from seawall import BUILD, skip

SCANNER = os.path.join(BUILD, "bin", "seawall-scanner")
PRINT = os.path.join(BUILD, "tests", "scan_print")


def need_engine():
    for path in (SCANNER, PRINT):
        if not os.path.exists(path):
            skip(f"'{path}' is not built")


def run(target, *, cache=None, stdin=None, scanner=SCANNER, timeout=120, **environment):
    """(reports, error text); exactly one of them is empty."""
    arguments = [PRINT, scanner, target] + ([cache] if cache else [])
    done = subprocess.run(arguments, stdin=stdin or subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, check=False, env={**os.environ, **environment})
    if done.returncode not in (0, 3):
        raise AssertionError(f"scan of {target}: exit {done.returncode}\n{done.stderr[-4000:]!r}")
    if done.returncode == 3:
        assert not done.stdout, "a report and an error"
        return [], done.stderr.decode(errors="replace")
    decoder = json.JSONDecoder()
    text = done.stdout.decode()
    reports = []
    at = 0
    while at < len(text):
        report, end = decoder.raw_decode(text, at)
        reports.append(report)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return reports, ""


def scan(target, **options):
    """The one report on a target."""
    reports, error = run(target, **options)
    assert not error, error
    assert len(reports) == 1, f"{len(reports)} reports on {target}"
    return reports[0]


def packages(report):
    return sorted((p["name"], p["version"], p.get("layer")) for p in report["packages"])


def notes(report, kind=None):
    return [n for n in report["notes"] if kind is None or n["kind"] == kind]
