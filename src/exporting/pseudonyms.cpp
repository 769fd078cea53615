#include "exporting/pseudonyms.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <sodium.h>

#include "auth/secret.hpp"
#include "event/text.hpp"

namespace cellmon::exporting {
namespace {

constexpr std::size_t kShownBytes = 8;

void add_counted(std::string& message, std::string_view part) {
    const auto size = static_cast<std::uint64_t>(part.size());
    for (unsigned byte = 0; byte < 8; ++byte)
        message.push_back(static_cast<char>(size >> (8 * byte)));
    message.append(part);
}

}  // namespace

Result<Pseudonyms> Pseudonyms::open(const std::string& path, io::FileSystem& files,
                                    RandomSource& random) {
    CELLMON_TRY_ASSIGN(const std::string secret,
                       auth::private_secret(path, files, random,
                                            "who could tell with it whose pseudonym is whose"));
    Key key{};
    crypto_generichash(key.data(), key.size(),
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                       nullptr, 0);
    return Pseudonyms(key);
}

std::string Pseudonyms::student(std::string_view class_code, std::string_view email) const {
    return of('S', class_code, person_key(email));
}

std::string Pseudonyms::team(std::string_view class_code, std::string_view name) const {
    return of('T', class_code, name);
}

std::string Pseudonyms::id(std::string_view class_code, std::string_view what) const {
    return of('X', class_code, what);
}

std::string Pseudonyms::of(char kind, std::string_view class_code, std::string_view what) const {
    // Each part with its size: no two different triples are one message.
    std::string message(1, kind);
    add_counted(message, class_code);
    add_counted(message, what);
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash(hash.data(), hash.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                       key_.data(), key_.size());
    std::string text = fmt::format("{}-", kind);
    for (std::size_t i = 0; i < kShownBytes; ++i)
        text += fmt::format("{:02x}", hash[i]);
    return text;
}

std::string person_key(std::string_view email) {
    std::string key(event::trim(email));
    for (char& c : key) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return key;
}

}  // namespace cellmon::exporting
