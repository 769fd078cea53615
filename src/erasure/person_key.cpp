#include "erasure/person_key.hpp"

#include <array>

#include <fmt/format.h>
#include <sodium.h>

#include "auth/secret.hpp"
#include "backup/erasure_list.hpp"
#include "base/mention.hpp"

namespace cellmon::erasure {
namespace {

constexpr std::size_t kPersonBytes = 16;

}  // namespace

Result<PersonKey> PersonKey::of_file(io::FileSystem& files, const std::string& path,
                                     RandomSource& random) {
    CELLMON_TRY_ASSIGN(
        const std::string secret,
        auth::private_secret(path, files, random, "who could ask with it who was erased"));
    std::string key(crypto_generichash_KEYBYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(key.data()), key.size(),
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                       nullptr, 0);
    return PersonKey(std::move(key));
}

Result<PersonKey> PersonKey::open(io::FileSystem& files, const std::string& data,
                                  RandomSource& random) {
    const std::string folder = backup::erasures_of(data);
    CELLMON_TRY(files.make_directories(folder));
    return of_file(files, fmt::format("{}/{}", folder, backup::kPersonKeyName), random);
}

Result<std::vector<PersonKey>> PersonKey::all(io::FileSystem& files, const std::string& data,
                                              RandomSource& random) {
    std::vector<PersonKey> keys;
    const std::string folder = backup::erasures_of(data);
    const auto names = files.list(folder);
    if (!names && names.error().code == ErrorCode::not_found) return keys;
    if (!names) return fail(names.error());
    for (const std::string& name : *names) {
        if (!backup::is_person_key(name)) continue;
        CELLMON_TRY_ASSIGN(auto key, of_file(files, fmt::format("{}/{}", folder, name), random));
        keys.push_back(std::move(key));
    }
    return keys;
}

std::string PersonKey::of(std::string_view email) const {
    const std::string address = small_letters(email);
    std::array<unsigned char, kPersonBytes> digest{};
    crypto_generichash(digest.data(), digest.size(),
                       reinterpret_cast<const unsigned char*>(address.data()), address.size(),
                       reinterpret_cast<const unsigned char*>(key_.data()), key_.size());
    std::string text;
    for (const unsigned char byte : digest)
        text += fmt::format("{:02x}", byte);
    return text;
}

}  // namespace cellmon::erasure
