#include "privacy/secrets.hpp"

#include <array>
#include <cstdint>

#include "privacy/secret_text.hpp"

namespace cellmon::privacy {
namespace {

/// Which two bytes may be the sign of a secret. Nearly all of a text is passed over by one look
/// into this table a byte.
class Signs {
  public:
    constexpr Signs() {
        constexpr std::array kPairs = std::to_array<std::string_view>({
            "AK",       "AS", "AI", "ya", "gh", "gi", "gl",
            "xo",       "xa", "sk", "rk", "hf", "np", "py",
            "SG",                                      // beginnings of tokens
            "ey",                                      // JWT
            "-B",                                      // -----BEGIN
            "//",                                      // of an address
            "Be",       "be", "BE", "Ba", "ba", "BA",  // Bearer, Basic
            "\xEF\xBC",                                // ： and ＝
        });
        for (const std::string_view pair : kPairs)
            add(pair[0], pair[1]);
        for (unsigned second = 0; second < 256; ++second) {
            add('=', static_cast<char>(second));
            add(':', static_cast<char>(second));
        }
    }

    [[nodiscard]] constexpr bool has(char first, char second) const {
        const unsigned pair = number(first, second);
        return ((bits_[pair / 64] >> (pair % 64)) & 1) != 0;
    }

  private:
    static constexpr unsigned number(char first, char second) {
        return static_cast<unsigned>(static_cast<unsigned char>(first)) << 8U |
               static_cast<unsigned char>(second);
    }
    constexpr void add(char first, char second) {
        const unsigned pair = number(first, second);
        bits_[pair / 64] |= std::uint64_t{1} << (pair % 64);
    }

    std::array<std::uint64_t, 1024> bits_{};
};

constexpr Signs kSigns;

std::optional<Secret> secret_at(std::string_view text, std::size_t at, ScanNotes& notes) {
    const char first = text[at];
    if (first == '=' || first == ':' || first == '\xEF') return secret_by_name(text, at, notes);
    return secret_by_form(text, at, notes);
}

}  // namespace

std::size_t mask_secrets(std::string_view text, std::string& out) {
    std::size_t count = 0;
    std::size_t copied = 0;
    ScanNotes notes;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
        if (!kSigns.has(text[at], text[at + 1])) continue;
        const auto secret = secret_at(text, at, notes);
        if (!secret || secret->begin < copied) continue;
        out.append(text.substr(copied, secret->begin - copied));
        out.append(kMaskStart).append(secret->kind).push_back(']');
        copied = secret->end;
        at = secret->end - 1;
        ++count;
    }
    if (count > 0) out.append(text.substr(copied));
    return count;
}

}  // namespace cellmon::privacy
