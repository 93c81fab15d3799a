"""Where AI interview systems call us: verified, stored, then answered."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from raincheck.vendors import inbound as vendors
from raincheck.web.people import public_page


@public_page("signed by the vendor")
@csrf_exempt
@require_POST
def inbound(request: HttpRequest, adapter: str, account_id: UUID) -> HttpResponse:
    """Take one webhook; 204 means stored, or known already."""
    # Read first: however slowly it comes, no transaction waits for it.
    body = request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    account = vendors.find_account(adapter=adapter, account_id=account_id)
    vendors.receive(account=account, headers=headers, body=body)
    return HttpResponse(status=204)
