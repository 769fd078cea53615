#include "harness/plan/plan.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "harness/plan/builtin_plans.hpp"
#include "harness/plan/plan_base.hpp"

namespace cellmon::harness::plan {
namespace {

constexpr const char* kSmall = R"(name = "small"
[[phase]]
id = "2.1"
kind = "phased_load"
name = "load"
steps = [1, 2]
minutes = 90
[phase.quick]
minutes = 5
steps = [3]
[phase.limits]
latency_p95 = 250
[[phase]]
id = "4.1"
kind = "faults"
name = "faults"
seconds = 90
[[phase.fault]]
kind = "slow"
target = "redis"
latency_ms = 5
at_s = 30
for_s = 20
quick = { at_s = 1, for_s = 2 }
[phase.quick]
seconds = 4
)";

TEST(Plan, TakesTheLengthThatIsAskedFor) {
    const auto full = read_plan(kSmall, "s.toml", false);
    ASSERT_TRUE(full.has_value()) << full.error().message;
    ASSERT_EQ(full->phases.size(), 2U);
    const Phase& load = full->phases[0];
    EXPECT_EQ(load.steps, (std::vector<double>{1, 2}));
    EXPECT_EQ(load.value("minutes"), 90);
    EXPECT_EQ(load.value("events_per_student_s"), 10) << "where the plan says nothing";
    EXPECT_EQ(load.limits.at("latency_p95"), 250);
    EXPECT_EQ(load.limits.at("events_lost"), 0) << "no plan can leave a criterion out";
    EXPECT_EQ(full->phases[1].faults.at(0).at_s, 30);

    const auto quick = read_plan(kSmall, "s.toml", true);
    ASSERT_TRUE(quick.has_value()) << quick.error().message;
    EXPECT_EQ(quick->phases[0].steps, std::vector<double>{3});
    EXPECT_EQ(quick->phases[0].value("minutes"), 5);
    const PlannedFault& fault = quick->phases[1].faults.at(0);
    EXPECT_EQ(fault.begin().at_s, 1);
    EXPECT_EQ(fault.begin().action, chaos::Action::slow);
    EXPECT_EQ(fault.begin().value("latency_ms", 0), 5);
    EXPECT_EQ(fault.end().at_s, 3);
    EXPECT_EQ(fault.end().action, chaos::Action::open);
}

std::string message_of(const std::string& text) {
    const auto plan = read_plan(text, "p.toml", false);
    if (plan) return "nothing";
    EXPECT_EQ(plan.error().code, ErrorCode::invalid);
    return plan.error().message;
}

/// A phase of kind transactions with more lines, the first of which is line 6.
std::string with(const std::string& lines) {
    return "name = \"p\"\n[[phase]]\nid = \"1\"\nkind = \"transactions\"\nname = \"n\"\n" + lines;
}

TEST(Plan, NamesFileLineKeyAndReason) {
    EXPECT_EQ(message_of(with("")), "nothing");
    EXPECT_EQ(message_of(with("students = 3")),
              "p.toml:6: students of phase 1 is unknown; a phase of kind transactions has "
              "transactions");
    EXPECT_EQ(message_of(with("transactions = \"3\"")),
              "p.toml:6: transactions of phase 1 must be a number");
    EXPECT_EQ(message_of(with("transactions = 0")),
              "p.toml:6: transactions of phase 1 is 0, and must be 1 to 1000");
    EXPECT_EQ(message_of(with("transactions = 1.5")),
              "p.toml:6: transactions of phase 1 must be a whole number");
    EXPECT_EQ(message_of(with("[phase.limits]\nevents_lost = 1")),
              "p.toml:7: events_lost of phase 1 is unknown; the criteria of kind transactions are "
              "transactions_succeeded, transactions_inconsistent");
    EXPECT_EQ(message_of(with("[phase.quick]\nlimits = {}")),
              "p.toml:7: limits of phase 1 are the same in both lengths");
    EXPECT_EQ(message_of(with("[phase.quick]\nfoo = 1")).substr(0, 23), "p.toml:7: foo of phase ");
    EXPECT_EQ(message_of(with("steps = [1]")).substr(0, 25), "p.toml:6: steps of phase ");
    EXPECT_EQ(message_of(with("[[phase]]\nid = \"1\"\nkind = \"transactions\"\nname = \"n\"\n")),
              "p.toml:6: id of phase 1 is that of an earlier phase, too");
    EXPECT_EQ(message_of("name = \"p\""), "p.toml:1: phase is missing");
    EXPECT_EQ(message_of("[[phase]]\nid=\"1\"\nname=\"n\"\n"),
              "p.toml:1: kind of phase 1 is missing");
    EXPECT_EQ(message_of("foo = 1").substr(0, 24), "p.toml:1: foo is unknown");
    EXPECT_EQ(message_of("name = ").substr(0, 9), "p.toml:1:");
    EXPECT_EQ(message_of("name=\"p\"\n[generator]\nlag = 1\n").substr(0, 24),
              "p.toml:3: lag is unknown");
}

std::string fault(const std::string& lines) {
    return "name = \"p\"\n[[phase]]\nid = \"4\"\nkind = \"faults\"\nname = \"n\"\nseconds = 10\n"
           "[[phase.fault]]\n" +
           lines;
}

TEST(Plan, LooksAtFaults) {
    const std::string good = "kind = \"kill\"\ntarget = \"redis\"\nat_s = 1\nfor_s = 2\n";
    EXPECT_EQ(message_of(fault(good)), "nothing");
    EXPECT_EQ(message_of(fault("kind = \"kill\"\ntarget = \"redis\"\nat_s = 9\nfor_s = 2\n")),
              "p.toml:2: fault of phase 4 kill of redis would end after 11 s, and the load after "
              "10 s");
    EXPECT_EQ(message_of(fault(good + "latency_ms = 1\n")),
              "p.toml:7: fault of phase 4 kill has no value latency_ms");
    EXPECT_EQ(message_of(fault("kind = \"maim\"\ntarget = \"redis\"\n")).substr(0, 45),
              "p.toml:8: fault.kind of phase 4 \"maim\" is non");
    EXPECT_EQ(message_of(fault("kind = \"kill\"\ntarget = \"me\"\n")).substr(0, 43),
              "p.toml:9: fault.target of phase 4 \"me\" is n");
    EXPECT_EQ(message_of(fault(good + "quick = { foo = 1 }\n")).substr(0, 33),
              "p.toml:12: foo of phase 4 is unkn");
}

/// A plan on top of the program's, with more lines, the first of which is line 3.
std::string extending(const std::string& lines) {
    return "name = \"p\"\nextends = \"100-students\"\n" + lines;
}

Plan extended(const std::string& lines, bool quick = false) {
    auto plan = read_plan(extending(lines), "p.toml", quick);
    EXPECT_TRUE(plan.has_value()) << plan.error().message;
    return plan.value_or(Plan{});
}

const Phase& phase_in(const Plan& plan, const std::string& id) {
    const auto found = std::find_if(plan.phases.begin(), plan.phases.end(),
                                    [&](const Phase& one) { return one.id == id; });
    EXPECT_NE(found, plan.phases.end()) << id;
    static const Phase none;
    return found == plan.phases.end() ? none : *found;
}

std::string ids_of(const Plan& plan) {
    std::string ids;
    for (const Phase& phase : plan.phases)
        ids += phase.id + " ";
    return ids;
}

constexpr const char* kNewPhase = "[[phase]]\nid = \"9\"\nkind = \"transactions\"\nname = \"n\"\n";

TEST(ExtendedPlan, HasWhatItSaysOnTopOfItsBase) {
    const auto base = load_plan("100-students", false);
    ASSERT_TRUE(base.has_value());
    const Plan plan = extended(
        "[generator]\nlag_ms = 7\n[[phase]]\nid = \"2.1\"\nminutes = 30\n"
        "[phase.limits]\nlatency_p95 = 50\n");
    EXPECT_EQ(plan.name, "p");
    EXPECT_EQ(plan.title, "") << "that of the base is of the base";
    EXPECT_EQ(plan.generator.lag_ms, 7);
    EXPECT_EQ(plan.generator.cpu_percent, 80) << "key by key";
    EXPECT_EQ(ids_of(plan), ids_of(*base)) << "in their order";
    const Phase& load = phase_in(plan, "2.1");
    EXPECT_EQ(load.name_ja, "段階負荷");
    EXPECT_EQ(load.steps, phase_in(*base, "2.1").steps);
    EXPECT_EQ(load.value("minutes"), 30);
    EXPECT_EQ(load.limits.at("latency_p95"), 50);
    EXPECT_EQ(load.limits.at("health"), 0);
    EXPECT_EQ(phase_in(plan, "2.2").value("seconds"), phase_in(*base, "2.2").value("seconds"));
}

TEST(ExtendedPlan, MergesLimitsAndTheQuickFormKeyByKey) {
    const std::string lines =
        "[[phase]]\nid = \"4.2\"\nseconds = 90\n[phase.quick]\nseconds = 20\n"
        "[[phase]]\nid = \"2.2\"\n[phase.limits]\nmemory_peak = 100\n";
    const Plan quick = extended(lines, true);
    EXPECT_EQ(phase_in(quick, "4.2").value("seconds"), 20);
    EXPECT_EQ(phase_in(quick, "4.2").value("warm_up"), 40) << "of the base's quick form";
    EXPECT_EQ(phase_in(quick, "2.2").limits.at("memory_peak"), 100);
    // The base says 2048 of the first, 200 of the second.
    EXPECT_EQ(phase_in(quick, "2.2").limits.at("memory_growth"), 2'048);
    EXPECT_EQ(phase_in(quick, "2.2").limits.at("redis_connections"), 200);
    EXPECT_EQ(phase_in(extended(lines), "4.2").value("seconds"), 90);
    EXPECT_EQ(phase_in(extended(lines), "4.2").value("warm_up"), 10);
}

TEST(ExtendedPlan, KeepsWhatIsNoDefaultOfItsBase) {
    const std::vector<BuiltinPlan> bases{
        {"b",
         "name = \"b\"\n[generator]\nlag_ms = 3\ncpu_percent = 4\n[[phase]]\nid = \"2.2\"\nkind = "
         "\"resources\"\nname = \"n\"\n[phase.limits]\nmemory_growth = 5\nmemory_peak = "
         "6\n[phase.quick]\nstudents = 2\n"}};
    toml::table plan = toml::parse(
        "name = \"p\"\nextends = \"b\"\n[generator]\nlag_ms = 7\n[[phase]]\nid = \"2.2\"\n"
        "[phase.limits]\nmemory_peak = 8\n");
    ASSERT_TRUE(fill_from_base(plan, bases).has_value());
    EXPECT_EQ(plan["generator"]["lag_ms"].value<int>(), 7);
    EXPECT_EQ(plan["generator"]["cpu_percent"].value<int>(), 4);
    EXPECT_EQ(plan["phase"][0]["limits"]["memory_growth"].value<int>(), 5);
    EXPECT_EQ(plan["phase"][0]["limits"]["memory_peak"].value<int>(), 8);
    EXPECT_EQ(plan["phase"][0]["kind"].value<std::string>(), "resources");
    EXPECT_EQ(plan["phase"][0]["quick"]["students"].value<int>(), 2);
    toml::table larger = toml::parse("name = \"p\"\nextends = \"b\"\nstudents = 9\n");
    ASSERT_TRUE(fill_from_base(larger, bases).has_value());
    EXPECT_FALSE(larger["phase"][0]["quick"]["students"]) << "the size goes for that one, too";
}

TEST(ExtendedPlan, ReplacesTheFaultsOfAPhaseAsAWhole) {
    const Plan plan = extended(
        "[[phase]]\nid = \"4.1-stores-network\"\n[[phase.fault]]\nkind = \"cut\"\n"
        "target = \"redis\"\nat_s = 5\nfor_s = 6\n");
    const Phase& phase = phase_in(plan, "4.1-stores-network");
    ASSERT_EQ(phase.faults.size(), 1U);
    EXPECT_EQ(phase.faults[0].kind, "cut");
    EXPECT_EQ(phase_in(plan, "4.1").faults.at(0).kind, "kill");
}

TEST(ExtendedPlan, LeavesPhasesOutAndAddsOthers) {
    const auto base = load_plan("100-students", false);
    ASSERT_TRUE(base.has_value());
    std::string ids = ids_of(*base);
    ids.erase(ids.find("4.2 "), 4);
    EXPECT_EQ(ids_of(extended(std::string("leave_out = [\"4.2\"]\n") + kNewPhase)), ids + "9 ");
    EXPECT_EQ(ids_of(extended("leave_out = []\n")), ids_of(*base));
    const Plan other = extended(
        "leave_out = [\"2.1\"]\n[[phase]]\nid = \"2.1\"\nkind = \"transactions\"\nname = "
        "\"n\"\n");
    EXPECT_EQ(phase_in(other, "2.1").kind->name, "transactions") << "in the place of the base's";
}

TEST(ExtendedPlan, SetsTheStudentsOfAllPhasesThatSayNone) {
    const Plan plan = extended(
        "students = 7\n[[phase]]\nid = \"3.1\"\nstudents = 9\n[[phase]]\nid = \"n\"\nkind = "
        "\"soak\"\nname = \"n\"\n");
    std::size_t with_students = 0;
    for (const Phase& phase : plan.phases) {
        if (phase.kind->parameter("students") == nullptr) continue;
        ++with_students;
        EXPECT_EQ(phase.value("students"), phase.id == "3.1" ? 9 : 7) << phase.id;
    }
    EXPECT_GT(with_students, 12U);
    EXPECT_EQ(phase_in(plan, "1.3").value("connections"), 100) << "other sizes stay";
    const auto alone = read_plan(
        "name = \"p\"\nstudents = 7\n[[phase]]\nid = \"1\"\nkind = "
        "\"soak\"\nname = \"n\"\n",
        "p.toml", true);
    ASSERT_TRUE(alone.has_value());
    EXPECT_EQ(alone->phases[0].value("students"), 7);
}

TEST(ExtendedPlan, MayBeExtendedItself) {
    const auto plan = read_plan(
        "name = \"p\"\nextends = \"300-students\"\n[[phase]]\nid = \"1.3\"\nbroadcasts = 5\n",
        "p.toml", false);
    ASSERT_TRUE(plan.has_value()) << plan.error().message;
    EXPECT_EQ(phase_in(*plan, "1.3").value("broadcasts"), 5);
    EXPECT_EQ(phase_in(*plan, "1.3").value("connections"), 300);
    EXPECT_EQ(phase_in(*plan, "1.3").value("events"), 2'500);
    EXPECT_EQ(phase_in(*plan, "2.2").value("students"), 300);
}

TEST(ExtendedPlan, NamesFileLineKeyAndReason) {
    EXPECT_EQ(message_of(extending("")), "nothing");
    EXPECT_EQ(message_of("extends = \"100-students\""), "p.toml:1: name is missing");
    EXPECT_EQ(message_of("name = \"p\"\nextends = 3"), "p.toml:2: extends must be a text");
    const std::string unknown = "p.toml:2: extends \"101\" is no plan of the program; there are ";
    const std::string message = message_of("name = \"p\"\nextends = \"101\"");
    EXPECT_EQ(message.substr(0, unknown.size()), unknown);
    EXPECT_NE(message.find("100-students"), std::string::npos) << message;
    EXPECT_EQ(message_of(extending("leave_out = \"4.2\"")),
              "p.toml:3: leave_out must be a list of ids of phases");
    EXPECT_EQ(message_of(extending("leave_out = [\"4.2\",\n\"9\"]")),
              "p.toml:4: leave_out \"9\" is no phase of 100-students, or is there twice");
    EXPECT_EQ(message_of(with("") + "[other]\n").substr(0, 26), "p.toml:6: other is unknown");
    EXPECT_EQ(message_of("leave_out = []\n" + with("")), "p.toml:1: leave_out goes with extends");
    EXPECT_EQ(message_of(extending("students = 1.5")),
              "p.toml:3: students of phase 1.1 must be a whole number");
    EXPECT_EQ(message_of(extending("students = 2000")),
              "p.toml:3: students of phase 1.2 is 2000, and must be 1 to 1000");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"2.l\"\nminutes = 3\n")),
              "p.toml:3: kind of phase 2.l is missing, and 100-students has no such phase");
    EXPECT_EQ(message_of(extending("[[phase]]\nname = \"n\"\n")), "p.toml:3: id is missing");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"2.1\"\nkind = \"soak\"\n")),
              "p.toml:5: kind of phase 2.1 is phased_load in 100-students; leave_out lets another "
              "take its place");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"2.1\"\n[[phase]]\nid = \"2.1\"\n")),
              "p.toml:5: id of phase 2.1 is that of an earlier phase, too");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"2.1\"\nminutes = 0\n")),
              "p.toml:5: minutes of phase 2.1 is 0, and must be 1 to 1440");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"2.1\"\n[phase.limits]\nlatency = 1\n"))
                  .substr(0, 42),
              "p.toml:6: latency of phase 2.1 is unknown;");
    EXPECT_EQ(message_of(extending("phase = 3")), "p.toml:3: phase must be written as [[phase]]");
    EXPECT_EQ(message_of(extending("[[phase]]\nid = \"4.1\"\nseconds = 40\n")),
              "p.toml:3: fault of phase 4.1 kill of redis would end after 60 s, and the load after "
              "40 s");
}

