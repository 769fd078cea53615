#include "journal/simulation/simulation.hpp"

#include <numeric>

#include <fmt/format.h>

#include "base/crc32c.hpp"

namespace cellmon::journal::simulation {
namespace {

constexpr const char* kFolder = "/data/journal";
constexpr std::uint64_t kFirstOfPower = static_cast<std::uint64_t>(io::Fault::kill);

std::uint64_t injected(const io::FaultHits& hits) {
    return std::accumulate(hits.begin(), hits.begin() + kFirstOfPower, std::uint64_t{0});
}

}  // namespace

void Tally::add(const Tally& other) {
    for (std::size_t i = 0; i < hits.size(); ++i)
        hits[i] += other.hits[i];
    steps += other.steps;
    commits += other.commits;
    entries += other.entries;
    openings += other.openings;
    failed_openings += other.failed_openings;
    stopped_in_recovery += other.stopped_in_recovery;
    poisoned += other.poisoned;
    out_of_space += other.out_of_space;
    unknown_kept += other.unknown_kept;
    sealed_segments += other.sealed_segments;
}

Simulation::Simulation(std::uint64_t seed)
    : random_(seed), journal_random_(seed), files_(seed ^ 0x9e3779b97f4a7c15U) {
    limits_.segment_bytes = below(2) == 0 ? 8192 : 2048;
    limits_.id_memory_entries = below(2) == 0 ? 32 : 7;
    limits_.disk_reserve_bytes = 0;
}

Simulation::Verdict Simulation::run() {
    choose_faults();
    if (auto wrong = reopen()) return wrong;
    for (int i = 0; i < kSteps; ++i) {
        ++tally_.steps;
        if (auto wrong = step()) return fmt::format("step {}: {}", i, *wrong);
        if (auto wrong = settle()) return fmt::format("step {}, opening: {}", i, *wrong);
    }
    if (auto wrong = finish()) return "at the end: " + *wrong;
    tally_.hits = files_.hits();
    tally_.entries = ledger_.size();
    tally_.sealed_segments = log_->segments() - 1;
    return std::nullopt;
}

Simulation::Verdict Simulation::step() {
    const std::uint64_t drawn = below(100);
    if (drawn < 70) return commit(random_group());
    if (drawn < 84) {
        // A failure of background work costs nothing but time.
        static_cast<void>(log_->maintain());
    } else if (drawn < 90) {
        files_.stop_at(1 + below(40));
    } else if (drawn < 93) {
        log_.reset();
        return reopen();
    } else if (drawn < 95) {
        close_and_restart();
        return reopen();
    } else if (drawn < 97) {
        choose_faults();
    }
    return std::nullopt;
}

Simulation::Verdict Simulation::commit(const std::vector<Item>& group) {
    std::vector<NewEntry> entries(group.size());
    std::vector<std::string> payloads(group.size());
    std::vector<NewEntry*> pointers;
    for (std::size_t i = 0; i < group.size(); ++i) {
        payloads[i] = group[i].payload();
        entries[i].id = group[i].id();
        entries[i].content_hash = group[i].content_hash();
        entries[i].payload = payloads[i];
        entries[i].payload_crc = crc32c(payloads[i]);
        entries[i].received_us = 1;
        pointers.push_back(&entries[i]);
    }
    const Plan plan = ledger_.plan(group);
    const std::uint64_t faults_before = injected(files_.hits());
    const auto committed = log_->commit(pointers);
    if (!committed) {
        failed_items_ = group;
        if (!files_.stopped() && injected(files_.hits()) == faults_before)
            return "commit failed without a fault: " + committed.error().message;
        if (log_->poisoned()) {
            ledger_.leave_unknown(plan);
        } else if (committed.error().code == ErrorCode::no_space) {
            ++tally_.out_of_space;
        } else {
            return "commit failed and did not poison: " + committed.error().message;
        }
        return std::nullopt;
    }
    ++tally_.commits;
    for (std::size_t i = 0; i < group.size(); ++i) {
        if (entries[i].outcome != plan.lines[i].outcome ||
            entries[i].sequence != plan.lines[i].sequence) {
            return fmt::format("item {}.{}: outcome {} at sequence {}, expected {} at {}",
                               group[i].number, group[i].variant,
                               fmt::underlying(entries[i].outcome), entries[i].sequence,
                               fmt::underlying(plan.lines[i].outcome), plan.lines[i].sequence);
        }
    }
    if (log_->written().size() != plan.stored.size())
        return "another number of entries was written";
    ledger_.acknowledge(plan, log_->written());
    return std::nullopt;
}

/// After a stop or a poisoned commit: the process ends, and another one begins.
Simulation::Verdict Simulation::settle() {
    if (!files_.stopped() && !log_->poisoned()) return std::nullopt;
    if (log_->poisoned()) ++tally_.poisoned;
    close_and_restart();
    return reopen();
}

void Simulation::close_and_restart() {
    log_.reset();
    files_.restart(below(3) == 0 ? io::FaultyFileSystem::Restart::process
                                 : io::FaultyFileSystem::Restart::machine);
}

/// Opens the journal, if need be in several attempts: each may meet faults or a stop, the last one
/// must not fail.
Simulation::Verdict Simulation::reopen() {
    for (int attempt = 0;; ++attempt) {
        if (files_.stopped()) close_and_restart();
        if (attempt == 3) {
            faults_off();
            files_.stop_at(0);
        }
        if (attempt < 3 && below(4) == 0) files_.stop_at(1 + below(14));
        const std::uint64_t faults_before = injected(files_.hits());
        ++tally_.openings;
        auto opened = CommitLog::open(files_, kFolder, limits_, clock_, journal_random_);
        if (opened) {
            log_ = std::move(*opened);
            break;
        }
        ++tally_.failed_openings;
        if (files_.stopped()) ++tally_.stopped_in_recovery;
        const Error& error = opened.error();
        if (!files_.stopped() && injected(files_.hits()) == faults_before)
            return "opening failed without a fault: " + error.message;
        if (error.code != ErrorCode::io && error.code != ErrorCode::no_space)
            return fmt::format("opening failed as {}: {}", name_of(error.code), error.message);
        if (attempt >= 3) return "opening failed although the faults are gone: " + error.message;
        if (!files_.stopped() && below(2) == 0) close_and_restart();
    }
    files_.stop_at(0);
    if (files_.stopped()) {
        // Stopped behind the last operation that could fail the opening.
        close_and_restart();
        return reopen();
    }
    const auto rates = rates_;
    faults_off();
    const std::uint64_t size_before = ledger_.size();
    auto wrong = ledger_.check(files_, *log_);
    if (ledger_.size() > size_before) ++tally_.unknown_kept;
    rates_ = rates;
    for (std::size_t i = 0; i < rates.size(); ++i)
        files_.set_rate(static_cast<io::Fault>(i), rates[i]);
    return wrong;
}

Simulation::Verdict Simulation::finish() {
    faults_off();
    files_.stop_at(0);
    log_.reset();
    files_.restart(io::FaultyFileSystem::Restart::machine);
    if (auto wrong = reopen()) return wrong;
    faults_off();
    files_.stop_at(0);
    const std::uint64_t size = ledger_.size();
    std::vector<Item> again;
    for (std::size_t i = 0; i < size; ++i) {
        again.push_back(ledger_.item(i));
        if (again.size() == 50 || i + 1 == size) {
            if (auto wrong = commit(again)) return wrong;
            if (!log_->stored().empty()) return "an acknowledged entry was stored again";
            again.clear();
        }
    }
    return commit(failed_items_);
}

std::vector<Item> Simulation::random_group() {
    std::vector<Item> group;
    const std::uint64_t kind = below(20);
    if (kind == 0 && !failed_items_.empty()) return failed_items_;
    std::uint64_t count = 1 + below(4);
    if (kind == 1) count = 30;
    while (group.size() < count)
        group.push_back(random_item());
    return group;
}

Item Simulation::random_item() {
    const std::uint64_t kind = below(100);
    if (kind < 20 && ledger_.size() > 0) {
        return ledger_.item(static_cast<std::size_t>(below(ledger_.size())));
    }
    if (kind < 35 && !failed_items_.empty()) {
        return failed_items_[static_cast<std::size_t>(below(failed_items_.size()))];
    }
    // An id that was used lately, with any of three contents: a resend or a conflict.
    if (kind < 45 && next_number_ > 1) {
        const std::uint64_t back = 1 + below(std::min<std::uint64_t>(next_number_ - 1, 20));
        return {next_number_ - back, static_cast<std::uint32_t>(below(3))};
    }
    return {next_number_++, 0};
}

/// A time without faults, with one kind of fault often, or with all kinds now and then.
void Simulation::choose_faults() {
    rates_.fill(0);
    const std::uint64_t kind = below(4);
    if (kind == 1 || kind == 2) rates_[below(kFirstOfPower)] = kind == 1 ? 0.02 : 0.2;
    if (kind == 3) std::fill_n(rates_.begin(), kFirstOfPower, 0.003);
    for (std::size_t i = 0; i < rates_.size(); ++i)
        files_.set_rate(static_cast<io::Fault>(i), rates_[i]);
}

void Simulation::faults_off() {
    rates_.fill(0);
    files_.set_all_rates(0);
}

}  // namespace cellmon::journal::simulation
