// The portal as an app: registers its worker, and turns this device's notices on and off when somebody asks for it.
// Nothing here asks for a permission by itself, and every page works without it.
"use strict";
(() => {
  const own = document.currentScript;
  if (!("serviceWorker" in navigator)) return;
  const ready = navigator.serviceWorker
    .register(own.dataset.worker, { scope: own.dataset.scope })
    .catch(() => null);
  if (!("PushManager" in window) || !("Notification" in window)) return;

  const KNOWN = "raincheck-push";
  const bytes = (text) => Uint8Array.from(
    atob((text + "=".repeat((4 - (text.length % 4)) % 4)).replace(/-/g, "+").replace(/_/g, "/")),
    (letter) => letter.charCodeAt(0),
  );
  const registration = async () => (await ready) && navigator.serviceWorker.ready;
  const current = async () => {
    const found = await registration();
    return found ? found.pushManager.getSubscription() : null;
  };

  const show = (card, state) => {
    card.hidden = false;
    for (const part of card.querySelectorAll("[data-push-state]")) part.hidden = part.dataset.pushState !== state;
  };
  const send = async (card, address, field, value) => {
    const body = new FormData(card.querySelector("form"));
    body.set(field, value);
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
  };
  const keep = async (card, subscription) => {
    await send(card, card.dataset.on, "subscription", JSON.stringify(subscription));
    localStorage.setItem(KNOWN, subscription.endpoint);
    endpoint(subscription);
    show(card, "on");
  };
  const endpoint = (subscription) => {
    for (const field of document.querySelectorAll("[data-push-endpoint]")) {
      field.value = subscription ? subscription.endpoint : "";
    }
  };

  const turnOn = async (card) => {
    if ((await Notification.requestPermission()) !== "granted") return show(card, Notification.permission === "denied" ? "denied" : "ask");
    const found = await registration();
    const subscription = await found.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytes(card.dataset.key),
    });
    return keep(card, subscription);
  };
  const turnOff = async (card) => {
    const subscription = await current();
    if (subscription) {
      await send(card, card.dataset.off, "endpoint", subscription.endpoint);
      await subscription.unsubscribe();
    }
    localStorage.removeItem(KNOWN);
    endpoint(null);
    show(card, "ask");
  };

  const begin = async () => {
    const card = document.getElementById("push");
    const subscription = Notification.permission === "granted" ? await current() : null;
    endpoint(subscription);
    if (!card || !card.dataset.key) return;
    if (Notification.permission === "denied") return show(card, "denied");
    if (!subscription) return show(card, "ask");
    // The browser may have renewed it meanwhile, or somebody else may have signed in here.
    if (localStorage.getItem(KNOWN) !== subscription.endpoint) return keep(card, subscription);
    return show(card, "on");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-push]");
    const card = button && button.closest("#push");
    if (!card) return;
    button.disabled = true;
    (button.dataset.push === "on" ? turnOn(card) : turnOff(card))
      .catch(() => show(card, "failed"))
      .finally(() => { button.disabled = false; });
  });
  document.addEventListener("submit", (event) => {
    // Signing out: the server forgets this browser by the hidden field, and so does the browser itself.
    if (event.target.querySelector && event.target.querySelector("[data-push-endpoint]")) {
      localStorage.removeItem(KNOWN);
      current().then((subscription) => subscription && subscription.unsubscribe());
    }
  });
  begin().catch(() => {});
})();
