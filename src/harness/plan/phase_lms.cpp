// Classes, rosters, assignments and submissions through the API; then what must be refused. Judged
// by the rows.

#include <array>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "harness/plan/phase_work.hpp"
#include "harness/plan/school_client.hpp"

namespace cellmon::harness::plan {
namespace {

using Better = report::Figure::Better;

/// One class that was made, with the ids of what is in it.
struct MadeClass {
    std::int64_t id = 0;
    std::string code;
    std::vector<std::int64_t> students;
    std::vector<std::int64_t> assignments;
    std::int64_t notebook = 0;
};

/// Rows of this phase alone: codes and addresses begin with a word of its own.
class School {
  public:
    School(PhaseWork& work, ClassroomRows& rows)
        : work_(work),
          rows_(rows),
          api_(work.site().clients_go_to()),
          mark_(fmt::format("plan{}x{}", work.seed(), work.clock().now_us() / 1'000)) {}

    Result<void> make_all() {
        const Phase& phase = work_.phase();
        for (std::uint32_t i = 0; i < phase.whole("classes"); ++i) {
            CELLMON_TRY(make_class(i));
            work_.note_stop();
            if (work_.stopped()) return {};
            work_.parts().progress(static_cast<double>(i) / phase.value("classes") / 2,
                                   "makes classes");
        }
        return {};
    }

    Result<void> hand_in() {
        for (std::size_t i = 0; i < classes_.size(); ++i) {
            CELLMON_TRY(hand_in(classes_[i]));
            work_.note_stop();
            if (work_.stopped()) return {};
            work_.parts().progress(
                0.5 + static_cast<double>(i) / static_cast<double>(classes_.size()) / 2,
                fmt::format("{} submissions", handed_in_));
        }
        return {};
    }

    Result<void> judge_submissions() {
        CELLMON_TRY_ASSIGN(
            const std::int64_t stored,
            rows_.number("SELECT count(*) FROM assignment_submissions s JOIN class_assignments a "
                         "ON a.id = s.assignment_id JOIN classes c ON c.id = a.class_id WHERE "
                         "c.class_code LIKE '" +
                         mark_ + "-%'"));
        const auto expected = static_cast<double>(handed_in_);
        work_.judge("submissions_stored",
                    expected > 0 ? std::optional(100 * static_cast<double>(stored) / expected)
                                 : std::nullopt,
                    {fmt::format("提出 {} 件のうち、保存されたのは {} 件です", handed_in_, stored),
                     fmt::format("{} were handed in, {} have a row", handed_in_, stored)});
        work_.figure("submissions", "", static_cast<double>(stored), Better::neither);
        return {};
    }

    Result<void> judge_constraints() {
        struct Check {
            const char* ja;
            const char* en;
            const char* statement;
        };
        constexpr std::array<Check, 9> kChecks{{
            {"課題のない提出物", "submissions without an assignment",
             "SELECT count(*) FROM assignment_submissions s LEFT JOIN class_assignments a ON a.id "
             "= "
             "s.assignment_id WHERE a.id IS NULL"},
            {"学生のない提出物", "submissions without a student",
             "SELECT count(*) FROM assignment_submissions s LEFT JOIN students t ON t.id = "
             "s.student_id WHERE t.id IS NULL"},
            {"クラスのない課題", "assignments without a class",
             "SELECT count(*) FROM class_assignments a LEFT JOIN classes c ON c.id = a.class_id "
             "WHERE c.id IS NULL"},
            {"ノートブックのない課題", "assignments without a notebook",
             "SELECT count(*) FROM class_assignments a LEFT JOIN notebooks n ON n.id = "
             "a.notebook_id WHERE n.id IS NULL"},
            {"学生またはクラスのない名簿登録", "places on a roster without a student or a class",
             "SELECT count(*) FROM student_classes p LEFT JOIN students t ON t.id = p.student_id "
             "LEFT JOIN classes c ON c.id = p.class_id WHERE t.id IS NULL OR c.id IS NULL"},
            {"重複した提出回", "attempts that are there twice",
             "SELECT count(*) FROM (SELECT 1 AS one FROM assignment_submissions GROUP BY "
             "assignment_id, student_id, attempt HAVING count(*) > 1) x"},
            {"重複したクラスコード", "class codes that are there twice",
             "SELECT count(*) FROM (SELECT 1 AS one FROM classes GROUP BY class_code HAVING "
             "count(*) > 1) x"},
            {"重複した学生のメールアドレス", "addresses of students that are there twice",
             "SELECT count(*) FROM (SELECT 1 AS one FROM students GROUP BY lower(email) HAVING "
             "count(*) > 1) x"},
            {"名簿に二重登録された学生", "students who are twice on a roster",
             "SELECT count(*) FROM (SELECT 1 AS one FROM student_classes GROUP BY class_id, "
             "student_id HAVING count(*) > 1) x"},
        }};
        std::size_t held = 0;
        Words broken;
        for (const Check& check : kChecks) {
            CELLMON_TRY_ASSIGN(const std::int64_t found, rows_.number(check.statement));
            if (found == 0) {
                ++held;
            } else {
                broken.ja +=
                    fmt::format("{}{} {} 件", broken.ja.empty() ? "" : "；", check.ja, found);
                broken.en += fmt::format("{}{} {}", broken.en.empty() ? "" : "; ", found, check.en);
            }
        }
        work_.judge("constraints_held",
                    100 * static_cast<double>(held) / static_cast<double>(kChecks.size()), broken);
        return {};
    }

    Result<void> violate() {
        CELLMON_TRY_ASSIGN(const std::int64_t before, all_rows());
        const MadeClass& one = classes_.front();
        const std::int64_t student = one.students.front();
        const std::int64_t assignment = one.assignments.front();
        constexpr std::int64_t kNobody = 999'999'999;
        const auto submission = [](std::int64_t of, std::int64_t by, const char* more = "") {
            return fmt::format(R"({{"assignment_id":{},"student_id":{}{}}})", of, by, more);
        };
        const auto task = [](std::int64_t class_id, std::int64_t notebook) {
            return fmt::format(R"({{"class_id":{},"notebook_id":{},"title":"課題"}})", class_id,
                               notebook);
        };
        struct Violation {
            const char* ja;
            const char* en;
            const char* method;
            std::string path;
            std::string body;
        };
        const std::vector<Violation> violations{
            {"使用済みのクラスコード", "a class code that is taken", "POST", "/classes/",
             fmt::format(R"({{"name":"情報","class_code":"{}"}})", one.code)},
            {"名前のないクラス", "a class without a name", "POST", "/classes/",
             R"({"class_code":"no-name"})"},
            {"存在しないクラスの課題", "an assignment of no class", "POST", "/assignments/",
             task(kNobody, one.notebook)},
            {"存在しないノートブックの課題", "an assignment of no notebook", "POST",
             "/assignments/", task(one.id, kNobody)},
            {"存在しない課題への提出", "a submission of no assignment", "POST", "/submissions/",
             submission(kNobody, student)},
            {"存在しない学生の提出", "a submission of no student", "POST", "/submissions/",
             submission(assignment, kNobody)},
            {"既にある提出回", "an attempt that is there", "POST", "/submissions/",
             submission(assignment, student, R"(,"attempt":1)")},
            {"数値でない評点", "a grade that is no number", "POST", "/submissions/",
             submission(assignment, student, R"(,"grade":"good")")},
            {"既にあるノートブック", "a notebook that is there", "POST", "/notebooks/",
             fmt::format(R"({{"path":"{}"}})", notebook_path(one.code))},
            {"課題のあるクラスの削除", "deleting a class with assignments", "DELETE",
             fmt::format("/classes/{}", one.id), ""},
            {"提出物のある課題の削除", "deleting an assignment with submissions", "DELETE",
             fmt::format("/assignments/{}", assignment), ""},
            {"提出済みの学生の削除", "deleting a student who handed in", "DELETE",
             fmt::format("/students/{}", student), ""},
            {"課題のノートブックの削除", "deleting a notebook of an assignment", "DELETE",
             fmt::format("/notebooks/{}", one.notebook), ""},
        };
        std::uint64_t accepted = 0;
        std::uint64_t unclean = 0;
        Words accepted_reason;
        Words unclean_reason;
        const auto note = [](Words& reason, const Violation& violation, int status) {
            if (!reason.en.empty()) return;
            reason = {fmt::format("{}への応答が {} でした", violation.ja, status),
                      fmt::format("{} was answered {}", violation.en, status)};
        };
        for (const Violation& violation : violations) {
            const ApiAnswer answer = api_.send(violation.method, violation.path, violation.body);
            if (answer.is_success()) {
                ++accepted;
                note(accepted_reason, violation, answer.status);
            } else if (!answer.is_clean_refusal()) {
                ++unclean;
                note(unclean_reason, violation, answer.status);
            }
        }
        CELLMON_TRY_ASSIGN(const std::int64_t behind, all_rows());
        if (behind != before) {
            accepted += static_cast<std::uint64_t>(std::abs(behind - before));
            if (accepted_reason.en.empty()) {
                accepted_reason = {fmt::format("行数が {} から {} に変わりました", before, behind),
                                   fmt::format("the rows became {}, from {}", behind, before)};
            }
        }
        work_.judge("violations_stored", static_cast<double>(accepted), accepted_reason);
        work_.judge("violations_unclean", static_cast<double>(unclean), unclean_reason);
        work_.figure("violations_tried", "", static_cast<double>(violations.size()),
                     Better::neither);
        return {};
    }

  private:
    static std::string notebook_path(const std::string& code) {
        return fmt::format("教材/{}.ipynb", code);
    }

    Result<void> make_class(std::uint32_t number) {
        const Phase& phase = work_.phase();
        MadeClass made;
        made.code = fmt::format("{}-{}", mark_, number);
        CELLMON_TRY_ASSIGN(made.id, api_.new_class(made.code));
        CELLMON_TRY_ASSIGN(made.notebook, api_.new_notebook(notebook_path(made.code)));
        std::string roster = "email,name\n";
        for (std::uint32_t i = 0; i < phase.whole("students"); ++i)
            roster += fmt::format("{}-{}@example.com,学生{}\n", made.code, i, i);
        const ApiAnswer answer =
            api_.send("POST", fmt::format("/classes/{}/roster.csv", made.id), roster, "text/csv");
        if (!answer.is_success()) {
            return fail(ErrorCode::unavailable,
                        fmt::format("the roster was answered {}: {}", answer.status, answer.body));
        }
        CELLMON_TRY_ASSIGN(made.students, students_of(made.id));
        if (made.students.size() != phase.whole("students")) {
            return fail(ErrorCode::unavailable,
                        fmt::format("a roster of {} has {} students", phase.whole("students"),
                                    made.students.size()));
        }
        for (std::uint32_t i = 0; i < phase.whole("assignments"); ++i) {
            CELLMON_TRY_ASSIGN(const std::int64_t assignment,
                               api_.new_assignment(made.id, made.notebook));
            made.assignments.push_back(assignment);
        }
        classes_.push_back(std::move(made));
        return {};
    }

    [[nodiscard]] Result<std::vector<std::int64_t>> students_of(std::int64_t class_id) const {
        const ApiAnswer answer =
            api_.send("GET", fmt::format("/classes/{}/students?limit=1000", class_id), "");
        simdjson::dom::parser parser;
        simdjson::dom::array rows;
        if (answer.status != 200 || parser.parse(answer.body).get(rows) != simdjson::SUCCESS) {
            return fail(ErrorCode::unavailable,
                        fmt::format("the students of a class were answered {}", answer.status));
        }
        std::vector<std::int64_t> ids;
        for (const auto row : rows) {
            std::int64_t id = 0;
            if (row["id"].get(id) == simdjson::SUCCESS) ids.push_back(id);
        }
        return ids;
    }

    Result<void> hand_in(const MadeClass& made) {
        for (const std::int64_t assignment : made.assignments) {
            std::string body = R"({"submissions":[)";
            for (const std::int64_t student : made.students)
                body += fmt::format(R"({}{{"assignment_id":{},"student_id":{},"attempt":1}})",
                                    body.back() == '[' ? "" : ",", assignment, student);
            body += "]}";
            const ApiAnswer answer = api_.post("/submissions/bulk", body);
            if (answer.status != 200) {
                return fail(ErrorCode::unavailable,
                            fmt::format("submissions were answered {}: {}", answer.status,
                                        answer.body.substr(0, 300)));
            }
            handed_in_ += made.students.size();
        }
        return {};
    }

    Result<std::int64_t> all_rows() {
        return rows_.number(
            "SELECT (SELECT count(*) FROM classes) + (SELECT count(*) FROM class_assignments) + "
            "(SELECT count(*) FROM assignment_submissions) + (SELECT count(*) FROM students) + "
            "(SELECT count(*) FROM notebooks) + (SELECT count(*) FROM student_classes)");
    }

    PhaseWork& work_;
    ClassroomRows& rows_;
    const SchoolClient api_;
    const std::string mark_;
    std::vector<MadeClass> classes_;
    std::uint64_t handed_in_ = 0;
};

}  // namespace

Result<void> play_lms(PhaseWork& work) {
    CELLMON_TRY(work.site().prepare({}));
    const auto rows = work.site().classroom();
    if (!rows) return work.skip(unseen_classroom());
    work.record();
    School school(work, *rows);
    CELLMON_TRY(school.make_all());
    CELLMON_TRY(school.hand_in());
    if (work.stopped()) return {};
    CELLMON_TRY(school.judge_submissions());
    CELLMON_TRY(school.judge_constraints());
    return school.violate();
}

}  // namespace cellmon::harness::plan
