#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id128.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "io/file_system.hpp"

namespace cellmon::erasure {

/// The parts of an erasure, in their order. Each may be done again.
enum class Step : std::uint8_t { journal, folds, relational, classroom, timeseries, redis };
inline constexpr std::size_t kSteps = 6;
[[nodiscard]] std::string_view name_of(Step step);

/// What is asked for, and how far it has come: `DATA/erasures/<id>.pending`. The only place that
/// names the person until it is done.
struct Request {
    Id128 id;  ///< Random: it says nothing of the person.
    std::string email;
    TimeUs asked_us = 0;
    /// When it was done before: a restore has brought the person back. 0: this is the first time.
    TimeUs again_us = 0;
    std::set<Step> done;

    // Found in the journal; known once Step::journal has looked through it.
    std::uint64_t through = 0;    ///< The last sequence that was looked at.
    std::uint64_t payloads = 0;   ///< Of the person.
    std::uint64_t mentions = 0;   ///< In payloads of others, which stay.
    std::set<std::int64_t> days;  ///< On which they worked, since 1970 (UTC).
};

/// What is left of an erasure: `DATA/erasures/<id>.done`.
struct Tombstone {
    Id128 id;
    TimeUs asked_us = 0;
    /// When it was done for the first time. What the person has done since is none of its business,
    /// however often older data are brought back.
    TimeUs done_us = 0;
    std::uint64_t through = 0;
    std::uint64_t payloads = 0;
    std::uint64_t mentions = 0;
    Id128 journal;       ///< In which it was done: backups of several may lie in one folder.
    std::string person;  ///< PersonKey::of() the address: whoever has the key can ask for one.
};

/// The files of one data folder's erasures. Any thread; another process may work beside it.
class Requests {
  public:
    Requests(io::FileSystem& files, std::string data)
        : files_(files), folder_(std::move(data) + "/erasures") {}

    /// Asks for an erasure, durably. One that is asked for and not done yet is the same one.
    /// ErrorCode::invalid for what is no address.
    Result<Request> ask(std::string_view email, RandomSource& random, TimeUs now);

    /// Asks once more, durably, for what was done before, but for the steps that are not needed.
    /// The tombstone stays, and will name the same time.
    Result<void> ask_again(const Tombstone& tombstone, const std::string& email,
                           const std::set<Step>& not_needed);

    /// Takes back all that ask_again() has asked for.
    Result<void> forget_again();

    Result<std::vector<Request>> pending() const;
    Result<std::vector<Tombstone>> done() const;
    Result<std::optional<Tombstone>> find_done(const Id128& id) const;

    /// How far it has come, durably.
    Result<void> store(const Request& request);

    /// Puts the tombstone in the place of the request. `journal` is zero where there is none.
    Result<void> finish(const Request& request, const Id128& journal, std::string person,
                        TimeUs now);

  private:
    [[nodiscard]] std::string path(const Id128& id, std::string_view suffix) const;
    Result<std::vector<std::string>> names(std::string_view suffix) const;

    io::FileSystem& files_;
    const std::string folder_;
};

/// ErrorCode::invalid, with the reason, for what is no address that events or rosters could have.
[[nodiscard]] Result<void> check_address(std::string_view email);

}  // namespace cellmon::erasure
