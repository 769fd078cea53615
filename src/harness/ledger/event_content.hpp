#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/result.hpp"
#include "harness/ledger/execution.hpp"

namespace cellmon::harness {

/// What an audit compares of an event: the fields a person asks about one by one, the long texts by
/// their hash.
struct EventContent {
    std::string email;
    std::string type;
    TimeUs time_us = 0;
    std::string notebook;
    std::string cell;
    std::optional<bool> has_error;
    std::optional<std::int64_t> execution_count;
    Execution execution;
    /// XXH64 over `name NUL value NUL` of the texts that are there: teamName, userName, sessionId,
    /// classCode, streamId, consent, cellType, code, errorMessage, errorName, traceback, result,
    /// output, status, kernelStatus, presence, helpNote. A class that the server says to have from
    /// the key of the client (`server.classFrom`) is no content of the client's.
    std::uint64_t texts_hash = 0;

    bool operator==(const EventContent&) const = default;

    /// The name of the first field that differs; empty when equal.
    [[nodiscard]] std::string_view first_difference(const EventContent& other) const;
};

/// Reads the content of an event from JSON, a client's or a stored one. Keeps its buffers. One
/// thread.
class ContentReader {
  public:
    ContentReader();
    ~ContentReader();
    ContentReader(ContentReader&&) noexcept;

    struct Item {
        Id128 id;  ///< Of `eventId`; zero when it is missing.
        EventContent content;
    };

    /// ErrorCode::corrupt when `json` is not an object.
    Result<Item> read(std::string_view json);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace cellmon::harness
