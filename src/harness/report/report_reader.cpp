#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/report/report_json.hpp"

namespace cellmon::harness::report {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

/// The first thing that is wrong; what is read behind it does not count.
class Complaint {
  public:
    void say(std::string_view where, std::string_view what) {
        if (!error_) error_ = Error{ErrorCode::corrupt, fmt::format("{}: {}", where, what)};
    }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    std::optional<Error> error_;
};

/// One object, whose fields are all asked for once.
class Fields {
  public:
    Fields(element from, std::string where, Complaint& complaint)
        : where_(std::move(where)), complaint_(complaint) {
        if (from.get(object_) != simdjson::SUCCESS) complaint_.say(where_, "is no object");
        is_object_ = from.is_object();
    }

    [[nodiscard]] std::string place(std::string_view name) const {
        return where_.empty() ? std::string(name) : fmt::format("{}.{}", where_, name);
    }
    void complain(std::string_view name, std::string_view what) const {
        complaint_.say(place(name), what);
    }

    std::string text(std::string_view name) {
        return std::string(get<std::string_view>(name, "is no text"));
    }
    bool boolean(std::string_view name) { return get<bool>(name, "is neither true nor false"); }
    /// Of a field that older reports have not.
    [[nodiscard]] bool has(std::string_view name) const {
        return is_object_ && object_.at_key(name).error() == simdjson::SUCCESS;
    }
    bool boolean_or(std::string_view name, bool otherwise) {
        return has(name) ? boolean(name) : otherwise;
    }
    std::uint64_t count(std::string_view name) {
        return get<std::uint64_t>(name, "is no whole number from 0 on");
    }

    std::optional<double> number(std::string_view name) {
        const auto value = find(name);
        return value ? number_of(*value, name) : std::nullopt;
    }

    std::optional<TimeUs> optional_time(std::string_view name) {
        const auto value = find(name);
        if (!value || value->is_null()) return std::nullopt;
        std::string_view text;
        std::optional<TimeUs> time;
        if (value->get(text) == simdjson::SUCCESS) time = parse_time(text);
        // One form for one time.
        if (!time || format_time(*time) != text)
            complain(name, "is no time like 2026-04-01T09:00:00.000000Z");
        return time;
    }
    TimeUs time(std::string_view name) {
        const auto value = optional_time(name);
        if (!value) complain(name, "is no time like 2026-04-01T09:00:00.000000Z");
        return value.value_or(0);
    }

    template <typename Value>
    Value choice(std::string_view name, std::optional<Value> (*value_of)(std::string_view)) {
        const std::string word = text(name);
        const auto value = value_of(word);
        if (!value) complain(name, fmt::format("is none of the known words: {}", word));
        return value.value_or(Value{});
    }

    /// Calls `read(element, place)` for each element of a list.
    template <typename Read>
    void each(std::string_view name, const Read& read) {
        const auto value = find(name);
        array list;
        if (!value || value->get(list) != simdjson::SUCCESS) {
            complain(name, "is no list");
            return;
        }
        std::size_t index = 0;
        for (const element one : list)
            read(one, fmt::format("{}[{}]", place(name), index++));
    }

    std::vector<std::string> texts(std::string_view name) {
        std::vector<std::string> texts;
        each(name, [&](element one, const std::string& place) {
            std::string_view text;
            if (one.get(text) != simdjson::SUCCESS) complaint_.say(place, "is no text");
            texts.emplace_back(text);
        });
        return texts;
    }

    std::optional<element> find(std::string_view name) {
        ++asked_;
        element value;
        if (!is_object_ || object_.at_key(name).get(value) != simdjson::SUCCESS) {
            complain(name, "is missing");
            return std::nullopt;
        }
        return value;
    }

    std::optional<double> number_of(element value, std::string_view name) const {
        if (value.is_null()) return std::nullopt;
        double read = 0;
        if (value.get(read) != simdjson::SUCCESS) complain(name, "is no number");
        return read;
    }

    /// Behind the last field: there must be no other one.
    void end() {
        if (is_object_ && object_.size() != asked_)
            complaint_.say(where_.empty() ? "the report" : where_,
                           "has a field that is unknown, or one twice");
    }

  private:
    template <typename Value>
    Value get(std::string_view name, std::string_view complaint) {
        Value read{};
        const auto value = find(name);
        if (value && value->get(read) != simdjson::SUCCESS) complain(name, complaint);
        return read;
    }

