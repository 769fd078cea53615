// Secrets that are known by their form.
#include "privacy/secret_text.hpp"

namespace cellmon::privacy {
namespace {

constexpr std::size_t kDigitWithin = 32;  ///< Where a digit is looked for in a long token.

using CharTest = bool (*)(char);

constexpr bool is_capital_or_digit(char c) {
    return is_capital(c) || is_digit(c);
}
constexpr bool is_base64url_or_dot(char c) {
    return is_base64url(c) || c == '.';
}
constexpr bool is_dashed(char c) {
    return is_alphanumeric(c) || c == '-';
}
constexpr bool is_credential(char c) {
    return is_base64url_or_dot(c) || c == '~' || c == '+' || c == '/' || c == '=';
}

/// A token with a beginning of its own.
struct TokenForm {
    std::string_view start;
    CharTest test;
    std::size_t least;  ///< Characters behind the start.
    bool is_exact;      ///< So many, and no word character behind them.
    bool needs_digit;   ///< Words of a text may look like it.
    std::string_view kind;
};

constexpr std::array kTokenForms = std::to_array<TokenForm>({
    {"AKIA", is_capital_or_digit, 16, true, false, "AWS access key"},
    {"ASIA", is_capital_or_digit, 16, true, false, "AWS access key"},
    {"AIza", is_base64url, 35, true, false, "Google API key"},
    {"ya29.", is_base64url_or_dot, 20, false, false, "Google token"},
    {"ghp_", is_alphanumeric, 36, false, false, "GitHub token"},
    {"gho_", is_alphanumeric, 36, false, false, "GitHub token"},
    {"ghu_", is_alphanumeric, 36, false, false, "GitHub token"},
    {"ghs_", is_alphanumeric, 36, false, false, "GitHub token"},
    {"ghr_", is_alphanumeric, 36, false, false, "GitHub token"},
    {"github_pat_", is_word, 22, false, false, "GitHub token"},
    {"glpat-", is_base64url, 20, false, false, "GitLab token"},
    {"gldt-", is_base64url, 20, false, false, "GitLab token"},
    {"glrt-", is_base64url, 20, false, false, "GitLab token"},
    {"xoxb-", is_dashed, 10, false, true, "Slack token"},
    {"xoxp-", is_dashed, 10, false, true, "Slack token"},
    {"xoxa-", is_dashed, 10, false, true, "Slack token"},
    {"xoxr-", is_dashed, 10, false, true, "Slack token"},
    {"xoxs-", is_dashed, 10, false, true, "Slack token"},
    {"xapp-", is_dashed, 10, false, true, "Slack token"},
    {"sk_live_", is_alphanumeric, 16, false, false, "Stripe key"},
    {"sk_test_", is_alphanumeric, 16, false, false, "Stripe key"},
    {"rk_live_", is_alphanumeric, 16, false, false, "Stripe key"},
    {"sk-", is_base64url, 20, false, true, "API key"},
    {"hf_", is_alphanumeric, 30, false, false, "Hugging Face token"},
    {"npm_", is_alphanumeric, 36, false, false, "npm token"},
    {"pypi-", is_base64url, 50, false, false, "PyPI token"},
    {"SG.", is_base64url_or_dot, 60, false, true, "SendGrid key"},
});

constexpr std::size_t kShortestStart = 3;

/// The first characters as a number: what most words of a text are told from tokens by.
constexpr std::uint32_t start_key(std::string_view start) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(start[i]));
    };
    return byte(0) | byte(1) << 8U | byte(2) << 16U;
}

constexpr auto kStartKeys = [] {
    std::array<std::uint32_t, kTokenForms.size()> keys{};
    for (std::size_t i = 0; i < keys.size(); ++i)
        keys[i] = start_key(kTokenForms[i].start);
    return keys;
}();

bool has_digit_early(std::string_view text, std::size_t at, std::size_t end) {
    const std::size_t stop = end - at < kDigitWithin ? end : at + kDigitWithin;
    while (at < stop) {
        if (is_digit(text[at++])) return true;
    }
    return false;
}

/// Reads at most `least` characters and a few more before it knows that it is none, so the cost of
/// a text full of beginnings stays linear.
std::optional<Secret> token_at(std::string_view text, std::size_t at) {
    if (text.size() - at < kShortestStart) return std::nullopt;
    const std::uint32_t start = start_key(text.substr(at, kShortestStart));
    bool is_any = false;
    for (const std::uint32_t key : kStartKeys)
        is_any |= key == start;
    if (!is_any) return std::nullopt;
    for (std::size_t i = 0; i < kTokenForms.size(); ++i) {
        if (kStartKeys[i] != start) continue;
        const TokenForm& form = kTokenForms[i];
        if (!text.substr(at).starts_with(form.start)) continue;
        const std::size_t body = at + form.start.size();
        if (run_end(text, body, form.test, form.least) != body + form.least) continue;
        if (form.needs_digit &&
            !has_digit_early(text, body, run_end(text, body, form.test, kDigitWithin))) {
            continue;
        }
        if (form.is_exact) {
            const std::size_t end = body + form.least;
            if (end < text.size() && is_word(text[end])) continue;
            return Secret{at, end, form.kind};
        }
        return Secret{at, run_end(text, body, form.test), form.kind};
    }
    return std::nullopt;
}

