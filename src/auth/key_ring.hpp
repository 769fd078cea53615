#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "classroom/class_keys.hpp"

namespace cellmon::auth {

/// The keys of all classes that are good, in memory: who sends events is known by them without a
/// question to any database. Keys are looked up by their hash, so the time that takes says nothing
/// of a key. Any thread.
class KeyRing {
  public:
    enum class Verdict : std::uint8_t {
        good,
        bad,     ///< Unknown, revoked or expired.
        untold,  ///< Unknown, and the database, which may know a newer one, is away.
    };
    struct Answer {
        Verdict verdict = Verdict::bad;
        std::shared_ptr<const std::string> class_code;  ///< Of a good one; never null then.
    };

    [[nodiscard]] Answer look_up(std::string_view key, TimeUs now) const;

    /// What an earlier run knew. Keys that are not among them are `untold`.
    void recall(const std::vector<classroom::GoodKey>& keys) { set(keys, false); }

    /// What the database says: all of them.
    void replace(const std::vector<classroom::GoodKey>& keys) { set(keys, true); }

    /// The database cannot be asked: what is known stays, what is not is `untold`.
    void doubt();

    [[nodiscard]] std::size_t size() const;

  private:
    struct Entry {
        std::shared_ptr<const std::string> class_code;
        std::optional<TimeUs> expires_us;
    };
    struct Ring {
        std::unordered_map<std::string, Entry> by_hash;
        bool whole = false;  ///< There are no others.
    };

    void set(const std::vector<classroom::GoodKey>& keys, bool whole);
    [[nodiscard]] std::shared_ptr<const Ring> ring() const;

    mutable std::mutex mutex_;  ///< Held for a copy of the pointer.
    std::shared_ptr<const Ring> ring_ = std::make_shared<const Ring>();
};

/// The keys as the text of a file, so that a server which starts without its database knows them.
[[nodiscard]] std::string text_of_keys(const std::vector<classroom::GoodKey>& keys);

/// corrupt when it is no such text as a whole; newer_format for one of a later program.
Result<std::vector<classroom::GoodKey>> keys_of_text(std::string_view text);

}  // namespace cellmon::auth
