"""Says where the API is as soon as everything answers: `python scripts/announce.py URL…`, the gateway's first."""

import sys
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

PATIENCE_SECONDS = 120


def main() -> None:
    """Wait until all are ready, and say so; say nothing if they never are."""
    gateway, *services = (url.rstrip("/") for url in sys.argv[1:])
    deadline = time.monotonic() + PATIENCE_SECONDS
    # The gateway complains of every service that does not answer yet, so it is asked when they do.
    waiting = [*services, gateway]
    while waiting and time.monotonic() < deadline:
        if is_ready(waiting[0]):
            del waiting[0]
        else:
            time.sleep(0.2)
    if not waiting:
        print(f"All is ready: documents at {gateway}/docs, health at {gateway}/health/ready.")


def is_ready(url: str) -> bool:
    """Return whether what answers at a URL says that it is ready."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
