"""A plain HTTP client for preparing and checking; the load itself comes from wrk."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Answer", "Client"]


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers in lower case and the decoded body (None where it is no JSON)."""

    status: int
    headers: dict[str, str]
    body: Any


class Client:
    """Speaks JSON to 127.0.0.1:port over one connection that is kept open, with these headers at each request."""

    def __init__(self, port: int, credentials: Mapping[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._headers = {"Content-Type": "application/json", **(credentials or {})}

    def send(self, method: str, path: str, body: object = None) -> Answer:
        """Send one request and return its answer.

        Raises:
            OSError: The server cannot be reached, or closed the connection.
        """
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except http.client.HTTPException as error:
            self._connection.close()
            raise ConnectionError(f"no proper HTTP answer: {error!r}") from error
        except OSError:
            self._connection.close()
            raise
        try:
            decoded = json.loads(text)
        except ValueError:
            decoded = None
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, decoded)
