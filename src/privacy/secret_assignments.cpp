// Secrets that are known by the name before them: password = "…", "api_key": "…", DB_PASSWORD=….
#include "privacy/secret_text.hpp"
#include "privacy/secrets.hpp"

namespace cellmon::privacy {
namespace {

// Nothing is looked at further than this, so that the cost of each sign has a bound.
constexpr std::size_t kMostBlanks = 8;
constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostQuotedBytes = 1'024;
constexpr std::size_t kMostBareBytes = 128;
constexpr std::size_t kMostAnnotationBytes = 32;

constexpr bool is_operator(char c) {
    return c == '=' || c == '!' || c == '<' || c == '>' || c == '+' || c == '*' || c == '/' ||
           c == '%' || c == '&' || c == '|' || c == '^' || c == '~' || c == '@';
}

constexpr bool is_name_byte(char c) {
    return is_word(c) || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

constexpr bool ends_bare_value(char c) {
    return is_blank(c) || c == '\n' || c == '\r' || c == ',' || c == ';' || c == ')' || c == ']' ||
           c == '}' || c == '(' || c == '[' || c == '{' || c == '<' || c == '>' || c == '\\' ||
           is_quote(c) || c == '&' || static_cast<unsigned char>(c) >= 0x80;
}

/// `=`, `:`, `:=`, `=>` or a wide one.
struct Sign {
    std::size_t end = 0;
    bool is_equals = false;
};

std::optional<Sign> sign_at(std::string_view text, std::size_t at) {
    constexpr std::string_view kWideColon = "：";
    constexpr std::string_view kWideEquals = "＝";
    const std::string_view rest = text.substr(at);
    if (rest.starts_with(kWideColon)) return Sign{at + kWideColon.size(), false};
    if (rest.starts_with(kWideEquals)) return Sign{at + kWideEquals.size(), true};
    const char next = rest.size() > 1 ? rest[1] : '\0';
    if (rest.front() == ':') {
        if (next == '=') return Sign{at + 2, true};
        if (next == ':' || next == '/') return std::nullopt;
        return Sign{at + 1, false};
    }
    if (rest.front() != '=' || next == '=') return std::nullopt;
    if (at > 0 && (is_operator(text[at - 1]) || text[at - 1] == ':')) return std::nullopt;
    return Sign{next == '>' ? at + 2 : at + 1, true};
}

/// The name before a sign.
struct Name {
    std::size_t begin = 0;  ///< With its quote.
    std::string_view text;
};

/// Empty when it can be no secret's.
Name name_before(std::string_view text, std::size_t at) {
    const std::size_t first = at > kMostBlanks ? at - kMostBlanks : 0;
    std::size_t end = at;
    while (end > first && is_blank(text[end - 1]))
        --end;
    if (end > 0 && text[end - 1] == ']') --end;  // d["password"]
    char quote = '\0';
    if (end > 0 && is_quote(text[end - 1])) quote = text[--end];
    if (quote != '\0' && end > 0 && text[end - 1] == '\\') --end;
    if (!may_be_secret_name(text.substr(0, end))) return {};
    std::size_t begin = end;
    while (begin > 0 && end - begin < kMostNameBytes && is_name_byte(text[begin - 1]))
        --begin;
    const std::string_view name = text.substr(begin, end - begin);
    if (quote != '\0' && begin > 0 && text[begin - 1] == quote) --begin;
    return {begin, name};
}

/// The quote of the string that is open before `at`, by what stands before it on its line. Places
/// only grow while a text is scanned, so each byte is looked at once.
char open_quote(std::string_view text, std::size_t at, ScanNotes& notes) {
    std::size_t& i = notes.quotes_read;
    char& open = notes.open_quote;
    for (; i < at; ++i) {
        const char c = text[i];
        if (c == '\\') {
            ++i;
        } else if (c == '\n' || c == open) {
            open = '\0';
        } else if (open == '\0' && is_quote(c)) {
            open = c;
        }
    }
    return open;
}

/// Behind `name: type = `, the place of the value; else `at`.
std::size_t behind_annotation(std::string_view text, std::size_t at) {
    const std::size_t type = run_end(text, at, is_word, kMostAnnotationBytes);
    const std::size_t sign = run_end(text, type, is_blank, kMostBlanks);
    if (type == at || sign >= text.size() || text[sign] != '=') return at;
    if (sign + 1 < text.size() && text[sign + 1] == '=') return at;
    return run_end(text, sign + 1, is_blank, kMostBlanks);
}

/// The quotes that begin a string at `at`, behind its prefix (`f`, `rb`); empty: none begins.
struct Opening {
    std::size_t value = 0;
    std::string_view quotes;
    bool is_escaped = false;  ///< `\"` within a string.
};

std::optional<Opening> opening_at(std::string_view text, std::size_t at) {
    constexpr std::size_t kLongestPrefix = 2;
    std::size_t place = run_end(text, at, is_alphanumeric, kLongestPrefix);
    const bool is_escaped = place + 1 < text.size() && text[place] == '\\';
    if (is_escaped) ++place;
    if (place >= text.size() || !is_quote(text[place])) return std::nullopt;
    const char quote = text[place];
    const bool is_triple =
        place + 2 < text.size() && text[place + 1] == quote && text[place + 2] == quote;
    const std::size_t length = is_triple ? 3 : 1;
    return Opening{place + length, text.substr(place, length), is_escaped};
}

/// Where the string ends; where its end is missing, that of the line.
std::size_t quoted_end(std::string_view text, const Opening& opening) {
    const std::size_t most = text.size() - opening.value > kMostQuotedBytes
                                 ? opening.value + kMostQuotedBytes
                                 : text.size();
    for (std::size_t i = opening.value; i < most; ++i) {
        if (opening.is_escaped ? text[i] == '\\' : text.substr(i).starts_with(opening.quotes)) {
            return i;
        }
        if (text[i] == '\\') ++i;
        if (i < most && text[i] == '\n' && opening.quotes.size() == 1) return i;
    }
    return most;
}

bool is_identifier(std::string_view value) {
    if (value.empty() || is_digit(value.front())) return false;
    return run_end(value, 0, [](char c) { return is_word(c) || c == '.'; }) == value.size();
}

/// What programs write where there is no value.
bool is_nothing(std::string_view value) {
    constexpr std::array kNothing =
        std::to_array<std::string_view>({"none", "null", "nil", "true", "false", "undefined"});
    for (const std::string_view word : kNothing) {
        if (word.size() == value.size() && has_word(value, 0, word)) return true;
    }
    return false;
}

bool has_no_small_letter(std::string_view name) {
    for (const char c : name) {
        if (is_small(c) || static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

bool has_digit(std::string_view value) {
    return run_end(value, 0, [](char c) { return !is_digit(c); }) != value.size();
}

/// Whether a value without quotes is a secret rather than a variable, a type or a call.
bool is_bare_secret(std::string_view text, const Name& name, std::size_t at, std::size_t end,
                    bool is_tight, bool is_equals, bool in_string, std::string_view kind) {
    constexpr std::size_t kLeastBare = 6;
    constexpr std::size_t kLeastTight = 3;
    const std::string_view value = text.substr(at, end - at);
    if (!is_secret_value(value, kind) || is_nothing(value)) return false;
    if (is_identifier(value) && value.find('.') != std::string_view::npos) return false;
    const char behind = end < text.size() ? text[end] : '\n';
    if (behind == '(' || behind == '[' || behind == '{') return false;
    // DB_PASSWORD=…, ?token=…, --password=…, "Password=…;": no code is written like this.
    const char before = name.begin > 0 ? text[name.begin - 1] : '\n';
    const bool is_plain_text = in_string || before == '?' || before == '&' || before == ';' ||
                               name.text.starts_with("--") || has_no_small_letter(name.text);
    if (is_equals && is_tight && is_plain_text) return value.size() >= kLeastTight;
    const bool is_number = run_end(value, 0, is_digit) == value.size();
    if (is_number) return kind == "password" && value.size() >= 4;
    if (value.size() < kLeastBare || !has_digit(value)) return false;
    return !is_identifier(value) || !is_equals;
}

}  // namespace

std::optional<Secret> secret_by_name(std::string_view text, std::size_t at, ScanNotes& notes) {
    const auto sign = sign_at(text, at);
    if (!sign) return std::nullopt;
    const Name name = name_before(text, at);
    const std::string_view kind = secret_kind_of_name(name.text);
    if (kind.empty()) return std::nullopt;
    std::size_t value = run_end(text, sign->end, is_blank, kMostBlanks);
    if (!sign->is_equals) value = behind_annotation(text, value);
    if (value >= text.size()) return std::nullopt;
    const char open = open_quote(text, name.begin, notes);
    if (text[value] == open) return std::nullopt;  // "password: " ends here
    const auto opening = opening_at(text, value);
    // A string that is open ends at its quote, whatever letters stand before it.
    if (opening && (opening->is_escaped || opening->quotes.front() != open)) {
        const std::size_t end = quoted_end(text, *opening);
        // A token that says itself what it is.
        if (const auto formed = secret_by_form(text, opening->value, notes);
            formed && formed->begin == opening->value) {
            return formed;
        }
        if (!is_secret_value(text.substr(opening->value, end - opening->value), kind)) {
            return std::nullopt;
        }
        return Secret{opening->value, end, kind};
    }
    const std::size_t end =
        run_end(text, value, [](char c) { return !ends_bare_value(c); }, kMostBareBytes);
    if (end == value) return std::nullopt;
    if (const auto formed = secret_by_form(text, value, notes); formed && formed->begin == value) {
        return formed;
    }
    const bool is_tight = value == at + 1 && name.begin + name.text.size() == at;
    if (!is_bare_secret(text, name, value, end, is_tight, sign->is_equals, open != '\0', kind)) {
        return std::nullopt;
    }
    return Secret{value, end, kind};
}

}  // namespace cellmon::privacy
