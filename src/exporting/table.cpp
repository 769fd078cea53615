#include "exporting/table.hpp"

#include <array>

namespace cellmon::exporting {
namespace {

constexpr auto kInteger = ColumnKind::integer;
constexpr auto kReal = ColumnKind::real;
constexpr auto kText = ColumnKind::text;

constexpr Column kSequence{"sequence", kInteger, false,
                           "Place of the event in the journal; the same number in all tables",
                           "ジャーナル内のイベントの位置。どの表でも同じ番号"};
constexpr Column kEventAt{"event_at", kText, false, "When it happened, UTC, by the client's clock",
                          "発生時刻 (UTC、クライアントの時計)"};
constexpr Column kClass{"class", kText, false,
                        "Code of the class; of an event that names none, that of the roster on "
                        "which the student is; empty: none is known",
                        "クラスコード。イベントにないときは名簿のクラス。空: 不明"};
constexpr Column kStudent{"student", kText, false,
                          "The student: the address, or the pseudonym in this class",
                          "学生 (メールアドレス、またはこのクラスでの仮名)"};
constexpr Column kSession{"session", kText, false, "One page load of the notebook",
                          "ノートブックを開いたひとつのセッション"};
constexpr Column kNotebook{"notebook", kText, false, "Path of the notebook", "ノートブックのパス"};

constexpr std::array kStudents = std::to_array<Column>({
    kClass,
    kStudent,
    {"name", kText, true, "Name, as the newest event says", "氏名 (最新のイベントによる)"},
    {"user_id", kText, true, "Id in the client", "クライアントでのID"},
    {"team", kText, false, "Team: its name, or its pseudonym", "チーム (名前または仮名)"},
    {"first_at", kText, false, "The first event within the export", "書き出した最初のイベント"},
    {"last_at", kText, false, "The last event within the export", "書き出した最後のイベント"},
    {"events", kInteger, false, "Rows of `events`", "`events` の行数"},
    {"executions", kInteger, false, "Rows of `executions`", "`executions` の行数"},
    {"errors", kInteger, false, "Of these, ended with an error", "うちエラーで終わったもの"},
});

constexpr std::array kEvents = std::to_array<Column>({
    kSequence,
    {"event_id", kText, true, "Id that the client gave", "クライアントが付けたID"},
    {"event_type", kText, false, "What happened; `redacted`: its content was erased",
     "種類。`redacted`: 内容は消去済み"},
    kEventAt,
    {"received_at", kText, false, "When the server received it, UTC", "サーバーの受信時刻 (UTC)"},
    {"clock_bad", kInteger, false,
     "1: the client's time was impossible, and event_at is the time of receipt",
     "1: クライアントの時刻が異常で event_at は受信時刻"},
    kClass,
    kStudent,
    {"team", kText, false, "Team: its name, or its pseudonym", "チーム (名前または仮名)"},
    kSession,
    kNotebook,
    {"cell", kText, false, "Id of the cell", "セルのID"},
    {"stream", kText, false, "Numbered stream of the client", "クライアントの番号付きストリーム"},
    {"stream_number", kInteger, false, "Number in the stream, without gaps", "ストリーム内の番号"},
    {"consent_asked", kText, false, "The level that the client named: status, code or output",
     "クライアントの同意レベル (status, code, output)"},
    {"consent_applied", kText, false,
     "The level that the server applied; what needs more is missing for this reason",
     "サーバーが適用したレベル。これを超えるものは保存されていない"},
    {"withheld", kText, false, "Fields that were sent and not stored for it, separated by spaces",
     "そのため保存しなかった項目 (空白区切り)"},
    {"masked", kInteger, false, "Secrets that were masked", "マスクした秘密情報の数"},
    {"kernel_status", kText, false, "State of the kernel", "カーネルの状態"},
    {"presence", kText, false, "present, hidden, idle or away", "在席状態"},
    {"gap_from", kInteger, false, "First number of the stream that the client lost",
     "失われた最初の番号"},
    {"gap_to", kInteger, false, "Last number that it lost", "失われた最後の番号"},
    {"gap_reason", kText, false, "Why", "理由"},
    {"environment", kText, false, "Report of the Python environment, JSON", "Python環境 (JSON)"},
    {"metadata", kText, false, "What else the client said, JSON", "その他の情報 (JSON)"},
    {"extra", kText, false, "What fits no field, JSON", "どの項目にも入らないもの (JSON)"},
});

constexpr std::array kExecutions = std::to_array<Column>({
    kSequence,
    kEventAt,
    kClass,
    kStudent,
    kSession,
    kNotebook,
    {"cell", kText, false, "Id of the cell", "セルのID"},
    {"cell_index", kInteger, false, "Place of the cell, from 0", "セルの位置 (0から)"},
    {"status", kText, false,
     "success, error, aborted (an earlier cell failed), interrupted or skipped",
     "success, error, aborted (前のセルの失敗), interrupted, skipped"},
    {"execution_count", kInteger, false, "The kernel's counter", "カーネルの実行回数"},
    {"duration_ms", kReal, false, "How long it ran, milliseconds", "実行時間 (ミリ秒)"},
    {"started_at", kText, false, "Begin by the kernel's clock, UTC", "開始時刻 (UTC)"},
    {"finished_at", kText, false, "End by the kernel's clock, UTC", "終了時刻 (UTC)"},
    {"error_name", kText, false, "Class of the error", "エラーの種類"},
    {"error_message", kText, false, "The error as the client says it", "エラーメッセージ"},
    {"code", kText, false, "Source of the cell", "セルのソースコード"},
    {"result", kText, false, "Text of the last result", "最後の結果"},
    {"output", kText, false, "Printed output", "出力"},
    {"output_bytes", kInteger, false, "Size of the whole output", "出力全体のバイト数"},
    {"traceback", kText, false, "Traceback", "トレースバック"},
});

constexpr std::array kAccesses = std::to_array<Column>({
    kSequence,
    kEventAt,
    kClass,
    kStudent,
    kSession,
    kNotebook,
    {"action", kText, false, "opened, saved or closed", "opened, saved, closed"},
});

constexpr std::array kHelp = std::to_array<Column>({
    kSequence,
    kEventAt,
    kClass,
    kStudent,
    kNotebook,
    {"is_on", kInteger, false, "1: asks for help; 0: does not any more",
     "1: ヘルプ要請、0: 取り消し"},
    {"note", kText, false, "What the student wrote", "学生が書いた内容"},
});

constexpr std::array kRefused = std::to_array<Column>({
    kSequence,
    {"received_at", kText, false, "When the server received it, UTC", "サーバーの受信時刻 (UTC)"},
    kStudent,
    {"stream", kText, false, "Stream of the client", "クライアントのストリーム"},
    {"stream_number", kInteger, false, "Number in the stream", "ストリーム内の番号"},
    {"field", kText, false, "What was wrong with it", "問題のあった項目"},
    {"reason", kText, false, "Why", "理由"},
});

constexpr std::array kSubmissions = std::to_array<Column>({
    kClass,
    {"assignment", kInteger, false, "Number of the assignment", "課題の番号"},
    {"title", kText, false, "Its title", "課題名"},
    kNotebook,
    kStudent,
    {"attempt", kInteger, false, "From 1", "何回目の提出か"},
    {"status", kText, false, "As whoever handed it in says", "状態"},
    {"submitted_at", kText, false, "UTC", "提出時刻 (UTC)"},
    {"due_at", kText, false, "As it is now, UTC", "締切 (現在の値、UTC)"},
    {"grade", kReal, false, "The grade", "評点"},
    {"points", kReal, false, "The best that there can be", "満点"},
    {"feedback", kText, false, "What the instructor wrote", "講評"},
});

constexpr std::array<Table, kTableCount> kTables{{
    {"students", "One row for each student of each class within the export",
     "書き出したクラスごとの学生", kStudents},
    {"events", "Every event that was stored, in the order of the journal",
     "保存されたすべてのイベント (ジャーナル順)", kEvents},
    {"executions", "Runs of code cells; each is a row of `events`, too",
     "コードセルの実行 (`events` にも行がある)", kExecutions},
    {"notebook_accesses", "Notebooks that were opened, saved, closed", "ノートブックの操作",
     kAccesses},
    {"help", "Calls for help", "ヘルプ要請", kHelp},
    {"refused", "Items with a stream number that were not taken; their content is left out",
     "受け付けなかった番号付きの項目 (内容は含まない)", kRefused},
    {"submissions", "Attempts at assignments, with grades", "課題の提出と評点", kSubmissions},
}};

}  // namespace

std::span<const Table> tables() {
    return kTables;
}

const Table& table(TableId id) {
    return kTables[static_cast<std::size_t>(id)];
}

}  // namespace cellmon::exporting
