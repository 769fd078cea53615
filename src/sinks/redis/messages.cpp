#include "sinks/redis/messages.hpp"

#include <utility>

#include <fmt/format.h>

#include "event/execution_status.hpp"
#include "event/json_object.hpp"
#include "live/live_checkpoint.hpp"

namespace cellmon::redis {
namespace {

using event::Event;
using event::JsonObject;

constexpr std::string_view kProcessingVersion = "cellmon";

void put_value(std::string& out, JsonObject& object, const event::FieldInfo& field,
               const Event& event) {
    if (field.text != nullptr && event.*field.text) {
        if (field.kind != event::Kind::object) return object.text(field.name, *(event.*field.text));
        object.key(field.name);
        out.append(*(event.*field.text));
    } else if (field.integer != nullptr && event.*field.integer) {
        object.key(field.name);
        event::append_number(out, *(event.*field.integer));
    } else if (field.number != nullptr && event.*field.number) {
        object.key(field.name);
        event::append_number(out, *(event.*field.number));
    } else if (field.boolean != nullptr && event.*field.boolean) {
        object.boolean(field.name, *(event.*field.boolean));
    } else if (field.name == "eventTime") {
        object.time(field.name, event.event_time_us);
    } else if (field.name == "emailAddress") {
        object.text(field.name, event.email_address);
    } else {
        object.null(field.name);
    }
}

std::string_view name_or_address(const Event& event, const live::StudentFacts* facts) {
    if (event.user_name && !event.user_name->empty()) return *event.user_name;
    if (facts != nullptr && !facts->name.value.empty()) return facts->name.value;
    return event.email_address.substr(0, event.email_address.find('@'));
}

std::string_view team_of(const Event& event, const live::StudentFacts* facts) {
    if (event.team_name && !event.team_name->empty()) return *event.team_name;
    return facts != nullptr ? std::string_view(facts->team.value) : std::string_view();
}

}  // namespace

/// The messages of one event.
class Messages::Writer {
  public:
    Writer(const Messages& owner, const Event& event, const journal::Entry& entry,
           const Audience& audience, TimeUs now)
        : owner_(owner),
          event_(event),
          entry_(entry),
          audience_(audience),
          now_(now),
          facts_(owner.state_.find(event.email_address)) {}

    void progress_event(std::uint64_t batch) {
        write("progress_events", [&](std::string& out, JsonObject& object) {
            for (const event::FieldInfo& field : event::kFields) {
                if (field.in_contract) put_value(out, object, field, event_);
            }
            object.text("batch_id", fmt::format("{:08x}", static_cast<std::uint32_t>(batch)));
            object.time("processed_at", now_);
            object.text("processing_version", kProcessingVersion);
        });
    }

    void notification() {
        write("notifications", [&](std::string&, JsonObject& object) {
            object.text("emailAddress", event_.email_address);
            object.optional_text("notebookPath", event_.notebook_path.value_or(""));
            object.optional_text("event", event_.event_type.value_or(""));
            object.text("status", "processed");
            object.time("processedAt", now_);
        });
    }

    void dashboard_update(bool failed, std::size_t streak) {
        const bool significant = streak >= owner_.thresholds_.significant_errors;
        write("dashboard_updates", [&](std::string&, JsonObject& object) {
            object.text("type",
                        significant ? "significant_error_alert" : "student_progress_update");
            put_person(object);
            object.optional_text("currentNotebook", event_.notebook_path.value_or(""));
            object.text("lastActivity", "今");
            object.text("status", "active");
            object.number("cellExecutions", 1);
            object.number("errorCount", failed ? 1 : 0);
            object.time("timestamp", event_.event_time_us);
            object.boolean("isSignificantError", significant);
            if (significant) {
                object.text("alertLevel", "warning");
                object.text("message",
                            fmt::format("{}さんが同じセルで{}回連続してエラーになっています",
                                        name_or_address(event_, facts_), streak));
            }
        });
    }

    void help_request() {
        write("help_requests", [&](std::string&, JsonObject& object) {
            object.text("type", "help_request");
            put_person(object);
            put_cell(object);
            object.text("priority", "urgent");
        });
    }

    void error_alert() {
        write("error_alerts", [&](std::string&, JsonObject& object) {
            object.text("type", "error_alert");
            put_person(object);
            put_cell(object);
            object.optional_text("errorMessage", event_.error_message.value_or(""));
            object.text("severity", "high");
        });
    }

    [[nodiscard]] std::vector<Message> take() { return std::move(messages_); }

  private:
    template <typename Fill>
    void write(std::string_view channel, Fill fill) {
        if (!audience_.hears(channel)) return;
        Message& message = messages_.emplace_back();
        message.channel = channel;
        JsonObject object(message.text);
        fill(message.text, object);
        object.number("sequence", entry_.header.sequence);
        object.text("stream", owner_.stream_);
        object.end();
    }

    void put_person(JsonObject& object) const {
        object.text("emailAddress", event_.email_address);
        object.text("userName", name_or_address(event_, facts_));
        object.optional_text("teamName", team_of(event_, facts_));
    }

    void put_cell(JsonObject& object) const {
        object.optional_text("notebookPath", event_.notebook_path.value_or(""));
        object.optional_text("cellId", event_.cell_id.value_or(""));
        object.time("timestamp", event_.event_time_us);
    }

    const Messages& owner_;
    const Event& event_;
    const journal::Entry& entry_;
    const Audience& audience_;
    const TimeUs now_;
    const live::StudentFacts* facts_;
    std::vector<Message> messages_;
};

void Messages::start_from(std::string_view checkpoint) {
    live::ClassState state;
    const auto cursor = live::read_class_state(checkpoint, state);
    if (!cursor) return;
    state_ = std::move(state);
    through_ = cursor->sequence;
}

void Messages::take(const journal::Entry& entry) {
    if (entry.header.sequence <= through_) return;
    state_.fold(entry);
    through_ = entry.header.sequence;
}

std::size_t Messages::streak(const Event& event, std::uint64_t sequence) {
    if (const auto known = streaks_.find(sequence); known != streaks_.end()) return known->second;
    const live::StudentFacts* facts = state_.find(event.email_address);
    if (facts == nullptr || !event.cell_id) return 0;
    return streaks_[sequence] =
               facts->cells.streak(event.notebook_path.value_or(""), *event.cell_id);
}

void Messages::done_through(std::uint64_t sequence) {
    streaks_.erase(streaks_.begin(), streaks_.upper_bound(sequence));
}

std::vector<Message> Messages::of(const journal::Entry& entry, const Audience& audience,
                                  std::uint64_t batch, TimeUs now) {
    if (audience.is_empty() || entry.redacted || entry.header.kind != journal::EntryKind::event) {
        return {};
    }
    const auto read = reader_.read(entry.payload);
    if (!read) return {};
    const Event& event = **read;
    Writer writer(*this, event, entry, audience, now);
    writer.progress_event(batch);
    writer.notification();
    const std::string_view type = event.event_type.value_or("");
    const auto status = event::execution_status_of(event);
    bool alarming = type == "error_occurred";
    if (event::is_execution(status)) {
        const bool failed = status == event::ExecutionStatus::error;
        const std::size_t streak = failed ? this->streak(event, entry.header.sequence) : 0;
        writer.dashboard_update(failed, streak);
        alarming = alarming || streak >= thresholds_.significant_errors;
    }
    if (type == "help") writer.help_request();
    if (alarming) writer.error_alert();
    return writer.take();
}

}  // namespace cellmon::redis
