#pragma once

#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/class_answers.hpp"
#include "api/class_input.hpp"
#include "api/class_routes.hpp"

namespace cellmon::api {

/// What a row is looked up for.
enum class Use : std::uint8_t { read, update, remove };

/// The row, or why the caller may not use it so.
template <typename Row>
using Found = Result<tl::expected<Row, http::Response>>;

template <typename Row>
[[nodiscard]] Found<Row> barred(http::Response why) {
    return tl::expected<Row, http::Response>(tl::unexpected(std::move(why)));
}
template <typename Row>
[[nodiscard]] Found<Row> missing(std::string_view what, std::int64_t id) {
    return barred<Row>(http::error_response(404, missing_text(what, id)));
}

/// Of lists that can be asked for nothing.
struct NoFilter {
    static tl::expected<NoFilter, http::Response> read(const http::Request&) { return NoFilter{}; }
};

/// List, create, read, update and remove of one kind of row: the order in which each is done, once
/// for all kinds. What is asked for is read first, then all else is one transaction; a stale
/// If-Match changes nothing. A `Kind` has only static members:
///
///     kPath, kId, kWhat        "/api/v1/teams", "team_id", "Team"
///     kSaysWhoSees             whether a change of it changes who may see whom
///     Filter, Filter::read()   what a list may be asked for besides its page
///     Input, Input::read()     the fields of a body
///     list(), find()           the rows that the caller may use
///     add(), store(), remove() the work of a change, its answer and its line in the audit log
template <typename Kind>
class ClassResource {
  public:
    static void add_routes(http::Router& router, const ClassParts& parts) {
        using http::Method;
        const std::string row = fmt::format("{}/{{{}}}", Kind::kPath, Kind::kId);
        ClassMount mount(router, parts);
        mount(Method::get, Kind::kPath, list);
        mount(Method::post, Kind::kPath, create);
        mount(Method::get, row, read);
        mount(Method::put, row, update);
        mount(Method::delete_, row, remove);
    }

  private:
    using Presence = BodyFields::Presence;
    using Request = http::Request;
    using Responder = http::Responder;

    static void list(const ClassParts& parts, Request&& request, Responder responder) {
        const auto page = page_of(request);
        if (!page) return responder.send(page.error());
        const auto filter = Kind::Filter::read(request);
        if (!filter) return responder.send(filter.error());
        look(parts, std::move(request), std::move(responder),
             [page = *page, filter = *filter](Visit& visit) -> RowAnswer {
                 CELLMON_TRY_ASSIGN(const auto rows, Kind::list(visit, filter, page));
                 return list_answer(visit, rows);
             });
    }

    static void create(const ClassParts& parts, Request&& request, Responder responder) {
        auto input = body_of(request, Presence::required);
        if (!input) return responder.send(std::move(input).error());
        change_rows(parts, std::move(request), std::move(responder),
                    [input = std::move(*input)](Visit& visit) -> RowAnswer {
                        return Kind::add(visit, input);
                    });
    }

    static void read(const ClassParts& parts, Request&& request, Responder responder) {
        const auto id = row_id(request, Kind::kId, Kind::kWhat);
        if (!id) return responder.send(id.error());
        look(parts, std::move(request), std::move(responder),
             [id = *id](Visit& visit) -> RowAnswer {
                 CELLMON_TRY_ASSIGN(const auto row, Kind::find(visit, id, Use::read));
                 if (!row) return refused(row.error());
                 return row_answer(visit, *row);
             });
    }

    static void update(const ClassParts& parts, Request&& request, Responder responder) {
        const auto id = row_id(request, Kind::kId, Kind::kWhat);
        if (!id) return responder.send(id.error());
        auto input = body_of(request, Presence::optional);
        if (!input) return responder.send(std::move(input).error());
        change_rows(parts, std::move(request), std::move(responder),
                    [id = *id, input = std::move(*input)](Visit& visit) -> RowAnswer {
                        CELLMON_TRY_ASSIGN(const auto row, Kind::find(visit, id, Use::update));
                        if (!row) return refused(row.error());
                        if (auto why = stale(visit.request, tag_of(*row))) return refused(*why);
                        return Kind::store(visit, *row, input);
                    });
    }

    static void remove(const ClassParts& parts, Request&& request, Responder responder) {
        const auto id = row_id(request, Kind::kId, Kind::kWhat);
        if (!id) return responder.send(id.error());
        change_rows(parts, std::move(request), std::move(responder),
                    [id = *id](Visit& visit) -> RowAnswer {
                        CELLMON_TRY_ASSIGN(const auto row, Kind::find(visit, id, Use::remove));
                        if (!row) return refused(row.error());
                        if (auto why = stale(visit.request, tag_of(*row))) return refused(*why);
                        return Kind::remove(visit, *row);
                    });
    }

    static tl::expected<typename Kind::Input, http::Response> body_of(const Request& request,
                                                                      Presence presence) {
        auto fields = row_fields(request);
        if (!fields) return tl::unexpected(std::move(fields).error());
        auto input = Kind::Input::read(*fields, presence);
        if (!fields->ok()) return tl::unexpected(fields->refusal());
        return input;
    }

    template <typename Work>
    static void change_rows(const ClassParts& parts, Request&& request, Responder responder,
                            Work work) {
        if constexpr (Kind::kSaysWhoSees) {
            change_memberships(parts, std::move(request), std::move(responder), std::move(work));
        } else {
            change(parts, std::move(request), std::move(responder), std::move(work));
        }
    }
};

}  // namespace cellmon::api
