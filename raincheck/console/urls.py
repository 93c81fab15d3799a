"""The console's addresses, under /console/."""

from django.urls import path

from raincheck.console import (
    audit,
    audit_trail,
    booking,
    cancelling,
    interview,
    interviews,
    messages,
    positions,
    reviews,
    rules,
    talent,
    tasks,
)

app_name = "console"
urlpatterns = [
    path("", interviews.home, name="home"),
    path("interviews/new/", booking.new, name="new"),
    path("interviews/<uuid:interview_id>/", interview.interview, name="interview"),
    path("interviews/<uuid:interview_id>/timeline/", interview.timeline, name="timeline"),
    path("interviews/<uuid:interview_id>/application/", interview.application, name="application"),
    path("interviews/<uuid:interview_id>/cancel/", cancelling.cancel, name="cancel"),
    path("interviews/<uuid:interview_id>/reschedule/", booking.reschedule, name="reschedule"),
    path("interviews/<uuid:interview_id>/rebook/", booking.rebook, name="rebook"),
    path("interviews/<uuid:interview_id>/restore/", booking.restore, name="restore"),
    path("interviews/<uuid:interview_id>/accept/", booking.accept, name="accept"),
    path("reviews/", reviews.inbox, name="reviews"),
    path("reviews/waiting/", reviews.waiting, name="reviews_waiting"),
    path("reviews/<uuid:cancellation_id>/", reviews.review, name="review"),
    path("tasks/", tasks.inbox, name="tasks"),
    path("tasks/<uuid:task_id>/", tasks.task, name="task"),
    path("tasks/<uuid:task_id>/settle/", tasks.settle, name="settle"),
    path("tasks/<uuid:task_id>/retry/", tasks.retry, name="retry"),
    path("messages/", messages.inbox, name="messages"),
    path("messages/read/", messages.read, name="read"),
    path("positions/", positions.positions, name="positions"),
    path("positions/<uuid:position_id>/freeze/", positions.freeze, name="freeze"),
    path("positions/<uuid:position_id>/reopen/", positions.reopen, name="reopen"),
    path("talent/", talent.people, name="talent"),
    path("talent/<uuid:candidate_id>/", talent.profile, name="profile"),
    path("rules/", rules.rules, name="rules"),
    path("rules/edit/", rules.edit, name="rules_edit"),
    path("audit/", audit.cancellations, name="audit"),
    path("audit/export/", audit.export, name="audit_export"),
    path("audit/trail/", audit_trail.trail, name="audit_trail"),
    path("audit/trail/export/", audit_trail.export, name="audit_trail_export"),
]
