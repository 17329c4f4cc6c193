"""How a script that uses the stack begins: in the venv that tests/run makes, and stopped by a signal like a program."""

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "target/venv"


def complain(text):
    print(f"{Path(sys.argv[0]).resolve().relative_to(ROOT)}: {text}", file=sys.stderr)
    return 1


def enter(main):
    """Runs `main` and exits with what it says; the applications' packages live in the venv."""
    # A shell without job control starts background jobs with SIGINT ignored, which children would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = VENV / "bin/python"
        if not python.exists():
            sys.exit(complain(f"no {python.relative_to(ROOT)}: tests/run makes it"))
        os.execv(python, [str(python), *sys.argv])
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
