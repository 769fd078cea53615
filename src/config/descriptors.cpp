#include "config/descriptors.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/core.h>

#include "base/assert.hpp"
#include "config/values.hpp"

namespace cellmon::config {

namespace {

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        words.push_back(text.substr(0, text.find(' ')));
        text.remove_prefix(std::min(words.back().size() + 1, text.size()));
    }
    return words;
}

std::string number_text(Kind kind, std::uint64_t number) {
    if (kind == Kind::bytes) return format_bytes(number);
    if (kind == Kind::duration) return format_duration(number);
    if (kind == Kind::percent) return format_percent(number);
    return std::to_string(number);
}

Result<Value> parse_number(const Descriptor& descriptor, std::string_view text) {
    const auto parse = descriptor.kind == Kind::bytes      ? parse_bytes
                       : descriptor.kind == Kind::duration ? parse_duration_ms
                       : descriptor.kind == Kind::percent  ? parse_percent
                                                           : parse_count;
    CELLMON_TRY_ASSIGN(const std::uint64_t number, parse(text));
    if (number < descriptor.minimum) return fail(ErrorCode::invalid, "it is too small");
    if (number > descriptor.maximum) return fail(ErrorCode::invalid, "it is too large");
    return number;
}

Result<Value> parse_value(const Descriptor& descriptor, std::string_view text) {
    switch (descriptor.kind) {
        case Kind::text:
            if (text.empty() && !descriptor.may_be_empty) {
                return fail(ErrorCode::invalid, "it is empty");
            }
            return std::string(text);
        case Kind::address: {
            CELLMON_TRY_ASSIGN(ListenAddress address, parse_address(text));
            return address;
        }
        case Kind::choice: {
            const auto words = words_of(descriptor.choices);
            const auto found = std::find(words.begin(), words.end(), text);
            if (found == words.end()) return fail(ErrorCode::invalid, "it is none of the choices");
            return static_cast<std::uint64_t>(found - words.begin());
        }
        case Kind::count:
        case Kind::bytes:
        case Kind::duration:
        case Kind::percent:
            return parse_number(descriptor, text);
    }
    return fail(ErrorCode::invalid, "it has no kind");
}

/// The number of letters to insert, remove or replace (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

}  // namespace

const Descriptor* find_descriptor(std::string_view key) {
    const auto all = descriptors();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Descriptor& one) { return one.key == key; });
    return found == all.end() ? nullptr : &*found;
}

std::string flag_of(const Descriptor& descriptor) {
    if (!descriptor.flag.empty()) return std::string(descriptor.flag);
    std::string flag = fmt::format("--{}", descriptor.key);
    std::replace_if(flag.begin(), flag.end(), [](char c) { return c == '.' || c == '_'; }, '-');
    return flag;
}

std::string variable_of(const Descriptor& descriptor) {
    std::string variable = fmt::format("CELLMON_{}", descriptor.key);
    for (char& c : variable) {
        if (c == '.') c = '_';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return variable;
}

std::string allowed_of(const Descriptor& descriptor) {
    switch (descriptor.kind) {
        case Kind::text:
            return "any text";
        case Kind::address:
            return "HOST:PORT";
        case Kind::choice: {
            std::string text(descriptor.choices);
            for (std::size_t at = text.find(' '); at != std::string::npos;
                 at = text.find(' ', at + 2)) {
                text.replace(at, 1, ", ");
            }
            return text;
        }
        case Kind::count:
        case Kind::bytes:
        case Kind::duration:
        case Kind::percent:
            return fmt::format("{} to {}", number_text(descriptor.kind, descriptor.minimum),
                               number_text(descriptor.kind, descriptor.maximum));
    }
    return {};
}

std::string shown(const Descriptor& descriptor, const Config& config) {
    const Value value = descriptor.get(config);
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (text->empty()) return "(none)";
        return descriptor.secret ? "(secret)" : *text;
    }
    if (descriptor.secret) return "(secret)";
    if (const auto* address = std::get_if<ListenAddress>(&value)) return format_address(*address);
    const std::uint64_t number = std::get<std::uint64_t>(value);
    if (descriptor.kind != Kind::choice) return number_text(descriptor.kind, number);
    return std::string(words_of(descriptor.choices).at(number));
}

Result<void> apply(const Descriptor& descriptor, std::string_view text, std::string_view source,
                   Config& config) {
    const auto value = parse_value(descriptor, text);
    if (!value) {
        return fail(
            ErrorCode::invalid,
            fmt::format("{}: {} = {} is not acceptable: {}; allowed: {}", source, descriptor.key,
                        descriptor.secret ? "(secret)" : fmt::format("\"{}\"", text),
                        value.error().message, allowed_of(descriptor)));
    }
    descriptor.set(config, *value);
    return {};
}

std::string nearest(std::string_view name, std::span<const std::string> names) {
    std::string best;
    std::size_t least = std::max<std::size_t>(name.size() / 2, 2) + 1;
    for (const std::string& known : names) {
        const std::size_t changes = distance(name, known);
        if (changes >= least) continue;
        least = changes;
        best = known;
    }
    return best;
}

}  // namespace cellmon::config
