#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/reader.hpp"
#include "sinks/redis/reply.hpp"

namespace cellmon::redis {

/// `<sequence>-0`
[[nodiscard]] std::string entry_id(std::uint64_t sequence);

/// The fields of a journal entry as words behind `XADD KEY ID`; views into this object and into the
/// entry's payload.
class EntryFields {
  public:
    explicit EntryFields(const journal::Entry& entry);
    EntryFields(const EntryFields&) = delete;
    EntryFields& operator=(const EntryFields&) = delete;

    [[nodiscard]] const std::array<std::string_view, 14>& words() const { return words_; }

  private:
    std::string kind_;
    std::string received_;
    std::string id_;
    std::string hash_;
    std::string chain_;
    std::array<std::string_view, 14> words_;
};

/// Reads an element of the reply to XRANGE or XREAD; `payload` is a view into the reply.
/// ErrorCode::mismatch when it is no entry that this program wrote.
[[nodiscard]] Result<journal::Entry> read_entry(const redisReply& element);

}  // namespace cellmon::redis
