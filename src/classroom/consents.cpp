#include "classroom/consents.hpp"

namespace cellmon::classroom {
namespace {

/// The schema lets no other text in; a later program's is taken for the strictest.
privacy::Consent consent_of(std::string_view text) {
    return privacy::consent_named(text).value_or(privacy::Consent::status);
}

}  // namespace

Result<privacy::ConsentRows> list_consents(sql::Connection& connection) {
    privacy::ConsentRows found;
    CELLMON_TRY_ASSIGN(
        const auto classes,
        connection.run("SELECT class_code, consent FROM classes ORDER BY class_code"));
    found.classes.reserve(classes.rows.size());
    for (const sql::Row& row : classes.rows) {
        const auto level = row.optional_text(1);
        found.classes.push_back(
            {row.text(0), level ? std::optional(consent_of(*level)) : std::nullopt});
    }
    CELLMON_TRY_ASSIGN(
        const auto students,
        connection.run("SELECT s.email_key, c.consent FROM classes c "
                       "JOIN student_classes r ON r.class_id = c.id "
                       "JOIN students s ON s.id = r.student_id "
                       "WHERE c.consent IS NOT NULL ORDER BY s.email_key, c.consent"));
    found.students.reserve(students.rows.size());
    for (const sql::Row& row : students.rows)
        found.students.push_back({row.text(0), consent_of(row.text(1))});
    return found;
}

}  // namespace cellmon::classroom
