"""A worker as `raincheck worker` is, in a hurry, that leaves the messages alone: `python -m tests.soak.hands`.

Who is told what, and that it arrives once, the crash runs see to; here a message would only cost time. And where hours
pass in two minutes, a reconciliation doesn't wait a minute for its turn.
"""

import django
from procrastinate.contrib.django import app

if __name__ == "__main__":
    django.setup()
    from raincheck.vendors.reconciliation import patience
    from raincheck.worker import work

    patience.PATIENCE = 3.0
    app.worker_defaults["queues"] = ["vendors", "sweep"]  # type: ignore[attr-defined]
    work()
