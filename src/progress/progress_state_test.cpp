// Goal: the progress of a student is what a naive recomputation of contract §10.5 says, whatever
// the order in which entries came and wherever the state went through a checkpoint; notifications
// are told once each; nothing grows beyond its bound; what others hold does not change. Method:
// random happenings against an oracle that sorts all of them anew at each step.
#include "progress/progress_state.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "live/class_testing.hpp"
#include "progress/figures.hpp"
#include "progress/limits.hpp"

namespace cellmon::progress {
namespace {

using live::testing::Entries;
using live::testing::kStartUs;

enum class What { start, complete, error, ran, failed, aborted, interrupted, opened, reset };

struct Happening {
    What what = What::opened;
    TimeUs time_us = 0;
    TimeUs received_us = 0;
    std::int64_t number = 0;  // 0: in no stream.
    int student = 0;
    int assignment = 0;
    int cell = 0;
};

std::ostream& operator<<(std::ostream& out, const Happening& one) {
    return out << fmt::format("{{{} at {} received {} number {} student {} assignment {} cell {}}}",
                              static_cast<int>(one.what), (one.time_us - kStartUs) / kSecondUs,
                              (one.received_us - kStartUs) / kSecondUs, one.number, one.student,
                              one.assignment, one.cell);
}

std::string email_of(int student) {
    return fmt::format("s{}@x", student);
}

std::string json_of(const Happening& one) {
    const std::map<What, std::string> kinds = {
        {What::start, R"("eventType":"cell_execution_start")"},
        {What::complete, R"("eventType":"cell_execution_complete","executionDurationMs":2)"},
        {What::error, R"("eventType":"cell_execution_error","errorMessage":"ValueError: no")"},
        {What::ran, R"("eventType":"cell_executed","executionCount":1,"hasError":false)"},
        {What::failed, R"("eventType":"cell_executed","executionCount":1,"hasError":true)"},
        {What::aborted, R"("eventType":"cell_executed","code":"x")"},
        {What::interrupted, R"("eventType":"cell_executed","status":"interrupted")"},
        {What::opened, R"("eventType":"notebook_opened")"}};
    const std::string_view named = one.assignment == 0
                                       ? R"("assignmentId":"a0")"
                                       : R"("metadata":{"assignment_id":"a1","n":[]})";
    std::string json = fmt::format(R"({{{},"emailAddress":"{}","eventTime":"{}",{},"cellId":"c{}")",
                                   kinds.at(one.what), email_of(one.student),
                                   format_time(one.time_us), named, one.cell);
    if (one.number > 0) json += fmt::format(R"(,"streamId":"x","streamSequence":{})", one.number);
    return json + "}";
}

/// Entries with ids of their own.
class PostedJournal {
  public:
    void arrive(const Happening& one) {
        if (one.what == What::reset) {
            return keep(entries_.append(
                journal::EntryKind::server,
                write_progress_entry(
                    {ProgressEntry::Type::reset, email_of(one.student), {}, one.received_us}),
                one.received_us));
        }
        keep(entries_.post(json_of(one), one.received_us));
    }
    void post(std::string_view json, TimeUs at) { keep(entries_.post(json, at)); }
    void append(const ProgressEntry& entry) {
        keep(entries_.append(journal::EntryKind::server, write_progress_entry(entry), entry.at_us));
    }
    [[nodiscard]] const std::vector<journal::Entry>& all() const { return all_; }

  private:
    void keep(journal::Entry entry) {
        for (std::size_t i = 0; i < 8; ++i) {
            entry.header.id.bytes.at(15 - i) =
                static_cast<std::uint8_t>(entry.header.sequence >> (8 * i));
        }
        all_.push_back(entry);
    }

    Entries entries_;
    std::vector<journal::Entry> all_;
};

/// The recomputation.
class Oracle {
  public:
    struct OneCell {
        CellStatus status = CellStatus::pending;
        CellStatus last_run = CellStatus::pending;
        std::uint64_t runs = 0;
        bool completed = false;
        bool operator==(const OneCell&) const = default;
    };
    struct OneAssignment {
        std::map<int, OneCell> cells;
        bool operator==(const OneAssignment&) const = default;