    object object_;
    bool is_object_ = false;
    std::string where_;
    Complaint& complaint_;
    std::size_t asked_ = 0;
};

Criterion criterion_of(Fields fields) {
    Criterion criterion;
    criterion.name = fields.text("name");
    criterion.limit = fields.text("limit");
    criterion.unit = fields.text("unit");
    criterion.measured = fields.number("measured");
    criterion.applies = fields.boolean_or("applies", true);
    criterion.held = fields.boolean("held");
    criterion.reason = fields.text("reason");
    criterion.reason_ja = fields.text("reason_ja");
    fields.end();
    return criterion;
}

Figure figure_of(Fields fields) {
    Figure figure;
    figure.name = fields.text("name");
    figure.unit = fields.text("unit");
    figure.value = fields.number("value").value_or(std::numeric_limits<double>::quiet_NaN());
    figure.better = fields.choice("better", better_of);
    fields.end();
    return figure;
}

Series series_of(Fields fields, TimeUs began) {
    Series series;
    series.name = fields.text("name");
    series.unit = fields.text("unit");
    // Of a phase that lasts a year, and one that began as early.
    constexpr std::int64_t kMost_us = 366 * kDayUs;
    fields.each("at_us", [&](element one, const std::string&) {
        std::int64_t offset_us = 0;
        if (one.get(offset_us) != simdjson::SUCCESS || offset_us > kMost_us ||
            offset_us < -kMost_us)
            fields.complain("at_us", "has what are no microseconds since the phase began");
        else
            series.at.push_back(began + offset_us);
    });
    fields.each("value", [&](element one, const std::string&) {
        series.value.push_back(fields.number_of(one, "value"));
    });
    if (series.at.size() != series.value.size())
        fields.complain("value", "is not as long as at_us");
    fields.end();
    return series;
}

Fault fault_of(Fields fields) {
    Fault fault;
    fault.kind = fields.text("kind");
    fault.target = fields.text("target");
    fault.began = fields.time("began");
    fault.ended = fields.optional_time("ended");
    fault.recovered = fields.optional_time("recovered");
    fields.end();
    return fault;
}

PhaseReport phase_of(Fields fields, Complaint& complaint) {
    PhaseReport phase;
    phase.id = fields.text("id");
    phase.name = fields.text("name");
    phase.name_ja = fields.text("name_ja");
    phase.verdict = fields.choice("verdict", verdict_of);
    phase.reason = fields.text("reason");
    phase.reason_ja = fields.text("reason_ja");
    phase.began = fields.time("began");
    phase.ended = fields.time("ended");
    fields.each("criteria", [&](element one, std::string place) {
        phase.criteria.push_back(criterion_of({one, std::move(place), complaint}));
    });
    fields.each("figures", [&](element one, std::string place) {
        phase.figures.push_back(figure_of({one, std::move(place), complaint}));
    });
    fields.each("series", [&](element one, std::string place) {
        phase.series.push_back(series_of({one, std::move(place), complaint}, phase.began));
    });
    fields.each("faults", [&](element one, std::string place) {
        phase.faults.push_back(fault_of({one, std::move(place), complaint}));
    });
    fields.end();
    if (phase.verdict != phase.judged())
        fields.complain("verdict",
                        "is passed, but a criterion does not hold, or a fault was "
                        "never undone");
    return phase;
}

Machine machine_of(Fields fields) {
    Machine machine;
    machine.cpu = fields.text("cpu");
    machine.cores = fields.count("cores");
    machine.memory_bytes = fields.count("memory_bytes");
    machine.kernel = fields.text("kernel");
    machine.file_system = fields.text("file_system");
    fields.end();
    return machine;
}

RunReport run_of(Fields fields, Complaint& complaint) {
    RunReport report;
    const auto verdict = fields.choice("verdict", verdict_of);
    report.plan = fields.text("plan");
    report.profile = fields.text("profile");
    report.target = fields.text("target");
    report.quick = fields.boolean("quick");
    report.interrupted = fields.boolean("interrupted");
    report.seed = fields.count("seed");
    report.began = fields.time("began");
    report.ended = fields.time("ended");
    if (const auto machine = fields.find("machine"))
        report.machine = machine_of({*machine, "machine", complaint});
    report.bottleneck = fields.text("bottleneck");
    report.bottleneck_reason = fields.text("bottleneck_reason");
    report.bottleneck_reason_ja = fields.text("bottleneck_reason_ja");
    if (fields.has("left_out")) report.left_out = fields.texts("left_out");
    fields.each("phases", [&](element one, std::string place) {
        report.phases.push_back(phase_of({one, std::move(place), complaint}, complaint));
    });
    fields.end();
    if (verdict != report.verdict()) fields.complain("verdict", "is not what the phases come to");
    return report;
}

}  // namespace

Result<RunReport> read_report_json(std::string_view json) {
    simdjson::dom::parser parser;
    element document;
    if (const auto error =
            parser.parse(simdjson::padded_string(json.data(), json.size())).get(document);
        error != simdjson::SUCCESS) {
        return fail(ErrorCode::corrupt,
                    fmt::format("the report is no JSON: {}", simdjson::error_message(error)));
    }
    Complaint complaint;
    Fields fields(document, "", complaint);
    if (fields.text("format") != kReportFormat)
        fields.complain("format", fmt::format("is not {}", kReportFormat));
    const std::uint64_t version = fields.count("version");
    if (!complaint.error() && version != kReportVersion) {
        return fail(ErrorCode::newer_format,
                    fmt::format("the report has version {} of its format, this program knows {}",
                                version, kReportVersion));
    }
    RunReport report = run_of(std::move(fields), complaint);
    if (complaint.error()) return fail(*complaint.error());
    return report;
}

}  // namespace cellmon::harness::report