/// `header.payload.signature`, each base64 of JSON that begins with `{"`.
std::optional<Secret> jwt_at(std::string_view text, std::size_t at, ScanNotes& notes) {
    constexpr std::size_t kLeastPart = 10;
    if (at < notes.no_jwt_before || !text.substr(at).starts_with("eyJ")) return std::nullopt;
    const std::size_t header = run_end(text, at, is_base64url);
    notes.no_jwt_before = header;
    if (header - at < kLeastPart || header == text.size() || text[header] != '.') {
        return std::nullopt;
    }
    const std::size_t payload = run_end(text, header + 1, is_base64url);
    if (payload - header <= kLeastPart || payload == text.size() || text[payload] != '.') {
        return std::nullopt;
    }
    return Secret{at, run_end(text, payload + 1, is_base64url), "JWT"};
}

/// From `-----BEGIN … PRIVATE KEY-----` through its end, or through all the text where the end is
/// missing: a text may have been cut. `at` is the last dash before BEGIN.
std::optional<Secret> private_key_at(std::string_view text, std::size_t at) {
    constexpr std::string_view kDashes = "-----";
    constexpr std::string_view kBegin = "BEGIN ";
    constexpr std::string_view kEnd = "-----END ";
    constexpr std::size_t kLongestTitle = 64;
    if (at + 1 < kDashes.size() || !text.substr(at + 1).starts_with(kBegin)) return std::nullopt;
    const std::size_t begin = at + 1 - kDashes.size();
    if (text.substr(begin, kDashes.size()) != kDashes) return std::nullopt;
    const std::size_t title = at + 1 + kBegin.size();
    const std::size_t title_end = run_end(
        text, title, [](char c) { return is_capital_or_digit(c) || c == ' '; }, kLongestTitle);
    if (text.substr(title, title_end - title).find("PRIVATE KEY") == std::string_view::npos ||
        !text.substr(title_end).starts_with(kDashes)) {
        return std::nullopt;
    }
    const std::size_t closing = text.find(kEnd, title_end + kDashes.size());
    if (closing == std::string_view::npos) return Secret{begin, text.size(), "private key"};
    const std::size_t last = run_end(
        text, closing + kEnd.size(), [](char c) { return is_capital_or_digit(c) || c == ' '; },
        kLongestTitle);
    return Secret{
        begin, run_end(text, last, [](char c) { return c == '-'; }, kDashes.size()), "private key"};
}

constexpr bool ends_authority(char c) {
    return c == '/' || c == '?' || c == '#' || c == '<' || c == '>' || c == '\\' || is_quote(c) ||
           is_blank(c) || c == '\n' || c == '\r';
}

/// The password of `scheme://user:password@host`; `at` is the first slash.
std::optional<Secret> url_password_at(std::string_view text, std::size_t at) {
    constexpr std::size_t kLongestAuthority = 512;
    constexpr std::string_view kSlashes = "//";
    if (at < 2 || text[at - 1] != ':' || !is_alphanumeric(text[at - 2])) return std::nullopt;
    if (!text.substr(at).starts_with(kSlashes)) return std::nullopt;
    const std::size_t begin = at + kSlashes.size();
    const std::size_t end =
        run_end(text, begin, [](char c) { return !ends_authority(c); }, kLongestAuthority);
    const std::string_view authority = text.substr(begin, end - begin);
    const std::size_t host = authority.rfind('@');
    const std::size_t colon = authority.find(':');
    if (host == std::string_view::npos || colon >= host || colon + 1 == host) return std::nullopt;
    const std::string_view password = authority.substr(colon + 1, host - colon - 1);
    const char first = password.front();
    if (first == '{' || first == '$' || first == '%' || first == '*' ||
        password.starts_with(kMaskStart)) {
        return std::nullopt;
    }
    return Secret{begin + colon + 1, begin + host, "password in a URL"};
}

bool follows_authorization(std::string_view text, std::size_t at) {
    constexpr std::string_view kHeader = "authorization";
    constexpr std::size_t kLookBack = 24;  // `authorization": f"` and the like
    const std::size_t begin = at > kLookBack ? at - kLookBack : 0;
    for (std::size_t i = begin; i + kHeader.size() <= at; ++i) {
        if (has_word(text, i, kHeader)) return true;
    }
    return false;
}

/// What stands behind `Bearer`, or behind `Basic` in a header.
std::optional<Secret> credentials_at(std::string_view text, std::size_t at) {
    constexpr std::size_t kLeast = 16;
    constexpr std::size_t kLeastInHeader = 6;
    constexpr std::size_t kBlanksBefore = 4;
    constexpr std::string_view kBearer = "bearer";
    constexpr std::string_view kBasic = "basic";
    const bool is_bearer = has_word(text, at, kBearer);
    if (!is_bearer && !has_word(text, at, kBasic)) return std::nullopt;
    const std::size_t word_end = at + (is_bearer ? kBearer : kBasic).size();
    const std::size_t begin = run_end(text, word_end, is_blank, kBlanksBefore);
    if (begin == word_end) return std::nullopt;
    const std::size_t enough = run_end(text, begin, is_credential, kDigitWithin) - begin;
    const bool is_likely =
        is_bearer && enough >= kLeast && has_digit_early(text, begin, begin + enough);
    if (!is_likely && (enough < kLeastInHeader || !follows_authorization(text, at))) {
        return std::nullopt;
    }
    return Secret{begin, run_end(text, begin, is_credential),
                  is_bearer ? "bearer token" : "basic credentials"};
}

}  // namespace

std::optional<Secret> secret_by_form(std::string_view text, std::size_t at, ScanNotes& notes) {
    if (at >= text.size()) return std::nullopt;
    const char first = text[at];
    if (first == '-') return private_key_at(text, at);
    if (first == '/') return url_password_at(text, at);
    if (!begins_word(text, at)) return std::nullopt;
    if (first == 'B' || first == 'b') return credentials_at(text, at);
    if (first == 'e') return jwt_at(text, at, notes);
    return token_at(text, at);
}

}  // namespace cellmon::privacy
