"""measure.py FILE COMMAND…: runs the command, and writes what it took to FILE.

A process of its own, and a small one: Linux counts the memory of whoever called exec as the program's own peak, so
the figure is never below that of this one (about 8 MiB).
"""

import json
import os
import sys
import time

begun = time.monotonic()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
taken = {
    "wall_ms": (time.monotonic() - begun) * 1000,
    "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1000,
    "peak_kib": usage.ru_maxrss,
}
with open(sys.argv[1], "w") as file:
    json.dump(taken, file)
sys.exit(os.waitstatus_to_exitcode(status))