        [[nodiscard]] std::size_t completed() const {
            return static_cast<std::size_t>(
                std::ranges::count_if(cells, [](const auto& c) { return c.second.completed; }));
        }
        [[nodiscard]] bool is_done() const { return !cells.empty() && completed() == cells.size(); }
        [[nodiscard]] bool reaches(std::size_t percent) const {
            return !cells.empty() && completed() * 100 >= percent * cells.size();
        }
    };

    explicit Oracle(const std::vector<Happening>& arrived) {
        for (std::size_t i = 0; i < arrived.size(); ++i)
            take(arrived[i], i + 1);
    }

    [[nodiscard]] OneAssignment assignment(int student, int which) const {
        std::vector<std::pair<std::tuple<TimeUs, std::int64_t, std::size_t>, Happening>> sorted;
        for (const auto& [sequence, one] : kept_) {
            if (one.student != student || one.assignment != which) continue;
            sorted.push_back({{std::min(one.time_us, one.received_us), one.number, sequence}, one});
        }
        std::ranges::sort(sorted, {}, [](const auto& placed) { return placed.first; });
        OneAssignment made;
        for (const auto& [at, one] : sorted) {
            if (one.what == What::aborted || one.what == What::opened) continue;
            OneCell& cell = made.cells[one.cell];
            const bool failed = one.what == What::error || one.what == What::failed;
            cell.status = one.what == What::start         ? CellStatus::running
                          : failed                        ? CellStatus::error
                          : one.what == What::interrupted ? CellStatus::cancelled
                                                          : CellStatus::completed;
            if (one.what == What::start) continue;
            ++cell.runs;
            cell.last_run = cell.status;
            cell.completed = cell.completed || cell.status == CellStatus::completed;
        }
        return made;
    }

    [[nodiscard]] bool knows(int student) const {
        return std::ranges::any_of(kept_,
                                   [&](const auto& k) { return k.second.student == student; });
    }
    [[nodiscard]] std::size_t assignments(int student) const {
        std::set<int> named;
        for (const auto& [sequence, one] : kept_) {
            if (one.student == student) named.insert(one.assignment);
        }
        return named.size();
    }

    std::map<int, std::vector<std::string>> notes;  // By student: kind and assignment.
    std::vector<std::pair<int, int>> instructor_notes;

  private:
    void take(const Happening& one, std::size_t sequence) {
        if (one.what == What::reset) {
            std::erase_if(kept_, [&](const auto& k) { return k.second.student == one.student; });
            std::erase_if(told_, [&](const auto& k) { return std::get<0>(k) == one.student; });
            notes.erase(one.student);
            std::erase_if(instructor_notes,
                          [&](const auto& note) { return note.first == one.student; });
            return;
        }
        OneAssignment before = assignment(one.student, one.assignment);
        kept_.emplace_back(sequence, one);
        OneAssignment after = assignment(one.student, one.assignment);
        auto& list = notes[one.student];
        const auto failing = [&](OneAssignment& side) {
            return side.cells.contains(one.cell) &&
                   side.cells[one.cell].last_run == CellStatus::error;
        };
        if (!failing(before) && failing(after))
            list.push_back(fmt::format("error a{} c{}", one.assignment, one.cell));
        if (!before.is_done() && after.is_done()) {
            list.push_back(fmt::format("done a{}", one.assignment));
            instructor_notes.emplace_back(one.student, one.assignment);
        }
        if (after.is_done()) return;
        for (const std::size_t percent : {25U, 50U, 75U}) {
            if (before.reaches(percent) || !after.reaches(percent)) continue;
            if (!told_.emplace(one.student, one.assignment, percent).second) continue;
            list.push_back(fmt::format("{} a{}", percent, one.assignment));
        }
    }

