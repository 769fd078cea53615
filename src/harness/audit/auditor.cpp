#include "harness/audit/auditor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace cellmon::harness {

std::string_view name_of(Fault fault) {
    constexpr std::array<std::string_view, kFaults> kNames{"lost",    "phantom", "doubled", "wrong",
                                                           "refused", "order",   "differs"};
    return kNames[static_cast<std::size_t>(fault)];
}

void Findings::add(Fault fault, std::string sample) {
    const auto kind = static_cast<std::size_t>(fault);
    ++counts_[kind];
    if (samples_[kind].size() < kMaxSamples) samples_[kind].push_back(std::move(sample));
}

bool Findings::clean() const {
    return std::all_of(counts_.begin(), counts_.end(),
                       [](std::uint64_t count) { return count == 0; });
}

namespace {

/// The first column of the execution that does not say what was sent.
std::string_view execution_difference(const std::optional<StoredExecution>& row,
                                      const EventContent& sent) {
    const bool is_run = !sent.execution.status.empty();
    if (!row) return is_run ? "no row in cell_executions" : "";
    if (!is_run) return "a row in cell_executions";
    const Execution& execution = row->execution;
    if (execution.status != sent.execution.status) return "cell_executions.status";
    if (row->execution_count != sent.execution_count) return "cell_executions.execution_count";
    if (execution.duration_us != sent.execution.duration_us) return "cell_executions.duration_us";
    if (execution.error_name != sent.execution.error_name) return "cell_executions.error_name";
    if (row->executed_us != sent.time_us) return "cell_executions.executed_us";
    if (row->email != sent.email) return "cell_executions.student_id";
    if (row->notebook != sent.notebook) return "cell_executions.notebook_id";
    if (row->cell != sent.cell) return "cell_executions.cell_id";
    return {};
}

/// The first column that does not say what was sent.
std::string_view row_difference(const StoredRow& row, const EventContent& sent) {
    if (row.type && *row.type != sent.type) return "eventType";
    if (row.time_us && *row.time_us != sent.time_us) return "eventTime";
    if (row.email && *row.email != sent.email) return "emailAddress";
    if (row.notebook && *row.notebook != sent.notebook) return "notebookPath";
    if (row.cell && *row.cell != sent.cell) return "cellId";
    if (row.has_executions) return execution_difference(row.execution, sent);
    return {};
}

}  // namespace

StoreCheck::StoreCheck(std::string name, const Ledger& ledger, bool others_allowed)
    : name_(std::move(name)), ledger_(ledger), others_allowed_(others_allowed) {}

void StoreCheck::find(Fault fault, const Id128& id, std::string sample) {
    const auto kind = static_cast<std::size_t>(fault);
    faulty_[kind].insert(id);
    if (journal_ == nullptr || !journal_->faulty_[kind].contains(id))
        findings_.add(fault, std::move(sample));
}

bool StoreCheck::is_faulty(const Id128& id) const {
    return std::any_of(faulty_.begin(), faulty_.end(),
                       [&](const auto& ids) { return ids.contains(id); });
}

void StoreCheck::event(const StoredRow& row, const EventContent* content) {
    ++events_;
    const auto sample = [&](std::string_view more = {}) {
        return fmt::format("{} {} (sequence {}){}", name_, row.id.to_string(), row.sequence, more);
    };
    const auto [first, is_new] = sequence_of_.emplace(row.id, row.sequence);
    if (!is_new) find(Fault::doubled, row.id, sample(fmt::format(", first at {}", first->second)));
    // The same row twice is one fault.
    const bool is_repeated = !is_new && first->second == row.sequence;
    if (row.sequence <= last_sequence_ && !is_repeated) {
        find(Fault::order, row.id, sample(" does not rise"));
    }
    last_sequence_ = std::max(last_sequence_, row.sequence);
    rows_.emplace(row.sequence, StoredKey{row.id, row.content_hash});

    const auto known = ledger_.entries.find(row.id);
    if (known == ledger_.entries.end()) {
        ++others_;
        if (!others_allowed_) find(Fault::phantom, row.id, sample());
        return;
    }
    const EventContent& sent = known->second.content;
    std::string_view difference;
    if (content != nullptr) difference = sent.first_difference(*content);
    if (difference.empty()) difference = row_difference(row, sent);
    if (known->second.outcome == Outcome::refused) {
        // Refused as a conflict, the id may well stand there with the other content.
        if (difference.empty()) find(Fault::refused, row.id, sample());
    } else if (!difference.empty()) {
        find(Fault::wrong, row.id, sample(fmt::format(": {}", difference)));
    }
}

void StoreCheck::finish() {
    for (const Id128& id : ledger_.order) {
        const LedgerEntry& entry = ledger_.entries.at(id);
        const bool promised =
            entry.outcome == Outcome::acked || entry.outcome == Outcome::duplicate;
        if (promised && !sequence_of_.contains(id)) {
            find(Fault::lost, id,
                 fmt::format("{} {} ({} of {})", name_, id.to_string(), entry.content.type,
                             entry.content.email));
        }
    }
    journal_ = nullptr;
}

void compare_stores(const StoreCheck& journal, StoreCheck& table) {
    Findings& findings = table.findings();
    const auto say = [&](std::uint64_t sequence, std::string_view what) {
        findings.add(Fault::differs, fmt::format("sequence {}: {}", sequence, what));
    };
    for (const auto& [sequence, row] : journal.rows()) {
        const auto other = table.rows().find(sequence);
        // Lost, other content, or a second time in the journal: that is told already.
        if (journal.is_faulty(row.id) || table.is_faulty(row.id)) continue;
        if (other != table.rows().end() && table.is_faulty(other->second.id)) continue;
        if (other == table.rows().end()) {
            say(sequence, "in the journal, not in the table");
        } else if (other->second.id != row.id) {
            say(sequence, "another event id");
        } else if (other->second.content_hash && row.content_hash &&
                   other->second.content_hash != row.content_hash) {
            say(sequence, "another content hash");
        }
    }
    for (const auto& [sequence, row] : table.rows()) {
        if (!journal.rows().contains(sequence) && !table.is_faulty(row.id))
            say(sequence, "in the table, not in the journal");
    }
}

}  // namespace cellmon::harness
