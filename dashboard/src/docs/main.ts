/** The page of the API's document: reads it from this server, shows it, searches it. */

import { byId, element, setHidden, setLabel, setText } from "../dom";
import type { Language } from "../texts";
import { chooseLanguage } from "../texts";
import type { ApiDocument } from "./document";
import { groupsOf, isFound } from "./document";
import { labelsOf } from "./texts";
import { anchor, groupTitle, groupView } from "./view";

/** The live page remembers the language under the same name. */
const languageKey = "cellmon.language";

class Page {
  private language: Language;
  private readonly search = byId("search", HTMLInputElement);
  private readonly content = byId("content", HTMLElement);
  private readonly groups = byId("groups", HTMLElement);

  constructor(private readonly api: ApiDocument) {
    this.language = chooseLanguage(new URLSearchParams(location.search).get("lang"), saved(), navigator.languages);
    this.search.addEventListener("input", () => this.show());
    for (const each of document.querySelectorAll<HTMLElement>("[data-language]")) {
      each.addEventListener("click", () => this.speak(each.dataset["language"] as Language));
    }
    addEventListener("hashchange", () => openNamed());
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      this.search.focus();
    });
    this.show();
    openNamed();
  }

  private speak(language: Language): void {
    this.language = language;
    try {
      localStorage.setItem(languageKey, language);
    } catch {
      // A browser that stores nothing still speaks the language until the page is left.
    }
    this.show();
  }

  private show(): void {
    const { api, language } = this;
    const labels = labelsOf[language];
    const reading = { document: api, language, labels };
    document.documentElement.lang = language;
    for (const each of document.querySelectorAll<HTMLElement>("[data-language]")) {
      each.setAttribute("aria-pressed", String(each.dataset["language"] === language));
    }
    const words = labels as unknown as Readonly<Record<string, string>>;
    for (const each of document.querySelectorAll<HTMLElement>("[data-text]")) setText(each, words[each.dataset["text"] ?? ""] ?? "");
    for (const each of document.querySelectorAll<HTMLElement>("[data-label]")) setLabel(each, words[each.dataset["label"] ?? ""] ?? "");

    const all = groupsOf(api);
    const shown = all
      .map((group) => ({ group, operations: group.operations.filter((each) => isFound(each, group, this.search.value)) }))
      .filter(({ operations }) => operations.length > 0);
    const count = (of: readonly { readonly operations: readonly unknown[] }[]): number => of.reduce((sum, each) => sum + each.operations.length, 0);
    setText(byId("found", HTMLElement), labels.found(count(shown), count(all)));
    this.groups.replaceChildren(
      ...shown.map(({ group }) => {
        const link = element("a", "", groupTitle(group, language));
        link.href = `#${anchor(group.name)}`;
        return link;
      }),
    );
    const introduction = element("p", "", language === "ja" ? api.info["x-description-ja"] : api.info.description);
    const front = shown.length === 0 ? [element("p", "", labels.nothing)] : this.search.value.trim() === "" ? [introduction] : [];
    this.content.replaceChildren(...front, ...shown.map(({ group, operations }) => groupView(group, operations, reading)));
  }
}

/** The operation or group that the address names. */
function openNamed(): void {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) named.open = true;
  named?.scrollIntoView();
}

function saved(): string | null {
  try {
    return localStorage.getItem(languageKey);
  } catch {
    return null;
  }
}

async function start(): Promise<void> {
  const answer = await fetch("/api/v1/openapi.json");
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  new Page((await answer.json()) as ApiDocument);
}

start().catch((error: unknown) => {
  const failure = byId("failure", HTMLElement);
  const language = chooseLanguage(null, saved(), navigator.languages);
  failure.textContent = labelsOf[language].failed(error instanceof Error ? error.message : String(error));
  setHidden(failure, false);
});
