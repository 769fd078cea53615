#include "auth/key_ring.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "auth/class_key.hpp"
#include "auth/token.hpp"
#include "base/crc32c.hpp"

namespace cellmon::auth {
namespace {

constexpr std::string_view kTitle = "cellmon class keys ";
constexpr int kVersion = 1;
constexpr std::string_view kNever = "-";

/// The text up to the separator, which is taken away with it; nullopt: there is none.
std::optional<std::string_view> cut(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end + 1);
    return part;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<classroom::GoodKey> key_of_line(std::string_view line) {
    const auto hash = cut(line, ' ');
    const auto expires = cut(line, ' ');
    if (!hash || !expires) return std::nullopt;
    classroom::GoodKey key{std::string(*hash), std::string(line), std::nullopt};
    if (*expires == kNever) return key;
    key.expires_us = number_of<TimeUs>(*expires);
    if (!key.expires_us) return std::nullopt;
    return key;
}

}  // namespace

KeyRing::Answer KeyRing::look_up(std::string_view key, TimeUs now) const {
    if (!may_be_class_key(key)) return {};
    const auto now_known = ring();
    const auto found = now_known->by_hash.find(hash_of_token(key));
    if (found == now_known->by_hash.end()) {
        return {now_known->whole ? Verdict::bad : Verdict::untold, nullptr};
    }
    const Entry& entry = found->second;
    if (entry.expires_us && *entry.expires_us <= now) return {};
    return {Verdict::good, entry.class_code};
}

void KeyRing::doubt() {
    const auto known = ring();
    if (!known->whole) return;
    auto doubted = std::make_shared<Ring>(*known);
    doubted->whole = false;
    const std::lock_guard lock(mutex_);
    ring_ = std::move(doubted);
}

std::size_t KeyRing::size() const {
    return ring()->by_hash.size();
}

void KeyRing::set(const std::vector<classroom::GoodKey>& keys, bool whole) {
    auto made = std::make_shared<Ring>();
    made->whole = whole;
    for (const classroom::GoodKey& key : keys) {
        made->by_hash.emplace(
            key.hash, Entry{std::make_shared<const std::string>(key.class_code), key.expires_us});
    }
    const std::lock_guard lock(mutex_);
    ring_ = std::move(made);
}

std::shared_ptr<const KeyRing::Ring> KeyRing::ring() const {
    const std::lock_guard lock(mutex_);
    return ring_;
}

std::string text_of_keys(const std::vector<classroom::GoodKey>& keys) {
    std::string text = fmt::format("{}{}\n", kTitle, kVersion);
    for (const classroom::GoodKey& key : keys) {
        const std::string expires =
            key.expires_us ? std::to_string(*key.expires_us) : std::string(kNever);
        // The code of a class has no line end (classroom/limits.hpp), but may have spaces.
        text += fmt::format("{} {} {}\n", key.hash, expires, key.class_code);
    }
    return text + fmt::format("crc {:08x}\n", crc32c(text));
}

Result<std::vector<classroom::GoodKey>> keys_of_text(std::string_view text) {
    const auto broken = [] { return fail(ErrorCode::corrupt, "it is damaged"); };
    const std::string_view whole = text;
    const auto title = cut(text, '\n');
    if (!title || !title->starts_with(kTitle)) return broken();
    if (title->substr(kTitle.size()) != std::to_string(kVersion)) {
        return fail(ErrorCode::newer_format, "another version of the program wrote it");
    }
    std::vector<classroom::GoodKey> keys;
    while (true) {
        const std::size_t at = whole.size() - text.size();
        auto line = cut(text, '\n');
        if (!line) return broken();
        if (line->starts_with("crc ")) {
            const auto crc = number_of<std::uint32_t>(line->substr(4), 16);
            if (!text.empty() || crc != crc32c(whole.substr(0, at))) return broken();
            return keys;
        }
        auto key = key_of_line(*line);
        if (!key) return broken();
        keys.push_back(std::move(*key));
    }
}

}  // namespace cellmon::auth
