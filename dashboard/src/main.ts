/** The page: puts socket, room and views together. */

import { AccountBar } from "./account_bar";
import { Api, send } from "./api";
import { ServerClock } from "./clock";
import { Connection } from "./connection";
import type { Link, Socket } from "./connection";
import { Detail } from "./detail";
import { byId, setHidden, setText } from "./dom";
import type { Words } from "./dom";
import { Entrance } from "./entrance";
import type { LoginFailure, Why } from "./entrance";
import { choices, isFiltering, noFilter } from "./filter";
import type { Filter } from "./filter";
import { Format } from "./format";
import { Grid } from "./grid";
import { CounterLine, labelStatics, LinkLine, TrustLine } from "./header";
import { LoginForm, PasswordDialog } from "./login_form";
import type { DataStatus, Frame, Status, Student } from "./protocol";
import { Room } from "./room";
import { Session, tabStorage } from "./session";
import { chooseLanguage, textsOf } from "./texts";
import type { Language } from "./texts";
import { nameOf } from "./tile";

const tickEvery_ms = 500;
const failureShown_ms = 8_000;
/** More new requests for help at once are counted, not named. */
const namedRequests = 3;
const languageKey = "cellmon.language";

class Page {
  private readonly session = new Session(tabStorage(), () => Date.now(), send);
  private readonly entrance = new Entrance(this.session);
  private readonly api = new Api(this.session);
  private readonly room = new Room();
  /** What the address of the page names; else what is chosen. */
  private readonly roomName = new URLSearchParams(location.search).get("room");
  private readonly clock = new ServerClock(() => Date.now());
  private readonly connection: Connection;
  private readonly counters = new CounterLine((status) => this.chooseStatus(status));
  private readonly trust = new TrustLine();
  private readonly linkLine = new LinkLine(() => this.connection.retry());
  private readonly grid = new Grid((action, student, pressed) => void this.act(action, student, pressed));
  private readonly detail = new Detail(
    () => ({ words: this.words, now_ms: this.shownNow_ms() }),
    (email) => this.api.recentExecutions(email),
    (student) => this.grid.focus(student.email),
  );
  private readonly login = new LoginForm(() => this.words, (email, password) => this.logIn(email, password));
  private readonly password = new PasswordDialog(
    () => this.words,
    (current, next) => this.entrance.changePassword(current, next),
    () => this.say(this.words.texts.passwordChanged, true),
  );
  private readonly account = new AccountBar(this.roomName !== null, {
    choose: (code) => this.look(code === null ? null : `class:${code}`),
    changePassword: (account) => this.password.open(account.email),
    logOut: () => void this.logOut(),
  });
  private readonly search = byId("search", HTMLInputElement);
  private readonly team = byId("team", HTMLSelectElement);
  private readonly classCode = byId("class", HTMLSelectElement);
  private readonly failure = byId("failure", HTMLParagraphElement);

  private language: Language;
  private words: Words;
  private filter: Filter = noFilter;
  private link: Link = { state: "closed" };
  private dataStatus: DataStatus | null = null;
  /** The moment of the picture by the server's clock; null while the picture is of now. */
  private frozenAt_ms: number | null = null;
  /** Raised when somebody leaves: what was asked for them before is not shown to whoever comes behind. */
  private departures = 0;
  private readonly changed = new Set<string>();
  private frameIsDue = false;
  private asking: Promise<void> | null = null;
  /** What the connection was told to look at. */
  private lookedAt: string | null = null;
  private failureTimer = 0;

  constructor() {
    this.language = chooseLanguage(new URLSearchParams(location.search).get("lang"), savedLanguage(), navigator.languages);
    this.words = wordsOf(this.language);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.connection = new Connection(
      `${scheme}//${location.host}/api/v1/live`,
      {
        point: () => this.room.point,
        token: () => this.session.token,
        frame: (frame) => this.onFrame(frame),
        link: (link) => this.onLink(link),
      },
      { open: (url) => new WebSocket(url) as Socket, now: () => performance.now(), random: Math.random },
    );
    this.listen();
    this.relabel();
  }

  start(): void {
    void this.ask();
    setInterval(() => this.tick(), tickEvery_ms);
  }

  /** Asks whether somebody has to log in, and shows the class or the form. */
  private ask(): Promise<void> {
    this.asking ??= this.askOnce().finally(() => (this.asking = null));
    return this.asking;
  }

  private async askOnce(): Promise<void> {
    const { departures } = this;
    const standing = await this.entrance.standing();
    if (this.departures !== departures) return;
    if (standing.state === "out") return this.leave(standing.why);
    let room = this.roomName;
    if (standing.state === "in") {
      const classes = await this.entrance.classes();
      if (this.departures !== departures) return;
      const chosen = this.account.open(standing.account, classes, this.words);
      room ??= chosen === null ? null : `class:${chosen}`;
    }
    this.login.close();
    document.body.classList.remove("out");
    if (this.link.state === "closed" || (standing.state !== "unknown" && room !== this.lookedAt)) this.look(room);
  }

