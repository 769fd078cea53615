#include "api/events_api.hpp"

#include <limits>

#include "api/key_gate.hpp"
#include "api/parameters.hpp"
#include "journal/export_line.hpp"
#include "journal/reader.hpp"

namespace cellmon::api {
namespace {

constexpr std::uint64_t kExportDefault = 1'000;
constexpr std::uint64_t kExportMost = 10'000;
constexpr std::size_t kExportBytes = 16U
                                     << 20U;  // An answer ends behind the entry that reaches this.

struct Page {
    std::uint64_t after = 0;
    std::uint64_t limit = kExportDefault;
    bool all = false;  ///< Also quarantined items and the server's own records.
};

/// The events behind a sequence as NDJSON, as `cellmon journal export` writes them. X-Next-After
/// says where the next page begins, X-Durable-Sequence how far the journal reaches.
Result<http::Response> export_page(io::FileSystem& files, const journal::Journal& journal,
                                   const Page& page) {
    const std::uint64_t durable = journal.durable_sequence();
    http::Response response;
    response.content_type = "application/x-ndjson";
    std::string lines;
    std::uint64_t after = page.after;
    if (after < durable) {
        CELLMON_TRY_ASSIGN(auto reader, journal::Reader::open(files, journal.directory(),
                                                              journal.visible_through()));
        CELLMON_TRY(reader.seek_sequence(after + 1));
        for (std::uint64_t count = 0; count < page.limit && lines.size() < kExportBytes;) {
            CELLMON_TRY_ASSIGN(const auto entry, reader.next());
            if (!entry) break;
            after = entry->header.sequence;
            if (!page.all && entry->header.kind != journal::EntryKind::event) continue;
            journal::append_export_line(lines, *entry);
            ++count;
        }
    }
    response.body = std::move(lines);
    response.headers = {{"X-Next-After", std::to_string(after)},
                        {"X-Durable-Sequence", std::to_string(durable)}};
    return response;
}

}  // namespace

void add_events_routes(http::Router& router, ingest::Ingest& ingest,
                       const journal::Journal& journal, io::FileSystem& files, Worker& worker) {
    router.add(http::Method::post, "/api/v1/events",
               [&ingest](http::Request&& request, http::Responder responder) {
                   ingest.handle(std::move(request), std::move(responder), class_of_key(request));
               });
    router.add(
        http::Method::get, "/api/v1/events/export",
        [&](http::Request&& request, http::Responder responder) {
            const auto after =
                query_number(request, "after", 0, 0, std::numeric_limits<std::uint64_t>::max() - 1);
            const auto limit = query_number(request, "limit", kExportDefault, 1, kExportMost);
            if (!after) return responder.send(after.error());
            const auto all = query_number(request, "all", 0, 0, 1);
            if (!limit) return responder.send(limit.error());
            if (!all) return responder.send(all.error());
            auto shared = std::make_shared<http::Responder>(std::move(responder));
            const bool queued =
                worker.post([&files, &journal, shared, page = Page{*after, *limit, *all == 1}]() {
                    auto answer = export_page(files, journal, page);
                    shared->send(answer ? std::move(*answer)
                                        : http::error_response(500, answer.error().message));
                });
            if (!queued) shared->send(http::unavailable_response("too many exports at once"));
        });
}

}  // namespace cellmon::api
