#include "classroom/schema.hpp"

#include <array>

#include "classroom/class_tables.hpp"
#include "classroom/map_tables.hpp"
#include "classroom/offline_tables.hpp"
#include "classroom/privacy_tables.hpp"
#include "classroom/setting_tables.hpp"
#include "classroom/test_event_tables.hpp"
#include "classroom/version_tables.hpp"

namespace cellmon::classroom {
namespace {

// A step that was released is never changed; add one, and rows for it in schema_test.cpp.
// Truth values are BOOLEAN, times BIGINT in microseconds, texts TEXT on both engines.
constexpr std::array<sql::Migration, 11> kSchema{{
    // `email_key` is the address in small letters (ASCII): two accounts may not differ by case.
    {"accounts", R"sql(
CREATE TABLE instructors (
    id {id},
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'instructor', 'assistant', 'student')),
    password_hash TEXT NOT NULL,
    is_active BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('available', 'in_session', 'break', 'offline')),
    current_session_id BIGINT,
    status_updated_us BIGINT NOT NULL,
    last_login_us BIGINT,
    created_us BIGINT NOT NULL,
    updated_us BIGINT,
    version BIGINT NOT NULL
);
CREATE TABLE instructor_status_history (
    id {id},
    instructor_id BIGINT NOT NULL REFERENCES instructors (id),
    status TEXT NOT NULL CHECK (status IN ('available', 'in_session', 'break', 'offline')),
    session_id BIGINT,
    started_us BIGINT NOT NULL,
    ended_us BIGINT,
    duration_minutes BIGINT
);
CREATE INDEX instructor_status_history_of ON instructor_status_history (instructor_id, id);
CREATE TABLE audit_log (
    id {id},
    at_us BIGINT NOT NULL,
    actor_id BIGINT REFERENCES instructors (id),
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at_us);
)sql"},
    // An access token is good while its row is here: who has the secret alone cannot make one.
    // `login` is shared by all tokens that came out of one login, which ends as a whole.
    {"logins", R"sql(
CREATE TABLE access_tokens (
    jti TEXT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES instructors (id),
    login TEXT NOT NULL,
    expires_us BIGINT NOT NULL
);
CREATE INDEX access_tokens_account ON access_tokens (account_id);
CREATE INDEX access_tokens_login ON access_tokens (login);
CREATE INDEX access_tokens_expiry ON access_tokens (expires_us);
CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES instructors (id),
    login TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    is_used BOOLEAN NOT NULL
);
CREATE INDEX refresh_tokens_account ON refresh_tokens (account_id);
CREATE INDEX refresh_tokens_login ON refresh_tokens (login);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_us);
)sql"},
    {"classes", kClassTables},
    // Of a key its hash alone is stored. Revoked ones stay, so that it can be told which it was.
    {"class_keys", R"sql(
CREATE TABLE class_keys (
    id {id},
    class_id BIGINT NOT NULL REFERENCES classes (id) ON DELETE CASCADE,
    key_hash TEXT NOT NULL UNIQUE CHECK (length(key_hash) = 64),
    ending TEXT NOT NULL CHECK (length(ending) BETWEEN 1 AND 8),
    label TEXT CHECK (length(label) BETWEEN 1 AND 200),
    created_by BIGINT REFERENCES instructors (id),
    created_us BIGINT NOT NULL,
    expires_us BIGINT,
    revoked_us BIGINT
);
CREATE INDEX class_keys_class ON class_keys (class_id);
)sql"},
    {"settings", kSettingTables},
    {"maps", kMapTables},
    {"notebook_versions", kVersionTables},
    {"offline", kOfflineTables},
    {"test_events", kTestEventTables},
    {"packed_contents", kPackedContents},
    {"privacy", kPrivacyTables},
}};

}  // namespace

std::span<const sql::Migration> schema() {
    return kSchema;
}

}  // namespace cellmon::classroom
