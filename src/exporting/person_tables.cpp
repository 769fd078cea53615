#include "exporting/person_tables.hpp"

#include <array>

#include <fmt/format.h>

#include "classroom/packed_text.hpp"
#include "event/json_object.hpp"

namespace cellmon::exporting {
namespace {

// In `where`, STUDENT and ACCOUNT stand for the ids of the person's rows, HISTORY for those of the
// notebooks whose versions are theirs.

#define STUDENT "(SELECT id FROM students WHERE email_key = $1)"
#define ACCOUNT "(SELECT id FROM instructors WHERE email_key = $1)"
#define HISTORY "(SELECT id FROM notebook_histories WHERE lower(owner) = $1)"
#define SNAPSHOT \
    "(SELECT id FROM notebook_snapshots WHERE lower(author_id) = $1 OR history_id IN " HISTORY ")"

constexpr std::array kClassroomTables = std::to_array<PersonTable>({
    {"students", "email_key = $1", "email_key", "The entry in rosters", "名簿の登録"},
    {"teams", "id IN (SELECT team_id FROM students WHERE email_key = $1)", "", "The team",
     "チーム"},
    {"student_classes", "student_id IN " STUDENT, "", "Classes joined", "参加しているクラス"},
    {"classes", "id IN (SELECT class_id FROM student_classes WHERE student_id IN " STUDENT ")",
     "owner_id join_code", "These classes", "そのクラスの情報"},
    {"assignment_submissions", "student_id IN " STUDENT, "", "Submissions, grades and feedback",
     "提出物、評点、講評"},
    {"class_assignments",
     "id IN (SELECT assignment_id FROM assignment_submissions WHERE student_id IN " STUDENT ")", "",
     "The assignments of these", "その課題の情報"},
    {"grade_history",
     "submission_id IN (SELECT id FROM assignment_submissions WHERE student_id IN " STUDENT ")",
     "actor_id", "How grades changed", "評点の変更履歴"},
    {"notebook_histories", "lower(owner) = $1", "", "Notebooks with versions",
     "版を保存しているノートブック"},
    {"notebook_branches", "history_id IN " HISTORY, "created_by", "Branches of these", "その枝"},
    {"notebook_versions", "lower(author_id) = $1 OR history_id IN " HISTORY,
     "author_id author_name", "Versions of these", "その版"},
    {"notebook_tags", "history_id IN " HISTORY, "", "Tags of these", "そのタグ"},
    {"notebook_snapshots", "lower(author_id) = $1 OR history_id IN " HISTORY,
     "author_id author_name", "What they held", "その内容"},
    {"notebook_snapshot_cells", "snapshot_id IN " SNAPSHOT, "", "Their cells", "そのセルの一覧"},
    {"notebook_contents",
     "id IN (SELECT content_id FROM notebook_snapshot_cells WHERE snapshot_id IN " SNAPSHOT
     ") OR id IN (SELECT result_id FROM notebook_snapshot_cells WHERE snapshot_id IN " SNAPSHOT ")",
     "", "What stands in these cells", "そのセルの中身"},
    {"offline_events", "lower(user_id) = $1", "", "Events that wait to be taken in",
     "取り込み待ちのイベント"},
    {"instructors", "email_key = $1", "password_hash email_key", "The account", "アカウント"},
    {"instructor_status_history", "instructor_id IN " ACCOUNT, "", "Its states", "その状態の履歴"},
    {"class_staff", "account_id IN " ACCOUNT, "", "Classes taught", "担当クラス"},
    {"access_tokens", "account_id IN " ACCOUNT, "jti", "Its logins", "ログイン"},
    {"refresh_tokens", "account_id IN " ACCOUNT, "token_hash", "Its logins, to be renewed",
     "ログインの更新"},
    {"audit_log", "actor_id IN " ACCOUNT, "subject detail", "What the account did, and when",
     "アカウントの操作記録"},
});

#undef STUDENT
#define STUDENT "(SELECT id FROM {}students WHERE lower(email) = $1)"

// `{}` is where the schema stands.
constexpr std::string_view kOfPerson = "student_id IN " STUDENT;

constexpr std::array kRelationalTables = std::to_array<PersonTable>({
    {"students", "lower(email) = $1", "", "The student", "学生"},
    {"events", kOfPerson, "", "Events", "イベント"},
    {"cell_executions", kOfPerson, "", "Runs of cells", "セルの実行"},
    {"cell_states", kOfPerson, "", "Each cell's successes and errors", "セルごとの成功と失敗"},
    {"notebook_accesses", kOfPerson, "", "Notebooks opened, saved, closed", "ノートブックの操作"},
    {"help_signals", kOfPerson, "", "Signals of help", "ヘルプの信号"},
    {"help_requests", kOfPerson, "", "Calls for help", "ヘルプ要請"},
    {"student_signals", kOfPerson, "", "States of kernel and presence", "カーネルと在席の状態"},
    {"streams", kOfPerson, "", "Numbered streams of the client", "番号付きストリーム"},
    {"sessions", kOfPerson, "", "Sessions", "セッション"},
    {"daily_totals", kOfPerson, "", "Sums of each day", "日ごとの集計"},
    {"notebooks", "id IN (SELECT notebook_id FROM {}events WHERE student_id IN " STUDENT ")", "",
     "The notebooks of these", "そのノートブック"},
    {"cells", "id IN (SELECT cell_id FROM {}events WHERE student_id IN " STUDENT ")", "",
     "The cells of these", "そのセル"},
});

#undef STUDENT
#undef ACCOUNT
#undef HISTORY
#undef SNAPSHOT

bool is_listed(std::string_view list, std::string_view name) {
    return fmt::format(" {} ", list).find(fmt::format(" {} ", name)) != std::string::npos;
}

void append_hex(std::string& out, std::string_view bytes) {
    out.push_back('"');
    for (const char byte : bytes)
        out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    out.push_back('"');
}

void append_value(std::string& out, const sql::Value::Data& value) {
    struct Writer {
        std::string& out;
        void operator()(std::nullptr_t) const { out += "null"; }
        void operator()(bool truth) const { out += truth ? "true" : "false"; }
        void operator()(std::int64_t number) const { event::append_number(out, number); }
        void operator()(double number) const { event::append_number(out, number); }
        void operator()(const std::string& text) const { event::append_json_string(out, text); }
        void operator()(const sql::Bytes& bytes) const { append_hex(out, bytes.data); }
    };
    std::visit(Writer{out}, value);
}

}  // namespace

std::span<const PersonTable> classroom_person_tables() {
    return kClassroomTables;
}

std::span<const PersonTable> relational_person_tables() {
    return kRelationalTables;
}

Result<std::string> shown_columns(sql::Connection& connection, std::string_view schema,
                                  const PersonTable& table) {
    const bool is_sqlite = connection.engine() == sql::Engine::sqlite;
    const std::string statement =
        is_sqlite
            ? "SELECT name FROM pragma_table_info($1) ORDER BY cid"
            : "SELECT column_name::text FROM information_schema.columns WHERE table_name = $1 "
              "AND quote_ident(table_schema) = COALESCE(NULLIF($2, ''), "
              "quote_ident(current_schema())) ORDER BY ordinal_position";
    Result<sql::Rows> rows = is_sqlite ? connection.run(statement, table.name)
                                       : connection.run(statement, table.name, schema);
    if (!rows) return fail(rows.error());
    std::string columns;
    for (const sql::Row& row : rows->rows) {
        const std::string& name = row.text(0);
        if (is_listed(table.left_out, name)) continue;
        if (!columns.empty()) columns += ", ";
        columns += name;
    }
    return columns;
}

Result<std::string> person_row_json(std::string_view columns, const sql::Row& row) {
    std::string json;
    event::JsonObject object(json);
    std::optional<std::string> unpacked;
    std::size_t place = 0;
    // A long content lies packed in a column of its own, beside an empty one.
    const auto names = [&](auto take) {
        std::string_view rest = columns;
        place = 0;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(", "), rest.size());
            take(rest.substr(0, end), place++);
            rest.remove_prefix(std::min(end + 2, rest.size()));
        }
    };
    std::optional<Error> damaged;
    names([&](std::string_view name, std::size_t at) {
        if (name != "packed" || row.is_null(at)) return;
        auto text = classroom::unpacked(row.bytes(at));
        if (text) {
            unpacked = std::move(*text);
        } else {
            damaged = text.error();
        }
    });
    if (damaged) return fail(*damaged);
    names([&](std::string_view name, std::size_t at) {
        if (name == "packed") return;
        object.key(name);
        if (name == "content" && unpacked) return event::append_json_string(json, *unpacked);
        append_value(json, row.value(at).data());
    });
    object.end();
    return json;
}

}  // namespace cellmon::exporting
