// Goal: the class is what requirements §3.2 and contract §5.1 say, and the same for the same seed.
// Method: classes are generated whole and their events parsed back from the bytes that would be
// sent.
#include "harness/classroom/classroom.hpp"

#include <map>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

namespace cellmon::harness {
namespace {

constexpr TimeUs kStart = 1'790'000'000'000'000;

std::vector<ClassEvent> events_of(Classroom& classroom) {
    std::vector<ClassEvent> events;
    while (auto event = classroom.next())
        events.push_back(std::move(*event));
    return events;
}

std::vector<ClassEvent> generate(const ClassPlan& plan) {
    Classroom classroom(plan);
    return events_of(classroom);
}

std::string all_bytes(const ClassPlan& plan) {
    Classroom classroom(plan);
    std::string bytes;
    for (const auto& event : events_of(classroom))
        bytes += event.json + "\n";
    return bytes + classroom.truth_ndjson();
}

struct Parsed {
    std::string type, email, cell, error, stream, id;
    bool is_code = false, has_error = false, has_count = false, empty_code = false;
    std::int64_t stream_sequence = 0;
};

std::string text(simdjson::dom::element element, const char* key) {
    std::string_view value;
    return element[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::vector<Parsed> parse(const std::vector<ClassEvent>& events) {
    simdjson::dom::parser parser;
    std::vector<Parsed> parsed;
    for (const auto& event : events) {
        const simdjson::dom::element element = parser.parse(event.json);
        Parsed item;
        item.id = text(element, "eventId");
        item.type = text(element, "eventType");
        item.email = text(element, "emailAddress");
        item.cell = text(element, "cellId");
        item.error = text(element, "errorMessage");
        item.stream = text(element, "streamId");
        item.is_code = text(element, "cellType") == "code";
        item.empty_code = text(element, "code").empty();
        std::int64_t count = 0;
        item.has_count = element["executionCount"].get(count) == simdjson::SUCCESS;
        item.has_error = element["hasError"].get_bool().error() == simdjson::SUCCESS &&
                         bool(element["hasError"]);
        if (element["streamSequence"].get(item.stream_sequence) != simdjson::SUCCESS)
            item.stream_sequence = 0;
        parsed.push_back(item);
    }
    return parsed;
}

TEST(Classroom, SameSeedAndStartGiveTheSameBytes) {
    const ClassPlan plan{.students = 30, .minutes = 10, .seed = 42, .start_us = kStart};
    const std::string first = all_bytes(plan);
    EXPECT_GT(first.size(), 100'000U);
    EXPECT_EQ(first, all_bytes(plan));
    ClassPlan other = plan;
    other.seed = 43;
    EXPECT_NE(first, all_bytes(other));
    // Another start must give other ids, or a second class would collide with the first.
    other = plan;
    other.start_us += 1'000'000;
    EXPECT_NE(generate(plan).front().id, generate(other).front().id);
}

TEST(Classroom, FifteenPerCentOfExecutionsFail) {
    for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL}) {
        const auto parsed =
            parse(generate({.students = 200, .minutes = 30, .seed = seed, .start_us = kStart}));
        std::size_t executions = 0;
        std::size_t errors = 0;
        std::set<std::string> kinds;
        for (const auto& event : parsed) {
            if (event.type != "cell_executed" || !event.is_code || !event.has_count) continue;
            ++executions;
            errors += event.has_error ? 1 : 0;
            if (event.has_error) kinds.insert(event.error.substr(0, event.error.find(':')));
        }
        ASSERT_GT(executions, 3'000U);
        EXPECT_NEAR(static_cast<double>(errors) / static_cast<double>(executions), 0.15, 0.02);
        for (const char* kind : {"NameError", "TypeError", "IndexError", "SyntaxError", "KeyError",
                                 "ZeroDivisionError"}) {
            EXPECT_TRUE(kinds.contains(kind)) << kind;
        }
    }
}

TEST(Classroom, AsManyExecutionsFailAsThePlanAsksFor) {
    for (const std::uint32_t per_mille : {0U, 30U, 300U, 500U}) {
        const auto parsed = parse(generate({.students = 200,
                                            .minutes = 30,
                                            .seed = 4,
                                            .start_us = kStart,
                                            .errors_per_mille = per_mille}));
        double executions = 0;
        double errors = 0;
        for (const auto& event : parsed) {
            if (event.type != "cell_executed" || !event.is_code || !event.has_count) continue;
            ++executions;
            errors += event.has_error ? 1 : 0;
        }
        ASSERT_GT(executions, 3'000);
        EXPECT_NEAR(errors / executions, per_mille / 1000.0, per_mille == 0 ? 0 : 0.02);
    }
}

TEST(Classroom, EventsAreInOrderIdsUniqueStreamsNumberedWithoutGap) {
    const auto events = generate({.students = 60, .minutes = 20, .seed = 5, .start_us = kStart});
    const auto parsed = parse(events);
    std::set<std::string> ids;
    std::map<std::string, std::int64_t> streams;
    std::set<std::string> unchanged_types;
    std::set<std::string> better_students;
    std::set<std::string> unchanged_students;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (i > 0) {
            EXPECT_GE(events[i].time_us, events[i - 1].time_us);
        }
        EXPECT_TRUE(ids.insert(parsed[i].id).second);
        EXPECT_EQ(parsed[i].id, events[i].id.to_string());
        if (events[i].better_client) {
            EXPECT_EQ(parsed[i].stream_sequence, ++streams[parsed[i].stream]);
            better_students.insert(parsed[i].email);
        } else {
            EXPECT_EQ(parsed[i].stream_sequence, 0);
            EXPECT_GE(events[i].spread_us, 200'000);
            EXPECT_LT(events[i].spread_us, 2'200'000);
            unchanged_types.insert(parsed[i].type);
            unchanged_students.insert(parsed[i].email);
        }
    }
    EXPECT_EQ(better_students.size(), 40U);
    EXPECT_EQ(unchanged_students.size(), 20U);
    for (const auto& type : unchanged_types) {
        EXPECT_TRUE(type == "cell_executed" || type == "notebook_opened" || type == "help" ||
                    type == "help_stop")
            << type;
    }
}

TEST(Classroom, AfterAnErrorOfRunAllTheRestArrivesWithoutExecutionCount) {
    const auto events = generate({.students = 100, .minutes = 30, .seed = 9, .start_us = kStart});
    const auto parsed = parse(events);
    std::map<std::string, bool> failed_before;
    std::size_t aborted = 0;
    for (const auto& event : parsed) {
        if (event.type != "cell_executed" || !event.is_code) continue;
        if (!event.has_count && !event.empty_code) {
            EXPECT_FALSE(event.has_error);
            EXPECT_TRUE(failed_before[event.email])
                << "an aborted cell must follow an error of the same student";
            ++aborted;
        } else if (event.has_count) {
            failed_before[event.email] = event.has_error;
        }
    }
    EXPECT_GT(aborted, 50U);
}

TEST(Classroom, TruthNamesEveryBehaviourAndStuckStudentsRepeatOneError) {
    Classroom classroom({.students = 100, .minutes = 20, .seed = 3, .start_us = kStart});
    const auto events = events_of(classroom);
    const auto parsed = parse(events);
    simdjson::dom::parser parser;
    std::map<std::string, std::size_t> seen;
    std::size_t started = 0;
    std::istringstream truth(classroom.truth_ndjson());
    for (std::string line; std::getline(truth, line);) {
        const simdjson::dom::element element = parser.parse(line);
        ++seen[text(element, "behaviour")];
        if (text(element, "behaviour") != "stuck") continue;
        const auto from = parse_time(text(element, "from"));
        const auto to = parse_time(text(element, "to"));
        std::set<std::string> errors;
        std::set<std::string> cells;
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (parsed[i].email != text(element, "emailAddress") ||
                parsed[i].type != "cell_executed")
                continue;
            if (events[i].time_us <= *from || events[i].time_us > *to) continue;
            EXPECT_TRUE(parsed[i].has_error);
            errors.insert(parsed[i].error);
            cells.insert(parsed[i].cell);
        }
        EXPECT_LE(errors.size(), 1U);
        EXPECT_LE(cells.size(), 1U);
    }
    for (const char* behaviour :
         {"working", "stuck", "idle", "exploring", "finished", "endless_loop"}) {
        EXPECT_GE(seen[behaviour], 4U) << behaviour;
    }
    for (const auto& event : parsed)
        started += event.type == "cell_started" ? 1 : 0;
    EXPECT_GT(started, 0U);
}

TEST(Classroom, HelpRepeatsEveryTenSecondsUntilSwitchedOff) {
    const auto events = generate({.students = 100, .minutes = 30, .seed = 8, .start_us = kStart});
    const auto parsed = parse(events);
    std::map<std::string, TimeUs> last_help;
    std::size_t repeats = 0;
    std::size_t stops = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (parsed[i].type == "help_stop") ++stops;
        if (parsed[i].type != "help") continue;
        const auto before = last_help.find(parsed[i].email);
        if (before != last_help.end() && events[i].time_us - before->second == 10'000'000)
            ++repeats;
        last_help[parsed[i].email] = events[i].time_us;
    }
    EXPECT_GT(repeats, 20U);
    EXPECT_GT(stops, 10U);
}

TEST(ClassPlan, RefusesNumbersOutOfBounds) {
    EXPECT_FALSE((ClassPlan{.students = 0}).check().has_value());
    EXPECT_FALSE((ClassPlan{.students = ClassPlan::kMaxStudents + 1}).check().has_value());
    EXPECT_FALSE((ClassPlan{.minutes = 0}).check().has_value());
    EXPECT_FALSE((ClassPlan{.errors_per_mille = 501}).check().has_value());
    EXPECT_TRUE((ClassPlan{}).check().has_value());
}

}  // namespace
}  // namespace cellmon::harness
