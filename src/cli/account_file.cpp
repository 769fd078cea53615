#include "cli/account_file.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "api/csv.hpp"
#include "auth/password.hpp"
#include "classroom/email.hpp"
#include "classroom/limits.hpp"
#include "event/text.hpp"

namespace cellmon::cli {
namespace {

/// The names are those of the origin's table (contract §7), so that a dump of it can be read.
enum Field : std::size_t { kEmail, kName, kRole, kIsActive, kPassword, kPasswordHash, kFields };
constexpr std::array<std::string_view, kFields> kNames = {"email",     "name",     "role",
                                                          "is_active", "password", "password_hash"};
constexpr classroom::TextLimit kAccountName{1, 255};

/// What a line says, as text; empty for what it does not say.
using Texts = std::array<std::string, kFields>;

std::optional<Field> field_of(std::string_view name) {
    const auto* found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<Field>(found - kNames.begin());
}

std::optional<bool> truth_of(std::string_view text) {
    for (const std::string_view yes : {"true", "t", "1", "yes"})
        if (text == yes) return true;
    for (const std::string_view no : {"false", "f", "0", "no"})
        if (text == no) return false;
    return std::nullopt;
}

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

class AccountReader {
  public:
    void read_csv(std::string_view text) {
        const auto table = api::read_csv(text, {.rows = kMostAccounts + 1, .columns = 64});
        if (!table) return fault(0, "", table.error().message);
        std::array<std::optional<std::size_t>, kFields> columns;
        if (table->rows.empty() || !read_titles(table->rows.front(), columns)) return;
        for (std::size_t row = 1; row < table->rows.size(); ++row) {
            Texts texts;
            for (std::size_t field = 0; field < kFields; ++field) {
                const auto& cells = table->rows[row];
                if (columns[field] && *columns[field] < cells.size())
                    texts[field] = cells[*columns[field]];
            }
            take(table->lines[row], texts);
        }
    }

    void read_json(std::string_view text) {
        simdjson::dom::parser parser;
        for (std::size_t line = 1; !text.empty(); ++line) {
            const auto end = text.find('\n');
            const std::string_view one = event::trim(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
            if (one.empty()) continue;
            if (file_.lines.size() >= kMostAccounts)
                return fault(line, "", fmt::format("at most {} accounts", kMostAccounts));
            simdjson::dom::object object;
            if (parser.parse(one.data(), one.size()).get_object().get(object) !=
                simdjson::SUCCESS) {
                fault(line, "", "a line is a JSON object");
                continue;
            }
            if (const auto texts = texts_of(line, object)) take(line, *texts);
        }
    }

    tl::expected<AccountFile, std::vector<api::RowFault>> finish() {
        if (file_.lines.empty() && faults_.empty()) fault(0, "", "there are no accounts in it");
        if (!faults_.empty()) return tl::unexpected(std::move(faults_));
        return std::move(file_);
    }

  private:
    bool read_titles(const std::vector<std::string>& titles,
                     std::array<std::optional<std::size_t>, kFields>& columns) {
        for (std::size_t i = 0; i < titles.size(); ++i) {
            const std::string title = classroom::email_key(event::trim(titles[i]));
            const auto field = field_of(title);
            if (!field) {
                ignore(title);
            } else if (columns[*field]) {
                fault(1, title, "two columns have that name");
            } else {
                columns[*field] = i;
            }
        }
        if (!columns[kEmail]) {
            fault(1, "email", "the first row names the columns, and one of them is email");
        }
        return faults_.empty();
    }

    std::optional<Texts> texts_of(std::size_t line, const simdjson::dom::object& object) {
        Texts texts;
        const std::size_t before = faults_.size();
        for (const auto [name, value] : object) {
            const auto field = field_of(name);
            bool truth = false;
            std::string_view text;
            if (!field) {
                ignore(std::string(name));
            } else if (*field == kIsActive && value.get(truth) == simdjson::SUCCESS) {
                texts[kIsActive] = truth ? "true" : "false";
            } else if (value.get(text) == simdjson::SUCCESS) {
                texts[*field] = text;
            } else if (!value.is_null()) {
                fault(line, kNames[*field], "it is to be a text");
            }
        }
        if (faults_.size() > before) return std::nullopt;
        return texts;
    }

    void take(std::size_t number, const Texts& texts) {
        const std::size_t before = faults_.size();
        AccountLine line;
        line.line = number;
        read_email(number, event::trim(texts[kEmail]), line);
        read_name(number, event::trim(texts[kName]), line);
        read_choices(number, texts, line);
        read_password(number, texts, line);
        if (faults_.size() == before) file_.lines.push_back(std::move(line));
    }

    void read_email(std::size_t number, std::string_view text, AccountLine& line) {
        auto email = classroom::normal_email(text);
        if (!email) return fault(number, "email", email.error().message);
        line.email = std::move(*email);
        const auto [first, is_new] = seen_.emplace(classroom::email_key(line.email), number);
        if (!is_new) fault(number, "email", fmt::format("the same as in line {}", first->second));
    }

    void read_name(std::size_t number, std::string_view text, AccountLine& line) {
        if (text.empty()) return;
        if (!classroom::fits(text, kAccountName)) {
            fault(number, "name", fmt::format("at most {} characters", kAccountName.most));
        } else if (has_control(text)) {
            fault(number, "name", "control characters are no part of it");
        }
        line.name = text;
    }

    void read_choices(std::size_t number, const Texts& texts, AccountLine& line) {
        if (const auto role = event::trim(texts[kRole]); !role.empty()) {
            line.role = classroom::role_of(role);
            if (!line.role) fault(number, "role", "one of admin, instructor, assistant, student");
        }
        if (const auto text = event::trim(texts[kIsActive]); !text.empty()) {
            line.is_active = truth_of(classroom::email_key(text));
            if (!line.is_active) fault(number, "is_active", "true or false");
        }
    }

    /// No fault repeats a password.
    void read_password(std::size_t number, const Texts& texts, AccountLine& line) {
        line.password = texts[kPassword];
        line.password_hash = texts[kPasswordHash];
        if (!line.password.empty() && !line.password_hash.empty()) {
            return fault(number, "password", "either a password or a password_hash");
        }
        if (!line.password.empty()) {
            const auto good = auth::check_new_password(line.password);
            if (!good) fault(number, "password", good.error().message);
        }
        if (!line.password_hash.empty() && !auth::is_password_hash(line.password_hash)) {
            fault(number, "password_hash",
                  "it is to be one of bcrypt ($2a$, $2b$, $2y$) or Argon2id");
        }
    }

    void ignore(std::string name) {
        constexpr std::size_t kMostIgnored = 64;
        auto& ignored = file_.ignored;
        if (ignored.size() >= kMostIgnored || has_control(name)) return;
        if (std::find(ignored.begin(), ignored.end(), name) == ignored.end())
            ignored.push_back(std::move(name));
    }

    void fault(std::size_t line, std::string_view field, std::string reason) {
        if (faults_.size() < api::kMostFaults)
            faults_.push_back({line, std::string(field), std::move(reason)});
    }

    AccountFile file_;
    std::vector<api::RowFault> faults_;
    std::unordered_map<std::string, std::size_t> seen_;  ///< The line of each address.
};

}  // namespace

tl::expected<AccountFile, std::vector<api::RowFault>> read_account_file(std::string_view text) {
    AccountReader reader;
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos && text[first] == '{') {
        reader.read_json(text);
    } else {
        reader.read_csv(text);
    }
    return reader.finish();
}

}  // namespace cellmon::cli
