#include "harness/ledger/event_content.hpp"

#include <array>

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

namespace cellmon::harness {
namespace {

constexpr std::string_view kClassCode = "classCode";
constexpr std::array<const char*, 17> kTexts{
    "teamName", "userName", "sessionId",    "classCode", "streamId",  "consent",
    "cellType", "code",     "errorMessage", "errorName", "traceback", "result",
    "output",   "status",   "kernelStatus", "presence",  "helpNote"};

std::string_view text_of(const simdjson::dom::object& object, const char* name) {
    std::string_view value;
    return object[name].get(value) == simdjson::SUCCESS ? value : std::string_view();
}

std::optional<TimeUs> time_of(const simdjson::dom::object& object, const char* name) {
    const auto text = text_of(object, name);
    return text.empty() ? std::nullopt : parse_time(text);
}

Execution read_execution(const simdjson::dom::object& object, const EventContent& content) {
    ExecutionFields fields;
    fields.type = content.type;
    fields.cell_type = text_of(object, "cellType");
    fields.status = text_of(object, "status");
    fields.error_name = text_of(object, "errorName");
    fields.error_message = text_of(object, "errorMessage");
    std::string_view code;
    if (object["code"].get(code) == simdjson::SUCCESS) fields.code = code;
    fields.execution_count = content.execution_count;
    double duration_ms = 0;
    if (object["executionDurationMs"].get(duration_ms) == simdjson::SUCCESS) {
        fields.duration_ms = duration_ms;
    }
    fields.started_us = time_of(object, "startedAt");
    fields.finished_us = time_of(object, "finishedAt");
    fields.has_error = content.has_error.value_or(false);
    return execution_of(fields);
}

}  // namespace

std::string_view EventContent::first_difference(const EventContent& other) const {
    if (email != other.email) return "emailAddress";
    if (type != other.type) return "eventType";
    if (time_us != other.time_us) return "eventTime";
    if (notebook != other.notebook) return "notebookPath";
    if (cell != other.cell) return "cellId";
    if (has_error != other.has_error) return "hasError";
    if (execution_count != other.execution_count) return "executionCount";
    if (execution.status != other.execution.status) return "status";
    if (execution.duration_us != other.execution.duration_us) return "duration";
    if (execution.error_name != other.execution.error_name) return "errorName";
    if (texts_hash != other.texts_hash) return "text fields";
    return {};
}

class ContentReader::Impl {
  public:
    simdjson::dom::parser parser;
    std::string padded;
    std::string texts;
};

ContentReader::ContentReader() : impl_(std::make_unique<Impl>()) {}
ContentReader::~ContentReader() = default;
ContentReader::ContentReader(ContentReader&&) noexcept = default;

Result<ContentReader::Item> ContentReader::read(std::string_view json) {
    Impl& impl = *impl_;
    impl.padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    impl.padded.assign(json);
    simdjson::dom::object object;
    const auto error = impl.parser.parse(impl.padded).get(object);
    if (error != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt,
                    fmt::format("not a JSON object: {}", simdjson::error_message(error)));
    }
    Item item;
    EventContent& content = item.content;
    content.email = text_of(object, "emailAddress");
    if (content.email.empty()) content.email = text_of(object, "userId");
    content.type = text_of(object, "eventType");
    content.time_us = parse_time(text_of(object, "eventTime")).value_or(0);
    content.notebook = text_of(object, "notebookPath");
    content.cell = text_of(object, "cellId");
    bool flag = false;
    if (object["hasError"].get(flag) == simdjson::SUCCESS) content.has_error = flag;
    std::int64_t count = 0;
    if (object["executionCount"].get(count) == simdjson::SUCCESS) content.execution_count = count;
    content.execution = read_execution(object, content);
    impl.texts.clear();
    simdjson::dom::object server;
    const bool class_from_key =
        object["server"].get(server) == simdjson::SUCCESS && text_of(server, "classFrom") == "key";
    for (const char* name : kTexts) {
        if (class_from_key && name == kClassCode) continue;
        std::string_view value;
        if (object[name].get(value) != simdjson::SUCCESS) continue;
        impl.texts.append(name).push_back('\0');
        impl.texts.append(value).push_back('\0');
    }
    content.texts_hash = XXH64(impl.texts.data(), impl.texts.size(), 0);
    const auto id = text_of(object, "eventId");
    if (!id.empty()) item.id = Id128::from_text(id);
    return item;
}

}  // namespace cellmon::harness
