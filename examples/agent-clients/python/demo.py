"""python3 demo.py <secret id> <url>: logs in at a web server (HTTP Basic) each time that you press Enter."""

import base64
import http.client
import sys
import urllib.parse

from secret_agent import AgentRefusal, SecretAgent


class LoginRefused(Exception):
    pass


def login(url, secret):
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=30)
    credentials = base64.b64encode(f"{secret.username}:{secret.password}".encode()).decode()
    connection.request("GET", place.path or "/", headers={"Authorization": f"Basic {credentials}"})
    status = connection.getresponse().status
    connection.close()
    if status != 200:
        raise LoginRefused(f"the login was refused with status {status}")


def login_with_current(agent, secret_id, url):
    """Logs in; when the password was rotated meanwhile, once more with the new one. Never twice with the same: accounts get locked."""
    secret = agent.secret(secret_id)
    try:
        login(url, secret)
    except LoginRefused:
        secret = agent.after_refusal(secret)
        if secret is None:
            raise
        login(url, secret)
    return secret


def main(secret_id, url):
    agent = SecretAgent()
    for _ in sys.stdin:
        print(f"logged in with {login_with_current(agent, secret_id, url)}", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except (AgentRefusal, LoginRefused, OSError) as error:
        sys.exit(str(error))
