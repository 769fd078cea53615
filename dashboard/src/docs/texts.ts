/** Every label of the page, in each language. */

import type { Language } from "../texts";

export interface Labels {
  readonly search: string;
  readonly found: (count: number, all: number) => string;
  readonly nothing: string;
  readonly source: string;
  readonly language: string;
  readonly groups: string;
  readonly parameters: string;
  readonly body: string;
  readonly answers: string;
  readonly example: string;
  readonly required: string;
  readonly optional: string;
  readonly headers: string;
  readonly socket: string;
  readonly access: string;
  readonly need: Readonly<Record<string, string>>;
  readonly role: Readonly<Record<string, string>>;
  readonly place: Readonly<Record<string, string>>;
  readonly failed: (why: string) => string;
}

const en: Labels = {
  search: "Search",
  found: (count, all) => `${count} of ${all} operations`,
  nothing: "Nothing is called that.",
  source: "OpenAPI 3.1 as JSON",
  language: "Language",
  groups: "Groups",
  parameters: "Parameters",
  body: "Body",
  answers: "Answers",
  example: "Example",
  required: "required",
  optional: "optional",
  headers: "Header fields",
  socket: "WebSocket",
  access: "Access",
  need: {
    nothing: "open to everybody",
    ingest: "a class key, with auth.mode = required",
    token: "a token, with auth.mode = required",
    name: "a token, with auth.mode = required; one that is sent is honoured in both modes",
    account: "a token, always",
  },
  role: { student: "any account", assistant: "assistant or more", instructor: "instructor or more", admin: "admin" },
  place: { path: "path", query: "query", header: "header" },
  failed: (why) => `The document could not be read: ${why}`,
};

const ja: Labels = {
  search: "検索",
  found: (count, all) => `全 ${all} 件中 ${count} 件`,
  nothing: "該当する操作はありません。",
  source: "OpenAPI 3.1（JSON）",
  language: "言語",
  groups: "分類",
  parameters: "パラメーター",
  body: "本文",
  answers: "応答",
  example: "例",
  required: "必須",
  optional: "任意",
  headers: "ヘッダー",
  socket: "WebSocket",
  access: "利用できる人",
  need: {
    nothing: "誰でも",
    ingest: "クラスキー（auth.mode = required のとき）",
    token: "トークン（auth.mode = required のとき）",
    name: "トークン（auth.mode = required のとき）。どちらのモードでも、送られたトークンは有効",
    account: "トークン（常に）",
  },
  role: { student: "すべてのアカウント", assistant: "アシスタント以上", instructor: "教員以上", admin: "管理者" },
  place: { path: "パス", query: "クエリ", header: "ヘッダー" },
  failed: (why) => `仕様を読み込めませんでした: ${why}`,
};

export const labelsOf: Readonly<Record<Language, Labels>> = { en, ja };
