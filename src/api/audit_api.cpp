#include "api/audit_api.hpp"

#include <limits>
#include <memory>

#include "api/parameters.hpp"
#include "api/row_answer.hpp"
#include "classroom/email.hpp"
#include "event/json_object.hpp"

namespace cellmon::api {
namespace {

using classroom::AuditFilter;
using classroom::StoredAuditEntry;

constexpr std::uint64_t kDefaultLines = 100;
constexpr std::uint64_t kMostLines = 1'000;

void append_line(std::string& json, const StoredAuditEntry& line) {
    event::JsonObject object(json);
    object.number("id", static_cast<std::uint64_t>(line.id));
    object.time("at", line.at_us);
    if (line.entry.actor_id) {
        object.number("account_id", static_cast<std::uint64_t>(*line.entry.actor_id));
        object.text("account", line.actor);
    } else {
        object.null("account_id");
        object.null("account");
    }
    object.text("address", line.entry.address);
    object.text("action", line.entry.action);
    object.text("subject", line.entry.subject);
    object.text("detail", line.entry.detail);
    object.end();
}

std::string lines_json(const std::vector<StoredAuditEntry>& lines) {
    std::string json = "[";
    for (const StoredAuditEntry& line : lines) {
        if (json.back() != '[') json += ',';
        append_line(json, line);
    }
    return json + ']';
}

}  // namespace

void add_audit_routes(http::Router& router, const AuditParts& given) {
    const auto parts = std::make_shared<const AuditParts>(given);
    router.add(
        http::Method::get, "/api/v1/admin/audit",
        [parts](http::Request&& request, http::Responder responder) {
            constexpr auto kNewest = std::numeric_limits<std::int64_t>::max();
            const auto before = query_number(request, "before", kNewest, 1, kNewest);
            if (!before) return responder.send(before.error());
            const auto limit = query_number(request, "limit", kDefaultLines, 1, kMostLines);
            if (!limit) return responder.send(limit.error());
            AuditFilter filter{.limit = *limit, .before = static_cast<std::int64_t>(*before)};
            if (const auto account = request.query_value("account")) {
                filter.account = classroom::email_key(*account);
            }
            if (const auto subject = request.query_value("subject")) {
                filter.subject = std::string(*subject);
            }
            answer_on(parts->rows, std::move(request), std::move(responder),
                      [parts, filter = std::move(filter)](const http::Request&) {
                          // What was seen until now belongs to the answer.
                          if (const auto written = parts->looks.write(parts->database); !written)
                              return store_refusal(written.error());
                          return inspect(parts->database, [&](sql::Connection& c) -> RowAnswer {
                              CELLMON_TRY_ASSIGN(const auto lines,
                                                 classroom::audit_entries(c, filter));
                              return answered(http::json_response(200, lines_json(lines)));
                          });
                      });
        });
}

}  // namespace cellmon::api