  /** Nothing of the class stays on the page of somebody who is out. */
  private leave(why: Why): void {
    this.departures += 1;
    this.connection.close();
    this.forgetClass();
    this.password.close();
    this.account.close();
    document.body.classList.add("out");
    this.login.open(why);
  }

  private look(room: string | null): void {
    this.lookedAt = room;
    this.forgetClass();
    this.connection.enter(room);
  }

  private forgetClass(): void {
    this.detail.close();
    for (const email of this.room.clear()) this.changed.add(email);
    this.dataStatus = null;
    this.frozenAt_ms = null;
    byId("announcer", HTMLParagraphElement).textContent = "";
    this.failure.hidden = true;
    setText(this.failure, "");
    this.setFilter(noFilter);
    this.draw();
  }

  private async logIn(email: string, password: string): Promise<LoginFailure | null> {
    await this.asking;
    const failure = await this.entrance.logIn(email, password);
    if (failure === null) await this.ask();
    return failure;
  }

  private async logOut(): Promise<void> {
    this.leave("first");
    await this.entrance.logOut();
  }

  /** Tokens are renewed before they end; the socket goes on with the new one. */
  private async renew(): Promise<void> {
    const { departures } = this;
    const renewal = await this.session.renew();
    if (this.departures !== departures) return;
    if (renewal === "renewed") this.connection.renew();
    else if (renewal === "ended") this.leave("ended");
  }

