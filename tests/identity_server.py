"""An OIDC server, DingTalk's and Feishu's sign-in, on loopback: they vouch for whoever the test says."""

import base64
import hashlib
import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "raincheck", "only-we-know"
CODE = "a-code-worth-once"


class Server:
    """What it vouches for, and what it was asked."""

    def __init__(self, url):
        self.url = url
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims = {"sub": "person-1", "email": "", "email_verified": True}
        #: What its tokens say other than they should.
        self.misstates = {}
        self.asked = []
        self.challenge = None

    @property
    def config(self):
        names = ("authorization", "token", "userinfo")
        places = {f"{name}_endpoint": f"{self.url}/{name}" for name in names}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks", **places}

    @property
    def jwks(self):
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}

    def token(self, form):
        verifier = form.get("code_verifier", "").encode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
        if (form.get("code"), form.get("client_secret"), proof) != (CODE, SECRET, self.challenge):
            return {"error": "invalid_grant"}
        claims = {**self.claims, "iss": self.url, "aud": CLIENT, "exp": time.time() + 60, "iat": time.time()}
        claims |= self.misstates
        signed = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        return {"access_token": "access", "token_type": "Bearer", "id_token": signed}

    def answer(self, path, form):
        """Return what stands at this address for this form."""
        self.asked.append(path)
        return {
            "/.well-known/openid-configuration": lambda: self.config,
            "/jwks": lambda: self.jwks,
            "/token": lambda: self.token(form),
            "/userinfo": lambda: self.claims,
            "/dingtalk/token": lambda: {"accessToken": "a", "refreshToken": "r", "expireIn": 60},
            "/dingtalk/me": lambda: {"openId": "ding-1", "nick": "示例", "mobile": "13800000000"},
            "/feishu/app": lambda: {"app_access_token": "a"},
            "/feishu/token": lambda: {"data": {"access_token": "a"}},
            "/feishu/me": lambda: {"code": 0, "data": {"open_id": "fei-1", "name": "示例", "mobile": "1"}},
        }[path]()


@contextmanager
def running():
    """Yield a running one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._say({})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = json.loads(body) if body.startswith("{") else {k: v[0] for k, v in parse_qs(body).items()}
            self._say(form)

        def _say(self, form):
            said = json.dumps(server.answer(urlsplit(self.path).path, form)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
