#include "api/events_api.hpp"

#include <limits>

#include "api/gate.hpp"
#include "api/key_gate.hpp"
#include "api/parameters.hpp"
#include "api/refusals.hpp"
#include "event/event_reader.hpp"
#include "journal/export_line.hpp"
#include "journal/reader.hpp"

namespace cellmon::api {
namespace {

constexpr std::uint64_t kExportDefault = 1'000;
constexpr std::uint64_t kExportMost = 10'000;
constexpr std::size_t kExportBytes = 16U
                                     << 20U;  // An answer ends behind the entry that reaches this.

constexpr std::size_t kExportLooked = 50'000;  // Or so many entries, those that are not shown too.

struct Page {
    std::uint64_t after = 0;
    std::uint64_t limit = kExportDefault;
    bool all = false;      ///< Also quarantined items and the server's own records.
    live::SightPtr sight;  ///< Events of whom it sees; null: all.
};

/// Which entries a page shows.
class Shown {
  public:
    explicit Shown(const Page& page) : page_(page) {}

    bool operator()(const journal::Entry& entry) {
        if (!page_.all && entry.header.kind != journal::EntryKind::event) return false;
        if (!page_.sight) return true;
        // Whose an erased or removed event was nobody can tell any more.
        if (entry.redacted || entry.removed) return false;
        const auto event = reader_.read(entry.payload);
        return event &&
               page_.sight->sees((*event)->email_address, (*event)->class_code.value_or(""));
    }

  private:
    const Page& page_;
    event::EventReader reader_;
};

/// The events behind a sequence as NDJSON, as `cellmon journal export` writes them. X-Next-After
/// says where the next page begins, X-Durable-Sequence how far the journal reaches; a page may be
/// empty before the end.
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
        Shown shown(page);
        std::uint64_t count = 0;
        for (std::size_t looked = 0; count < page.limit && lines.size() < kExportBytes; ++looked) {
            if (page.sight && looked == kExportLooked) break;
            CELLMON_TRY_ASSIGN(const auto entry, reader.next());
            if (!entry) break;
            after = entry->header.sequence;
            if (!shown(*entry)) continue;
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

void add_events_routes(http::Router& router, const EventsParts& given) {
    const auto parts = std::make_shared<const EventsParts>(given);
    router.add(http::Method::post, "/api/v1/events",
               [parts](http::Request&& request, http::Responder responder) {
                   parts->ingest.handle(std::move(request), std::move(responder),
                                        class_of_key(request));
               });
    router.add(
        http::Method::get, "/api/v1/events/export",
        [parts](http::Request&& request, http::Responder responder) {
            const auto after =
                query_number(request, "after", 0, 0, std::numeric_limits<std::uint64_t>::max() - 1);
            const auto limit = query_number(request, "limit", kExportDefault, 1, kExportMost);
            if (!after) return responder.send(after.error());
            const auto all = query_number(request, "all", 0, 0, 1);
            if (!limit) return responder.send(limit.error());
            if (!all) return responder.send(all.error());
            Page page{*after, *limit, *all == 1, parts->sights.of(caller_if_any(request))};
            // Records of the server belong to no class.
            if (page.all && page.sight) return responder.send(not_allowed());
            auto shared = std::make_shared<http::Responder>(std::move(responder));
            const bool queued = parts->worker.post([parts, shared, page = std::move(page)]() {
                auto answer = export_page(parts->files, parts->journal, page);
                shared->send(answer ? std::move(*answer)
                                    : http::error_response(500, answer.error().message));
            });
            if (!queued) shared->send(http::unavailable_response("too many exports at once"));
        });
}

}  // namespace cellmon::api
