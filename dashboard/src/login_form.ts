/** The forms in which somebody types a password: logging in, and choosing another one. */

import { byId, setHidden, setText } from "./dom";
import type { Words } from "./dom";
import type { LoginFailure, Why } from "./entrance";

type Texts = Words["texts"];

/** What a form says of its own; `away` and `wait` are the same in all. */
type Sayings = (texts: Texts) => Readonly<Record<"empty" | "wrong" | "malformed", string>>;

/** Sends what was typed; null: done. */
type SendTyped = (first: string, second: string) => Promise<LoginFailure | null>;

/** Two fields that must not be empty, and a line for what went wrong; a wait counts down and is over by itself. */
class TwoFields {
  private failure: LoginFailure | { readonly kind: "empty" } | null = null;
  private waitsUntil_ms = 0;
  private readonly complaint: HTMLParagraphElement;
  private readonly button: HTMLButtonElement;

  constructor(
    name: "login" | "password",
    readonly first: HTMLInputElement,
    readonly second: HTMLInputElement,
    private readonly sayings: Sayings,
    private readonly words: () => Words,
    private readonly send: SendTyped,
  ) {
    this.complaint = byId(`${name}-error`, HTMLParagraphElement);
    this.button = byId(`${name}-button`, HTMLButtonElement);
    byId(`${name}-form`, HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
  }

  begin(): void {
    this.set(null);
    this.render();
  }

  render(): void {
    const { texts, format } = this.words();
    const left_ms = this.waitsUntil_ms - performance.now();
    this.button.disabled = left_ms > 0;
    setText(this.complaint, left_ms > 0 ? texts.loginWait(format.duration(left_ms + 999)) : this.text(texts));
  }

  private text(texts: Texts): string {
    const kind = this.failure?.kind;
    if (kind === undefined || kind === "wait") return "";
    return kind === "away" ? texts.loginAway : this.sayings(texts)[kind];
  }

  private set(failure: LoginFailure | { readonly kind: "empty" } | null): void {
    this.failure = failure;
    this.waitsUntil_ms = failure?.kind === "wait" ? performance.now() + failure.seconds * 1_000 : 0;
  }

  private async submit(): Promise<void> {
    const missing = [this.first, this.second].find((field) => field.value.trim() === "");
    if (missing !== undefined) {
      this.set({ kind: "empty" });
      missing.focus();
    } else {
      this.set(await this.send(this.first.value, this.second.value));
    }
    this.render();
  }
}

export class LoginForm {
  private readonly section = byId("login", HTMLElement);
  private readonly why = byId("login-why", HTMLParagraphElement);
  private readonly fields: TwoFields;
  private reason: Why = "first";

  constructor(private readonly words: () => Words, logIn: SendTyped) {
    this.fields = new TwoFields(
      "login",
      byId("login-email", HTMLInputElement),
      byId("login-password", HTMLInputElement),
      (texts) => ({ empty: texts.loginEmpty, wrong: texts.loginWrong, malformed: texts.loginMalformed }),
      words,
      async (email, password) => {
        const failure = await logIn(email.trim(), password);
        if (failure?.kind === "wrong") this.fields.second.select();
        return failure;
      },
    );
  }

  open(reason: Why): void {
    this.reason = reason;
    this.fields.second.value = "";
    this.section.hidden = false;
    this.fields.begin();
    this.render();
    (this.fields.first.value === "" ? this.fields.first : this.fields.second).focus();
  }

  close(): void {
    this.fields.second.value = "";
    this.section.hidden = true;
  }

  render(): void {
    setText(this.why, this.reason === "first" ? "" : this.words().texts.loginWhy[this.reason]);
    setHidden(this.why, this.reason === "first");
    this.fields.render();
  }
}

export class PasswordDialog {
  private readonly dialog = byId("password-dialog", HTMLDialogElement);
  private readonly user = byId("password-user", HTMLInputElement);
  private readonly fields: TwoFields;

  constructor(words: () => Words, change: SendTyped, onDone: () => void) {
    this.fields = new TwoFields(
      "password",
      byId("password-current", HTMLInputElement),
      byId("password-next", HTMLInputElement),
      (texts) => ({ empty: texts.passwordEmpty, wrong: texts.passwordWrong, malformed: texts.passwordMalformed }),
      words,
      async (current, next) => {
        const failure = await change(current, next);
        if (failure !== null) return failure;
        this.close();
        onDone();
        return null;
      },
    );
    byId("password-cancel", HTMLButtonElement).addEventListener("click", () => this.close());
  }

  /** The address is for password managers. */
  open(email: string): void {
    this.user.value = email;
    this.fields.begin();
    this.dialog.showModal();
    this.fields.first.focus();
  }

  close(): void {
    this.fields.first.value = "";
    this.fields.second.value = "";
    if (this.dialog.open) this.dialog.close();
  }

  render(): void {
    this.fields.render();
  }
}
