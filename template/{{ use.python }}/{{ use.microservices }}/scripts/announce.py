"""Says where the API is as soon as everything answers: `python scripts/announce.py`."""

import os
import time
from http.client import HTTPConnection, HTTPException

PATIENCE_SECONDS = 120


def main() -> None:
    """Wait until the gateway at `HOST` and `PORT` is ready, and say so; say nothing if it never is."""
    host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if is_ready(host, port):
            base = f"http://{host}:{port}"
            print(f"Documents at {base}/docs, health at {base}/health/ready; Ctrl-C stops.")
            return
        time.sleep(0.2)


def is_ready(host: str, port: int) -> bool:
    """Return whether all services say that they are ready."""
    connection = HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    main()
