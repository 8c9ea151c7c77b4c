#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the small seeds of the rpm fuzz targets in tests/fuzz/corpus/rpm_*. Run by hand when the
writers change; needs db5.3_load."""
import os
import sqlite3
import struct
import tempfile

import bdb_writer
import header_blob as h
import ndb_writer

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fuzz/corpus")
BLOBS = [
    h.package("bash", "5.1.8", "9.el9", source="bash-5.1.8-9.el9.src.rpm", vendor="AlmaLinux",
              packager="a <b@c>", licence="GPLv3+"),
    h.package("nodejs", "18.1", "1.el9", epoch=1, source="nodejs-18.1-1.el9.nosrc.rpm",
              module="nodejs:18:9:rhel9", n_files=6),
    h.package("gpg-pubkey", "fd431d51", "4ae0493b", arch="(none)"),
    h.package("plain", "1", "1", arch="noarch"),
]


def with_region(blob):
    """The same tags inside a signed region, with an installation tag behind it."""
    n_index, n_store = struct.unpack_from(">II", blob)
    entries, store = blob[8:8 + 16 * n_index], blob[8 + 16 * n_index:]
    region = struct.pack(">IIII", h.IMMUTABLE, h.BINARY, n_store, 16)
    trailer = struct.pack(">IIiI", h.IMMUTABLE, h.BINARY, -16 * (n_index + 1), 16)
    dribble = struct.pack(">IIII", h.VENDOR, h.STRING, n_store + 16, 1)
    return struct.pack(">II", n_index + 2, n_store + 16 + 6) + region + entries + dribble + \
        store + trailer + b"other\0"


def save(noun, name, data):
    os.makedirs(os.path.join(CORPUS, noun), exist_ok=True)
    with open(os.path.join(CORPUS, noun, name), "wb") as file:
        file.write(data)


def save_bdb(name, *settings, **more):
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "Packages")
        bdb_writer.write(path, BLOBS, *settings, **more)
        with open(path, "rb") as file:
            save("rpm_bdb", name, file.read())


def make_sqlite():
    """The log of a database and the database; its last changes are in the log only."""
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "rpmdb.sqlite")
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA page_size=512")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,"
                   " blob BLOB NOT NULL)")
        db.execute("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER, idx INTEGER)")
        for blob in BLOBS:
            db.execute("INSERT INTO Packages (blob) VALUES (?)", (blob,))
        db.execute("PRAGMA wal_checkpoint=TRUNCATE")
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("DELETE FROM Packages WHERE hnum = 2")
        db.execute("INSERT INTO Packages (blob) VALUES (?)", (BLOBS[3],))
        parts = []
        for suffix in ("-wal", ""):
            with open(path + suffix, "rb") as file:
                parts.append(file.read())
        db.close()
        return parts


def make_hostile(statement):
    """A database whose Packages is something else."""
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA page_size=512")
    db.execute("CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    db.execute("INSERT INTO Other (blob) VALUES (?)", (BLOBS[0],))
    db.execute(statement)
    db.commit()
    return db.serialize()


def save_sqlite(name, flag, log, database):
    save("rpm_sqlite", name, struct.pack("<BI", flag, len(log)) + log + database)


def main():
    for i, blob in enumerate(BLOBS):
        save("rpm_header", "plain-%d" % i, blob)
    save("rpm_header", "region", with_region(BLOBS[0]))
    save_bdb("little", False, 512)
    save_bdb("big", True, 512)
    save_bdb("inline", False, 4096)
    save_bdb("checksums", False, 512, extra=["chksum=1"])
    save("rpm_ndb", "plain", ndb_writer.write(BLOBS))
    save("rpm_ndb", "holes", ndb_writer.write(BLOBS, holes=(2,)))
    log, database = make_sqlite()
    save_sqlite("plain", 0, b"", database)
    save_sqlite("log", 1, log, database)
    save_sqlite("log-as-it-is", 0, log, database)
    for name, statement in (
            ("view", "CREATE VIEW Packages AS SELECT * FROM Other"),
            ("generated", "CREATE TABLE Packages (hnum, a, blob AS (a))")):
        save_sqlite(name, 0, b"", make_hostile(statement))


if __name__ == "__main__":
    main()
