// Keeps one page, which says that there is no network; pages of people are never kept. Shows notices, and opens them.
const KEPT = "raincheck-2";
const OFFLINE = "{{ offline|escapejs }}";
const PARTS = [{% for part in parts %}"{{ part|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(KEPT)
      .then((cache) => cache.addAll([OFFLINE, ...PARTS].map((path) => new Request(path, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.mode === "navigate" && event.request.method === "GET") {
    event.respondWith(fetch(event.request).catch(() => caches.match(OFFLINE)));
  } else if (PARTS.includes(url.pathname)) {
    event.respondWith(fetch(event.request).catch(() => caches.match(url.pathname)));
  }
});

self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data ? event.data.json() : {}; } catch { /* nothing readable: still show that there is news */ }
  event.waitUntil(self.registration.showNotification(said.title || "Raincheck", {
    body: said.body || "",
    icon: "{{ icon|escapejs }}",
    tag: said.tag || said.key,
    data: { link: said.link || said.url || "{{ home|escapejs }}" },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const home = new URL("{{ home|escapejs }}", self.location.origin);
  let there = new URL((event.notification.data || {}).link || home, home);
  if (there.origin !== home.origin || !there.pathname.startsWith(home.pathname)) there = home;
  event.waitUntil(self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((open) => {
    const same = open.find((client) => new URL(client.url).pathname === there.pathname);
    return same ? same.focus() : self.clients.openWindow(there.href);
  }));
});
