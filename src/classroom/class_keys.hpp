#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "sql/conditions.hpp"
#include "sql/connection.hpp"

// Rows of `class_keys`: what a client shows to send events of a class. Each function is a part of
// the caller's transaction; errors are those of sql::Connection.
namespace cellmon::classroom {

/// Keys of one class that may be good at a time: enough to give each room one and to change them
/// with nothing lost.
inline constexpr std::size_t kMostClassKeys = 50;

struct ClassKey {
    std::int64_t id = 0;
    std::int64_t class_id = 0;
    std::string hash;    ///< SHA-256 of the key in hexadecimal: nobody reads the key from it.
    std::string ending;  ///< Its last characters, to know it by.
    std::optional<std::string> label = std::nullopt;        ///< For whom or what it was made.
    std::optional<std::int64_t> created_by = std::nullopt;  ///< nullopt: the terminal, or nobody
                                                            ///< who was logged in.
    TimeUs created_us = 0;
    std::optional<TimeUs> expires_us = std::nullopt;  ///< Worth nothing from then on.
    std::optional<TimeUs> revoked_us = std::nullopt;  ///< Worth nothing since then.
};

/// The new id. limit when the class has kMostClassKeys good ones; reference without such a class.
Result<std::int64_t> add_class_key(sql::Connection& connection, const ClassKey& added, TimeUs now);

Result<std::optional<ClassKey>> find_class_key(sql::Connection& connection, std::int64_t id);

/// Those of the class by id, good or not.
Result<std::vector<ClassKey>> list_class_keys(sql::Connection& connection, std::int64_t class_id,
                                              sql::Page page);

/// Whether it was good until now.
Result<bool> revoke_class_key(sql::Connection& connection, std::int64_t id, TimeUs now);

/// What it takes to know a good key when it comes.
struct GoodKey {
    std::string hash;
    std::string class_code;  ///< As it is now.
    std::optional<TimeUs> expires_us = std::nullopt;

    bool operator==(const GoodKey&) const = default;
};

/// Of all classes, by hash.
Result<std::vector<GoodKey>> good_class_keys(sql::Connection& connection, TimeUs now);

}  // namespace cellmon::classroom
