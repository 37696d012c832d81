"""Secrets from the secret agent on this host. Python 3.8 or newer, no packages."""

import http.client
import json
import os
import socket
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from datetime import datetime, timezone

TIMEOUT_SECONDS = 30
LONGEST_WAIT_SECONDS = 30
LARGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True)
class Secret:
    """A user name and a password. Its text, such as in a log, is without the password."""

    id: str
    username: str
    password: str = field(repr=False)
    expires_at: datetime

    def __str__(self):
        return f"{self.id} (user {self.username}, until {self.expires_at:%Y-%m-%dT%H:%M:%SZ})"


class AgentRefusal(Exception):
    """The agent's no: a stable code, what it means, and what to do about it."""

    def __init__(self, status, code, detail, mend):
        super().__init__(f"{code}: {detail}\n  {mend}")
        self.status = status
        self.code = code


class SecretAgent:
    """Asks the agent and keeps each secret until its expires_at, no longer. May be shared by threads."""

    def __init__(self, address=None):
        self._address = address or os.environ.get("SEGURA_AGENT_ADDRESS") or "http://localhost:8787"
        url = urllib.parse.urlsplit(self._address)
        if url.scheme == "http" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("http:// to another host would send token and secret unencrypted: use https://")
        self._kept = {}
        self._lock = threading.Lock()

    def secret(self, secret_id):
        """The secret as it may be used now. Raises AgentRefusal, or OSError when no agent answers."""
        with self._lock:
            kept = self._kept.get(secret_id)
        if kept is not None and datetime.now(timezone.utc) < kept.expires_at:
            return kept
        secret = self._ask_patiently(secret_id)
        with self._lock:
            self._kept[secret_id] = secret
        return secret

    def after_refusal(self, refused):
        """What to log in with when `refused` was refused, because it was rotated; None when the agent has nothing else."""
        with self._lock:
            if self._kept.get(refused.id) is refused:
                del self._kept[refused.id]
        secret = self.secret(refused.id)
        is_same = (secret.username, secret.password) == (refused.username, refused.password)
        return None if is_same else secret

    def _ask_patiently(self, secret_id):
        """Asks again when the agent says how soon that makes sense."""
        waited = 0
        while True:
            status, headers, answer = self._ask(secret_id)
            if status == 200:
                expires_at = datetime.strptime(answer["expires_at"], "%Y-%m-%dT%H:%M:%SZ")
                return Secret(answer["secret_id"], answer["username"], answer["password"], expires_at.replace(tzinfo=timezone.utc))
            retry_after = headers.get("Retry-After", "")
            if not retry_after.isdigit() or waited + int(retry_after) > LONGEST_WAIT_SECONDS:
                raise AgentRefusal(status, answer.get("code"), answer.get("detail"), answer.get("mend"))
            time.sleep(int(retry_after))
            waited += int(retry_after)

    def _ask(self, secret_id):
        connection = self._connection()
        try:
            token = _token()
            connection.request("GET", f"/secret/{secret_id}", headers={"Authorization": f"Bearer {token}"} if token else {})
            response = connection.getresponse()
            answer = json.loads(response.read(LARGEST_ANSWER))
            if ("password" if response.status == 200 else "code") not in answer:
                raise ValueError
            return response.status, response.headers, answer
        except (TypeError, ValueError, http.client.HTTPException):
            # The parser's own words may quote the answer.
            raise OSError(f"what answers at {self._address} is no secret agent") from None
        finally:
            connection.close()

    def _connection(self):
        # http.client, unlike urllib.request, uses no proxy of the environment and follows no redirect.
        if self._address.startswith("/"):
            return _SocketConnection(self._address)
        url = urllib.parse.urlsplit(self._address)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        return kind(url.netloc, timeout=TIMEOUT_SECONDS)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _token():
    """Read each time: beside a sidecar the file holds another token when the agent has started anew."""
    token, path = os.environ.get("SEGURA_AGENT_TOKEN"), os.environ.get("SEGURA_AGENT_TOKEN_FILE")
    if token or not path:
        return token
    with open(path, encoding="ascii") as file:
        return file.read().strip()