  private listen(): void {
    const choose = (): void =>
      this.setFilter({
        ...this.filter,
        search: this.search.value,
        team: this.team.value || null,
        classCode: this.classCode.value || null,
      });
    this.search.addEventListener("input", choose);
    this.team.addEventListener("change", choose);
    this.classCode.addEventListener("change", choose);
    byId("clear", HTMLButtonElement).addEventListener("click", () => this.setFilter(noFilter));
    for (const each of document.querySelectorAll<HTMLElement>("[data-language]")) {
      each.addEventListener("click", () => this.speak(each.dataset["language"] as Language));
    }
    addEventListener("online", () => this.connection.retry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.connection.retry();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      this.search.focus();
    });
  }

  private onFrame(frame: Frame): boolean {
    switch (frame.type) {
      case "snapshot":
      case "delta": {
        const change = this.room.apply(frame);
        if (change === null) return false;
        for (const email of change.changed) this.changed.add(email);
        for (const email of change.gone) this.changed.add(email);
        this.announce(change.newlyAsking);
        break;
      }
      case "status":
        this.dataStatus = frame;
    }
    this.scheduleFrame();
    return true;
  }

  private onLink(link: Link): void {
    const was = this.link.state;
    this.link = link;
    if (link.state === "live") {
      this.frozenAt_ms = null;
      void this.api.learnClock(this.clock, () => Date.now());
      if (this.session.token !== null && !this.account.isOpen) void this.ask();
    } else if (was === "live") {
      this.frozenAt_ms = this.clock.now() - (performance.now() - this.connection.lastHeard_ms);
    }
    // A handshake that was refused looks like a connection that was lost.
    if (link.state === "waiting") void this.ask();
    this.scheduleFrame();
  }

  /** What came in is drawn once a frame of the screen, however many messages it was. */
  private scheduleFrame(): void {
    if (this.frameIsDue) return;
    this.frameIsDue = true;
    requestAnimationFrame(() => {
      this.frameIsDue = false;
      this.draw();
    });
  }

  private draw(): void {
    const { students, counters } = this.room;
    this.grid.update(students, this.changed, this.filter, this.words, this.shownNow_ms());
    if (this.changed.size > 0) this.offerChoices();
    this.changed.clear();
    this.counters.show(counters, this.filter.status, this.words);
    if (this.dataStatus !== null) this.trust.show(this.dataStatus, this.words);
    this.detail.update(students);
    this.drawFiltering();
    this.drawLink();
  }

  private drawFiltering(): void {
    const { texts, format } = this.words;
    const all = this.room.students.size;
    const isFiltered = isFiltering(this.filter);
    setText(
      byId("shown", HTMLSpanElement),
      isFiltered ? texts.shown(format.number(this.grid.shown), format.number(all)) : "",
    );
    setHidden(byId("clear", HTMLButtonElement), !isFiltered);
    setHidden(byId("no-match", HTMLParagraphElement), all === 0 || this.grid.shown > 0);
    setHidden(byId("empty", HTMLElement), this.link.state !== "live" || all > 0);
    setHidden(byId("no-classes", HTMLParagraphElement), !this.account.hasNone);
  }

  private drawLink(): void {
    const age_ms = this.room.point === null ? null : performance.now() - this.connection.lastHeard_ms;
    this.linkLine.show(this.link, age_ms, performance.now(), this.words);
    const isOld = this.link.state !== "live" && this.room.point !== null;
    document.body.classList.toggle("old", isOld);
    const help = this.room.counters?.help ?? 0;
    const title = `${isOld ? "⚠ " : ""}${help > 0 ? `(${help}) ` : ""}Cell Monitor`;
    if (document.title !== title) document.title = title;
  }

  private tick(): void {
    if (this.session.isDue) void this.renew();
    this.login.render();
    this.password.render();
    this.connection.tick();
    this.grid.tick(this.words, this.shownNow_ms());
    this.detail.tick();
    this.drawLink();
  }

  /** The moment that the picture speaks of: without a connection its times stand still. */
  private shownNow_ms(): number {
    return this.frozenAt_ms ?? this.clock.now();
  }

  private setFilter(filter: Filter): void {
    this.filter = filter;
    if (this.search.value !== filter.search) this.search.value = filter.search;
    this.team.value = filter.team ?? "";
    this.classCode.value = filter.classCode ?? "";
    this.scheduleFrame();
  }

  private chooseStatus(status: Status): void {
    this.setFilter({ ...this.filter, status: this.filter.status === status ? null : status });
  }

  private offerChoices(): void {
    offer(this.team, choices(this.room.students.values(), "team"), this.filter.team, this.words.texts.all);
    offer(this.classCode, choices(this.room.students.values(), "classCode"), this.filter.classCode, this.words.texts.all);
  }

  private async act(action: "open" | "dismiss" | "resolve", student: Student, pressed: HTMLButtonElement): Promise<void> {
    if (action === "open") return this.detail.open(student);
    pressed.disabled = true;
    const { departures } = this;
    const outcome = await (action === "dismiss" ? this.api.dismissHelp(student.email) : this.api.resolveError(student.email));
    pressed.disabled = false;
    if (this.departures !== departures) return;
    if ("why" in outcome) this.say(this.words.texts.actionFailed(nameOf(student), outcome.why || this.words.texts.noAnswer), false);
  }

  private say(text: string, isGood: boolean): void {
    setText(this.failure, text);
    this.failure.classList.toggle("good", isGood);
    this.failure.hidden = false;
    clearTimeout(this.failureTimer);
    this.failureTimer = setTimeout(() => (this.failure.hidden = true), failureShown_ms);
  }

  private announce(asking: readonly Student[]): void {
    if (asking.length === 0) return;
    const { texts, format } = this.words;
    const said = asking.slice(0, namedRequests).map((student) => texts.asksForHelp(nameOf(student)));
    if (asking.length > namedRequests) said.push(texts.manyAskForHelp(format.number(asking.length - namedRequests)));
    byId("announcer", HTMLParagraphElement).textContent = said.join(". ");
  }

  private speak(language: Language): void {
    this.language = language;
    this.words = wordsOf(language);
    try {
      localStorage.setItem(languageKey, language);
    } catch {
      // A browser that stores nothing still speaks the language until the page is left.
    }
    this.relabel();
  }

  private relabel(): void {
    const { texts } = this.words;
    document.documentElement.lang = this.language;
    for (const each of document.querySelectorAll<HTMLElement>("[data-language]")) {
      each.setAttribute("aria-pressed", String(each.dataset["language"] === this.language));
    }
    labelStatics(this.words);
    this.search.placeholder = texts.searchHint;
    const isNamed = this.roomName !== null;
    setText(byId("room", HTMLSpanElement), isNamed ? texts.room(this.roomName ?? "") : "");
    setText(byId("empty-room", HTMLParagraphElement), isNamed ? texts.emptyRoom(this.roomName ?? "") : "");
    setHidden(byId("empty-room", HTMLParagraphElement), !isNamed);
    setText(byId("empty-command", HTMLPreElement), `cellmon simulate --server ${location.origin} --students 100 --minutes 10 --speed 10`);
    setText(byId("empty-setting", HTMLPreElement), `"serverUrl": "${location.origin}/api/v1/events"`);
    this.offerChoices();
    for (const email of this.room.students.keys()) this.changed.add(email);
    this.account.render(this.words);
    this.login.render();
    this.detail.render();
    this.scheduleFrame();
  }
}

function wordsOf(language: Language): Words {
  const texts = textsOf[language];
  return { texts, format: new Format(language, texts) };
}

function savedLanguage(): string | null {
  try {
    return localStorage.getItem(languageKey);
  } catch {
    return null;
  }
}

/** Fills a choice; what is chosen stays, even while nobody has it. */
function offer(select: HTMLSelectElement, values: readonly string[], chosen: string | null, all: string): void {
  const wanted = ["", ...(chosen === null || values.includes(chosen) ? values : [chosen, ...values])];
  const now = [...select.options].map((option) => option.value);
  if (wanted.length !== now.length || wanted.some((value, at) => value !== now[at])) {
    select.replaceChildren(...wanted.map((value) => new Option(value, value)));
  }
  const first = select.options[0];
  if (first !== undefined) setText(first, all);
  select.value = chosen ?? "";
}

new Page().start();
