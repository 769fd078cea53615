#include "api/delivery_api.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "api/gate.hpp"
#include "http/response.hpp"

namespace cellmon::api {
namespace {

using delivery::StudentDelivery;

void append_counts(std::string& json, const StudentDelivery& row) {
    fmt::format_to(std::back_inserter(json),
                   R"("received":{},"missing":{},"duplicates":{},"refused":{},"abandoned":{},)"
                   R"("streams":{},"lastSeen":)",
                   row.received, row.missing, row.duplicates, row.refused, row.abandoned,
                   row.streams);
    json += row.last_seen_us == 0 ? "null" : fmt::format("\"{}\"", format_time(row.last_seen_us));
}

void append_student(std::string& json, const StudentDelivery& row) {
    json += R"({"emailAddress":)";
    http::append_json_string(json, row.email);
    json += R"(,"classCode":)";
    if (row.class_code.empty()) {
        json += "null";
    } else {
        http::append_json_string(json, row.class_code);
    }
    json += ',';
    append_counts(json, row);
    fmt::format_to(std::back_inserter(json), R"(,"clockOffsetMs":{:.3f}}})",
                   static_cast<double>(row.clock_offset_us) / 1'000.0);
}

std::string report(std::vector<StudentDelivery> students) {
    std::sort(students.begin(), students.end(),
              [](const auto& a, const auto& b) { return a.email < b.email; });
    StudentDelivery total;
    std::map<std::string, StudentDelivery> classes;
    std::string json = R"({"students":[)";
    for (const StudentDelivery& row : students) {
        if (json.back() != '[') json += ',';
        append_student(json, row);
        total.add(row);
        if (!row.class_code.empty()) classes[row.class_code].add(row);
    }
    json += R"(],"classes":[)";
    for (const auto& [code, row] : classes) {
        if (json.back() != '[') json += ',';
        json += R"({"classCode":)";
        http::append_json_string(json, code);
        json += ',';
        append_counts(json, row);
        json += '}';
    }
    json += R"(],"total":{)";
    append_counts(json, total);
    return json + "}}";
}

}  // namespace

void add_delivery_routes(http::Router& router, const delivery::Delivery& delivery,
                         const Sights& sights) {
    router.add(http::Method::get, "/api/v1/delivery",
               [&](http::Request&& request, http::Responder responder) {
                   std::vector<StudentDelivery> students = delivery.students();
                   if (const auto sight = sights.of(caller_if_any(request))) {
                       std::erase_if(students, [&](const StudentDelivery& row) {
                           return !sight->sees(row.email, row.class_code);
                       });
                   }
                   responder.send(http::json_response(200, report(std::move(students))));
               });
}

}  // namespace cellmon::api
