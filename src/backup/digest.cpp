#include "backup/digest.hpp"

#include <sodium.h>

#include "base/assert.hpp"

namespace cellmon::backup {

void prepare_sodium() {
    CELLMON_ASSERT(sodium_init() >= 0);
}

std::string hex_of(std::span<const std::uint8_t> bytes) {
    std::string text(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
    text.pop_back();
    return text;
}

bool bytes_of_hex(std::string_view text, std::span<std::uint8_t> into) {
    if (text.size() != into.size() * 2) return false;
    std::size_t got = 0;
    const int code =
        sodium_hex2bin(into.data(), into.size(), text.data(), text.size(), nullptr, &got, nullptr);
    // One form of each, so that a text can be compared with one that is written.
    return code == 0 && got == into.size() && hex_of(into) == text;
}

struct Digester::State {
    crypto_generichash_state hash;
};

Digester::Digester(std::optional<std::span<const std::uint8_t>> key)
    : state_(std::make_unique<State>()) {
    prepare_sodium();
    const auto* bytes = key ? key->data() : nullptr;
    CELLMON_ASSERT(crypto_generichash_init(&state_->hash, bytes, key ? key->size() : 0,
                                           std::tuple_size_v<Digest>) == 0);
}

Digester::~Digester() = default;
Digester::Digester(Digester&&) noexcept = default;
Digester& Digester::operator=(Digester&&) noexcept = default;

void Digester::add(std::span<const std::byte> bytes) {
    crypto_generichash_update(&state_->hash, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
}

Digest Digester::finish() {
    Digest digest{};
    crypto_generichash_final(&state_->hash, digest.data(), digest.size());
    return digest;
}

}  // namespace cellmon::backup
