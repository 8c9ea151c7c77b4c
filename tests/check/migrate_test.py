#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/migrate.md and the table of habits (cli/habits.c) are one: each row is in the page, the page has
no other, and each command and option that is named as ours is there. Every row is answered by the
program, with exit status 2. --write brings the page up to date."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "harness"))
import seawall  # noqa: E402

PAGE = os.path.join(seawall.TOP, "docs", "migrate.md")
PRINT = os.path.join(seawall.BUILD, "tests", "habit_print")
PEERS = ("Trivy", "Grype", "Syft")


def read_habits():
    lines = subprocess.run([PRINT], capture_output=True, check=True, text=True).stdout.splitlines()
    return [line.split("\t") for line in lines]


def cell(text):
    return text.replace("|", "\\|")


def table(habits, peer):
    """Theirs, ours, what is said; rows that say the same are one."""
    merged = {}
    for _, peers, word, ours, says in habits:
        if peer in peers:
            merged.setdefault((ours, says), []).append(f"`{word}`")
    lines = ["| Theirs | Here | |", "| --- | --- | --- |"]
    for (ours, says), words in merged.items():
        here = f"`{ours}`" if ours else ""
        lines.append(f"| {cell(', '.join(words))} | {cell(here)} | {cell(says)} |".replace("  |", " |"))
    return "\n".join(lines)


def write_tables(page, habits):
    for peer in PEERS:
        page = re.sub(rf"(<!-- habits: {peer} -->\n).*?(<!-- end -->)",
                      lambda m, p=peer: m.group(1) + table(habits, p) + "\n" + m.group(2), page,
                      flags=re.S)
    return page


def read_commands():
    """Name to options ("--x", "-x"), from the help of each."""
    overview = seawall.run("--help").stdout.decode()
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  +[A-Z]", overview, flags=re.M)
    assert "scan" in names and "db update" in names, names
    commands = {}
    for name in names:
        text = seawall.run(*name.split(), "--help").stdout.decode()
        options = re.findall(r"^  (?:(-[a-zA-Z]), |    )(--[a-z-]+)", text, flags=re.M)
        commands[name] = {word for pair in options for word in pair if word}
    return commands


def find_command(words, commands):
    """The longest name that the words begin with."""
    for n in (2, 1):
        if " ".join(words[:n]) in commands:
            return " ".join(words[:n])
    return None


def check_ours(text, commands, problems, where):
    """Commands and options that a piece of text names as ours."""
    known = set.union(*commands.values()) | {"--help", "--version"}
    for match in re.finditer(r"seawall ((?:[a-z]+ ?)+)", text):
        if find_command(match.group(1).split(), commands) is None:
            problems.append(f"{where}: no command 'seawall {match.group(1)}'")
    command = re.match(r"seawall ([a-z ]+[a-z])", text)
    name = find_command(command.group(1).split(), commands) if command else None
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", text):
        if option not in (commands[name] if name else known):
            problems.append(f"{where}: no option '{option}'" + (f" of '{name}'" if name else ""))
    for value in re.findall(r"(?<![\w-])-f ([a-z-]+)", text):
        if value not in FORMATS:
            problems.append(f"{where}: no format '{value}'")


FORMATS = set(re.search(r"known:([a-z -]+)", seawall.run(
    "scan", "-f", "none", "/", status=(2,)).stderr.decode()).group(1).split())


def ask(kind, peers, word):
    """What the program says to one row; -o is followed by a file for some and a format for others."""
    if kind == "command":
        arguments = word.split()
    elif kind == "option":
        arguments = ["scan", word, "/nowhere" if "Trivy" in peers else "json"]
    elif kind == "value":
        arguments = ["scan", *word.split(), "/nowhere"]
    else:
        arguments = ["scan", word + "nowhere"]
    return seawall.run(*arguments, status=(2,)).stderr.decode()


def main():
    if not os.path.exists(PRINT):
        seawall.skip(f"'{PRINT}' is not built")
    habits = read_habits()
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(write_tables(page, habits))
        return
    problems = []
    if write_tables(page, habits) != page:
        problems.append("docs/migrate.md is not what cli/habits.c says: tests/check/migrate_test.py --write")
    commands = read_commands()
    rows = set()
    for kind, peers, word, ours, says in habits:
        assert (kind, peers, word) not in rows, f"twice: {word}"
        rows.add((kind, peers, word))
        assert all(p in PEERS for p in re.split(r", | and ", peers)), peers
        check_ours(ours, commands, problems, f"'{word}'")
        check_ours(says, commands, problems, f"'{word}'")
        if kind == "option" and word in commands["scan"]:
            problems.append(f"'{word}' is our own option of scan")
        answer = ask(kind, peers, word)
        if len(answer.splitlines()) != 1 or f"'{word}' is " not in answer:
            problems.append(f"'{word}' is answered by: {answer}")
        if ours and f"here: {ours}" not in answer or says and says not in answer:
            problems.append(f"'{word}' lacks what its row says: {answer}")
    prose = re.sub(r"<!-- habits.*?<!-- end -->", "", page, flags=re.S)
    for code in re.findall(r"`(seawall [^`]*|-[^`]*)`", prose):
        check_ours(code, commands, problems, "docs/migrate.md")
    assert not problems, "\n".join(problems)
    print(f"{len(habits)} habits, in docs/migrate.md and answered")


if __name__ == "__main__":
    main()
