#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace cellmon {

/// The kinds of operating error that a caller may want to tell apart.
enum class ErrorCode {
    io,              ///< The operating system refused or failed an operation.
    no_space,        ///< The device, or the reserve kept on it, is full.
    not_found,       ///< A file, row or entry does not exist.
    already_exists,  ///< A file, row or entry exists and must not.
    reference,       ///< A row names one that does not exist, or is named by others.
    locked,          ///< Another process holds the resource.
    permission,      ///< The operating system denies access.
    corrupt,         ///< Stored bytes contradict their checksum or format.
    newer_format,    ///< Stored bytes come from a newer version of the program.
    needs_snapshot,  ///< What it would need was removed; only a backup still has it.
    mismatch,        ///< A cursor or file belongs to another journal or history.
    invalid,         ///< The caller's input is not acceptable; the message names what and why.
    limit,           ///< A named limit was reached.
    unavailable,     ///< The service cannot do it now and may do it later.
    cancelled,       ///< The operation was stopped on request.
};

/// The name of `code` as it appears in logs and JSON, for example `no_space`.
std::string_view name_of(ErrorCode code);

/// An operating error: what kind, and a sentence for a person.
struct [[nodiscard]] Error {
    ErrorCode code = ErrorCode::io;
    std::string message;
};

/// A value or an operating error. Programmer errors are assertions (`base/assert.hpp`) instead.
template <typename T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::invalid, "…")` from any function that returns a Result.
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

/// `return fail(error)` passes an error of another Result on.
inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

/// The error of the last failed system call, with `what` in front of the system's own text.
Error error_from_errno(int error_number, std::string_view what);

}  // namespace cellmon

/// Leaves the function with the error of `expression`, a Result<void>, when it failed.
#define CELLMON_TRY(expression)                                            \
    do {                                                                   \
        if (auto cellmon_try_result = (expression); !cellmon_try_result) { \
            return ::cellmon::fail(std::move(cellmon_try_result).error()); \
        }                                                                  \
    } while (false)

#define CELLMON_CONCAT_(a, b) a##b
#define CELLMON_CONCAT(a, b) CELLMON_CONCAT_(a, b)
#define CELLMON_TRY_ASSIGN_(result, declaration, expression)        \
    auto result = (expression);                                     \
    if (!result) return ::cellmon::fail(std::move(result).error()); \
    declaration = std::move(*result)

/// `CELLMON_TRY_ASSIGN(auto file, open(…));` declares `file`, or leaves with the error.
#define CELLMON_TRY_ASSIGN(declaration, expression) \
    CELLMON_TRY_ASSIGN_(CELLMON_CONCAT(cellmon_result_, __LINE__), declaration, expression)
