// Passkeys: a form marked data-passkey asks the browser for a credential and sends it in its field of that name.
// What is asked for stands in data-options; for signing in it is fetched, since nobody is known yet.
"use strict";
(() => {
  const json = window.webauthnJSON;
  if (!json || !window.PublicKeyCredential) return;

  const asked = async (form) => {
    if (form.dataset.passkey !== "sign-in") return JSON.parse(form.dataset.options);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).request_options;
  };
  const create = (form, options) => {
    const alone = form.elements.passwordless.checked;
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = alone;
    if (alone) wanted.userVerification = "required";
    return json.create(options);
  };
  const credential = async (form) => {
    const options = await asked(form);
    return form.dataset.passkey === "create" ? create(form, options) : json.get(options);
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("button");
    button.hidden = false;
    form.addEventListener("submit", async (event) => {
      if (form.elements.credential.value) return;
      event.preventDefault();
      button.disabled = true;
      try {
        form.elements.credential.value = JSON.stringify(await credential(form));
        form.submit();
      } catch {
        // Called off by the person, or no passkey for us: the other ways on the page remain.
        button.disabled = false;
      }
    });
  }
})();
