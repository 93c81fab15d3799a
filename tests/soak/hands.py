"""A worker as `raincheck worker` is, that leaves the messages alone: `python -m tests.soak.hands`.

Who is told what, and that it arrives once, the crash runs see to. Here a message would only cost time.
"""

import django
from procrastinate.contrib.django import app

if __name__ == "__main__":
    django.setup()
    from raincheck.worker import work

    app.worker_defaults["queues"] = ["vendors", "sweep"]  # type: ignore[attr-defined]
    work()
