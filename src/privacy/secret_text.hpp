#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cellmon::privacy {

/// A secret within a text.
struct Secret {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view kind;
};

inline constexpr std::string_view kMaskStart = "[masked: ";

// Characters by ASCII; bytes of other characters belong to no class.
[[nodiscard]] constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}
[[nodiscard]] constexpr bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}
[[nodiscard]] constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_capital(c) || is_small(c);
}
[[nodiscard]] constexpr bool is_word(char c) {
    return is_alphanumeric(c) || c == '_';
}
/// Of the URL-safe base64.
[[nodiscard]] constexpr bool is_base64url(char c) {
    return is_word(c) || c == '-';
}
[[nodiscard]] constexpr bool is_quote(char c) {
    return c == '"' || c == '\'' || c == '`';
}
[[nodiscard]] constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr char small(char c) {
    return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The end of the run of such characters that begins at `at`, no further than `most` characters.
template <typename Test>
[[nodiscard]] constexpr std::size_t run_end(std::string_view text, std::size_t at, Test test,
                                            std::size_t most = std::string_view::npos) {
    const std::size_t end = most < text.size() - at ? at + most : text.size();
    while (at < end && test(text[at]))
        ++at;
    return at;
}

/// Whether no word character stands before `at`.
[[nodiscard]] constexpr bool begins_word(std::string_view text, std::size_t at) {
    return at == 0 || !is_word(text[at - 1]);
}

/// Whether `text` has, at `at`, the letters of `small_letters` in any case.
[[nodiscard]] constexpr bool has_word(std::string_view text, std::size_t at,
                                      std::string_view small_letters) {
    if (text.size() - at < small_letters.size()) return false;
    for (std::size_t i = 0; i < small_letters.size(); ++i) {
        if (small(text[at + i]) != small_letters[i]) return false;
    }
    return true;
}

/// What is known of a text beyond the place where the scan is, so that nothing is read again and
/// again.
struct ScanNotes {
    std::size_t no_jwt_before = 0;  ///< Nothing that begins before it is a JWT.
    std::size_t quotes_read = 0;    ///< What `open_quote` holds for.
    char open_quote = '\0';         ///< Of the string that is open there; 0: none.
};

/// Nearly all names are told by their last letters. False: secret_kind_of_name() knows none.
[[nodiscard]] bool may_be_secret_name(std::string_view name);

/// The secret that its form tells, where it begins at `at` (a JWT, a token, a private key) or its
/// sign stands there (`//` of an address, `Bearer`). At the end of the text there is none.
[[nodiscard]] std::optional<Secret> secret_by_form(std::string_view text, std::size_t at,
                                                   ScanNotes& notes);

/// The value behind the sign at `at`, one of `=`, `:` and their wide forms, when the name before it
/// says that it is secret.
[[nodiscard]] std::optional<Secret> secret_by_name(std::string_view text, std::size_t at,
                                                   ScanNotes& notes);

}  // namespace cellmon::privacy
