/** Every text of the page, in each language. */

import type { Reason } from "./connection";
import type { Why } from "./entrance";
import type { Status } from "./protocol";

export type Language = "en" | "ja";

export interface Texts {
  readonly status: Readonly<Record<Status, string>>;
  readonly students: string;
  readonly executions: string;
  readonly failed: (count: string) => string;
  readonly showOnly: (status: string) => string;

  readonly received: string;
  readonly missing: string;
  readonly doubled: string;
  readonly notCheckedYet: string;
  readonly resent: (count: string) => string;
  readonly behind: (events: string, time: string) => string;
  readonly upToDate: string;
  /** Of the states that are not the usual one; another state is shown as the server names it. */
  readonly projectionState: Readonly<Record<string, string>>;

  readonly connecting: string;
  readonly live: string;
  readonly notLive: string;
  readonly reason: Readonly<Record<Reason, string>>;
  readonly reconnectingIn: (time: string) => string;
  readonly reconnecting: string;
  readonly pictureAge: (time: string) => string;
  readonly retryNow: string;
  readonly badRoom: string;
  readonly room: (room: string) => string;

  readonly search: string;
  readonly searchHint: string;
  readonly team: string;
  readonly classCode: string;
  readonly all: string;
  readonly clearFilter: string;
  readonly shown: (shown: string, all: string) => string;
  readonly noMatch: string;

  readonly dismissHelp: string;
  readonly resolveError: string;
  readonly dismissHelpOf: (name: string) => string;
  readonly resolveErrorOf: (name: string) => string;
  readonly actionFailed: (name: string, why: string) => string;
  readonly noAnswer: string;
  readonly cell: (number: number) => string;
  readonly inARow: (count: string) => string;
  readonly running: (time: string) => string;
  readonly asksForHelp: (name: string) => string;
  readonly manyAskForHelp: (count: string) => string;

  readonly close: string;
  readonly email: string;
  readonly notebook: string;
  readonly lastActivity: string;
  readonly errorCells: string;
  readonly noErrorCells: string;
  readonly failures: (count: string) => string;
  readonly recentExecutions: string;
  readonly noExecutions: string;
  readonly loading: string;
  readonly activityFailed: (why: string) => string;
  readonly succeeded: string;
  readonly error: string;

  readonly logInTitle: string;
  readonly logInHint: string;
  readonly password: string;
  readonly logIn: string;
  readonly logOut: string;
  readonly loginWhy: Readonly<Record<Exclude<Why, "first">, string>>;
  readonly loginWrong: string;
  readonly loginEmpty: string;
  readonly loginMalformed: string;
  readonly loginAway: string;
  readonly loginWait: (time: string) => string;
  readonly changePassword: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly savePassword: string;
  readonly cancel: string;
  readonly passwordWrong: string;
  readonly passwordEmpty: string;
  readonly passwordMalformed: string;
  readonly passwordChanged: string;
  readonly roomChoice: string;
  readonly allStudents: string;
  readonly allMyClasses: string;
  readonly noClasses: string;
  readonly account: string;

  readonly emptyTitle: string;
  readonly emptyRoom: (room: string) => string;
  readonly emptyTry: string;
  readonly emptyConnect: string;
  readonly grid: string;
  readonly language: string;

  readonly seconds: (seconds: number) => string;
  readonly minutes: (minutes: number) => string;
  readonly hours: (hours: number, minutes: number) => string;
  readonly days: (days: number) => string;
}

