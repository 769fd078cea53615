#include "harness/plan/kinds.hpp"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

namespace cellmon::harness::plan {
namespace {

using Bound = CriterionInfo::Bound;

// Parameters that several kinds have.
constexpr ParameterInfo kStudents{"students", "", 100, 1, 10'000, true, "who send"};
constexpr ParameterInfo kRate{"events_per_student_s",
                              "events/s",
                              10,
                              0.01,
                              1'000,
                              false,
                              "of each student, on average: the class is sped up for that"};
constexpr ParameterInfo kMinutes{
    "minutes", "min", 90, 1, 1'440, true, "of class, before speeding up"};
constexpr ParameterInfo kSeconds{"seconds", "s", 60, 1, 172'800, false, "of load"};

// What is promised of every event.
constexpr CriterionInfo kLost{"events_lost", "", Bound::at_most, 0,
                              "promised, and missing in the journal or in a store"};
constexpr CriterionInfo kDoubled{"events_duplicated", "", Bound::at_most, 0,
                                 "more than once in the journal or in a store"};
constexpr CriterionInfo kWrong{
    "events_wrong", "", Bound::at_most, 0,
    "with other content than was sent, out of order, or refused and kept"};
constexpr CriterionInfo kUnanswered{"events_unanswered", "", Bound::at_most, 0,
                                    "sent, and neither promised nor refused at the end"};
constexpr CriterionInfo kRefused{"events_refused", "", Bound::at_most, 0,
                                 "good events that the server would not take"};
constexpr CriterionInfo kErrors{"error_rate", "%", Bound::at_most, 0.1,
                                "of the requests: 5xx or no answer"};
constexpr CriterionInfo kP95{"latency_p95", "ms", Bound::at_most, 500,
                             "of a request, from when it was due to its answer"};
constexpr CriterionInfo kMemory{"memory_peak", "MB", Bound::at_most, 4'096, "of server and stores"};

std::vector<CriterionInfo> with_promises(std::initializer_list<CriterionInfo> more) {
    std::vector<CriterionInfo> all{kLost, kDoubled, kWrong, kUnanswered, kRefused};
    all.insert(all.end(), more);
    return all;
}

std::vector<KindInfo> make_kinds() {
    return {
        {"offline_sync",
         "each student's offline work comes in at once, and all of it a second time",
         {kStudents,
          {"minutes", "min", 30, 1, 1'440, true, "that each was offline"},
          {"connections", "", 10, 1, 1'000, true, "students who sync at a time"}},
         with_promises({{"events_synced", "%", Bound::at_least, 100,
                         "of the events have a result, and it is the right one"}})},
        {"lms",
         "classes, rosters, assignments and submissions through the API, then what must be refused",
         {{"classes", "", 5, 1, 1'000, true, ""},
          {"assignments", "", 10, 1, 1'000, true, "of each class"},
          {"students", "", 100, 1, 1'000, true, "of each class"}},
         {{"submissions_stored", "%", Bound::at_least, 100,
           "of those that were handed in, as rows"},
          {"constraints_held", "%", Bound::at_least, 100,
           "of the foreign keys and unique keys looked at in the rows"},
          {"violations_stored", "", Bound::at_most, 0,
           "what must be refused and was accepted, or left a row"},
          {"violations_unclean", "", Bound::at_most, 0,
           "what was refused by another status than 400, 404, 409 or 422"}}},
        {"broadcast",
         "changes of the class reach every connection of the live socket, in order",
         {{"connections", "", 100, 1, 10'000, true, "that listen"},
          {"broadcasts", "", 1'000, 1, 1'000'000, true, "that each connection must get"},
          {"events", "", 2'500, 1, 10'000'000, true,
           "that are sent for it; two that are near become one broadcast"},
          {"seconds", "s", 60, 1, 3'600, false, "until the run is given up"}},
         {{"broadcast_time", "s", Bound::below, 10,
           "from the first event until the last connection has the last broadcast"},
          {"connections_alive", "%", Bound::at_least, 100, "of the connections at the end"},
          {"messages_in_order", "%", Bound::at_least, 100,
           "of the messages follow from the one before"},
          {"messages_missed", "", Bound::at_most, 0,
           "broadcasts that a connection did not get, or got more often than the others"}}},
        {"phased_load",
         "a class of more and more students, sped up",
         {kMinutes, kRate},
         with_promises(
             {{"throughput_per_student", "events/s", Bound::at_least, 10,
               "promised, in the weakest of the steps"},
              kErrors,
              kP95,
              {"health", "", Bound::at_most, 0, "steps behind which the health was critical"}}),
         false,
         true},
        {"resources",
         "what server and stores use under load, against a baseline before it",
         {kStudents,
          kRate,
          kSeconds,
          {"baseline_s", "s", 10, 1, 3'600, false, "of sampling before the load"}},
         with_promises({{"memory_growth", "MB", Bound::below, 2'048,
                         "of server and stores, from the baseline to the peak"},
                        kMemory,
                        {"cpu_peak", "%", Bound::at_most, 80,
                         "of all cores, by server and stores, in the worst sample"},
                        {"redis_connections", "", Bound::below, 200, "the most of any sample"},
                        kErrors,
                        kP95})},
        {"cross_store",
         "a class, then the rows in PostgreSQL held against the points in InfluxDB",
         {kStudents, kMinutes, kRate},
         with_promises(
             {{"students_equal", "", Bound::at_most, 0, "difference of the students"},
              {"totals_equal", "", Bound::at_most, 0, "difference of the events"},
              {"duration_difference", "s", Bound::at_most, 1, "of the summed durations of runs"}})},
        {"transactions",
         "students who join a class, hand in and are graded, all at the same time",
         {{"transactions", "", 100, 1, 1'000, true, "at the same time"}},
         {{"transactions_succeeded", "%", Bound::at_least, 95, "of them"},
          {"transactions_inconsistent", "", Bound::at_most, 0,
           "whose rows are not what their client was told"}}},
        {"faults",
         "load, and what a part of the system may meet meanwhile",
         {kStudents, kRate, kSeconds},
         with_promises({{"recovery_time", "s", Bound::below, 60,
                         "from the end of a fault until all is caught up, the longest"},
                        kErrors,
                        kP95}),
         true},
        {"soak",
         "load for long, and what the memory does",
         {kStudents,
          kRate,
          {"seconds", "s", 14'400, 1, 172'800, false, "of load"},
          {"warm_up", "%", 10, 0, 90, false, "of it, in which the memory may grow"}},
         with_promises({{"memory_growth", "MB", Bound::below, 512,
                         "of server and stores, from the peak of the warm-up to that of the rest"},
                        kMemory,
                        kErrors,
                        kP95})},
        {"availability",
         "health checks all along the run, and under load",
         {kStudents, kRate, kSeconds},
         with_promises({{"availability", "%", Bound::at_least, 99.9,
                         "of the health checks since the run began were answered well"}})},
        {"backup",
         "a backup under load, all data wiped, restored",
         {kStudents, kRate, kSeconds},
         {{"backup_restored", "%", Bound::at_least, 100,
           "of what was promised before the backup"}}},
    };
}

template <typename Info>
const Info* named(const std::vector<Info>& infos, std::string_view name) {
    const auto found =
        std::find_if(infos.begin(), infos.end(), [&](const Info& one) { return one.name == name; });
    return found == infos.end() ? nullptr : &*found;
}

}  // namespace

const ParameterInfo* KindInfo::parameter(std::string_view wanted) const {
    return named(parameters, wanted);
}

const CriterionInfo* KindInfo::criterion(std::string_view wanted) const {
    return named(criteria, wanted);
}

const std::vector<KindInfo>& kinds() {
    static const std::vector<KindInfo> all = make_kinds();
    return all;
}

const KindInfo* kind_named(std::string_view name) {
    return named(kinds(), name);
}

std::string limit_text(const CriterionInfo& criterion, double limit) {
    switch (criterion.bound) {
        case Bound::at_most:
            return fmt::format("≤ {:g}", limit);
        case Bound::at_least:
            return fmt::format("≥ {:g}", limit);
        case Bound::below:
            return fmt::format("< {:g}", limit);
    }
    return {};
}

bool holds(const CriterionInfo& criterion, double limit, double measured) {
    switch (criterion.bound) {
        case Bound::at_most:
            return measured <= limit;
        case Bound::at_least:
            return measured >= limit;
        case Bound::below:
            return measured < limit;
    }
    return false;
}

}  // namespace cellmon::harness::plan
