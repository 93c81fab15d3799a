"""How a vendor knows who calls: five schemes, their secrets always placeholders."""

from dataclasses import dataclass, field

from raincheck.vendors.adapters.configured.endpoints import (
    Endpoint,
    Match,
    beginning,
    read_endpoint,
    read_match,
)
from raincheck.vendors.adapters.configured.pointers import pointer, pointer_or_none
from raincheck.vendors.adapters.configured.shape import Table
from raincheck.vendors.adapters.configured.templates import (
    Template,
    compiled,
    headers,
    names_in,
    template,
)

SCHEMES = ("header", "basic", "oauth2", "session", "iflytek-url", "iflytek-header")
_TOKEN = frozenset({"token"})
_NOT_SIGNED_IN = (Match((401,)),)
_LONGEST_LIFE = 30 * 86_400


@dataclass(frozen=True)
class Login:
    """A call whose answer's token, or cookie, opens the others; `lives` seconds, 0: until it is refused."""

    endpoint: Endpoint
    token: str | None = None
    cookie: str = ""
    expires_in: str | None = None
    lives: int = 0
    logout: Endpoint | None = None
    #: User and password of the login itself, where they go by HTTP Basic.
    basic: tuple[Template, Template] | None = None


@dataclass(frozen=True)
class Signing:
    """iFlytek's signature: in the address or in the headers."""

    in_url: bool
    digest: bool
    api_key: Template
    api_secret: Template


@dataclass(frozen=True)
class Auth:
    """One scheme: what every call bears, and which answers mean that it isn't accepted."""

    scheme: str
    headers: dict[str, Template] = field(default_factory=dict)
    basic: tuple[Template, Template] | None = None
    login: Login | None = None
    signing: Signing | None = None
    refused: tuple[Match, ...] = _NOT_SIGNED_IN

    @property
    def names(self) -> frozenset[str]:
        """The placeholders used."""
        login, signing = self.login, self.signing
        calls = [call.names for call in (login.endpoint, login.logout) if call] if login else []
        signed = [signing.api_key, signing.api_secret] if signing else []
        basic = [*(self.basic or ()), *((login.basic or ()) if login else ())]
        return names_in([self.headers, *signed, *basic]).union(*calls)


def read_auth(table: Table) -> Auth:
    """Read `scheme` and what belongs to it."""
    scheme = table.choice("scheme", SCHEMES)
    refused = table.tables("refused", read_match) or _NOT_SIGNED_IN
    match scheme:
        case "basic":
            pair = (template(table, "username", (), "{api_key}"), _password(table))
            return Auth(scheme, basic=pair, refused=refused)
        case "oauth2":
            bearer = {"Authorization": compiled("Bearer {token}", table, "headers", _TOKEN)}
            return Auth(scheme, headers=bearer, login=_oauth2(table), refused=refused)
        case "session":
            return Auth(scheme, headers=_headers(table, _TOKEN), login=_session(table), refused=refused)
        case "iflytek-url" | "iflytek-header":
            return Auth(scheme, signing=_signing(table, in_url=scheme == "iflytek-url"), refused=refused)
    return Auth(scheme, headers=_headers(table, frozenset()), refused=refused)


def _headers(table: Table, needed: frozenset[str]) -> dict[str, Template]:
    found = headers(table, "headers", needed)
    if not found or not needed <= names_in(found):
        zh = "应为每次调用都带的头" + ("，须用到 {token}" if needed else "")
        table.wrong("headers", zh, "must be the headers of every call" + (", with {token}" if needed else ""))
    return found


def _password(table: Table) -> Template:
    # An empty password is what several vendors want beside a key.
    if table.has("password"):
        return template(table, "password", ())
    return Template(())


def _oauth2(table: Table) -> Login:
    # The token may be another server's to give.
    by_header = table.choice("client", ("basic", "form"), "basic") == "basic"
    client = template(table, "client_id", ()), template(table, "client_secret", ())
    form = {"grant_type": Template((("client_credentials", ""),))}
    if table.has("scope"):
        form["scope"] = template(table, "scope", ())
    if not by_header:
        form |= {"client_id": client[0], "client_secret": client[1]}
    return Login(
        endpoint=Endpoint(
            "POST", beginning(table, "token_url", frozenset(), ("/", "https://", "http://")), form=form
        ),
        token="/access_token",  # noqa: S106 (a pointer, RFC 6749 §5.1)
        expires_in="/expires_in",
        basic=client if by_header else None,
    )


def _session(table: Table) -> Login:
    lives = table.number("lives_seconds", 0, lowest=0, highest=_LONGEST_LIFE)
    logout = table.table_or_none("logout", lambda t: read_endpoint(t, _TOKEN))

    def read(login: Table) -> Login:
        cookie = login.text("cookie", "", longest=100)
        made = Login(
            token=None if cookie else pointer(login, "token"),
            cookie=cookie,
            expires_in=pointer_or_none(login, "expires_in"),
            lives=lives,
            logout=logout,
            endpoint=read_endpoint(login, frozenset()),
        )
        if not made.endpoint.names:
            zh = "登录请求须用到账号的密钥，如 {api_key}"
            login.wrong("json", zh, "the login must use a secret of the account, as {api_key}")
        return made

    return table.table("login", read)


def _signing(table: Table, *, in_url: bool) -> Signing:
    return Signing(
        in_url=in_url,
        digest=table.yes("digest"),
        api_key=template(table, "api_key", (), "{api_key}"),
        api_secret=template(table, "api_secret", (), "{credentials.api_secret}"),
    )
