#include "harness/ledger/ledger.hpp"

#include <charconv>
#include <fstream>

#include <fmt/format.h>
#include <simdjson.h>

namespace cellmon::harness {
namespace {

using simdjson::SUCCESS;
using simdjson::dom::object;

std::string_view line_text(const object& line, const char* name) {
    std::string_view value;
    return line[name].get(value) == SUCCESS ? value : std::string_view();
}

std::int64_t number_of(const object& line, const char* name) {
    std::int64_t value = 0;
    return line[name].get(value) == SUCCESS ? value : 0;
}

bool read_header(const object& line, LedgerHeader& header) {
    if (number_of(line, "ledger") != kLedgerVersion) return false;
    const auto start = parse_time(line_text(line, "start"));
    if (!start || line["seed"].get(header.seed) != SUCCESS) return false;
    header.students = static_cast<std::uint32_t>(number_of(line, "students"));
    header.minutes = number_of(line, "minutes");
    header.start_us = *start;
    // Older ledgers do not say it; theirs was the default.
    std::string_view class_code;
    if (line["class"].get(class_code) == SUCCESS) header.class_code = class_code;
    std::uint64_t errors_per_mille = 0;
    if (line["errors_per_mille"].get(errors_per_mille) == SUCCESS)
        header.errors_per_mille = static_cast<std::uint32_t>(errors_per_mille);
    return line["flood"].get(header.flood) == SUCCESS;
}

bool read_outcome(std::string_view name, Outcome& outcome) {
    for (const Outcome one :
         {Outcome::unknown, Outcome::acked, Outcome::duplicate, Outcome::refused}) {
        if (name_of(one) != name) continue;
        outcome = one;
        return true;
    }
    return false;
}

EventContent read_content(const object& line) {
    EventContent content;
    content.email = line_text(line, "email");
    content.type = line_text(line, "type");
    content.time_us = number_of(line, "time_us");
    content.notebook = line_text(line, "notebook");
    content.cell = line_text(line, "cell");
    bool flag = false;
    if (line["error"].get(flag) == SUCCESS) content.has_error = flag;
    std::int64_t count = 0;
    if (line["count"].get(count) == SUCCESS) content.execution_count = count;
    content.execution.status = line_text(line, "status");
    std::int64_t duration_us = 0;
    if (line["duration_us"].get(duration_us) == SUCCESS) {
        content.execution.duration_us = duration_us;
    }
    content.execution.error_name = line_text(line, "error_name");
    const auto texts = line_text(line, "texts");
    std::from_chars(texts.data(), texts.data() + texts.size(), content.texts_hash, 16);
    return content;
}

bool is_promise(Outcome outcome) {
    return outcome == Outcome::acked || outcome == Outcome::duplicate;
}

bool read_entry(const object& line, Ledger& ledger) {
    const auto id = Id128::parse(line_text(line, "id"));
    Outcome outcome = Outcome::unknown;
    if (!id || !read_outcome(line_text(line, "outcome"), outcome)) return false;
    if (!line_text(line, "type").empty()) {
        const auto [place, is_new] = ledger.entries.try_emplace(*id);
        if (is_new) ledger.order.push_back(*id);
        place->second.content = read_content(line);
        place->second.intended_us = number_of(line, "intended_us");
    }
    const auto place = ledger.entries.find(*id);
    if (place == ledger.entries.end()) return false;
    place->second.sent_us = number_of(line, "sent_us");
    if (!is_promise(place->second.outcome)) place->second.outcome = outcome;
    return true;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::unknown:
            return "unknown";
        case Outcome::acked:
            return "acked";
        case Outcome::duplicate:
            return "duplicate";
        case Outcome::refused:
            return "refused";
    }
    return "unknown";
}

Result<Ledger> Ledger::read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::not_found, fmt::format("cannot open the ledger {}", path));
    Ledger ledger;
    simdjson::dom::parser parser;
    std::string line;
    for (std::uint64_t number = 1; std::getline(file, line); ++number) {
        // getline ends at the file's end too; only a line with its newline is whole.
        if (file.eof()) {
            ledger.torn_last_line = true;
            break;
        }
        line.reserve(line.size() + simdjson::SIMDJSON_PADDING);
        object parsed;
        const bool reads =
            parser.parse(line).get(parsed) == SUCCESS &&
            (number == 1 ? read_header(parsed, ledger.header) : read_entry(parsed, ledger));
        if (!reads)
            return fail(ErrorCode::corrupt,
                        fmt::format("{}: line {} is not a ledger line", path, number));
    }
    if (ledger.header.students == 0)
        return fail(ErrorCode::corrupt, fmt::format("{} has no ledger header", path));
    return ledger;
}

}  // namespace cellmon::harness
