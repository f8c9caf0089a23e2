"""Says which ports are in use: `python scripts/free_ports.py VARIABLE…`, where each variable holds a port."""

import os
import socket
import sys


def main() -> None:
    """End with 1 and a sentence for each variable whose port cannot be listened on; print nothing if all can."""
    complaints = [complaint for name in sys.argv[1:] if (complaint := complaint_of(name))]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    if complaints:
        raise SystemExit(1)


def complaint_of(name: str) -> str:
    """Return what is wrong with the port that a variable names, or nothing."""
    text = os.environ.get(name, "")
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        return f"{name} must be a port, from 1 to 65535."
    host = os.environ.get("HOST", "127.0.0.1") if name == "PORT" else "127.0.0.1"
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(text)))
        except OSError as error:
            reason = error.strerror or "it cannot be bound"
            return f"{name}={text}: {reason}; set another {name}, or stop what listens there."
    return ""


if __name__ == "__main__":
    main()
