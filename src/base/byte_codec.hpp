#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cellmon {

/// Appends fixed-size numbers (little-endian) and length-prefixed text to a checkpoint.
class ByteWriter {
  public:
    template <typename T>
        requires std::is_integral_v<T>
    void put(T value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    }
    void put(std::string_view text) {
        put(static_cast<std::uint32_t>(text.size()));
        bytes_.append(text);
    }
    template <std::size_t N>
    void put(const std::array<std::uint8_t, N>& bytes) {
        bytes_.append(bytes.begin(), bytes.end());
    }
    [[nodiscard]] std::string take() { return std::move(bytes_); }

  private:
    std::string bytes_;
};

/// Reads what a ByteWriter wrote. Reading beyond the end makes ok() false and gives zeros from then
/// on.
class ByteReader {
  public:
    explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

    template <typename T>
        requires std::is_integral_v<T>
    T get() {
        T value{};
        if (bytes_.size() < sizeof(T)) {
            ok_ = false;
            return value;
        }
        std::memcpy(&value, bytes_.data(), sizeof(T));
        bytes_.remove_prefix(sizeof(T));
        return value;
    }
    template <std::size_t N>
    std::array<std::uint8_t, N> bytes() {
        std::array<std::uint8_t, N> value{};
        if (bytes_.size() < N) {
            ok_ = false;
            return value;
        }
        std::memcpy(value.data(), bytes_.data(), N);
        bytes_.remove_prefix(N);
        return value;
    }
    std::string text() {
        const auto size = get<std::uint32_t>();
        if (bytes_.size() < size) {
            ok_ = false;
            return {};
        }
        std::string value(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return value;
    }

    /// A count of things that take at least `item_bytes` each, believed only as far as the bytes
    /// reach; ok() is false when there are more than `most`.
    std::uint64_t count(std::size_t item_bytes,
                        std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) {
        const auto value = get<std::uint64_t>();
        if (value > most || value > bytes_.size() / item_bytes) {
            ok_ = false;
            return 0;
        }
        return value;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return bytes_.empty(); }

  private:
    std::string_view bytes_;
    bool ok_ = true;
};

}  // namespace cellmon
