#include "api/roster_table.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include "api/csv.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"
#include "event/text.hpp"

namespace cellmon::api {
namespace {

using classroom::RosterLine;

/// The names of the columns, as people write them.
enum Column : std::size_t { kEmail, kName, kTeam, kColumns };

std::optional<Column> column_of(std::string_view title) {
    struct Title {
        std::string_view text;
        Column column;
    };
    constexpr std::array kTitles = std::to_array<Title>({
        {"email", kEmail},
        {"e-mail", kEmail},
        {"メールアドレス", kEmail},
        {"name", kName},
        {"氏名", kName},
        {"名前", kName},
        {"team", kTeam},
        {"team_name", kTeam},
        {"チーム", kTeam},
        {"班", kTeam},
    });
    const std::string small = classroom::email_key(event::trim(title));
    for (const Title& one : kTitles) {
        if (one.text == small) return one.column;
    }
    return std::nullopt;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// Reads the rows behind the one with the titles.
class RosterReader {
  public:
    explicit RosterReader(const CsvTable& table) : table_(table) { columns_.fill(kNowhere); }

    bool read_titles() {
        if (table_.rows.empty()) {
            fault(0, "", "the table is empty; its first row names the columns: email,name,team");
            return false;
        }
        const auto& titles = table_.rows.front();
        for (std::size_t i = 0; i < titles.size(); ++i) {
            const auto column = column_of(titles[i]);
            if (!column) continue;
            if (columns_[*column] != kNowhere) {
                fault(1, titles[i], "two columns have that name");
                return false;
            }
            columns_[*column] = i;
        }
        if (columns_[kEmail] == kNowhere) {
            fault(1, "email", "the first row names the columns, and one of them is email");
            return false;
        }
        return true;
    }

    void read_rows() {
        for (std::size_t row = 1; row < table_.rows.size(); ++row) {
            if (faults_.size() >= kMostFaults) return;
            read_row(row);
        }
    }

    [[nodiscard]] std::vector<RosterLine> take_lines() { return std::move(lines_); }
    [[nodiscard]] std::vector<RowFault> take_faults() { return std::move(faults_); }
    [[nodiscard]] bool is_good() const { return faults_.empty(); }

  private:
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

    [[nodiscard]] std::string cell(std::size_t row, Column column) const {
        const auto& cells = table_.rows[row];
        const std::size_t at = columns_[column];
        return at < cells.size() ? std::string(event::trim(cells[at])) : std::string();
    }

    void read_row(std::size_t row) {
        const std::size_t number = table_.lines[row];
        RosterLine line{cell(row, kEmail), cell(row, kName), cell(row, kTeam)};
        const std::size_t before = faults_.size();
        if (const auto good = classroom::check_student_email(line.email); !good) {
            fault(number, "email", good.error().message);
        }
        check(number, "name", line.name, classroom::kStudentName.most);
        check(number, "team", line.team, classroom::kTeamName.most);
        if (faults_.size() > before) return;
        const auto [first, is_new] = seen_.emplace(classroom::email_key(line.email), number);
        if (!is_new) {
            return fault(number, "email", fmt::format("the same as in line {}", first->second));
        }
        lines_.push_back(std::move(line));
    }

    void check(std::size_t number, std::string_view field, std::string_view text,
               std::size_t most) {
        if (classroom::characters_of(text) > most) {
            fault(number, field, fmt::format("at most {} characters", most));
        } else if (has_control(text)) {
            fault(number, field, "control characters are no part of it");
        }
    }

    void fault(std::size_t line, std::string_view field, std::string reason) {
        faults_.push_back({line, std::string(field), std::move(reason)});
    }

    const CsvTable& table_;
    std::array<std::size_t, kColumns> columns_{};
    std::unordered_map<std::string, std::size_t> seen_;  ///< The line of each address.
    std::vector<RosterLine> lines_;
    std::vector<RowFault> faults_;
};

}  // namespace

std::string roster_csv(const std::vector<classroom::RosterEntry>& entries) {
    CsvWriter csv;
    for (const std::string_view title : {"email", "name", "team"})
        csv.cell(title);
    csv.end_row();
    for (const classroom::RosterEntry& entry : entries) {
        csv.cell(entry.student.email);
        csv.cell(entry.student.name);
        csv.cell(entry.student.team_name.value_or(""));
        csv.end_row();
    }
    return csv.take();
}

tl::expected<std::vector<RosterLine>, std::vector<RowFault>> read_roster(std::string_view csv,
                                                                         std::size_t most_rows) {
    const auto table = read_csv(csv, {.rows = most_rows + 1, .columns = 64});
    if (!table) return tl::unexpected(std::vector<RowFault>{{0, "", table.error().message}});
    RosterReader reader(*table);
    if (reader.read_titles()) reader.read_rows();
    if (!reader.is_good()) return tl::unexpected(reader.take_faults());
    return reader.take_lines();
}

}  // namespace cellmon::api
