#include "live/class_state.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/mention.hpp"
#include "base/prefetch.hpp"
#include "event/execution_status.hpp"
#include "live/server_entry.hpp"

namespace cellmon::live {
namespace {

bool ends_kernel(std::string_view status) {
    return status == "restarted" || status == "died" || status == "starting";
}

void fold_cell(StudentFacts& facts, const event::Event& event, std::string_view type,
               const OrderKey& at) {
    const auto status = event::execution_status_of(event);
    const bool failed = status == event::ExecutionStatus::error;
    if (event::is_execution(status)) {
        ++facts.executions;
        if (failed) ++facts.errors;
        facts.last_run.take(failed, at);
    }
    if (!event.cell_id || event.cell_id->empty()) return;
    if (at > facts.cell.key) {
        facts.cell.key = at;
        facts.cell.value.id = *event.cell_id;
        facts.cell.value.index = event.cell_index.value_or(-1);
    }
    const std::string_view notebook = event.notebook_path.value_or("");
    if (type == "cell_started") {
        facts.cells.started(notebook, *event.cell_id, at);
    } else if (failed) {
        facts.cells.failed(notebook, *event.cell_id, at);
    } else if (status == event::ExecutionStatus::success) {
        facts.cells.succeeded(notebook, *event.cell_id, at);
    } else {
        facts.cells.touched(notebook, *event.cell_id, at);
    }
}

void take_text(StudentFacts& facts, LatestText& latest, const std::optional<std::string_view>& text,
               const OrderKey& at) {
    if (text && !text->empty() && latest.take(*text, at)) ++facts.texts;
}

}  // namespace

std::uint32_t ClassState::place_of(std::string_view email) {
    const auto key = places_.key_of(email);
    if (const std::uint32_t known = places_.find(key); known != kNobody) {
        // All of it is looked at soon, and few of a large class are in the caches.
        prefetch(&students_[known], sizeof(StudentFacts));
        return known;
    }
    const auto place = static_cast<std::uint32_t>(students_.size());
    students_.emplace_back().email = email;
    places_.add(key, place);
    return place;
}

const StudentFacts* ClassState::find(std::string_view email) const {
    const std::uint32_t place = places_.find(places_.key_of(email));
    return place == kNobody ? nullptr : &students_[place];
}

std::vector<std::uint32_t> ClassState::forget(std::string_view email) {
    const std::string key = small_letters(email);
    std::vector<std::uint32_t> gone;
    std::vector<StudentFacts> kept;
    places_ = {};
    for (std::size_t i = 0; i < students_.size(); ++i) {
        if (small_letters(students_[i].email) == key) {
            gone.push_back(static_cast<std::uint32_t>(i));
            continue;
        }
        places_.add(places_.key_of(students_[i].email), static_cast<std::uint32_t>(kept.size()));
        kept.push_back(std::move(students_[i]));
    }
    students_ = std::move(kept);
    return gone;
}

std::uint32_t ClassState::fold(const journal::Entry& entry) {
    if (entry.redacted) return kNobody;
    if (entry.header.kind == journal::EntryKind::event) return fold_event(entry);
    if (entry.header.kind == journal::EntryKind::server) return fold_server_entry(entry);
    return kNobody;
}

std::uint32_t ClassState::fold_event(const journal::Entry& entry) {
    const auto read = reader_.read(entry.payload);
    if (!read) {
        ++unreadable_;
        return kNobody;
    }
    const event::Event& event = **read;
    const OrderKey at{std::min(event.event_time_us, entry.header.received_us),
                      event.stream_id ? event.stream_sequence.value_or(0) : 0,
                      entry.header.sequence};
    const std::uint32_t place = place_of(event.email_address);
    StudentFacts& facts = students_[place];
    const std::string_view type = event.event_type.value_or("");

    facts.last_activity = std::max(facts.last_activity, at);
    take_text(facts, facts.name, event.user_name, at);
    take_text(facts, facts.team, event.team_name, at);
    take_text(facts, facts.class_code, event.class_code, at);
    take_text(facts, facts.notebook, event.notebook_path, at);
    if (type == "help") facts.help.asked(at);
    if (type == "help_stop") facts.help.stopped(at);
    if (type == "kernel_status" && ends_kernel(event.kernel_status.value_or(""))) {
        facts.cells.kernel_ended(event.notebook_path.value_or(""), at);
    }
    fold_cell(facts, event, type, at);
    return place;
}

std::uint32_t ClassState::fold_server_entry(const journal::Entry& entry) {
    const auto read = read_server_entry(entry.payload);
    if (!read) {
        ++unreadable_;
        return kNobody;
    }
    if (read->type == ServerEntryType::other) return kNobody;
    // The student need not be known yet: his events may come late.
    const std::uint32_t place = place_of(read->email);
    StudentFacts& facts = students_[place];
    const OrderKey at{read->through_us, std::numeric_limits<std::int64_t>::max(),
                      entry.header.sequence};
    if (read->type == ServerEntryType::dismiss_help) {
        facts.help.dismissed(at);
    } else {
        facts.cells.resolve(at);
    }
    return place;
}

}  // namespace cellmon::live
