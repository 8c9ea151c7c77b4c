#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`seawall diff`: what is new, fixed and unchanged between reports and images, what it says of their
databases, what its gate counts, and that a report made to be slow is not."""
import json
import os
import re
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "harness"))
sys.path.insert(0, HERE)
import report_formats_test as made  # noqa: E402
import seawall  # noqa: E402

NEWER = made.STATUS.replace("3.0.11-1~deb12u1", "3.0.11-1~deb12u2").replace(
    "Package: odd\n", "Package: even\n")
# A later day: one advisory more, on the older package too.
LATER = {**made.FEEDS, "debian/tracker.json": made.FEEDS["debian/tracker.json"].replace(
    '"CVE-2024-0005"', '"CVE-2024-0006": {"scope": "remote", "description": "later", "releases": {'
    '"bookworm": {"status": "open", "urgency": "high", "repositories": {"bookworm": '
    '"3.0.11-1~deb12u1"}}}}, "CVE-2024-0005"')}


def diff(*arguments, status=(0,)):
    return seawall.run("diff", *arguments, status=status)


def changes(*arguments, status=(0,)):
    report = json.loads(diff("-f", "json", *arguments, status=status).stdout)
    result = {}
    for finding in report["findings"]:
        result.setdefault(finding["change"], set()).add(finding["id"])
    return report, result


def database(scratch, name, feeds, epoch):
    for path, text in feeds.items():
        made.write(os.path.join(scratch, name, path), text)
    to = os.path.join(scratch, name + ".db")
    seawall.run("db", "build", "--quiet", "--sources", os.path.join(scratch, name), "-o", to,
                env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)})
    return to


def stored(scratch, name, root, *arguments):
    path = os.path.join(scratch, name + ".json")
    seawall.run("scan", "--quiet", "--no-cache", "-f", f"json={path}", *arguments, root,
                status=(0, 4))
    return path


def check_changes(old, new):
    report, by = changes(old, new)
    assert by == {"fixed": {"CVE-2024-0001"},
                  "unchanged": {"CVE-2024-0002", "CVE-2024-0003", "CVE-2024-0004"}}, by
    packages = {(p["change"], p["name"]): p for p in report["packages"]}
    assert set(packages) == {("changed", "libssl3"), ("changed", "openssl"), ("added", "even"),
                             ("removed", "odd")}, packages
    changed = packages["changed", "openssl"]
    assert changed["old_version"].endswith("u1") and changed["new_version"].endswith("u2")
    assert report["counts"] == {"new": 0, "fixed": 1, "unchanged": 3, "packages_added": 1,
                                "packages_removed": 1, "packages_changed": 2, "packages_same": 0}
    assert report["notes"] == []
    _, back = changes(new, old)
    assert back["new"] == {"CVE-2024-0001"} and "fixed" not in back
    report, same = changes(old, old)
    assert set(same) == {"unchanged"} and report["packages"] == []
    assert report["counts"]["packages_same"] == 3


def check_gate(old, new):
    diff("--fail-on", "low", old, new)  # what is unchanged does not fail
    diff("--fail-on", "low", new, old, status=(1,))
    diff("--fail-on", "medium", new, old)
    diff("--fail-on", "low", "--severity", "high", new, old)
    _, by = changes("--severity", "high", old, new)
    assert by == {"unchanged": {"CVE-2024-0002", "CVE-2024-0003"}}, by
    _, by = changes("--only-fixed", new, old)
    assert by == {"new": {"CVE-2024-0001"}, "unchanged": {"CVE-2024-0002"}}, by


def check_databases(scratch, root, old, later):
    newer = stored(scratch, "later", root, "--db", later)
    report, by = changes(old, newer)
    assert by["new"] == {"CVE-2024-0006"}, by
    assert any("different databases" in note for note in report["notes"]), report["notes"]
    none = os.path.join(scratch, "none.json")
    with open(old, encoding="utf-8") as file:
        text = json.load(file)
    text["findings"] = []
    text["database"] = {"is_present": False}
    made.write(none, json.dumps(text))
    report, by = changes(old, none)
    assert any("new one was not judged" in note for note in report["notes"]), report["notes"]
    diff("--fail-on", "low", old, none, status=(4,))
    diff("--fail-on", "low", "--allow-incomplete", old, none)


def check_targets(scratch, roots, old, base):
    """Images on either side, judged here; the same as their stored reports."""
    image = os.path.join(scratch, "new.tar")
    layer = os.path.join(scratch, "layer.tar")
    seawall.tar_of(roots[1], layer)
    seawall.docker_archive(image, [layer])
    wanted = changes(old, stored(scratch, "image", image, "--db", base))
    for pair in ((old, image), (roots[0], image)):
        report, by = changes("--no-cache", "--db", base, *pair)
        assert by == wanted[1], (pair, by)
        assert report["packages"] == wanted[0]["packages"]
    failed = diff("--no-cache", "--db", base, old, os.path.join(scratch, "absent.tar"), status=(3,))
    assert b"absent.tar" in failed.stderr


def check_text(scratch, old, new):
    text = diff(old, new).stdout.decode()
    for word in ("new: 0", "fixed: 1", "CVE-2024-0001", "unchanged: 3", "2 changed",
                 "3.0.11-1~deb12u1 -> 3.0.11-1~deb12u2"):
        assert word in text, f"no {word!r}:\n{text}"
    assert "CVE-2024-0003" not in text and "CVE-2024-0003" in diff("-a", old, new).stdout.decode()
    path = os.path.join(scratch, "diff.md")
    diff("-f", f"markdown={path}", "-f", "table", old, new)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert "**0 new**, 1 fixed, 3 unchanged" in text and "#### fixed" in text
    for arguments in (["-f", "sarif", old, new], ["-f", "json", "-f", "table", old, new], [old],
                      ["--severity", "bad", old, new]):
        assert diff(*arguments, status=(2,)).stderr.startswith(b"seawall: ")


def check_hostile(scratch, old):
    """100,000 packages of one name, and as many findings of one id."""
    with open(old, encoding="utf-8") as file:
        report = json.load(file)
    package, finding = report["packages"][0], report["findings"][0]
    paths = []
    for which in (0, 1):
        report["packages"] = [{**package, "version": f"{2 * i + which}"} for i in range(100000)]
        report["findings"] = [finding] * 100000
        paths.append(os.path.join(scratch, f"many-{which}.json"))
        made.write(paths[-1], json.dumps(report))
    start = time.monotonic()
    found, _ = changes(*paths)
    seconds = time.monotonic() - start
    assert found["counts"]["packages_changed"] == 100000, found["counts"]
    assert seconds < 60, f"{seconds:.0f} s"
    print(f"100,000 packages of one name compared in {seconds:.1f} s")
    report["packages"] = [{**package, "name": "`|<b>\x1b[31m", "version": "@you"}]
    report["findings"] = [{**finding, "id": "`|<b>@you", "source_name": "\x1b[31m|", "packages": [0]}]
    report["target"]["name"] = "\x1b]0;x\x07|`"
    made.write(paths[0], json.dumps(report))
    for name in ("table", "markdown"):
        text = diff("-f", name, old, paths[0]).stdout.decode()
        assert "\x1b" not in text and "\x07" not in text
        if name == "markdown":
            plain = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)
            assert "<b>" not in plain and "@you" not in plain, plain


def main():
    with tempfile.TemporaryDirectory() as scratch:
        roots = [os.path.join(scratch, name) for name in ("a", "b")]
        for root, status in zip(roots, (made.STATUS, NEWER)):
            made.write(os.path.join(root, "etc/os-release"), 'ID=debian\nVERSION_ID="12"\n')
            made.write(os.path.join(root, "var/lib/dpkg/status"), status)
        base = database(scratch, "base", made.FEEDS, 1760000000)
        later = database(scratch, "later-feeds", LATER, 1761000000)
        old = stored(scratch, "old", roots[0], "--db", base)
        new = stored(scratch, "new", roots[1], "--db", base)
        check_changes(old, new)
        check_gate(old, new)
        check_databases(scratch, roots[0], old, later)
        check_targets(scratch, roots, old, base)
        check_text(scratch, old, new)
        check_hostile(scratch, old)


if __name__ == "__main__":
    main()
