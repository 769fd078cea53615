/** Who is logged in, and which of their classes they look at. */

import { byId, setHidden, setText } from "./dom";
import type { Words } from "./dom";
import type { Account, ClassRow } from "./entrance";

const key = "cellmon.class";

export interface Actions {
  /** null: all that the account sees. */
  choose(code: string | null): void;
  changePassword(account: Account): void;
  logOut(): void;
}

export class AccountBar {
  private readonly bar = byId("account", HTMLSpanElement);
  private readonly name = byId("account-name", HTMLSpanElement);
  private readonly choice = byId("room-choice", HTMLSelectElement);
  private readonly choiceLabel = byId("room-choice-label", HTMLLabelElement);
  private account: Account | null = null;
  private classes: readonly ClassRow[] = [];
  private chosen: string | null = null;

  /** `isFixed`: the address of the page says what is looked at. */
  constructor(private readonly isFixed: boolean, actions: Actions) {
    this.choice.addEventListener("change", () => {
      this.chosen = this.choice.value || null;
      remember(this.chosen);
      actions.choose(this.chosen);
    });
    byId("change-password", HTMLButtonElement).addEventListener("click", () => {
      if (this.account !== null) actions.changePassword(this.account);
    });
    byId("log-out", HTMLButtonElement).addEventListener("click", () => actions.logOut());
  }

  /** Gives the code of the class that was chosen before, if it is (still) one of theirs. */
  open(account: Account, classes: readonly ClassRow[], words: Words): string | null {
    const before = this.isOpen ? this.chosen : remembered();
    this.account = account;
    this.classes = classes;
    this.chosen = classes.some((row) => row.code === before) ? before : null;
    this.render(words);
    return this.chosen;
  }

  close(): void {
    this.account = null;
    this.classes = [];
    this.chosen = null;
    this.choice.replaceChildren();
    setText(this.name, "");
    setHidden(this.bar, true);
  }

  get isOpen(): boolean {
    return this.account !== null;
  }

  /** Somebody is logged in who sees no class. */
  get hasNone(): boolean {
    return this.account !== null && !this.account.isAdmin && this.classes.length === 0;
  }

  render({ texts }: Words): void {
    const { account } = this;
    setHidden(this.bar, account === null);
    if (account === null) return;
    setText(this.name, account.name);
    this.name.title = account.email;
    setHidden(this.choiceLabel, this.isFixed || this.classes.length === 0);
    this.choice.replaceChildren(
      new Option(account.isAdmin ? texts.allStudents : texts.allMyClasses, ""),
      ...this.classes.map((row) => new Option(`${row.name} (${row.code})`, row.code)),
    );
    this.choice.value = this.chosen ?? "";
  }
}

/** On this machine; a code is no secret, and says nothing of students. */
function remember(code: string | null): void {
  try {
    if (code === null) localStorage.removeItem(key);
    else localStorage.setItem(key, code);
  } catch {
    // A browser that stores nothing asks again.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