    std::vector<std::pair<std::size_t, Happening>> kept_;
    std::set<std::tuple<int, int, std::size_t>> told_;
};

std::string text_of(const Note& note) {
    if (note.kind == NoteKind::error)
        return fmt::format("error {} {}", note.assignment_id, note.cell_id);
    if (note.kind == NoteKind::completion) return fmt::format("done {}", note.assignment_id);
    return fmt::format("{} {}", note.percentage, note.assignment_id);
}

Oracle::OneAssignment shown(const Assignment& assignment) {
    Oracle::OneAssignment made;
    for (const Cell& cell : assignment.cells) {
        made.cells[std::stoi(cell.id.substr(1))] = {
            cell.status.value, cell.run.key.set() ? cell.run.value.outcome : CellStatus::pending,
            cell.runs, cell.is_completed};
    }
    return made;
}

std::unique_ptr<ProgressState> through_bytes(const ProgressState& state) {
    ByteWriter out;
    state.write(out);
    const std::string bytes = out.take();
    ByteReader in(bytes);
    auto read = std::make_unique<ProgressState>();
    RC_ASSERT(read->read(in).has_value());
    RC_ASSERT(in.at_end());
    ByteWriter again;
    read->write(again);
    RC_ASSERT(again.take() == bytes);
    return read;
}

TEST(ProgressState, IsARecomputationWhateverTheOrder) {
    const auto one = rc::gen::apply(
        [](What what, TimeUs time_s, TimeUs delay_s, std::int64_t number, int student,
           int assignment, int cell) {
            return Happening{what,
                             kStartUs + time_s * kSecondUs,
                             kStartUs + (time_s + delay_s) * kSecondUs,
                             number,
                             student,
                             assignment,
                             cell};
        },
        rc::gen::weightedElement<What>({{4, What::start},
                                        {4, What::complete},
                                        {3, What::error},
                                        {3, What::ran},
                                        {2, What::failed},
                                        {1, What::aborted},
                                        {1, What::interrupted},
                                        {1, What::opened},
                                        {1, What::reset}}),
        rc::gen::inRange<TimeUs>(0, 60), rc::gen::inRange<TimeUs>(-5, 20),
        rc::gen::inRange<std::int64_t>(0, 4), rc::gen::inRange(0, 2), rc::gen::inRange(0, 2),
        rc::gen::inRange(0, 5));
    EXPECT_TRUE(rc::check([&] {
        const auto arrived = *rc::gen::container<std::vector<Happening>>(one);
        const auto cut = *rc::gen::inRange<std::size_t>(0, arrived.size() + 1);
        PostedJournal journal;
        for (const Happening& each : arrived)
            journal.arrive(each);
        auto state = std::make_unique<ProgressState>();
        for (std::size_t i = 0; i < arrived.size(); ++i) {
            if (i == cut) state = through_bytes(*state);
            state->fold(journal.all()[i]);
        }
        RC_ASSERT(state->unreadable() == 0U);
        const Oracle oracle(arrived);
        for (int student = 0; student < 2; ++student) {
            const StudentPtr found = state->find(email_of(student));
            RC_ASSERT((found != nullptr) == oracle.knows(student));
            if (!found) continue;
            RC_ASSERT(found->assignments.size() == oracle.assignments(student));
            for (const Assignment& assignment : found->assignments) {
                const auto expected =
                    oracle.assignment(student, std::stoi(assignment.id.substr(1)));
                RC_ASSERT(shown(assignment) == expected);
                const AssignmentFigures figures = figures_of(assignment);
                RC_ASSERT(figures.completed == expected.completed());
                RC_ASSERT((figures.status == AssignmentStatus::completed) == expected.is_done());
            }
            std::vector<std::string> told;
            std::set<std::string> ids;
            for (const NotePtr& note : found->notes) {
                told.push_back(text_of(*note));
                ids.insert(note->id);
            }
            const auto expected = oracle.notes.find(student);
            RC_ASSERT(told == (expected == oracle.notes.end() ? std::vector<std::string>()
                                                              : expected->second));
            RC_ASSERT(ids.size() == found->notes.size());
        }
        std::vector<std::pair<int, int>> told;
        for (const NotePtr& note : *state->instructor_notes()) {
            told.emplace_back(std::stoi(note->user_id.substr(1)),
                              std::stoi(note->assignment_id.substr(1)));
        }
        RC_ASSERT(told == oracle.instructor_notes);
    }));
}

Happening happening(What what, int second, int cell) {
    const TimeUs at = kStartUs + second * kSecondUs;
    return {what, at, at, 0, 0, 0, cell};
}

TEST(ProgressState, TellsOfEachMilestoneOnce) {
    PostedJournal journal;
    for (int cell = 0; cell < 4; ++cell)
        journal.arrive(happening(What::start, cell, cell));
    for (int cell = 0; cell < 4; ++cell)
        journal.arrive(happening(What::complete, 10 + cell, cell));
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    std::vector<std::string> told;
    for (const NotePtr& note : state.find("s0@x")->notes)
        told.push_back(text_of(*note));
    EXPECT_EQ(told, (std::vector<std::string>{"25 a0", "50 a0", "75 a0", "done a0"}));
    EXPECT_EQ(state.instructor_notes()->size(), 1U);
    EXPECT_EQ(state.find("s0@x")->notes_made, 5U);
    EXPECT_EQ(state.take_changes().made.size(), 5U);
}

TEST(ProgressState, AnErrorKeepsAnEarlierCompletion) {
    PostedJournal journal;
    journal.arrive(happening(What::complete, 1, 0));
    journal.arrive(happening(What::error, 2, 0));
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    const Assignment& assignment = state.find("s0@x")->assignments.at(0);
    EXPECT_TRUE(assignment.cells.at(0).is_completed);
    EXPECT_TRUE(assignment.cells.at(0).has_error());
    EXPECT_EQ(assignment.cells.at(0).run.value.error_type, "ValueError");
    const AssignmentFigures figures = figures_of(assignment);
    EXPECT_EQ(figures.percentage(), 100);
    const StudentFigures all = figures_of(*state.find("s0@x"));
    EXPECT_EQ(all.executions, 2U);
    EXPECT_EQ(all.error_rate, 1);
    EXPECT_EQ(all.focus_score, 0);
    EXPECT_EQ(all.consistency_score, 1);
}

TEST(ProgressState, ForeseesTheEnd) {
    PostedJournal journal;
    journal.arrive(happening(What::start, 1, 0));
    journal.arrive(happening(What::start, 1, 1));
    journal.arrive(happening(What::start, 1, 2));
    journal.arrive(happening(What::complete, 3'600, 0));
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    const AssignmentFigures figures = figures_of(state.find("s0@x")->assignments.at(0));
    EXPECT_EQ(figures.estimated_completion(1'000'000), 1'000'000 + 2 * 2'000 * 3 / 2);
}

TEST(ProgressState, NothingGrowsBeyondItsBound) {
    PostedJournal journal;
    constexpr int kMany = 700;
    for (int i = 0; i < kMany; ++i) {
        journal.arrive(happening(What::error, i, i));
        journal.post(fmt::format(R"({{"eventType":"cell_execution_complete","emailAddress":"s0@x",)"
                                 R"("assignmentId":"b{:03}","cellId":"c","eventTime":"{}"}})",
                                 i % 300, format_time(kStartUs + i * kSecondUs)),
                     kStartUs + i * kSecondUs);
    }
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    const StudentPtr student = state.find("s0@x");
    EXPECT_EQ(student->assignments.size(), kMostAssignments);
    EXPECT_EQ(student->notes.size(), kMostNotes);
    const Assignment* a0 = student->find("a0");
    ASSERT_NE(a0, nullptr) << "it was touched all the time";
    EXPECT_EQ(a0->cells.size(), kMostCells);
    const auto has = [&](int cell) {
        return std::ranges::any_of(a0->cells,
                                   [&](const Cell& c) { return c.id == fmt::format("c{}", cell); });
    };
    EXPECT_TRUE(has(kMany - 1));
    EXPECT_FALSE(has(0)) << "the oldest go";
    // What happened before all that is kept is not counted.
    PostedJournal late;
    late.arrive(happening(What::complete, -100, 9'999));
    state.fold(late.all().front());
    EXPECT_EQ(state.find("s0@x")->find("a0")->cells.size(), kMostCells);
}

TEST(ProgressState, InstructorsAreToldOfTheNewest) {
    PostedJournal journal;
    constexpr std::size_t kMany = kMostInstructorNotes + 10;
    for (std::size_t i = 0; i < kMany; ++i) {
        journal.post(
            fmt::format(R"({{"eventType":"cell_execution_complete","emailAddress":"s{}@x",)"
                        R"("assignmentId":"a","cellId":"c"}})",
                        i),
            kStartUs);
    }
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    EXPECT_EQ(state.instructor_notes()->size(), kMostInstructorNotes);
    EXPECT_EQ(state.instructor_notes()->front()->user_id, "s10@x") << "the oldest go";
}

TEST(ProgressState, WhatOthersHoldStaysAsItIs) {
    PostedJournal journal;
    journal.arrive(happening(What::error, 1, 0));
    journal.arrive(happening(What::complete, 2, 0));
    ProgressState state;
    state.fold(journal.all().at(0));
    const StudentPtr held = state.find("s0@x");
    const auto notes = state.instructor_notes();
    state.fold(journal.all().at(1));
    EXPECT_TRUE(held->assignments.at(0).cells.at(0).has_error());
    EXPECT_TRUE(notes->empty());
    EXPECT_FALSE(state.find("s0@x")->assignments.at(0).cells.at(0).has_error());
    EXPECT_EQ(state.instructor_notes()->size(), 1U);
}

TEST(ProgressState, NotificationsAreReadOnce) {
    PostedJournal journal;
    journal.arrive(happening(What::complete, 1, 0));
    ProgressState state;
    state.fold(journal.all().at(0));
    const std::string mine = state.find("s0@x")->notes.at(0)->id;
    const std::string theirs = state.instructor_notes()->at(0)->id;
    EXPECT_NE(mine, theirs);
    PostedJournal read;
    for (const std::string& id : {mine, theirs, std::string("unknown")})
        read.append({ProgressEntry::Type::notification_read, "s0@x", id, kStartUs});
    read.append({ProgressEntry::Type::notification_read, "nobody@x", mine, kStartUs});
    state.fold(read.all().at(0));
    EXPECT_TRUE(state.find("s0@x")->notes.at(0)->is_read);
    EXPECT_FALSE(state.instructor_notes()->at(0)->is_read);
    for (std::size_t i = 1; i < read.all().size(); ++i)
        state.fold(read.all().at(i));
    EXPECT_TRUE(state.instructor_notes()->at(0)->is_read);
    EXPECT_EQ(state.unreadable(), 0U);
    EXPECT_FALSE(state.find("nobody@x"));
}

TEST(ProgressState, PassesOverWhatNamesNoAssignment) {
    PostedJournal journal;
    for (
        const char* json :
        {R"({"eventType":"cell_executed","emailAddress":"s0@x","cellId":"c","executionCount":1})",
         R"({"eventType":"cell_executed","emailAddress":"s0@x","cellId":"c","code":"\"assignmentId\":1"})",
         R"({"eventType":"cell_executed","emailAddress":"s0@x","assignmentId":""})",
         R"({"eventType":"cell_executed","emailAddress":"s0@x","assignmentId":[1]})",
         R"({"eventType":"cell_executed","emailAddress":"s0@x","assignmentId":1e400})",
         R"({"eventType":"cell_executed","emailAddress":"s0@x","metadata":{"assignments":1}})"})
        journal.post(json, kStartUs);
    journal.post(fmt::format(R"({{"emailAddress":"s0@x","assignmentId":"{}"}})",
                             std::string(kMostAssignmentIdBytes + 1, 'x')),
                 kStartUs);
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    EXPECT_TRUE(state.students().empty());
    journal.post(R"({"eventType":"notebook_opened","emailAddress":"s0@x","assignmentId":7,)"
                 R"("vast":[1e400,123456789012345678901234567890]})",
                 kStartUs);
    state.fold(journal.all().back());
    EXPECT_EQ(state.find("s0@x")->assignments.at(0).id, "7");
    EXPECT_EQ(figures_of(state.find("s0@x")->assignments.at(0)).status,
              AssignmentStatus::not_started);
}

TEST(ProgressState, RefusesBrokenBytes) {
    PostedJournal journal;
    journal.arrive(happening(What::error, 1, 0));
    journal.arrive(happening(What::complete, 2, 0));
    ProgressState state;
    for (const journal::Entry& entry : journal.all())
        state.fold(entry);
    ByteWriter out;
    state.write(out);
    const std::string bytes = out.take();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ByteReader in(std::string_view(bytes).substr(0, size));
        ProgressState read;
        EXPECT_FALSE(read.read(in).has_value()) << size;
    }
}

}  // namespace
}  // namespace cellmon::progress
