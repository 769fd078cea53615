#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cellmon::privacy {

/// How much of an event may be stored; a later one is more. `status`: that something ran and how it
/// ended; `code`: also the source and the message of its error; `output`: everything.
enum class Consent : std::uint8_t { status, code, output };

inline constexpr std::array<std::string_view, 3> kConsentNames{"status", "code", "output"};

[[nodiscard]] constexpr std::string_view name_of(Consent consent) {
    return kConsentNames[static_cast<std::size_t>(consent)];
}

/// nullopt for another text.
[[nodiscard]] constexpr std::optional<Consent> consent_named(std::string_view name) {
    for (std::size_t i = 0; i < kConsentNames.size(); ++i) {
        if (kConsentNames[i] == name) return static_cast<Consent>(i);
    }
    return std::nullopt;
}

[[nodiscard]] constexpr Consent stricter(Consent a, Consent b) {
    return a < b ? a : b;
}

/// What a server does with every event, whatever its client says. Each has a line in
/// docs/reference/configuration.md.
struct Options {
    Consent default_consent = Consent::output;   ///< Of an event that names no level.
    Consent greatest_consent = Consent::output;  ///< More than this is stored of no event.
    bool mask_secrets = true;                    ///< Keys, tokens and passwords (secrets.hpp).
};

}  // namespace cellmon::privacy
