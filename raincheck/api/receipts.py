"""Where carriers tell what became of messages, and where a mail server hands in what came back."""

import hmac
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from raincheck.notifications import bounces, hearing
from raincheck.notifications.channels.base import Call
from raincheck.web.people import public_page


@public_page("the address bears a secret of the account; some carriers sign as well")
@csrf_exempt
@require_POST
def receipt(request: HttpRequest, carrier: str, account_id: UUID, token: str) -> HttpResponse:
    """Take in what a carrier tells."""
    # As the carrier was given it: what stands before us may have changed host and scheme.
    url = f"{settings.RAINCHECK_BASE_URL}{request.get_full_path()}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = Call(url, headers, request.body)
    source = hearing.find_source(carrier=carrier, account_id=account_id, token=token)
    thanks = hearing.receive(source=source, call=call)
    if not thanks:
        return HttpResponse(status=204)
    return HttpResponse(thanks, content_type="application/json; charset=utf-8")


@public_page("the address bears the installation's secret for bounces")
@csrf_exempt
@require_POST
def bounce(request: HttpRequest, token: str) -> HttpResponse:
    """Take in a mail that came back, posted as it is (message/rfc822); 204 whether or not it told anything new."""
    right = settings.RAINCHECK_BOUNCE_TOKEN
    if not right or not hmac.compare_digest(right.encode(), token.encode()):
        raise hearing.ReceiptUnproven
    try:
        bounces.take(request.body)
    except bounces.NotABounce as error:
        raise hearing.ReceiptNotUnderstood(detail=str(error)) from error
    return HttpResponse(status=204)
