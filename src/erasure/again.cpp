#include "erasure/again.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "base/mention.hpp"
#include "classroom/erasure.hpp"
#include "delivery/origin_reader.hpp"
#include "erasure/addresses.hpp"
#include "erasure/person_key.hpp"
#include "erasure/places.hpp"
#include "erasure/request.hpp"
#include "journal/identity.hpp"
#include "journal/reader.hpp"

namespace cellmon::erasure {
namespace {

/// Addresses that were looked at, so that a class's are hashed once.
constexpr std::size_t kMostKnownAddresses = 100'000;

/// Entries or texts between two looks whether it is to go on.
constexpr std::uint64_t kLookEvery = 1'000;

/// By the hash of the person.
using Wanted = std::map<std::string, Tombstone>;

/// Finds those that are wanted among addresses.
class PeopleFinder {
  public:
    PeopleFinder(const std::vector<PersonKey>& keys, const Wanted& wanted)
        : keys_(keys), wanted_(wanted) {}

    void look_at(std::string_view address) {
        // Nothing else was ever erased.
        if (address.size() > kMostAddressBytes || address.find('@') == std::string_view::npos) {
            return;
        }
        std::string small = small_letters(address);
        if (known_.size() >= kMostKnownAddresses) known_.clear();
        if (!known_.insert(small).second) return;
        for (const PersonKey& key : keys_) {
            const auto found = wanted_.find(key.of(small));
            if (found != wanted_.end()) found_.try_emplace(found->first, small);
        }
    }

    void look_into(std::string_view text) {
        each_address(text, [this](std::string_view address) { look_at(address); });
    }

    /// Their addresses by the hash.
    [[nodiscard]] const std::map<std::string, std::string>& found() const { return found_; }

  private:
    const std::vector<PersonKey>& keys_;
    const Wanted& wanted_;
    std::unordered_set<std::string> known_;
    std::map<std::string, std::string> found_;
};

class AskingAgain {
  public:
    AskingAgain(const AgainParts& parts, const backup::BroughtBack& back, backup::Work& work)
        : parts_(parts),
          back_(back),
          work_(work),
          requests_(parts.files, parts.config.data_directory) {}

    Result<std::uint64_t> run() {
        if (back_.is_second) CELLMON_TRY(requests_.forget_again());
        CELLMON_TRY_ASSIGN(const auto tombstones, requests_.done());
        CELLMON_TRY_ASSIGN(const auto identity,
                           journal::read_identity(parts_.files, journal_directory(parts_.config)));
        const Id128 here = identity ? identity->journal_id : Id128{};
        Wanted wanted;
        // In the order of their times: the last one of a person stays.
        for (const Tombstone& one : tombstones) {
            // Who was erased from one server may be in another by right.
            if (one.journal != here && one.journal != Id128{}) continue;
            if (is_younger(one, back_.journal_us) || is_younger(one, back_.rows_us)) {
                wanted.insert_or_assign(one.person, one);
            }
        }
        if (wanted.empty()) return 0;
        CELLMON_TRY_ASSIGN(
            const auto keys,
            PersonKey::all(parts_.files, parts_.config.data_directory, parts_.random));
        if (keys.empty()) {
            return fail(ErrorCode::corrupt,
                        fmt::format("{} people were erased since the backup was made, and the key "
                                    "is missing that tells who they are: put the file `key` beside "
                                    "the tombstones again, or move those away and restore without "
                                    "what they say",
                                    wanted.size()));
        }
        PeopleFinder finder(keys, wanted);
        if (back_.journal_us) CELLMON_TRY(look_into_journal(finder));
        if (back_.rows_us) CELLMON_TRY(look_into_classroom(finder));
        return ask(wanted, finder.found());
    }

  private:
    static bool is_younger(const Tombstone& tombstone, const std::optional<TimeUs>& than) {
        return than && tombstone.done_us > *than;
    }

    Result<void> go_on(std::uint64_t& looked) {
        return ++looked % kLookEvery == 0 ? work_.add(0) : Result<void>{};
    }

    Result<void> look_into_journal(PeopleFinder& finder) {
        CELLMON_TRY_ASSIGN(auto reader,
                           journal::Reader::open(parts_.files, journal_directory(parts_.config),
                                                 [] { return ~std::uint64_t{0}; }));
        CELLMON_TRY(reader.seek_sequence(1));
        delivery::OriginReader origins;
        std::uint64_t looked = 0;
        while (true) {
            CELLMON_TRY_ASSIGN(const auto entry, reader.next());
            if (!entry) return {};
            CELLMON_TRY(go_on(looked));
            if (entry->redacted || entry->removed) continue;
            const auto origin = origins.read(entry->header.kind, entry->payload);
            if (origin) finder.look_at(origin->email);
            // In an event of somebody else an address is a mention, which stays.
            const bool is_event = entry->header.kind == journal::EntryKind::event && origin;
            if (!is_event) finder.look_into(entry->payload);
        }
    }

    Result<void> look_into_classroom(PeopleFinder& finder) {
        CELLMON_TRY_ASSIGN(const auto connection,
                           current_classroom(parts_.config, parts_.files, parts_.clock));
        if (!connection) return {};
        CELLMON_TRY(connection->begin(sql::Access::read));
        std::uint64_t looked = 0;
        auto shown = classroom::each_text(*connection, [&](std::string_view text) -> Result<void> {
            CELLMON_TRY(go_on(looked));
            finder.look_at(text);
            finder.look_into(text);
            return {};
        });
        connection->rollback();
        return shown;
    }

    /// The steps of a half that stayed as it was, or that is younger than the erasure.
    [[nodiscard]] std::set<Step> not_needed(const Tombstone& tombstone) const {
        std::set<Step> steps;
        if (!is_younger(tombstone, back_.rows_us)) steps.insert(Step::classroom);
        if (!is_younger(tombstone, back_.journal_us)) {
            steps.insert(
                {Step::journal, Step::folds, Step::relational, Step::timeseries, Step::redis});
        }
        return steps;
    }

    Result<std::uint64_t> ask(const Wanted& wanted,
                              const std::map<std::string, std::string>& found) {
        for (const auto& [person, email] : found) {
            const Tombstone& tombstone = wanted.at(person);
            auto asked = requests_.ask_again(tombstone, email, not_needed(tombstone));
            if (asked) continue;
            // A restore that fails leaves nothing, least of all an address.
            static_cast<void>(requests_.forget_again());
            return fail(std::move(asked).error());
        }
        return found.size();
    }

    const AgainParts& parts_;
    const backup::BroughtBack& back_;
    backup::Work& work_;
    Requests requests_;
};

}  // namespace

Result<std::uint64_t> ask_again(const AgainParts& parts, const backup::BroughtBack& back,
                                backup::Work& work) {
    return AskingAgain(parts, back, work).run();
}

}  // namespace cellmon::erasure
