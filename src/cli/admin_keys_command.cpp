// The keys by which the events of a class are let in, for whoever has the machine.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "auth/class_key.hpp"
#include "auth/token.hpp"
#include "base/random.hpp"
#include "classroom/class_keys.hpp"
#include "classroom/classes.hpp"
#include "classroom/limits.hpp"
#include "cli/admin_parts.hpp"
#include "cli/admin_subcommand.hpp"
#include "cli/exit_code.hpp"

namespace cellmon::cli {
namespace {

using classroom::ClassKey;

struct AdminKeysOptions {
    std::string data = "./data";
    std::string class_code;
    std::string label;
    std::string expires;
    std::int64_t id = 0;
    bool json = false;
};

Result<classroom::Class> class_of(sql::Connection& connection, const std::string& code) {
    CELLMON_TRY_ASSIGN(auto row, classroom::find_class_by_code(connection, code));
    if (!row) return fail(ErrorCode::not_found, "there is no class with the code " + code);
    return std::move(*row);
}

Result<void> note_key(sql::Connection& connection, const ClassKey& key, std::string_view what,
                      TimeUs now) {
    return note_admin(connection, "class.key", fmt::format("class {}", key.class_id),
                      fmt::format("key {} {}", key.id, what), now);
}

Result<int> create_key(const AdminKeysOptions& options) {
    ClassKey made;
    if (!options.label.empty()) {
        if (!classroom::fits(options.label, classroom::kKeyLabel)) {
            return fail(ErrorCode::invalid, fmt::format("--label has more than {} characters",
                                                        classroom::kKeyLabel.most));
        }
        made.label = options.label;
    }
    const SystemClock clock;
    if (!options.expires.empty()) {
        made.expires_us = parse_time(options.expires);
        if (!made.expires_us || *made.expires_us <= clock.now_us()) {
            return fail(ErrorCode::invalid,
                        "--expires is a time that is to come, like 2027-04-01T00:00:00Z");
        }
    }
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    SystemRandom random;
    const std::string key = auth::make_class_key(random);
    made.hash = auth::hash_of_token(key);
    made.ending = auth::ending_of_class_key(key);
    CELLMON_TRY(place->database->write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = place->clock.now_us();
        CELLMON_TRY_ASSIGN(const auto row, class_of(c, options.class_code));
        made.class_id = row.id;
        CELLMON_TRY_ASSIGN(made.id, classroom::add_class_key(c, made, now));
        return note_key(c, made, "made", now);
    }));
    if (options.json) {
        fmt::print(R"({{"id":{},"class_code":{},"ending":"{}","key":"{}"}})"
                   "\n",
                   made.id, json_text(options.class_code), made.ending, key);
        return kExitOk;
    }
    fmt::print(
        "Key {} of the class {} made; a running server takes it within two seconds.\n"
        "Key, shown once: {}\n"
        "In JupyterLab, serverUrl: http://HOST:PORT/api/v1/events?key=KEY\n",
        made.id, options.class_code, key);
    return kExitOk;
}

std::string_view state_of(const ClassKey& key, TimeUs now) {
    if (key.revoked_us) return "revoked";
    return key.expires_us && *key.expires_us <= now ? "expired" : "good";
}

void print_key(const ClassKey& key, bool json, TimeUs now) {
    const auto time = [](const std::optional<TimeUs>& at) {
        return at ? format_time(*at) : std::string();
    };
    if (!json) {
        fmt::print("{:>5}  …{}  {:<7}  {}  {}\n", key.id, key.ending, state_of(key, now),
                   time(key.created_us), key.label.value_or(""));
        return;
    }
    const auto or_null = [](const std::string& text) {
        return text.empty() ? std::string("null") : json_text(text);
    };
    fmt::print(
        R"({{"id":{},"ending":"{}","state":"{}","label":{},"created_at":{},"expires_at":{},"revoked_at":{}}})"
        "\n",
        key.id, key.ending, state_of(key, now), or_null(key.label.value_or("")),
        or_null(time(key.created_us)), or_null(time(key.expires_us)),
        or_null(time(key.revoked_us)));
}

Result<int> list_keys(const AdminKeysOptions& options) {
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    constexpr std::uint64_t kPage = 1'000;
    std::uint64_t skip = 0;
    while (true) {
        CELLMON_TRY_ASSIGN(
            const auto keys,
            place->database->read([&](sql::Connection& c) -> Result<std::vector<ClassKey>> {
                CELLMON_TRY_ASSIGN(const auto row, class_of(c, options.class_code));
                return classroom::list_class_keys(c, row.id, {skip, kPage});
            }));
        for (const ClassKey& key : keys)
            print_key(key, options.json, place->clock.now_us());
        skip += keys.size();
        if (keys.size() < kPage) break;
    }
    if (skip == 0 && !options.json) fmt::print("The class has no keys.\n");
    return kExitOk;
}

Result<int> revoke(const AdminKeysOptions& options) {
    CELLMON_TRY_ASSIGN(const auto place, open_admin_place(options.data));
    CELLMON_TRY(place->database->write([&](sql::Connection& c) -> Result<void> {
        const TimeUs now = place->clock.now_us();
        CELLMON_TRY_ASSIGN(const auto key, classroom::find_class_key(c, options.id));
        if (!key) return fail(ErrorCode::not_found, fmt::format("there is no key {}", options.id));
        CELLMON_TRY_ASSIGN(const bool was_good, classroom::revoke_class_key(c, key->id, now));
        return was_good ? note_key(c, *key, "revoked", now) : Result<void>();
    }));
    fmt::print("Key {} is revoked; a running server refuses it within two seconds.\n", options.id);
    return kExitOk;
}

}  // namespace

void add_admin_keys(CLI::App& parent, int& exit_code) {
    auto options = std::make_shared<AdminKeysOptions>();
    const auto add = [&](const char* name, const char* description,
                         Result<int> (*run)(const AdminKeysOptions&)) {
        return add_admin_subcommand(parent, name, description, options, run, exit_code);
    };
    const auto add_class = [&](CLI::App* command) {
        command->add_option("--class", options->class_code, "Code of the class")->required();
    };

    CLI::App* command =
        add("create-key", "Make a key by which the events of a class are let in", create_key);
    add_class(command);
    command->add_option("--label", options->label, "For whom or what, to know it by");
    command->add_option("--expires", options->expires, "When it ends, like 2027-04-01T00:00:00Z");
    command->add_flag("--json", options->json, "Print it as JSON");

    command = add("list-keys", "List the keys of a class, good or not", list_keys);
    add_class(command);
    command->add_flag("--json", options->json, "An object a line");

    command = add("revoke-key", "End a key, at once", revoke);
    command->add_option("--id", options->id, "Its number, as list-keys shows it")->required();
}

}  // namespace cellmon::cli
