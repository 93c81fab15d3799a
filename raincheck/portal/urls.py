"""Addresses of the candidate's pages, under /c/<company>/."""

from django.urls import path

from raincheck.portal import app, door, privacy, receipt, subscriptions, tap, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", door.ask_for_code, name="sign_in"),
    path("sign-in/code/", door.enter_code, name="code"),
    path("sign-out/", door.leave, name="sign_out"),
    path("interviews/<uuid:interview_id>/", views.interview, name="interview"),
    path("interviews/<uuid:interview_id>/status/", views.status, name="status"),
    path("interviews/<uuid:interview_id>/cancel/", views.cancel, name="cancel"),
    path("interviews/<uuid:interview_id>/cancel/confirm/", views.confirm, name="confirm"),
    path("interviews/<uuid:interview_id>/receipt/", receipt.receipt, name="receipt"),
    path("verify_receipt.py", receipt.verifier, name="verifier"),
    path("cancellations/<uuid:cancellation_id>/withdraw/", views.withdraw, name="withdraw"),
    path("pool/", views.pool, name="pool"),
    path("messages/", views.messages, name="messages"),
    path("messages/read/", views.read_messages, name="read"),
    path("unsubscribe/<str:topic>/<str:ticket>/", subscriptions.unsubscribe, name="unsubscribe"),
    path("settings/", subscriptions.settings, name="settings"),
    path("settings/topic/", subscriptions.topic, name="topic"),
    path("settings/language/", subscriptions.language, name="language"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("privacy/ask/", privacy.ask_for, name="privacy_ask"),
    path("privacy/withdraw/", privacy.take_back, name="privacy_withdraw"),
    path("privacy/copy/", privacy.copy, name="privacy_copy"),
    path("push/on/", subscriptions.push_on, name="push_on"),
    path("push/off/", subscriptions.push_off, name="push_off"),
    path("manifest.webmanifest", app.manifest, name="manifest"),
    path("sw.js", app.service_worker, name="service_worker"),
    path("offline/", app.offline, name="offline"),
    path("r/<str:link>/", tap.tap, name="tap"),
    path("help/", door.help_page, name="help"),
]
