#include "privacy/class_consents.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::privacy {
namespace {

constexpr std::string_view kTitle = "cellmon class consents ";
constexpr int kVersion = 1;
constexpr std::string_view kNotLowered = "-";
constexpr std::string_view kCrc = "crc ";

std::string small_letters(std::string_view text) {
    std::string small(text);
    for (char& c : small) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return small;
}

/// The text up to the separator, which is taken away with it; nullopt: there is none.
std::optional<std::string_view> take_until(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end + 1);
    return part;
}

/// `class LEVEL CODE` or `student LEVEL ADDRESS`.
bool read_line(std::string_view line, ConsentRows& rows) {
    const auto kind = take_until(line, ' ');
    const auto level = take_until(line, ' ');
    if (!kind || !level || line.empty()) return false;
    const auto most = consent_named(*level);
    if (*kind == "class" && (most || *level == kNotLowered)) {
        rows.classes.push_back({std::string(line), most});
        return true;
    }
    if (*kind != "student" || !most) return false;
    rows.students.push_back({std::string(line), *most});
    return true;
}

}  // namespace

ClassConsents::Page::Page(const ConsentRows& rows) {
    for (const auto& row : rows.classes)
        classes_.emplace(row.class_code, row.most.value_or(Consent::output));
    for (const auto& row : rows.students) {
        const auto [place, is_new] = students_.emplace(row.email_key, row.most);
        if (!is_new) place->second = stricter(place->second, row.most);
    }
}

Consent ClassConsents::Page::most(std::string_view class_code, std::string_view email) const {
    if (!class_code.empty()) {
        if (const auto found = classes_.find(class_code); found != classes_.end()) {
            return found->second;
        }
    }
    if (students_.empty()) return Consent::output;
    const auto found = students_.find(small_letters(email));
    return found == students_.end() ? Consent::output : found->second;
}

std::shared_ptr<const ClassConsents::Page> ClassConsents::page() const {
    const std::lock_guard lock(mutex_);
    return page_;
}

void ClassConsents::replace(const ConsentRows& rows) {
    auto page = std::make_shared<const Page>(rows);
    const std::lock_guard lock(mutex_);
    page_ = std::move(page);
}

void ClassConsents::forget() {
    const std::lock_guard lock(mutex_);
    page_.reset();
}

std::string text_of_consents(const ConsentRows& rows) {
    std::string text = fmt::format("{}{}\n", kTitle, kVersion);
    // Neither codes nor addresses have line ends (classroom/limits.hpp).
    for (const auto& row : rows.classes) {
        text += fmt::format("class {} {}\n", row.most ? name_of(*row.most) : kNotLowered,
                            row.class_code);
    }
    for (const auto& row : rows.students)
        text += fmt::format("student {} {}\n", name_of(row.most), row.email_key);
    return text + fmt::format("{}{:08x}\n", kCrc, crc32c(text));
}

Result<ConsentRows> consents_of_text(std::string_view text) {
    const auto broken = [] { return fail(ErrorCode::corrupt, "it is damaged"); };
    const std::string_view whole = text;
    const auto title = take_until(text, '\n');
    if (!title || !title->starts_with(kTitle)) return broken();
    if (title->substr(kTitle.size()) != std::to_string(kVersion)) {
        return fail(ErrorCode::newer_format, "another version of the program wrote it");
    }
    ConsentRows rows;
    while (true) {
        const std::size_t at = whole.size() - text.size();
        const auto line = take_until(text, '\n');
        if (!line) return broken();
        if (line->starts_with(kCrc)) {
            std::uint32_t crc = 0;
            const std::string_view digits = line->substr(kCrc.size());
            const auto [end, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), crc, 16);
            const bool is_read = error == std::errc() && end == digits.data() + digits.size();
            if (!is_read || !text.empty() || crc != crc32c(whole.substr(0, at))) return broken();
            return rows;
        }
        if (!read_line(*line, rows)) return broken();
    }
}

}  // namespace cellmon::privacy
