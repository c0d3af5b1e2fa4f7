// What needs a script on pages of signing in: passkeys, and filling in the form with a person of the demo.
"use strict";

for (const part of document.querySelectorAll("[data-needs-passkeys]")) {
  part.hidden = !window.PublicKeyCredential;
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const words = document.getElementById("passkey-failed");
  if (words) {
    words.hidden = false;
  }
});

const demo = document.querySelector(".demo");
if (demo) {
  for (const hint of demo.querySelectorAll("[data-with-script]")) {
    hint.hidden = false;
  }
  for (const person of demo.querySelectorAll("[data-email]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...person.childNodes);
    button.addEventListener("click", () => {
      document.getElementById("id_login").value = person.dataset.email;
      document.getElementById("id_password").value = demo.dataset.password;
      document.querySelector("#sign-in button").focus();
    });
    person.append(button);
  }
}
