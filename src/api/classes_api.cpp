// Classes (contract §3.8).
#include <fmt/format.h>

#include "api/class_resource.hpp"
#include "classroom/limits.hpp"
#include "classroom/staff.hpp"

namespace cellmon::api {
namespace {

using classroom::Class;
using Presence = BodyFields::Presence;

struct ClassInput {
    std::optional<std::string> name;
    std::optional<std::string> class_code;
    Nullable<std::string> description;
    std::optional<bool> is_active;
    Nullable<privacy::Consent> consent;

    static ClassInput read(BodyFields& fields, Presence presence) {
        ClassInput input;
        input.name = fields.line("name", presence, classroom::kClassName);
        input.class_code = fields.line("class_code", presence, classroom::kClassCode);
        input.description = fields.nullable_text("description", classroom::kDescription);
        input.is_active = fields.boolean("is_active", Presence::optional);
        input.consent = read_consent(fields);
        return input;
    }

    /// null: the class lowers nothing.
    static Nullable<privacy::Consent> read_consent(BodyFields& fields) {
        constexpr std::string_view kField = "consent";
        const auto value = fields.any(kField, Presence::optional);
        if (!value) return {};
        if (value->is_null()) return {true, std::nullopt};
        const auto level = fields.choice(
            kField, Presence::optional,
            {privacy::kConsentNames[0], privacy::kConsentNames[1], privacy::kConsentNames[2]});
        if (!level) return {};
        return {true, static_cast<privacy::Consent>(*level)};
    }

    void apply(Class& row) const {
        if (name) row.name = *name;
        if (class_code) row.class_code = *class_code;
        description.apply(row.description);
        if (is_active) row.is_active = *is_active;
        consent.apply(row.consent);
    }
};

std::string class_subject(std::int64_t id) {
    return fmt::format("class {}", id);
}

std::string_view consent_text(std::optional<privacy::Consent> consent) {
    return consent ? privacy::name_of(*consent) : "none";
}

/// Who changes what may be stored is asked about later; empty: it stays.
std::string consent_note(std::optional<privacy::Consent> before, const Class& row) {
    if (before == row.consent) return {};
    return fmt::format("consent {} -> {}", consent_text(before), consent_text(row.consent));
}

std::string taken(const Class& row) {
    return fmt::format("Class with code '{}' already exists", row.class_code);
}

struct ClassKind {
    using Input = ClassInput;
    using Filter = NoFilter;
    static constexpr std::string_view kPath = "/api/v1/classes";
    static constexpr std::string_view kId = "class_id";
    static constexpr std::string_view kWhat = "Class";
    static constexpr bool kSaysWhoSees = true;

    static Result<std::vector<Class>> list(const Visit& visit, NoFilter, sql::Page page) {
        return classroom::list_classes(visit.connection, visit.scope(), page);
    }

    static Found<Class> find(const Visit& visit, std::int64_t id, Use use) {
        return class_for(visit, id, use == Use::read ? Right::own : Right::teach);
    }

    static RowAnswer add(const Visit& visit, const Input& input) {
        Class row;
        input.apply(row);
        row.owner_id = visit.account_id();
        const auto id = classroom::add_class(visit.connection, row, visit.now);
        CELLMON_ROWS(id, ErrorCode::already_exists, refused(400, taken(row)));
        if (row.owner_id) {
            CELLMON_TRY(classroom::put_staff(visit.connection, *id, *row.owner_id,
                                             classroom::Role::instructor, visit.now));
        }
        CELLMON_TRY(visit.note("class.create", class_subject(*id)));
        CELLMON_TRY_ASSIGN(const auto made, classroom::find_class(visit.connection, *id));
        return written_answer(201, *made);
    }

    static RowAnswer store(const Visit& visit, Class row, const Input& input) {
        const auto before = row.consent;
        input.apply(row);
        CELLMON_ROWS(classroom::store_class(visit.connection, row, visit.now),
                     ErrorCode::already_exists, refused(409, taken(row)));
        CELLMON_TRY(visit.note("class.update", class_subject(row.id), consent_note(before, row)));
        CELLMON_TRY_ASSIGN(const auto stored, classroom::find_class(visit.connection, row.id));
        return written_answer(200, *stored);
    }

    static RowAnswer remove(const Visit& visit, const Class& row) {
        CELLMON_ROWS(
            classroom::remove_class(visit.connection, row.id), ErrorCode::reference,
            refused(409, fmt::format("Class with id {} has students or assignments", row.id)));
        CELLMON_TRY(visit.note("class.delete", class_subject(row.id), "code " + row.class_code));
        return answered(http::json_response(200, json_of(row)));
    }
};

}  // namespace

void add_classes_routes(http::Router& router, const ClassParts& parts) {
    ClassResource<ClassKind>::add_routes(router, parts);
}

}  // namespace cellmon::api
