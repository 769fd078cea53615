#pragma once

#include <string_view>

namespace cellmon::classroom {

/// The step of the schema that makes classes and what belongs to them. Names of tables and columns
/// are those of contract §7. What a row must hold is said here: keys, checks, and which row may not
/// go while another one names it (no rule: it is refused).
///
/// `email_key` is as in `instructors`. `class_staff` are the accounts that teach a class,
/// `student_classes` is its roster. A submission that is handed in again is a new attempt. The
/// history has a row for each change of a grade or of its feedback.
inline constexpr std::string_view kClassTables = R"sql(
CREATE TABLE teams (
    id {id},
    team_name TEXT NOT NULL UNIQUE CHECK (length(team_name) BETWEEN 1 AND 256),
    description TEXT CHECK (length(description) <= 10000),
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE TABLE students (
    id {id},
    email TEXT NOT NULL CHECK (length(email) BETWEEN 3 AND 320),
    email_key TEXT NOT NULL UNIQUE CHECK (length(email_key) BETWEEN 3 AND 320),
    name TEXT NOT NULL CHECK (length(name) <= 512),
    team_id BIGINT REFERENCES teams (id),
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX students_team ON students (team_id);
CREATE TABLE notebooks (
    id {id},
    path TEXT NOT NULL UNIQUE CHECK (length(path) BETWEEN 1 AND 600),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE TABLE classes (
    id {id},
    class_code TEXT NOT NULL UNIQUE CHECK (length(class_code) BETWEEN 1 AND 128),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description TEXT CHECK (length(description) <= 10000),
    owner_id BIGINT REFERENCES instructors (id),
    is_active BOOLEAN NOT NULL,
    join_code TEXT UNIQUE CHECK (length(join_code) BETWEEN 8 AND 32),
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE TABLE class_staff (
    class_id BIGINT NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES instructors (id),
    role TEXT NOT NULL CHECK (role IN ('instructor', 'assistant')),
    added_us BIGINT NOT NULL,
    PRIMARY KEY (class_id, account_id)
);
CREATE INDEX class_staff_account ON class_staff (account_id);
CREATE TABLE student_classes (
    class_id BIGINT NOT NULL REFERENCES classes (id),
    student_id BIGINT NOT NULL REFERENCES students (id),
    joined_us BIGINT NOT NULL,
    PRIMARY KEY (class_id, student_id)
);
CREATE INDEX student_classes_student ON student_classes (student_id);
CREATE TABLE class_assignments (
    id {id},
    class_id BIGINT NOT NULL REFERENCES classes (id),
    notebook_id BIGINT NOT NULL REFERENCES notebooks (id),
    title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    description TEXT CHECK (length(description) <= 10000),
    due_us BIGINT,
    points DOUBLE PRECISION CHECK (points BETWEEN 0 AND 1000000),
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE INDEX class_assignments_class ON class_assignments (class_id);
CREATE INDEX class_assignments_notebook ON class_assignments (notebook_id);
CREATE TABLE assignment_submissions (
    id {id},
    assignment_id BIGINT NOT NULL REFERENCES class_assignments (id),
    student_id BIGINT NOT NULL REFERENCES students (id),
    attempt BIGINT NOT NULL CHECK (attempt >= 1),
    status TEXT NOT NULL CHECK (length(status) BETWEEN 1 AND 50),
    grade DOUBLE PRECISION CHECK (grade BETWEEN 0 AND 1000000),
    feedback TEXT CHECK (length(feedback) <= 20000),
    submitted_us BIGINT NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (assignment_id, student_id, attempt)
);
CREATE INDEX assignment_submissions_student ON assignment_submissions (student_id);
CREATE TABLE grade_history (
    id {id},
    submission_id BIGINT NOT NULL REFERENCES assignment_submissions (id) ON DELETE CASCADE,
    at_us BIGINT NOT NULL,
    actor_id BIGINT REFERENCES instructors (id),
    old_grade DOUBLE PRECISION,
    new_grade DOUBLE PRECISION,
    old_feedback TEXT,
    new_feedback TEXT
);
CREATE INDEX grade_history_submission ON grade_history (submission_id);
)sql";

}  // namespace cellmon::classroom