TEST(Plan, TheProgramsOwnAreGoodInBothLengths) {
    ASSERT_FALSE(builtin_plans().empty());
    for (const BuiltinPlan& plan : builtin_plans()) {
        for (const bool quick : {false, true}) {
            const auto read = load_plan(std::string(plan.name), quick);
            ASSERT_TRUE(read.has_value()) << read.error().message;
            EXPECT_EQ(read->name, plan.name);
            for (const Phase& phase : read->phases)
                EXPECT_FALSE(phase.name_ja.empty()) << phase.id;
        }
    }
}

TEST(Plan, ThatOf100StudentsHasEveryPhaseOfTheRequirements) {
    const auto plan = load_plan("100-students", false);
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(ids_of(*plan),
              "1.1 1.2 1.3 2.1 2.2 3.1 3.2 4.1 4.1-postgresql 4.1-influxdb 4.1-server 4.1-network "
              "4.1-stores-network 4.1-disk 4.1-clock 4.2 availability backup ");
    EXPECT_EQ(plan->phases[15].value("seconds"), 4 * 3'600);
    EXPECT_FALSE(load_plan("101-students", false).has_value());
}

TEST(Plan, ThoseOfLargerClassesAreThatOf100StudentsInTheirSize) {
    const auto small = load_plan("100-students", false);
    ASSERT_TRUE(small.has_value());
    for (const double students : {300.0, 1'000.0}) {
        const auto plan = load_plan(fmt::format("{:g}-students", students), false);
        ASSERT_TRUE(plan.has_value()) << plan.error().message;
        EXPECT_EQ(ids_of(*plan), ids_of(*small));
        for (std::size_t i = 0; i < plan->phases.size(); ++i) {
            const Phase& phase = plan->phases[i];
            EXPECT_EQ(phase.limits, small->phases[i].limits) << phase.id;
            if (phase.kind->parameter("students") != nullptr) {
                EXPECT_EQ(phase.value("students"), students) << phase.id;
            }
        }
        EXPECT_EQ(phase_in(*plan, "1.3").value("connections"), students);
        EXPECT_EQ(phase_in(*plan, "2.1").steps.back(), students);
        EXPECT_EQ(phase_in(*plan, "3.2").value("transactions"), 100);
    }
}

TEST(Limits, HoldAtTheirBorder) {
    const CriterionInfo most{"a", "ms", CriterionInfo::Bound::at_most, 500, ""};
    const CriterionInfo least{"a", "", CriterionInfo::Bound::at_least, 10, ""};
    const CriterionInfo below{"a", "s", CriterionInfo::Bound::below, 60, ""};
    EXPECT_TRUE(holds(most, 500, 500));
    EXPECT_FALSE(holds(most, 500, 500.1));
    EXPECT_TRUE(holds(least, 10, 10));
    EXPECT_FALSE(holds(least, 10, 9.9));
    EXPECT_FALSE(holds(below, 60, 60));
    EXPECT_TRUE(holds(below, 60, 59.9));
    EXPECT_FALSE(holds(most, 500, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_EQ(limit_text(most, 500), "≤ 500");
    EXPECT_EQ(limit_text(least, 10), "≥ 10");
    EXPECT_EQ(limit_text(below, 60), "< 60");
}

}  // namespace
}  // namespace cellmon::harness::plan