const en: Texts = {
  status: { help: "Needs help", significant_error: "Stuck", error: "Error", active: "Active", idle: "Idle" },
  students: "Students",
  executions: "Executions",
  failed: (count) => `${count} failed`,
  showOnly: (status) => `Show only: ${status}`,

  received: "received",
  missing: "missing",
  doubled: "doubled",
  notCheckedYet: "not checked yet",
  resent: (count) => `${count} sent again by clients and stored once`,
  behind: (events, time) => `${events} events, ${time} behind`,
  upToDate: "up to date",
  projectionState: { starting: "starting", catching_up: "catching up", retrying: "retrying", stopped: "stopped" },

  connecting: "Connecting…",
  live: "Live",
  notLive: "Not live",
  reason: {
    lost: "The connection is lost.",
    server_stops: "The server has stopped.",
    too_slow: "This page could not keep up with the class. A smaller room (?room=class:CODE) helps.",
    server_error: "The server had an internal error.",
    protocol: "The page and the server did not understand each other. Reloading the page may help.",
    logged_out: "The login has ended.",
  },
  reconnectingIn: (time) => `Reconnecting in ${time}.`,
  reconnecting: "Reconnecting…",
  pictureAge: (time) => `What you see is ${time} old.`,
  retryNow: "Reconnect now",
  badRoom: "The room in this page's address is not one. It is class:CODE, team:NAME or student:EMAIL.",
  room: (room) => `Room ${room}`,

  search: "Search",
  searchHint: "Name, email, notebook",
  team: "Team",
  classCode: "Class",
  all: "All",
  clearFilter: "Show all",
  shown: (shown, all) => `${shown} of ${all} shown`,
  noMatch: "No student matches the filter.",

  dismissHelp: "Dismiss",
  resolveError: "Resolve",
  dismissHelpOf: (name) => `Dismiss the help request of ${name}`,
  resolveErrorOf: (name) => `Mark the errors of ${name} as resolved`,
  actionFailed: (name, why) => `This could not be done for ${name}: ${why}`,
  noAnswer: "no answer from the server",
  cell: (number) => `cell ${number}`,
  inARow: (count) => `${count} errors in a row`,
  running: (time) => `running ${time}`,
  asksForHelp: (name) => `${name} asks for help`,
  manyAskForHelp: (count) => `${count} more students ask for help`,

  close: "Close",
  email: "Email",
  notebook: "Notebook",
  lastActivity: "Last activity",
  errorCells: "Cells with errors",
  noErrorCells: "None.",
  failures: (count) => `${count} in a row`,
  recentExecutions: "Recent executions",
  noExecutions: "None yet.",
  loading: "Loading…",
  activityFailed: (why) => `The executions could not be read: ${why}`,
  succeeded: "Success",
  error: "Error",

  logInTitle: "Log in",
  logInHint: "Whoever runs the server makes accounts and resets passwords: cellmon admin.",
  password: "Password",
  logIn: "Log in",
  logOut: "Log out",
  loginWhy: {
    ended: "You are logged out. Please log in again.",
    forbidden: "This account may not see the class. Log in as an assistant, instructor or admin.",
  },
  loginWrong: "Email or password is wrong.",
  loginEmpty: "Enter email and password.",
  loginMalformed: "This is not an email address.",
  loginAway: "The server does not answer. Please try again.",
  loginWait: (time) => `Too many attempts. Try again in ${time}.`,
  changePassword: "Change password",
  currentPassword: "Current password",
  newPassword: "New password (at least 8 characters)",
  savePassword: "Change",
  cancel: "Cancel",
  passwordWrong: "The current password is wrong.",
  passwordEmpty: "Enter both passwords.",
  passwordMalformed: "The new password must have at least 8 characters.",
  passwordChanged: "The password is changed. All other logins of this account have ended.",
  roomChoice: "Show",
  allStudents: "All students",
  allMyClasses: "All my classes",
  noClasses: "This account teaches no class yet. An admin, or an instructor of the class, can add it.",
  account: "Account",

  emptyTitle: "No student yet",
  emptyRoom: (room) => `Nobody is in the room ${room} yet. Students appear with their first event.`,
  emptyTry: "To see a class at work, let one be played:",
  emptyConnect: "To connect a JupyterLab, set this in Settings → Cell Monitor:",
  grid: "Students of the class",
  language: "Language",

  seconds: (seconds) => `${seconds} s`,
  minutes: (minutes) => `${minutes} min`,
  hours: (hours, minutes) => `${hours} h ${minutes} min`,
  days: (days) => (days === 1 ? "1 day" : `${days} days`),
};

