# SPDX-License-Identifier: Apache-2.0
"""A real clamd with one signature of our own, on a socket in a folder of its own."""
import contextlib
import os
import subprocess
import time

import seawall

# In pieces, so that the file of the test holds it nowhere.
NEEDLE = b"seawall-" + b"clamav-" + b"needle"
SIGNATURE = "Seawall.Test.Needle"
START_S = 60


@contextlib.contextmanager
def running(folder, stream_max="2M"):
    """Yields its socket; it ends with the block."""
    seawall.need("clamd")
    database = os.path.join(folder, "db")
    os.makedirs(database)
    with open(os.path.join(database, "own.ndb"), "w", encoding="ascii") as file:
        file.write(f"{SIGNATURE}:0:*:{NEEDLE.hex()}\n")
    socket, config = os.path.join(folder, "clamd.sock"), os.path.join(folder, "clamd.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(f"DatabaseDirectory {database}\nLocalSocket {socket}\nForeground yes\n"
                   f"StreamMaxLength {stream_max}\n")
    daemon = subprocess.Popen(["clamd", "--config-file=" + config], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        end = time.time() + START_S
        while not os.path.exists(socket):
            if daemon.poll() is not None or time.time() > end:
                seawall.skip("clamd does not start here")
            time.sleep(0.1)
        yield socket
    finally:
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
