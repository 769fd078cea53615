// Environments of students and of this machine (contract §3.12).
#include "api/environments/environment_answers.hpp"
#include "api/parameters.hpp"
#include "api/row_json.hpp"

namespace cellmon::api {
namespace {

using http::Method;
using http::Request;
using http::Responder;
using http::Response;

void read_current(const EnvironmentParts& parts, Request&& request, Responder responder) {
    answer_of(parts, std::move(request), std::move(responder), false,
              [](const EnvironmentSubject&, const EnvironmentPair& pair, const Request&) {
                  return http::json_response(
                      200, RowJson()
                               .text("message", "Environment retrieved successfully")
                               .json("snapshot", environment_json(pair))
                               .real("collection_time_ms", pair.current.collection_ms)
                               .truth("is_full_snapshot", !pair.current.report.packages.empty())
                               .end());
              });
}

void read_summary(const EnvironmentParts& parts, Request&& request, Responder responder) {
    answer_of(parts, std::move(request), std::move(responder), false,
              [](const EnvironmentSubject&, const EnvironmentPair& pair, const Request&) {
                  return http::json_response(
                      200, RowJson()
                               .text("message", "Environment summary retrieved successfully")
                               .json("summary", summary_json(pair.current.report))
                               .offset_time("timestamp", pair.current.captured_us)
                               .end());
              });
}

void read_packages(const EnvironmentParts& parts, Request&& request, Responder responder) {
    auto names = package_names(request);
    if (!names) return responder.send(std::move(names).error());
    const auto all = query_truth(request, "include_all");
    if (!all) return responder.send(all.error());
    if (all->value_or(false)) names->clear();
    answer_of(parts, std::move(request), std::move(responder), false,
              [names = std::move(*names)](const EnvironmentSubject&, const EnvironmentPair& pair,
                                          const Request&) {
                  const auto& packages = pair.current.report.packages;
                  std::vector<const environment::Package*> shown;
                  for (const std::string& name : names) {
                      const auto found = packages.find(environment::normal_name(name));
                      if (found != packages.end()) shown.push_back(&found->second);
                  }
                  if (names.empty()) {
                      for (const auto& [name, package] : packages)
                          shown.push_back(&package);
                  }
                  return http::json_response(
                      200,
                      RowJson()
                          .text("message", "Packages retrieved successfully")
                          .json("packages", packages_json(shown))
                          .put("total_packages_count", static_cast<std::int64_t>(packages.size()))
                          .text("snapshot_id", pair.current.snapshot_id)
                          .offset_time("collected_at", pair.current.captured_us)
                          .end());
              });
}

void read_health(const EnvironmentParts& parts, Request&& request, Responder responder) {
    answer_of(parts, std::move(request), std::move(responder), false,
              [&parts](const EnvironmentSubject&, const EnvironmentPair& pair, const Request&) {
                  const TimeUs now = parts.clock.now_us();
                  const auto health = health_of(pair.current.report, now);
                  return http::json_response(
                      200, RowJson()
                               .text("message", "Environment health checked successfully")
                               .real("health_score", health.score)
                               .text("health_level", health.level)
                               .json("recommendations", text_list(health.recommendations))
                               .json("warnings", text_list(health.warnings))
                               .text("snapshot_id", pair.current.snapshot_id)
                               .offset_time("checked_at", now)
                               .end());
              });
}

void read_difference(const EnvironmentParts& parts, Request&& request, Responder responder) {
    constexpr std::uint64_t kDay_hours = 24;
    constexpr std::uint64_t kWeek_hours = 168;
    const auto hours = query_number(request, "hours_back", kDay_hours, 1, kWeek_hours);
    if (!hours) return responder.send(hours.error());
    std::optional<std::string> from;
    if (request.query_value("from_snapshot_id")) {
        auto text = query_line(request, "from_snapshot_id", {1, 64}, std::nullopt);
        if (!text) return responder.send(std::move(text).error());
        from = std::move(*text);
    }
    answer_of(parts, std::move(request), std::move(responder), false,
              [&parts, hours = *hours, from = std::move(from)](const EnvironmentSubject& subject,
                                                               const EnvironmentPair& pair,
                                                               const Request&) -> Response {
                  const auto before = environment_before(parts, subject, pair.current, from, hours);
                  if (!before) return before.error();
                  RowJson json;
                  if (!*before) {
                      return http::json_response(
                          200, json.text("message", "No previous snapshot to compare with")
                                   .text("current_snapshot_id", pair.current.snapshot_id)
                                   .truth("changes_detected", false)
                                   .end());
                  }
                  const auto difference =
                      environment::difference((*before)->report, pair.current.report);
                  return http::json_response(
                      200, json.text("message", "Environments compared successfully")
                               .text("current_snapshot_id", pair.current.snapshot_id)
                               .truth("changes_detected", difference.any())
                               .text("previous_snapshot_id", (*before)->snapshot_id)
                               .offset_time("previous_captured_at", (*before)->captured_us)
                               .offset_time("current_captured_at", pair.current.captured_us)
                               .json("diff", difference_json(difference))
                               .end());
              });
}

void analyze(const EnvironmentParts& parts, Request&& request, Responder responder) {
    answer_of(parts, std::move(request), std::move(responder), false,
              [&parts](const EnvironmentSubject&, const EnvironmentPair& pair, const Request&) {
                  const TimeUs now = parts.clock.now_us();
                  const auto& report = pair.current.report;
                  return http::json_response(
                      200, RowJson()
                               .text("message", "Environment analyzed successfully")
                               .json("analysis", analysis_json(report, analysis_of(report, now)))
                               .text("snapshot_id", pair.current.snapshot_id)
                               .offset_time("analyzed_at", now)
                               .end());
              });
}

}  // namespace

void add_environment_read_routes(http::Router& router, const EnvironmentParts& parts) {
    EnvironmentMount mount(router, parts);
    mount(Method::get, environment_path("current"), read_current);
    mount(Method::get, environment_path("summary"), read_summary);
    mount(Method::get, environment_path("packages"), read_packages);
    mount(Method::get, environment_path("health"), read_health);
    mount(Method::get, environment_path("diff"), read_difference);
    mount(Method::post, environment_path("analyze"), analyze);
}

void add_environment_routes(http::Router& router, const EnvironmentParts& parts) {
    add_environment_read_routes(router, parts);
    add_environment_report_routes(router, parts);
    add_environment_student_routes(router, parts);
}

}  // namespace cellmon::api
