#include "harness/grafana/setup.hpp"

#include <cstdint>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/classroom/json_text.hpp"
#include "harness/grafana/dashboards.hpp"
#include "harness/grafana/json_subset.hpp"

namespace cellmon::harness::grafana {
namespace {

using simdjson::dom::element;

constexpr long kDone = 200;
constexpr long kNotFound = 404;
constexpr long kPreconditionFailed = 412;

Result<void> expect_ok(const Answer& answer, std::string_view what) {
    if (answer.status != kDone) return fail(Client::unexpected(what, answer));
    return {};
}

/// The parsed answer to a GET; nullopt: there is no such thing.
Result<std::optional<element>> look_up(Client& client, simdjson::dom::parser& parser,
                                       std::string_view path, std::string_view what) {
    CELLMON_TRY_ASSIGN(const Answer answer, client.get(path));
    if (answer.status == kNotFound) return std::nullopt;
    CELLMON_TRY(expect_ok(answer, what));
    element found;
    if (parser.parse(answer.body).get(found) != simdjson::SUCCESS || !found.is_object())
        return fail(Client::unexpected(what, answer));
    return found;
}

bool is_true(element in, std::string_view name) {
    bool value = false;
    return in.at_key(name).get(value) == simdjson::SUCCESS && value;
}

std::string data_source_json(std::string_view prometheus_url) {
    std::string json;
    JsonObject object(json);
    object.text("uid", kDataSourceUid);
    object.text("name", "Cell Monitor Prometheus");
    object.text("type", "prometheus");
    object.text("access", "proxy");
    object.text("url", prometheus_url);
    object.boolean("basicAuth", false);
    object.boolean("isDefault", false);
    // As deploy/prometheus scrapes.
    object.raw("jsonData", R"({"httpMethod":"POST","timeInterval":"5s"})");
    object.close();
    return json;
}

Result<Step> set_up_data_source(Client& client, std::string_view prometheus_url) {
    constexpr std::string_view kWhat = "the data source";
    const std::string path = fmt::format("/api/datasources/uid/{}", kDataSourceUid);
    const std::string json = data_source_json(prometheus_url);
    simdjson::dom::parser found_parser;
    CELLMON_TRY_ASSIGN(const auto found, look_up(client, found_parser, path, kWhat));
    if (!found) {
        CELLMON_TRY_ASSIGN(const Answer answer, client.send("POST", "/api/datasources", json));
        CELLMON_TRY(expect_ok(answer, kWhat));
        return Step{std::string(kWhat), Outcome::made};
    }
    if (is_true(*found, "readOnly")) return Step{std::string(kWhat), Outcome::provisioned};
    simdjson::dom::parser parser;
    if (is_within(parser.parse(json), *found)) return Step{std::string(kWhat), Outcome::unchanged};
    CELLMON_TRY_ASSIGN(const Answer answer, client.send("PUT", path, json));
    CELLMON_TRY(expect_ok(answer, kWhat));
    return Step{std::string(kWhat), Outcome::updated};
}

Result<Step> set_up_folder(Client& client) {
    constexpr std::string_view kWhat = "the folder";
    simdjson::dom::parser parser;
    CELLMON_TRY_ASSIGN(const auto found,
                       look_up(client, parser, fmt::format("/api/folders/{}", kFolderUid), kWhat));
    // Who gave it another title shall keep it.
    if (found) return Step{std::string(kWhat), Outcome::unchanged};
    CELLMON_TRY_ASSIGN(
        const Answer answer,
        client.send("POST", "/api/folders",
                    fmt::format(R"({{"uid":"{}","title":"Cell Monitor"}})", kFolderUid)));
    CELLMON_TRY(expect_ok(answer, kWhat));
    return Step{std::string(kWhat), Outcome::made};
}

/// `fields` in front of those of a dashboard.
std::string with_fields(std::string_view dashboard, std::string_view fields) {
    return fmt::format("{{{},{}", fields, dashboard.substr(dashboard.find('{') + 1));
}

Result<void> save(Client& client, std::string_view what, const std::string& dashboard,
                  std::string_view folder) {
    std::string body;
    JsonObject object(body);
    object.raw("dashboard", dashboard);
    object.text("folderUid", folder);
    object.text("message", "made by cellmon monitor --grafana");
    object.boolean("overwrite", false);
    object.close();
    CELLMON_TRY_ASSIGN(const Answer answer, client.send("POST", "/api/dashboards/db", body));
    if (answer.status == kPreconditionFailed) {
        Error error = Client::unexpected(what, answer);
        error.code = ErrorCode::mismatch;
        return fail(std::move(error));
    }
    return expect_ok(answer, what);
}

Result<Step> set_up_dashboard(Client& client, const Dashboard& dashboard) {
    const std::string what = fmt::format("the dashboard {}", dashboard.uid);
    simdjson::dom::parser found_parser;
    CELLMON_TRY_ASSIGN(
        const auto found,
        look_up(client, found_parser, fmt::format("/api/dashboards/uid/{}", dashboard.uid), what));
    if (!found) {
        CELLMON_TRY(save(client, what, with_fields(dashboard.json, R"("id":null)"), kFolderUid));
        return Step{what, Outcome::made};
    }
    element model;
    element meta;
    std::int64_t id = 0;
    std::int64_t version = 0;
    if (found->at_key("dashboard").get(model) != simdjson::SUCCESS ||
        found->at_key("meta").get(meta) != simdjson::SUCCESS ||
        model.at_key("id").get(id) != simdjson::SUCCESS ||
        model.at_key("version").get(version) != simdjson::SUCCESS)
        return fail(ErrorCode::unavailable,
                    fmt::format("Grafana's answer about {} is not as documented", what));
    if (is_true(meta, "provisioned")) return Step{what, Outcome::provisioned};
    simdjson::dom::parser parser;
    const simdjson::padded_string own(dashboard.json);
    if (is_within(parser.parse(own), model)) return Step{what, Outcome::unchanged};
    // It stays in the folder to which somebody may have moved it. The version says on what the
    // change is made: Grafana refuses it when there is a newer one.
    std::string_view folder = kFolderUid;
    if (meta.at_key("folderUid").get(folder) != simdjson::SUCCESS) folder = kFolderUid;
    CELLMON_TRY(save(
        client, what,
        with_fields(dashboard.json, fmt::format(R"("id":{},"version":{})", id, version)), folder));
    return Step{what, Outcome::updated};
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::made:
            return "made";
        case Outcome::updated:
            return "updated";
        case Outcome::unchanged:
            return "unchanged";
        case Outcome::provisioned:
            return "provisioned by a file, left alone";
    }
    return "";
}

Result<std::vector<Step>> set_up(Client& client, std::string_view prometheus_url) {
    std::vector<Step> steps;
    const auto add = [&](Result<Step> step) -> Result<void> {
        if (!step) return fail(step.error());
        steps.push_back(std::move(*step));
        return {};
    };
    CELLMON_TRY(add(set_up_data_source(client, prometheus_url)));
    CELLMON_TRY(add(set_up_folder(client)));
    for (const Dashboard& dashboard : dashboards())
        CELLMON_TRY(add(set_up_dashboard(client, dashboard)));
    return steps;
}

}  // namespace cellmon::harness::grafana