const ja: Texts = {
  status: { help: "ヘルプ要請", significant_error: "つまずき", error: "エラー", active: "作業中", idle: "操作なし" },
  students: "受講生",
  executions: "実行回数",
  failed: (count) => `うち失敗 ${count}`,
  showOnly: (status) => `「${status}」だけを表示`,

  received: "受信",
  missing: "欠落",
  doubled: "重複",
  notCheckedYet: "未確認",
  resent: (count) => `再送 ${count} 件(保存は一度だけ)`,
  behind: (events, time) => `${events} 件・${time}の遅れ`,
  upToDate: "遅れなし",
  projectionState: { starting: "開始中", catching_up: "追いつき中", retrying: "再試行中", stopped: "停止" },

  connecting: "接続しています…",
  live: "ライブ接続中",
  notLive: "未接続",
  reason: {
    lost: "接続が切れました。",
    server_stops: "サーバーが停止しました。",
    too_slow: "更新に表示が追いつきません。範囲を絞ってください(?room=class:コード)。",
    server_error: "サーバーで内部エラーが発生しました。",
    protocol: "サーバーとの通信内容を解釈できません。ページを再読み込みしてください。",
    logged_out: "ログインが終了しました。",
  },
  reconnectingIn: (time) => `${time}後に再接続します。`,
  reconnecting: "再接続しています…",
  pictureAge: (time) => `表示は${time}前の状態です。`,
  retryNow: "今すぐ再接続",
  badRoom: "アドレスの room の形式が正しくありません。class:コード、team:チーム名、student:メールアドレス のいずれかで指定してください。",
  room: (room) => `表示範囲 ${room}`,

  search: "検索",
  searchHint: "名前・メール・ノートブック",
  team: "チーム",
  classCode: "クラス",
  all: "すべて",
  clearFilter: "絞り込みを解除",
  shown: (shown, all) => `${all} 人中 ${shown} 人を表示`,
  noMatch: "条件に合う受講生はいません。",

  dismissHelp: "対応済",
  resolveError: "解決済",
  dismissHelpOf: (name) => `${name}さんのヘルプ要請を対応済みにする`,
  resolveErrorOf: (name) => `${name}さんのエラーを解決済みにする`,
  actionFailed: (name, why) => `${name}さんの操作を完了できませんでした: ${why}`,
  noAnswer: "サーバーから応答がありません",
  cell: (number) => `セル ${number}`,
  inARow: (count) => `${count} 回連続エラー`,
  running: (time) => `実行中 ${time}`,
  asksForHelp: (name) => `${name}さんがヘルプを求めています`,
  manyAskForHelp: (count) => `ほかに ${count} 人がヘルプを求めています`,

  close: "閉じる",
  email: "メール",
  notebook: "ノートブック",
  lastActivity: "最後の操作",
  errorCells: "エラーのあるセル",
  noErrorCells: "ありません。",
  failures: (count) => `${count} 回連続`,
  recentExecutions: "最近の実行",
  noExecutions: "まだありません。",
  loading: "読み込んでいます…",
  activityFailed: (why) => `実行履歴を読み込めませんでした: ${why}`,
  succeeded: "成功",
  error: "エラー",

  logInTitle: "ログイン",
  logInHint: "アカウントの作成とパスワードの再設定は、サーバーの管理者が行います(cellmon admin)。",
  password: "パスワード",
  logIn: "ログイン",
  logOut: "ログアウト",
  loginWhy: {
    ended: "ログアウトしました。もう一度ログインしてください。",
    forbidden: "このアカウントでは授業の様子を表示できません。アシスタント・講師・管理者のアカウントでログインしてください。",
  },
  loginWrong: "メールアドレスまたはパスワードが違います。",
  loginEmpty: "メールアドレスとパスワードを入力してください。",
  loginMalformed: "メールアドレスの形式が正しくありません。",
  loginAway: "サーバーから応答がありません。もう一度お試しください。",
  loginWait: (time) => `試行回数が多すぎます。${time}後にもう一度お試しください。`,
  changePassword: "パスワードの変更",
  currentPassword: "現在のパスワード",
  newPassword: "新しいパスワード(8 文字以上)",
  savePassword: "変更する",
  cancel: "キャンセル",
  passwordWrong: "現在のパスワードが違います。",
  passwordEmpty: "両方のパスワードを入力してください。",
  passwordMalformed: "新しいパスワードは 8 文字以上にしてください。",
  passwordChanged: "パスワードを変更しました。このアカウントのほかのログインはすべて終了しました。",
  roomChoice: "表示",
  allStudents: "すべての受講生",
  allMyClasses: "担当クラスすべて",
  noClasses: "このアカウントには担当クラスがまだありません。管理者またはクラスの講師が追加できます。",
  account: "アカウント",

  emptyTitle: "受講生はまだいません",
  emptyRoom: (room) => `${room} にはまだ誰もいません。最初のイベントが届くと表示されます。`,
  emptyTry: "模擬授業を流して試すには:",
  emptyConnect: "JupyterLab をつなぐには、「設定 → Cell Monitor」で次のように設定します:",
  grid: "受講生の一覧",
  language: "言語",

  seconds: (seconds) => `${seconds} 秒`,
  minutes: (minutes) => `${minutes} 分`,
  hours: (hours, minutes) => `${hours} 時間 ${minutes} 分`,
  days: (days) => `${days} 日`,
};

export const textsOf: Readonly<Record<Language, Texts>> = { en, ja };

/** The address first, then what was chosen before, then the first language of the browser that is here. */
export function chooseLanguage(address: string | null, saved: string | null, browser: readonly string[]): Language {
  for (const wanted of [address, saved, ...browser]) {
    const tag = wanted?.toLowerCase().split("-")[0];
    if (tag === "en" || tag === "ja") return tag;
  }
  return "en";
}
