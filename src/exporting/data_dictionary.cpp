// What lies beside the data, for whoever opens it a year later.
#include <fmt/format.h>

#include "exporting/export.hpp"

namespace cellmon::exporting {
namespace {

std::string_view type_name(ColumnKind kind, bool japanese) {
    switch (kind) {
        case ColumnKind::integer:
            return japanese ? "整数" : "integer";
        case ColumnKind::real:
            return japanese ? "数値" : "number";
        case ColumnKind::text:
            break;
    }
    return japanese ? "文字列" : "text";
}

std::string_view file_ending(Format format) {
    return format == Format::csv ? ".csv" : format == Format::ndjson ? ".ndjson" : "";
}

std::string selection(const ExportOptions& options, bool japanese) {
    std::string text;
    if (options.class_code) {
        text += fmt::format("- {}: `{}`\n", japanese ? "クラス" : "Class", *options.class_code);
    }
    if (options.from_us) {
        text += fmt::format("- {}: {}\n", japanese ? "この時刻から" : "From",
                            format_time(*options.from_us));
    }
    if (options.before_us) {
        text += fmt::format("- {}: {}\n", japanese ? "この時刻より前" : "Before",
                            format_time(*options.before_us));
    }
    return text;
}

constexpr std::string_view kPlainEn = "This export names people. Handle it as personal data.\n";
constexpr std::string_view kPlainJa =
    "この書き出しには個人を特定できる情報が含まれます。個人データとして扱ってください。\n";

constexpr std::string_view kPseudonymsEn =
    R"(This export has pseudonyms. A student has the same one in all tables and exports of one class, made with the same key; another class, another
pseudonym. Without the key, which is not here, nothing can be read from it. Students are `S-…`, teams `T-…`, sessions, streams and cells `X-…`.
In free texts (code, output, paths and the like) addresses, ids, names, parts of names and teams of the people of the class are replaced
likewise; what two people are called is `[name]`, any other address `[address]`.

What this cannot promise: names that nobody gave the server (nicknames, of friends and teachers), very short ones (fewer than four letters, or two
characters of another script), names that are written otherwise, and what somebody can be known by without a name: times, habits of writing, what was
worked on. Have somebody look at free texts before you publish them. Times are as they are.
)";
constexpr std::string_view kPseudonymsJa =
    R"(この書き出しは仮名化されています。同じ鍵で作れば、ひとつのクラスの中ではどの表・どの書き出しでも同じ学生に同じ仮名が付き、別のクラスでは別の仮名になります。鍵 (ここには
含まれません) がなければ元に戻せません。学生は `S-…`、チームは `T-…`、セッション・ストリーム・セルは `X-…` です。自由記述 (コード、出力、パスなど) の中の、そのクラスの人の
メールアドレス・ID・氏名・氏名の一部・チーム名も同じように置き換えます。二人に共通する呼び名は `[name]`、その他のメールアドレスは `[address]` になります。

保証できないこと: サーバーに渡されていない名前 (あだ名、友人や教員の名前)、とても短い名前 (英字4文字未満、その他の文字2文字未満)、別の表記の名前、そして名前がなくても本人と分かる手がかり
(時刻、書き方の癖、取り組んだ内容)。公開する前に自由記述を人が確認してください。時刻はそのままです。
)";

constexpr std::string_view kConsentEn =
    R"(Where `consent_applied` is not `output`, less was stored than was sent: an empty `code` or `output` there says nothing of what the student did.
`[masked: …]` stands where a key, a token or a password was. Empty cells are values that there are none of. Times are UTC, ISO 8601.
)";
constexpr std::string_view kConsentJa =
    R"(`consent_applied` が `output` でない行では、送られた内容の一部が保存されていません。そこで `code` や `output` が空でも、学生が何もしなかったことを意味しません。`[masked: …]` は鍵・トークン・
パスワードがあった場所です。空のセルは値がないことを表します。時刻は UTC、ISO 8601 です。
)";

std::string left_out(const ExportSummary& summary, bool japanese) {
    if (japanese) {
        return fmt::format(
            "- ジャーナルの {} 番まで\n- 消去済みのイベント: {} 件 (`redacted`)\n- "
            "保存期間を過ぎて内容が削除された項目 (全クラス): {} 件 (含みません)\n- "
            "サーバー自身の記録: {} 件 (含みません)\n- 読めなかったイベント: {} 件\n{}",
            summary.through_sequence, summary.redacted, summary.removed, summary.server_records,
            summary.unreadable,
            summary.has_classroom ? "" : "- 名簿と課題のデータベースは読んでいません\n");
    }
    return fmt::format(
        "- Through sequence {} of the journal\n- Events whose content was erased: {} "
        "(`redacted`)\n- Entries of all classes whose content is not kept any more (retention): "
        "{}, left "
        "out\n- Records of the server's own: {}, left out\n- Events that could not be "
        "read: {}\n{}",
        summary.through_sequence, summary.redacted, summary.removed, summary.server_records,
        summary.unreadable,
        summary.has_classroom ? "" : "- The database of rosters and assignments was not read\n");
}

std::string dictionary_of(const Table& one, std::uint64_t rows, const ExportOptions& options,
                          bool japanese) {
    std::string text =
        fmt::format("\n## {}{}\n\n{} ({} {})\n\n", one.name, file_ending(options.format),
                    japanese ? one.ja : one.en, rows, japanese ? "行" : "rows");
    text += japanese ? "| 列 | 型 | 意味 |\n|---|---|---|\n"
                     : "| column | type | meaning |\n|---|---|---|\n";
    for (const Column& column : one.columns) {
        if (options.pseudonyms && column.is_personal) continue;
        text += fmt::format("| `{}` | {} | {} |\n", column.name, type_name(column.kind, japanese),
                            japanese ? column.ja : column.en);
    }
    return text;
}

}  // namespace

std::string data_dictionary(const ExportOptions& options, const ExportSummary& summary,
                            bool japanese) {
    std::string text = japanese ? "# Cell Monitor の書き出し\n\n[English](README.md)\n\n"
                                : "# An export of Cell Monitor\n\n[日本語](README.ja.md)\n\n";
    if (options.pseudonyms) {
        text += japanese ? kPseudonymsJa : kPseudonymsEn;
    } else {
        text += japanese ? kPlainJa : kPlainEn;
    }
    text += '\n';
    text += japanese ? kConsentJa : kConsentEn;
    text += '\n' + selection(options, japanese) + left_out(summary, japanese);
    if (options.format == Format::sqlite) {
        text += japanese ? "- 表は `export.sqlite` にあります\n"
                         : "- The tables lie in `export.sqlite`\n";
    }
    for (std::size_t i = 0; i < kTableCount; ++i)
        text += dictionary_of(tables()[i], summary.rows[i], options, japanese);
    return text;
}

}  // namespace cellmon::exporting
