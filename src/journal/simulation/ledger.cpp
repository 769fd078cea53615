#include "journal/simulation/ledger.hpp"

#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "journal/reader.hpp"

namespace cellmon::journal::simulation {
namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    return XXH64(&a, sizeof(a), b);
}

/// Mostly short; now and then many sectors, rarely more than a segment.
std::size_t payload_size(std::uint64_t drawn) {
    const std::uint64_t kind = drawn % 1000;
    const std::uint64_t size = drawn / 1000;
    if (kind < 3) return size % 12'000;
    if (kind < 50) return size % 3'000;
    return size % 160;
}

}  // namespace

Id128 Item::id() const {
    Id128 id;
    const std::uint64_t high = mix(number, 1);
    std::memcpy(id.bytes.data(), &high, sizeof(high));
    std::memcpy(id.bytes.data() + sizeof(high), &number, sizeof(number));
    return id;
}

std::uint64_t Item::content_hash() const {
    return mix(number, 100 + variant);
}

std::string Item::payload() const {
    const std::uint64_t hash = content_hash();
    std::string payload(payload_size(mix(hash, 2)), '\0');
    for (std::size_t i = 0; i < payload.size(); ++i) {
        payload[i] = static_cast<char>(' ' + (hash >> (i % 8 * 8U)) % 90);
    }
    return payload;
}

Id128 Plan::Stored::id() const {
    return kind == EntryKind::quarantine ? quarantine_id(item.id(), item.content_hash())
                                         : item.id();
}

Plan Ledger::plan(const std::vector<Item>& group) const {
    Plan plan;
    std::unordered_map<Id128, std::uint64_t> added;
    const auto known = [&](const Id128& id) -> std::optional<std::uint64_t> {
        if (const auto found = added.find(id); found != added.end()) return found->second;
        if (const auto found = ids_.find(id); found != ids_.end()) return found->second;
        return std::nullopt;
    };
    const auto store = [&](Plan::Line& line, const Plan::Stored& stored) {
        if (known(stored.id())) return;
        added.emplace(stored.id(), stored.item.content_hash());
        plan.stored.push_back(stored);
        line.sequence = stored_.size() + plan.stored.size();
    };
    for (const Item& item : group) {
        Plan::Line& line = plan.lines.emplace_back();
        const auto hash = known(item.id());
        if (hash && *hash == item.content_hash()) {
            line.outcome = Outcome::duplicate;
        } else {
            line.outcome = hash ? Outcome::conflict : Outcome::stored;
            store(line, {item, hash ? EntryKind::quarantine : EntryKind::event});
        }
    }
    return plan;
}

void Ledger::add(const Plan::Stored& stored, std::uint64_t chain) {
    ids_.emplace(stored.id(), stored.item.content_hash());
    stored_.push_back(stored);
    chains_.push_back(chain);
}

void Ledger::acknowledge(const Plan& plan, std::span<const CommitLog::Written> written) {
    for (std::size_t i = 0; i < plan.stored.size(); ++i)
        add(plan.stored[i], written[i].chain);
}

std::optional<std::string> Ledger::compare(std::uint64_t sequence, const Plan::Stored& expected,
                                           const Entry& found) const {
    const bool equal = found.header.sequence == sequence && found.header.id == expected.id() &&
                       found.header.content_hash == expected.item.content_hash() &&
                       found.header.kind == expected.kind &&
                       found.payload == expected.item.payload();
    if (equal) return std::nullopt;
    return fmt::format("sequence {}: expected item {}.{}, found id {} with {} bytes at sequence {}",
                       sequence, expected.item.number, expected.item.variant,
                       found.header.id.to_string(), found.payload.size(), found.header.sequence);
}

std::optional<std::string> Ledger::check(io::FileSystem& files, const CommitLog& log) {
    auto reader = Reader::open(files, log.directory(), [end = log.end().sequence] { return end; });
    if (!reader) return "the reader: " + reader.error().message;
    std::vector<std::uint64_t> tail_chains;
    std::uint64_t sequence = 0;
    while (true) {
        const auto entry = reader->next();
        if (!entry) return "the reader: " + entry.error().message;
        if (!*entry) break;
        ++sequence;
        if (sequence <= stored_.size()) {
            const std::size_t index = static_cast<std::size_t>(sequence - 1);
            if (auto wrong = compare(sequence, stored_[index], **entry)) return wrong;
            if ((*entry)->chain != chains_[index])
                return fmt::format("sequence {}: the chain changed", sequence);
            continue;
        }
        const std::size_t index = static_cast<std::size_t>(sequence - 1 - stored_.size());
        if (index >= unknown_.stored.size())
            return fmt::format("sequence {} was never submitted", sequence);
        if (auto wrong = compare(sequence, unknown_.stored[index], **entry)) return wrong;
        tail_chains.push_back((*entry)->chain);
    }
    if (sequence < stored_.size())
        return fmt::format("{} of {} acknowledged entries are there", sequence, stored_.size());
    if (!tail_chains.empty() && tail_chains.size() < unknown_.stored.size())
        return fmt::format("{} of the {} entries of one group turned up", tail_chains.size(),
                           unknown_.stored.size());
    for (std::size_t i = 0; i < tail_chains.size(); ++i)
        add(unknown_.stored[i], tail_chains[i]);
    unknown_ = {};
    const std::uint64_t chain = chains_.empty() ? 0 : chains_.back();
    if (log.end().sequence != sequence || log.end().chain != chain)
        return fmt::format("the log ends at {}, the reader at {}", log.end().sequence, sequence);
    if (log.ids().size() != stored_.size())
        return fmt::format("the index holds {} ids of {}", log.ids().size(), stored_.size());
    return std::nullopt;
}

}  // namespace cellmon::journal::simulation
