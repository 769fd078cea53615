// Students who join a class, hand in and are graded, all at the same time. Judged by the rows.

#include <atomic>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "harness/plan/phase_work.hpp"
#include "harness/plan/school_client.hpp"

namespace cellmon::harness::plan {
namespace {

using Better = report::Figure::Better;

/// What one student was told.
struct Transaction {
    std::string email;
    int grade = 0;
    ApiAnswer joined;
    ApiAnswer handed_in;
    ApiAnswer graded;

    [[nodiscard]] bool succeeded() const {
        return joined.is_success() && handed_in.is_success() && graded.is_success();
    }
};

void run(const SchoolClient& api, std::int64_t class_id, std::int64_t assignment,
         Transaction& one) {
    one.joined = api.post(fmt::format("/classes/{}/students", class_id),
                          fmt::format(R"({{"email":"{}","name":"学生"}})", one.email));
    if (!one.joined.is_success()) return;
    one.handed_in = api.post("/submissions/",
                             fmt::format(R"({{"assignment_id":{},"student_id":{},"attempt":1}})",
                                         assignment, one.joined.number("id")));
    if (!one.handed_in.is_success()) return;
    one.graded = api.send("PUT", fmt::format("/submissions/{}", one.handed_in.number("id")),
                          fmt::format(R"({{"grade":{}}})", one.grade));
}

/// Why its rows are not what its client was told; empty when they are. A step without an answer, or
/// with 5xx, may or may not have been done, once.
Result<Words> contradiction(ClassroomRows& rows, std::int64_t class_id, std::int64_t assignment,
                            const Transaction& one) {
    const auto count = [&](const std::string& statement) { return rows.number(statement); };
    const std::string student = "(SELECT id FROM students WHERE email = '" + one.email + "')";
    CELLMON_TRY_ASSIGN(
        const std::int64_t places,
        count(fmt::format("SELECT count(*) FROM student_classes WHERE class_id = {} AND student_id "
                          "IN {}",
                          class_id, student)));
    CELLMON_TRY_ASSIGN(
        const std::int64_t submissions,
        count(
            fmt::format("SELECT count(*) FROM assignment_submissions WHERE assignment_id = {} AND "
                        "student_id IN {}",
                        assignment, student)));
    CELLMON_TRY_ASSIGN(
        const std::int64_t graded,
        count(
            fmt::format("SELECT count(*) FROM assignment_submissions WHERE assignment_id = {} AND "
                        "student_id IN {} AND grade = {}",
                        assignment, student, one.grade)));
    const auto check = [&](const ApiAnswer& answer, std::int64_t found,
                           const Words& what) -> Words {
        const bool unknown = answer.status == 0 || answer.status >= 500;
        const std::int64_t expected = answer.is_success() ? 1 : 0;
        if (found == expected || (unknown && found <= 1)) return {};
        return Words{fmt::format("{} は応答が {} なのに{}が {} 件です", one.email, answer.status,
                                 what.ja, found),
                     fmt::format("{} has {} {}, and was answered {}", one.email, found, what.en,
                                 answer.status)};
    };
    for (const Words& reason : {check(one.joined, places, {"名簿への登録", "places on the roster"}),
                                check(one.handed_in, submissions, {"提出物", "submissions"}),
                                check(one.graded, graded, {"採点", "grades"})}) {
        if (!reason.en.empty()) return reason;
    }
    return Words{};
}

}  // namespace

Result<void> play_transactions(PhaseWork& work) {
    CELLMON_TRY(work.site().prepare({}));
    const auto rows = work.site().classroom();
    if (!rows) return work.skip(unseen_classroom());
    work.record();
    const SchoolClient api(work.site().clients_go_to());
    const std::string mark =
        fmt::format("together{}x{}", work.seed(), work.clock().now_us() / 1'000);
    CELLMON_TRY_ASSIGN(const std::int64_t class_id, api.new_class(mark));
    CELLMON_TRY_ASSIGN(const std::int64_t notebook, api.new_notebook(mark + ".ipynb"));
    CELLMON_TRY_ASSIGN(const std::int64_t assignment, api.new_assignment(class_id, notebook));

    std::vector<Transaction> all(work.phase().whole("transactions"));
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].email = fmt::format("{}-{}@example.com", mark, i);
        all[i].grade = static_cast<int>(i % 100);
    }
    std::atomic<bool> go = false;
    const std::int64_t began_us = work.clock().steady_us();
    {
        std::vector<std::jthread> threads;
        for (Transaction& one : all) {
            threads.emplace_back([&] {
                go.wait(false);
                run(api, class_id, assignment, one);
            });
        }
        go = true;
        go.notify_all();
    }
    const double seconds = static_cast<double>(work.clock().steady_us() - began_us) / 1e6;
    std::size_t succeeded = 0;
    std::size_t inconsistent = 0;
    std::string first_failure;
    Words first_contradiction;
    for (const Transaction& one : all) {
        if (one.succeeded()) {
            ++succeeded;
        } else if (first_failure.empty()) {
            first_failure = fmt::format("join {}, hand in {}, grade {}", one.joined.status,
                                        one.handed_in.status, one.graded.status);
        }
        CELLMON_TRY_ASSIGN(const Words reason, contradiction(*rows, class_id, assignment, one));
        if (reason.en.empty()) continue;
        ++inconsistent;
        if (first_contradiction.en.empty()) first_contradiction = reason;
    }
    work.judge("transactions_succeeded",
               100 * static_cast<double>(succeeded) / static_cast<double>(all.size()),
               {fmt::format("{} 件のうち {} 件が成功しました。最初に失敗したものの応答：{}",
                            all.size(), succeeded, first_failure),
                fmt::format("{} of {} succeeded; the first that did not was answered: {}",
                            succeeded, all.size(), first_failure)});
    work.judge("transactions_inconsistent", static_cast<double>(inconsistent), first_contradiction);
    work.figure("seconds", "s", seconds, Better::lower);
    return {};
}

}  // namespace cellmon::harness::plan
