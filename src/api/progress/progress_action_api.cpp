// What people do about progress (contract §3.15): entries of the journal, so that it survives.
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "api/progress/progress_routes.hpp"
#include "api/refusals.hpp"
#include "api/row_json.hpp"
#include "progress/progress_entry.hpp"

namespace cellmon::api {
namespace {

using http::Request;
using http::Responder;
using http::Response;
using progress::ProgressEntry;

/// What a request comes to: an entry to write and the answer when it is durable, or a refusal.
struct Action {
    ProgressEntry entry;
    Response done;
};
using ActionOrAnswer = tl::expected<Action, Response>;

/// `decide(parts, request)` looks, on the worker, when all that was durable at the time is counted.
template <typename Decide>
auto acting(Decide decide) {
    return [decide](const ProgressParts& parts, Request&& request, Responder responder) {
        auto due = std::make_shared<Responder>(std::move(responder));
        const auto asked = std::make_shared<const Request>(std::move(request));
        const bool queued = parts.worker.post([&parts, due, asked, decide] {
            parts.progress.catch_up(kProgressPatience);
            ActionOrAnswer action = decide(parts, *asked);
            if (!action) return due->send(std::move(action).error());
            parts.entries.write(
                write_progress_entry(action->entry),
                [due, done = std::move(action->done)](const Result<std::uint64_t>& sequence) {
                    due->send(sequence ? done
                                       : http::unavailable_response(sequence.error().message));
                });
        });
        if (!queued) due->send(http::unavailable_response("too many requests at once"));
    };
}

ActionOrAnswer reset(const ProgressParts& parts, const Request& request) {
    const std::string& user_id = request.path_value("user_id");
    if (!parts.progress.find(user_id) || !viewer_of(parts, request).sees(user_id)) {
        return tl::unexpected(no_progress(user_id));
    }
    const TimeUs now = parts.clock.now_us();
    return Action{{ProgressEntry::Type::reset, user_id, {}, now},
                  http::json_response(
                      200, RowJson()
                               .text("message", "Progress reset successfully")
                               .text("user_id", user_id)
                               .offset_time("reset_at", now)
                               .text("warning",
                                     "進捗と通知は消えました。イベントは残ります / Progress and "
                                     "notifications are gone; the events stay")
                               .end())};
}

progress::NotePtr find_note(const progress::Notes& notes, std::string_view id) {
    for (const progress::NotePtr& note : notes) {
        if (note->id == id) return note;
    }
    return nullptr;
}

progress::NotePtr find_note(const progress::ProgressService& progress, std::string_view id) {
    if (auto note = find_note(*progress.instructor_notes(), id)) return note;
    for (const progress::StudentPtr& student : progress.students()) {
        if (auto note = find_note(student->notes, id)) return note;
    }
    return nullptr;
}

ActionOrAnswer mark_read(const ProgressParts& parts, const Request& request) {
    const std::string& id = request.path_value("notification_id");
    const ProgressViewer viewer = viewer_of(parts, request);
    const progress::NotePtr note = find_note(parts.progress, id);
    const bool known = note && viewer.sees(note->user_id) &&
                       !(note->to_instructors && viewer.student().has_value());
    if (!known) {
        return tl::unexpected(
            http::error_response(404, fmt::format("Notification {} not found", id)));
    }
    if (!note->to_instructors && !viewer.may_speak_for(note->user_id)) {
        return tl::unexpected(not_allowed());
    }
    const TimeUs now = parts.clock.now_us();
    return Action{{ProgressEntry::Type::notification_read, note->user_id, id, now},
                  http::json_response(200, RowJson()
                                               .text("message", "Notification marked as read")
                                               .text("notification_id", id)
                                               .offset_time("marked_at", now)
                                               .end())};
}

}  // namespace

void add_progress_action_routes(http::Router& router, const ProgressParts& parts) {
    Mount<ProgressParts> mount(router, parts);
    mount(http::Method::post, "/api/v1/progress/notifications/{notification_id}/read",
          acting(mark_read));
    mount(http::Method::delete_, "/api/v1/progress/reset/{user_id}", acting(reset));
}

}  // namespace cellmon::api
